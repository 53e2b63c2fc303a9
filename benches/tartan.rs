//! What a step of META-TARTAN costs beside one of MT-TARTAN: an end-task and 1, 2 and 4 auxiliary tasks on a network of
//! MiniLM's shape, in turn.
//!
//! Every task has 16 texts of 128 tokens a step, and so have the dev gradient and the fit of the dev head. With k
//! auxiliary tasks a step of MT-TARTAN is k + 1 passes forward and backward, one of META-TARTAN k + 2, and a pass
//! forward for the features that the dev head is fitted to. The fit itself is on these features alone.
//! `cargo bench -p taskgraft-benches --bench tartan -- [ROUNDS] [STEPS]`

use std::{env, sync::Arc};

use taskgraft::{
    device::Backend,
    methods::{DevExamples, DevHeadConfig, LearnedWeights, TaskWeights},
    tasks::mixture::{Composition, MixtureConfig},
    train::{MultiTask, TaskData, TrainConfig, Trainer, View},
};
use taskgraft_benches::{full_length_task, median, minilm_trunk};

const TEXTS: usize = 16;

/// The end-task and `auxiliaries` others.
fn tasks(auxiliaries: usize) -> Vec<TaskData> {
    let named = |number: usize| {
        let mut task = full_length_task();
        task.spec.name = format!("task-{number}");
        task
    };
    (0..=auxiliaries).map(named).collect()
}

fn learned() -> TaskWeights {
    let dev = DevHeadConfig { batch_size: TEXTS, gradient_batch_size: TEXTS, ..Default::default() };
    TaskWeights::Learned(LearnedWeights { dev, ..Default::default() })
}

/// Seconds of a step.
fn train(auxiliaries: usize, weights: TaskWeights, steps: u64) -> f64 {
    let device = Backend::default_choice().and_then(Backend::device);
    let device = device.expect("a bench is compiled with a backend");
    let tasks = tasks(auxiliaries);
    let mixture = MixtureConfig {
        batch_size: TEXTS,
        composition: Composition::EachTask,
        ..MixtureConfig::default()
    };
    let config = TrainConfig {
        steps: Some(steps),
        evaluations: 1,
        checkpoint_every: 0,
        mixture,
        ..TrainConfig::default()
    };
    let specs: Vec<_> = tasks.iter().map(|task| task.spec.clone()).collect();
    let dev = Arc::new(tasks[0].clone());
    let folder = tempfile::tempdir().expect("a folder for metrics");
    let trainer = Trainer {
        config: &config,
        tasks: Arc::new(tasks),
        method: weights.into(),
        dev: Some(DevExamples { fit: dev.clone(), gradient: dev }),
        pad: 0,
        seed: 0,
        device: device.clone(),
        label: "",
        view: View::Lines,
        folder: folder.path(),
        digest: "",
    };
    let model = MultiTask::new(minilm_trunk(&device), &specs, 0, &device);
    let trained = trainer.train_on(model).expect("the training ends");
    trained.outcome.step_seconds / steps as f64
}

fn main() {
    let numbers: Vec<u64> = env::args().filter_map(|argument| argument.parse().ok()).collect();
    let of = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let (rounds, steps) = (of(0, 3), of(1, 6));
    train(1, learned(), 2); // Warms up.
    for auxiliaries in [1, 2, 4] {
        let both = (0..rounds).map(|_| {
            let plain = train(auxiliaries, TaskWeights::Equal, steps);
            (plain, train(auxiliaries, learned(), steps))
        });
        let (plain, meta): (Vec<f64>, Vec<f64>) = both.unzip();
        let ratios = plain.iter().zip(&meta).map(|(plain, meta)| meta / plain).collect();
        let passes = auxiliaries as f64 + 1.0;
        println!(
            "{auxiliaries} auxiliary tasks: MT {:.3} s a step, META {:.3} s, ratio {:.2}; passes alone: {:.2}, with the features \
             {:.2}",
            median(plain),
            median(meta),
            median(ratios),
            (passes + 1.0) / passes,
            (passes + 4.0 / 3.0) / passes,
        );
    }
}
