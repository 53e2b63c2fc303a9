//! The versions of the packages this build was locked to.
//!
//! Read from the workspace's `Cargo.lock` as it was when the crate was compiled. A project that
//! uses Taskgraft as a library resolves its own lock file; the exact pins (Burn's) hold there too.

const LOCK: &str = include_str!("../../Cargo.lock");

/// The locked version of a package, the newest if there are several; `None` if it is not locked.
pub fn locked_version(package: &str) -> Option<&'static str> {
    let name = format!("name = \"{package}\"");
    LOCK.split("[[package]]")
        .filter(|entry| entry.lines().any(|line| line == name))
        .filter_map(|entry| {
            let line = entry.lines().find_map(|l| l.strip_prefix("version = \""))?;
            line.strip_suffix('"')
        })
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_is_locked_and_an_unknown_package_is_not() {
        let burn = locked_version("burn").unwrap();
        assert!(burn.starts_with("0."), "{burn}");
        assert_eq!(locked_version("no-such-package"), None);
    }
}
