//! How much memory the process may take, and how much it takes.

use std::fs;
use std::path::{Component, Path};
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
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = of_groups(Path::new("/sys/fs/cgroup"), &groups);
    Some(group.map_or(total, |group| group.min(total)))
}

/// The least that the control group of the process and those around it grant; `groups` says
/// which it is, as the system does.
fn of_groups(root: &Path, groups: &str) -> Option<u64> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let own = Path::new(own.unwrap_or_default());
    // One that is not below the root as this process sees it is not to be found.
    let below = own.components().all(|c| matches!(c, Component::Normal(_)));
    let own = own.ancestors().filter(|_| below);
    let groups = own.map(|group| root.join(group)).chain([root.to_owned()]);
    let most = groups.filter_map(|group| fs::read_to_string(group.join("memory.max")).ok());
    most.filter_map(|text| text.trim().parse().ok()).min()
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

    /// A service of systemd lies two groups below a root that has no ceiling of its own.
    #[test]
    fn the_least_of_all_groups_counts() {
        let root = std::env::temp_dir().join(format!("floe-groups-{}", std::process::id()));
        let service = "system.slice/floe.service";
        fs::create_dir_all(root.join(service)).unwrap();
        let of = |groups: &str| of_groups(&root, groups);
        let ours = format!("1:name=systemd:/elsewhere\n0::/{service}\n");
        assert_eq!(of(&ours), None);
        let grant = |group: &str, most: &str| {
            fs::write(root.join(group).join("memory.max"), format!("{most}\n")).unwrap();
        };
        grant(service, "500");
        assert_eq!((of(&ours), of("0::/\n")), (Some(500), None));
        grant("system.slice", "300");
        assert_eq!(of(&ours), Some(300));
        grant("system.slice", "max");
        assert_eq!(of(&ours), Some(500));
        grant("", "400");
        assert_eq!(of(&ours), Some(400));
        for elsewhere in ["0::/\n", "0::/../system.slice\n", ""] {
            assert_eq!(of(elsewhere), Some(400), "{elsewhere:?}");
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
