//! Memory that a training gives back only to itself.

/// Has the C library keep what is freed for what is asked for next, where it is glibc.
///
/// Every step asks for the same large blocks again. By default glibc takes each from the system, whose pages are
/// cleared at their first touch, and gives it back: a tenth of a step's time. What the process holds at most does not
/// change; what it once held it keeps to its end. Settings in the environment (`MALLOC_…_`, `GLIBC_TUNABLES`) are left
/// alone. Later calls do nothing.
pub fn keep_freed_memory() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(keep);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep() {
    let is_set = |name: &str| name.starts_with("MALLOC_") || name == "GLIBC_TUNABLES";
    if std::env::vars_os().any(|(name, _)| name.to_str().is_some_and(is_set)) {
        return;
    }
    let settings = [
        // Blocks below two gigabytes come from the heap,
        (libc::M_MMAP_THRESHOLD, libc::c_int::MAX),
        // whose end stays with the process,
        (libc::M_TRIM_THRESHOLD, libc::c_int::MAX),
        // and of which there is one: those of other threads are cut into pieces of 64 MiB.
        (libc::M_ARENA_MAX, 1),
    ];
    for (setting, value) in settings {
        // SAFETY: the call takes two numbers, which glibc's manual allows at any time.
        unsafe { libc::mallopt(setting, value) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep() {}
