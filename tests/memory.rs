//! Memory stays flat over a long training: nothing of a step is kept.
//!
//! Slow, so it runs only when asked for: `cargo test --release --test memory -- --ignored --nocapture`.
#![cfg(all(target_os = "linux", any(feature = "cpu", feature = "ndarray")))]

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use common::{Bench, tiny_config};
use taskgraft::train::TrainConfig;

mod common;

const STEPS: u64 = 1000;

/// Memory this process holds, in pages.
fn resident_pages() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The last step whose figures have reached the file; they do at every evaluation. Reads no more than the file's end,
/// so that watching takes no memory.
fn step(folder: &Path) -> u64 {
    let mut end = [0; 512];
    let Ok(mut file) = File::open(folder.join("metrics.jsonl")) else { return 0 };
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length.saturating_sub(end.len() as u64))).unwrap();
    let read = file.read(&mut end).unwrap();
    let text = String::from_utf8_lossy(&end[..read]);
    let last = text.rsplit_once("\"step\":").map_or("", |(_, rest)| rest);
    last.split(',').next().and_then(|step| step.parse().ok()).unwrap_or(0)
}

#[test]
#[ignore = "trains for 1,000 steps"]
fn memory_after_1000_steps_is_within_2_percent_of_that_after_200() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { evaluations: 20, ..tiny_config(STEPS) };
    let done = AtomicBool::new(false);
    // (steps done, pages) of many moments.
    let samples = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut samples = Vec::new();
            while !done.load(Ordering::Relaxed) {
                samples.push((step(out.path()), resident_pages()));
                thread::sleep(Duration::from_millis(20));
            }
            samples
        });
        let trained = bench.train(&config, out.path());
        done.store(true, Ordering::Relaxed);
        trained.unwrap();
        watch.join().unwrap()
    });
    let most_between = |from: u64, to: u64| {
        let within = samples.iter().filter(|(step, _)| (from..to).contains(step));
        within.map(|(_, pages)| *pages).max().unwrap() as f64
    };
    let (early, late) = (most_between(100, 250), most_between(800, STEPS));
    let growth = 100.0 * (late / early - 1.0);
    println!("resident pages: {early} around step 200, {late} around step 1,000: {growth:+.2}%");
    assert!(growth < 2.0, "memory grew by {growth}%");
}
