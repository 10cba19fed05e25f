//! How much memory the whole process has.

/// Resident memory of this process, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most since the process started.
    pub peak: u64,
}

impl Memory {
    /// Asks the kernel; zeros where there is no `/proc`.
    #[must_use]
    pub fn now() -> Memory {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| {
                    line.strip_prefix(name)?
                        .trim()
                        .strip_suffix(" kB")?
                        .parse()
                        .ok()
                })
                .map_or(0, |kilobytes: u64| kilobytes * 1024)
        };
        Memory {
            resident: field("VmRSS:"),
            peak: field("VmHWM:"),
        }
    }

    /// Resident memory in whole megabytes.
    #[must_use]
    pub fn megabytes(&self) -> u64 {
        self.resident / 1_000_000
    }
}
