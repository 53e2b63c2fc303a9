//! What a training step costs, and what feeding it costs.
//!
//! `step/minilm 16x128`: forward, backward, clipping by global norm and AdamW of an encoder of MiniLM's shape (6 layers,
//! width 384, 12 heads) with a class head, 16 texts of 128 tokens, dropout 0.1. `loader`: batches of the built-in
//! paraphrase task, from the plan to tensors. Compare with `pytorch/step.py` on the same machine.

use std::{hint::black_box, sync::Arc};

use burn::{
    data::dataloader::DataLoader, optim::ModuleOptimizer, tensor::Device, train::TrainStep,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
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
    train::{
        LoaderSettings, MicroBatch, MixtureLoader, MultiTask, TaskData, TrainConfig, global_norm,
        optimiser, scale_gradients,
    },
};
use taskgraft_benches::{full_length_task, minilm_trunk};

fn device() -> Device {
    let backend = Backend::default_choice().and_then(Backend::device);
    backend.expect("a bench is compiled with a backend")
}

fn settings() -> LoaderSettings {
    LoaderSettings {
        padding: TrainConfig::default().padding(0),
        threads: 1,
        seed: 0,
        accumulation: 1,
    }
}

fn config(batch_size: usize) -> MixtureConfig {
    MixtureConfig { batch_size, ..Default::default() }
}

fn minilm(task: &TaskData, precision: Precision, device: &Device) -> MultiTask {
    let trunk = minilm_trunk(device).with_precision(precision);
    burn::module::Module::train(MultiTask::new(trunk, std::slice::from_ref(&task.spec), 0, device))
}

fn step(model: MultiTask, optimiser: &mut ModuleOptimizer, batch: MicroBatch) -> MultiTask {
    let output = TrainStep::step(&model, batch);
    let norm = global_norm(&model, &output.grads).expect("every step has gradients");
    let factor = (norm + 1e-6).recip().clamp_max(1.0);
    let gradients = scale_gradients(&model, output.grads, factor);
    optimiser.step(1e-5, model, gradients)
}

fn bench_step(criterion: &mut Criterion) {
    let device = device();
    let task = full_length_task();
    let plan = MixturePlan::new(config(16), vec![task.lengths()], 1, 0);
    let plan = Arc::new(plan.expect("sixteen examples make a batch"));
    let loader = MixtureLoader::new(
        Arc::new(vec![task.clone()]),
        plan,
        settings(),
        device.clone().autodiff(),
    );
    let batch = loader.item(0).expect("sixteen examples make a batch");
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10).throughput(Throughput::Elements(16 * 128));
    for (name, precision) in
        [("minilm 16x128", Precision::F32), ("minilm 16x128 bf16", Precision::Bf16)]
    {
        let mut model = minilm(&task, precision, &device);
        let mut optimiser = optimiser(&TrainConfig::default(), &model);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                model = step(model.clone(), &mut optimiser, batch.clone());
                device.sync().expect("the device computes");
            });
        });
    }
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
    let plan = MixturePlan::new(config(32), vec![data.lengths()], 200, 0).expect("a valid plan");
    let loader: Arc<dyn DataLoader<MicroBatch>> =
        Arc::new(MixtureLoader::new(Arc::new(vec![data]), Arc::new(plan), settings(), device()));
    let mut group = criterion.benchmark_group("loader");
    group.sample_size(10).throughput(Throughput::Elements(200 * 32));
    group.bench_function("paraphrase, batches of 32", |bencher| {
        bencher.iter(|| loader.iter().for_each(|batch| drop(black_box(batch))));
    });
    group.finish();
}

criterion_group!(training, bench_step, bench_loader);
criterion_main!(training);
