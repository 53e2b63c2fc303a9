//! What a training step costs, generation, and what feeding a network costs.
//!
//! `step/minilm` and `step/t5`: forward, backward, clipping by global norm and the update, of the networks and
//! batches of the example `speed` ([`Work`]), whose files this program shares, in float32 and bf16. `step/glue
//! lengths`: MiniLM's shape on texts as long as GLUE's, in batches of 16 of like lengths; its throughput counts real
//! tokens alone. `generate`: 8 texts of 64 tokens, greedily. `loader`: batches of the built-in paraphrase task, from
//! the plan to tensors. Compare with `pytorch/step.py` on the same machine.

use std::{hint::black_box, sync::Arc, time::Duration};

use burn::{data::dataloader::DataLoader, tensor::Device};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use taskgraft::{
    device::Backend,
    models::kernels::Precision,
    tasks::{
        Example, Split, Task, Text,
        mixture::{MixtureConfig, MixturePlan},
        suite::Suite,
        synthetic::{Synthetic, SyntheticConfig},
        text::TextEncoder,
    },
    train::{LoaderSettings, MicroBatch, MixtureLoader, MultiTask, Steps, TaskData, TrainConfig},
};
use taskgraft_benches::{GLUE_LENGTHS, minilm_trunk, task_of};

use self::{
    network::Network,
    work::{Size, Work},
};

#[path = "../experiments/speed/batch.rs"]
mod batch;
#[path = "../experiments/speed/network.rs"]
#[allow(dead_code)] // What only the experiment's report needs, as below.
mod network;
#[path = "../experiments/speed/work.rs"]
#[allow(dead_code)]
mod work;

const PRECISIONS: [(&str, Precision); 2] = [("", Precision::F32), (" bf16", Precision::Bf16)];

fn backend() -> Backend {
    Backend::default_choice().expect("a bench is compiled with a backend")
}

fn device() -> Device {
    backend().device().expect("the backend has a device")
}

fn settings() -> LoaderSettings {
    LoaderSettings {
        padding: TrainConfig::default().padding(0),
        threads: 1,
        seed: 0,
        accumulation: 1,
    }
}

fn loader(task: TaskData, batch_size: usize, steps: u64, device: Device) -> MixtureLoader {
    let config = MixtureConfig { batch_size, ..Default::default() };
    let plan = MixturePlan::new(config, vec![task.lengths()], steps, 0).expect("a valid plan");
    MixtureLoader::new(Arc::new(vec![task]), Arc::new(plan), settings(), device)
}

/// Steps of the example `speed`, whose seconds leave the making of batches out.
fn doing(group: &mut BenchmarkGroup<'_, WallTime>, work: Work) {
    group.sample_size(10).throughput(Throughput::Elements(work.tokens(Size::Full) as u64));
    for (suffix, precision) in PRECISIONS {
        let network = Network::new(work, Size::Full, precision, device());
        let mut network = network.expect("the device has room for the network");
        let mut number = 0;
        group.bench_function(format!("{}{suffix}", work.name()), |bencher| {
            bencher.iter_custom(|count| {
                let mut seconds = 0.0;
                for _ in 0..count {
                    seconds += network.step(number).expect("the device computes").seconds;
                    number += 1;
                }
                Duration::from_secs_f64(seconds)
            });
        });
    }
}

/// A pass over texts of GLUE's lengths, over and over.
fn glue_lengths(group: &mut BenchmarkGroup<'_, WallTime>) {
    let device = device();
    // Every quantile sixteen times: two windows of 32 batches, in which the tasks are mixed.
    let lengths: Vec<usize> = GLUE_LENGTHS.concat().into_iter().flat_map(|n| [n; 16]).collect();
    let task = task_of(&lengths);
    let steps = (lengths.len() / 16) as u64;
    let loader = loader(task.clone(), 16, steps, device.clone().autodiff());
    let batches: Vec<MicroBatch> =
        loader.iter().collect::<Result<_, _>>().expect("the texts make batches");
    let (real, computed) =
        batches.iter().fold((0, 0), |(a, b), batch| (a + batch.tokens.0, b + batch.tokens.1));
    println!(
        "GLUE's lengths: {:.1}% of the tokens are real",
        100.0 * real as f64 / computed as f64
    );
    group.sample_size(10).throughput(Throughput::Elements(real));
    for (suffix, precision) in PRECISIONS {
        let specs = std::slice::from_ref(&task.spec);
        let model = MultiTask::new(minilm_trunk(&device), specs, 0, &device);
        let config = TrainConfig { precision, ..TrainConfig::default() };
        let mut training = Steps::new(model, &config);
        group.bench_function(format!("glue lengths, {steps} steps{suffix}"), |bencher| {
            bencher.iter(|| {
                for batch in &batches {
                    drop(training.step(batch.clone()).expect("the device computes"));
                }
                device.sync().expect("the device computes");
            });
        });
    }
}

fn bench_steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    doing(&mut group, Work::MiniLm);
    doing(&mut group, Work::T5);
    glue_lengths(&mut group);
    group.finish();
}

fn bench_generation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("generation");
    doing(&mut group, Work::Generate);
    group.finish();
}

fn bench_loader(criterion: &mut Criterion) {
    let suite = Synthetic::new(SyntheticConfig::default()).expect("the defaults are valid");
    let task: Task = suite.load("paraphrase").expect("the suite has this task");
    let texts = task.split(Split::Train).iter().flat_map(|e: &Example| match &e.text {
        Text::Two(a, b) => vec![a.as_str(), b.as_str()],
        _ => vec![],
    });
    let encoder = TextEncoder::train(texts, 500, 48).expect("the texts have words");
    let data = TaskData::encode(&task, &encoder).expect("the task is complete");
    let loader: Arc<dyn DataLoader<MicroBatch>> = Arc::new(loader(data, 32, 200, device()));
    let mut group = criterion.benchmark_group("loader");
    group.sample_size(10).throughput(Throughput::Elements(200 * 32));
    group.bench_function("paraphrase, batches of 32", |bencher| {
        bencher.iter(|| loader.iter().for_each(|batch| drop(black_box(batch))));
    });
    group.finish();
}

criterion_group!(training, bench_steps, bench_generation, bench_loader);
criterion_main!(training);
