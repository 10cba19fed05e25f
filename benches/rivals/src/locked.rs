//! Which versions were built, as the lock file says.

/// The version of a package in this package's lock file.
pub(crate) fn version(package: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let name = format!("name = \"{package}\"\nversion = \"");
    let after = lock.split_once(&name).map_or("", |(_, after)| after);
    after.split_once('"').map_or("", |(version, _)| version)
}
