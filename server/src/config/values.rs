//! Kinds of settings, as text and back.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A value that a setting may have.
pub(crate) trait Value: Sized {
    /// What is accepted, to be read behind "expected".
    const EXPECTED: &'static str;

    /// Reads it.
    fn read(text: &str) -> Option<Self>;
}

/// A size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

/// A ceiling on memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// A part of what the system grants.
    Auto,
    /// None.
    Off,
    /// This many bytes.
    Bytes(u64),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an address and a port such as 127.0.0.1:8080";

    fn read(text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }
}

impl Value for u64 {
    const EXPECTED: &'static str = "a whole number";

    fn read(text: &str) -> Option<u64> {
        text.replace('_', "").parse().ok()
    }
}

impl Value for String {
    const EXPECTED: &'static str = "text";

    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "the path of a file";

    fn read(text: &str) -> Option<PathBuf> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Value for Bytes {
    const EXPECTED: &'static str = "a size such as 512, 64KiB or 11MiB";

    fn read(text: &str) -> Option<Bytes> {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
        let with_unit = |(unit, shift): (&str, u32)| {
            let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(1 << shift)
        };
        let plain = text.parse().ok();
        plain
            .or_else(|| units.into_iter().find_map(with_unit))
            .map(Bytes)
    }
}

impl Value for Memory {
    const EXPECTED: &'static str = "a size such as 4GiB, auto or off";

    fn read(text: &str) -> Option<Memory> {
        match text {
            "auto" => Some(Memory::Auto),
            "off" => Some(Memory::Off),
            text => Bytes::read(text).map(|Bytes(bytes)| Memory::Bytes(bytes)),
        }
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a time such as 250ms, 4s or 10min";

    fn read(text: &str) -> Option<Duration> {
        let units = [("ms", 1), ("min", 60_000), ("h", 3_600_000), ("s", 1_000)];
        units.into_iter().find_map(|(unit, millis)| {
            let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(millis).map(Duration::from_millis)
        })
    }
}

impl Value for Format {
    const EXPECTED: &'static str = "text or json";

    fn read(text: &str) -> Option<Format> {
        match text {
            "text" => Some(Format::Text),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// `off` is a value of every setting that may be absent.
impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(text: &str) -> Option<Option<T>> {
        match text {
            "off" => Some(None),
            text => T::read(text).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times() {
        assert_eq!(Bytes::read("11MiB"), Some(Bytes(11 << 20)));
        assert_eq!(Bytes::read("512"), Some(Bytes(512)));
        assert_eq!(Bytes::read("99999999999GiB"), None);
        assert_eq!(Bytes::read("11 elephants"), None);
        assert_eq!(Duration::read("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(Duration::read("10min"), Some(Duration::from_secs(600)));
        assert_eq!(Duration::read("4"), None);
        assert_eq!(Option::<u64>::read("off"), Some(None));
    }
}
