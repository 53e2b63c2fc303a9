//! The machine's name, which event files and locks carry.
//!
//! Read from the system's own file or the environment, without a library for it.

use std::fs;

/// The host's name; `localhost` if it has none.
pub fn host_name() -> String {
    let from_environment = || {
        let names = ["HOSTNAME", "COMPUTERNAME"];
        names.into_iter().find_map(|key| std::env::var(key).ok())
    };
    fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(from_environment)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_without_spaces() {
        let name = host_name();
        assert!(!name.is_empty() && !name.contains(char::is_whitespace), "{name}");
    }
}
