//! Memory that a training gives back only to itself.

/// Has the C library keep what is freed for what is asked for next, where it is glibc.
///
/// Every step asks for the same large blocks again. By default glibc takes the largest (above 32 MiB at the latest)
/// from the system, gives them back, and gives back the heap's end; pages that come anew are cleared at their first
/// touch. What the process once held it keeps to its end. Settings in the environment (`MALLOC_…_`, `GLIBC_TUNABLES`)
/// are left alone. Later calls do nothing. Measured on two threads: docs/results/speed.md.
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
    // SAFETY: the call takes two numbers, which glibc's manual allows at any time.
    let set = |setting, value| unsafe { libc::mallopt(setting, value) } == 1;
    // Blocks below two gigabytes come from the heap; before 2.35 glibc allows no more than 32 MiB.
    let large = [libc::c_int::MAX, 32 << 20];
    if large.into_iter().any(|bytes| set(libc::M_MMAP_THRESHOLD, bytes)) {
        // Its end stays with the process, and there is one: other threads' are cut into pieces of 64 MiB.
        set(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        set(libc::M_ARENA_MAX, 1);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep() {}
