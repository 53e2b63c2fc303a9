//! The machine a run happened on: name, operating system, processor, threads.
//!
//! Read from the system's own files and environment, without a library for it; what cannot be
//! found out is left out rather than guessed.

use serde::{Deserialize, Serialize};
use std::fs;

/// A machine, as far as a reader of results needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture, e.g. `linux x86_64`.
    pub system: String,
    /// The processor's name.
    pub cpu: Option<String>,
    /// Threads this process may use.
    pub threads: usize,
}

impl Machine {
    /// The machine this process runs on.
    pub fn here() -> Self {
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: cpu_name(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(cpu) = &self.cpu {
            write!(f, "{cpu}, ")?;
        }
        let plural = if self.threads == 1 { "" } else { "s" };
        write!(f, "{} thread{plural}, {}", self.threads, self.system)
    }
}

#[cfg(target_os = "macos")]
fn cpu_name() -> Option<String> {
    let output = std::process::Command::new("sysctl")
        .args(["-n", "machdep.cpu.brand_string"])
        .output()
        .ok()?;
    let name = String::from_utf8(output.stdout).ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(not(target_os = "macos"))]
fn cpu_name() -> Option<String> {
    let listed = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    listed.or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_names_its_system_and_at_least_one_thread() {
        let machine = Machine::here();
        assert!(machine.threads >= 1);
        assert!(machine.to_string().contains(std::env::consts::OS));
    }
}
