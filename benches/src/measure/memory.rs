//! How much memory a whole process has.

/// Resident memory of a process, in bytes.
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
        Memory::in_status("/proc/self/status")
    }

    /// The same of another process.
    #[must_use]
    pub fn of(process: u32) -> Memory {
        Memory::in_status(&format!("/proc/{process}/status"))
    }

    fn in_status(path: &str) -> Memory {
        let status = std::fs::read_to_string(path).unwrap_or_default();
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
