//! The same seed gives the same bits, wherever a study writes to, with however many threads, and while others compute.
//!
//! Threads are counted when a process begins, so every run is a process: this test program is the study's too.

use std::{
    fs,
    hint::black_box,
    path::Path,
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use common::own_program;
use taskgraft::{
    compare_runs::{Agreement, compare},
    prelude::*,
};

mod common;

fn main() -> Result<()> {
    own_program::run(program, &[("the_same_seed_gives_the_same_bits", same_bits)])
}

/// Teachers and a student of four tasks, of all kinds that heads know, beside gradients that are weighed.
fn program() -> Result<()> {
    let mut study = Study::from_args("same")?;
    study.seeds(1).settings(|settings| {
        *settings = common::tiny_settings();
        // Large enough that products are shared among threads.
        (settings.trunk.hidden, settings.trunk.layers) = (64, 2);
        for config in settings.all_sections() {
            (config.mixture.batch_size, config.accumulation) = (16, 2);
        }
    });
    let tasks = study.tasks([""; 0])?;
    study.lineage(Lineage::born_again(), &tasks).lineage("pcgrad".parse()?, &tasks);
    study.run()?.report()
}

fn start(out: &Path, loader_threads: usize, rayon_threads: usize) -> Child {
    let mut call = own_program::as_study();
    call.args(["--tasks", "sentiment,entailment,similarity,tagging", "--plain", "--out"]).arg(out);
    call.args(["--set", &format!("loader_threads={loader_threads}")]);
    call.env("RAYON_NUM_THREADS", rayon_threads.to_string());
    call.stdout(Stdio::null()).spawn().unwrap()
}

fn same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(start(&at("one"), 1, 1).wait().unwrap().success());

    // The others run beside each other and beside threads that leave them little of the processor.
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 * thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut x = 1_u64;
                while !done.load(Ordering::Relaxed) {
                    x = black_box(x.wrapping_mul(6_364_136_223_846_793_005));
                }
            });
        }
        let others = [start(&at("eight"), 8, 8), start(&at("deeper/three"), 2, 3)];
        let ended = others.map(|mut other| other.wait());
        done.store(true, Ordering::Relaxed);
        assert!(ended.into_iter().all(|status| status.unwrap().success()));
    });

    for other in ["eight", "deeper/three"] {
        let diff = compare(&at("one"), &at(other)).unwrap();
        assert_eq!(diff.agreement(), Agreement::Equal, "{diff}");
        assert_eq!(diff.runs.len(), 4 + 1 + 1);
        for run in &diff.runs {
            let read =
                |study: &str, run: &Path| fs::read(at(study).join(run).join("metrics.jsonl"));
            let [one, other] = [read("one", &run.path_a), read(other, &run.path_b)];
            assert!(one.unwrap() == other.unwrap(), "metrics.jsonl of {}", run.path_a.display());
        }
    }
}
