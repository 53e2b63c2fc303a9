//! The most memory this process has held since it was last asked, and its processor time; on Linux only.

use std::fs;

/// Forgets past peaks. Does nothing where the system doesn't say how.
pub fn reset_peak_memory() {
    // Refused on kernels built without it; the peak is then that of the whole process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Bytes at the peak, of the process as a whole; `None` where the system doesn't say.
pub fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Processor time of all threads of this process, in seconds, to a hundredth; `None` where the system doesn't say.
pub fn processor_seconds() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in parentheses; user and system time are fields 14 and 15, in ticks of which Linux shows 100 a
    // second.
    let fields: Vec<&str> = status.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_holds_what_was_held() {
        reset_peak_memory();
        let before = peak_memory().unwrap();
        let started = processor_seconds().unwrap();
        let held = vec![1u8; 64 << 20];
        assert!(held.iter().map(|&b| usize::from(b)).sum::<usize>() == 64 << 20);
        assert!(peak_memory().unwrap() >= before + (32 << 20));
        assert!(processor_seconds().unwrap() >= started);
    }
}
