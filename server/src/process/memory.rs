//! How much memory the process may take, and how much it takes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config;
use crate::environment::engine::Memory;

/// The part of what the system grants that `auto` means, in percent.
const PART: u64 = 80;

/// The process is measured this often at most: that takes longer than a small change.
const PAUSE: Duration = Duration::from_millis(50);

/// The ceiling for engines; `None` if there is none, or the system does not say how much
/// memory it has.
pub(super) fn ceiling(setting: &config::Memory) -> Option<Memory> {
    let bytes = match setting {
        config::Memory::Off => return None,
        config::Memory::Bytes(bytes) => *bytes,
        config::Memory::Auto => granted()? / 100 * PART,
    };
    let (began, last, known) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let used = move || {
        // One more than the age, so that 0 says "never".
        let now = began.elapsed().as_millis() as u64 + 1;
        let before = last.load(Ordering::Relaxed);
        if before == 0 || now - before >= PAUSE.as_millis() as u64 {
            last.store(now, Ordering::Relaxed);
            known.store(resident().unwrap_or(0), Ordering::Relaxed);
        }
        known.load(Ordering::Relaxed)
    };
    Some(Memory {
        bytes,
        used: Arc::new(used),
    })
}

/// What the system or the control group grants, whichever is less.
fn granted() -> Option<u64> {
    let total = kilobytes("/proc/meminfo", "MemTotal:")?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok());
    Some(group.map_or(total, |group: u64| group.min(total)))
}

/// What the process has in memory now.
fn resident() -> Option<u64> {
    kilobytes("/proc/self/status", "VmRSS:")
}

fn kilobytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number << 10)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_says_how_much_there_is() {
        let ceiling = ceiling(&config::Memory::Auto).unwrap();
        let used = (ceiling.used)();
        assert!(used > 0 && used < ceiling.bytes);
        assert!(super::ceiling(&config::Memory::Off).is_none());
        assert_eq!(super::ceiling(&config::Memory::Bytes(5)).unwrap().bytes, 5);
    }
}
