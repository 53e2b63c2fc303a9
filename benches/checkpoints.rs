//! What checkpoints cost: whole trainings of a network of MiniLM's shape, 16 texts of 128 tokens a step, with and
//! without checkpoints, in turn.
//!
//! A checkpoint every `EVERY` steps, far more often than anybody wants, so that its cost stands out of the noise; the
//! share at a checkpoint every 100 steps follows from it. Checkpoints are written by threads of their own, synced and
//! renamed while training goes on; the time is that of the whole training, the last checkpoint included.
//! `cargo bench -p taskgraft-benches --bench checkpoints -- [ROUNDS] [STEPS] [EVERY]`

use std::{env, sync::Arc, time::Instant};

use taskgraft::{
    device::Backend,
    methods::MethodSpec,
    train::{MultiTask, TrainConfig, Trainer, View},
};
use taskgraft_benches::{full_length_task, median, minilm_trunk};

/// Seconds of a training.
fn train(steps: u64, every: u64) -> f64 {
    let device = Backend::default_choice().and_then(Backend::device);
    let device = device.expect("a bench is compiled with a backend");
    let task = full_length_task();
    let mut config = TrainConfig {
        steps: Some(steps),
        evaluations: 1,
        checkpoint_every: 0,
        checkpoint_steps: every,
        ..TrainConfig::default()
    };
    config.mixture.batch_size = 16;
    let folder = tempfile::tempdir().expect("a folder for checkpoints");
    let model = MultiTask::new(minilm_trunk(&device), std::slice::from_ref(&task.spec), 0, &device);
    let trainer = Trainer {
        config: &config,
        tasks: Arc::new(vec![task]),
        method: MethodSpec::Average,
        dev: None,
        pad: 0,
        seed: 0,
        device,
        label: "",
        view: View::Lines,
        folder: folder.path(),
        digest: "",
    };
    let started = Instant::now();
    trainer.train_on(model).expect("the training ends");
    started.elapsed().as_secs_f64()
}

fn main() {
    let numbers: Vec<u64> = env::args().filter_map(|argument| argument.parse().ok()).collect();
    let of = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let (rounds, steps, every) = (of(0, 3), of(1, 61), of(2, 10));
    let written = (steps - 1) / every;
    assert!(written > 0, "{steps} steps have no checkpoint every {every}");
    train(3, 0); // Warms up.
    let (mut without, mut with): (Vec<f64>, Vec<f64>) =
        (0..rounds).map(|_| (train(steps, 0), train(steps, every))).unzip();
    for (name, seconds) in [("without", &mut without), ("with", &mut with)] {
        let all: Vec<String> = seconds.iter().map(|s| format!("{s:.2}")).collect();
        println!("{name} checkpoints: {} s for {steps} steps", all.join(", "));
    }
    let differences = with.iter().zip(&without).map(|(with, without)| with - without).collect();
    let (cost, step) = (median(differences) / written as f64, median(without) / steps as f64);
    println!("a step takes {step:.3} s; a checkpoint adds {cost:.3} s to the training");
    println!("one every 100 steps: {:.2}% of the training", cost / step);
}
