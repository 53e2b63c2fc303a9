//! Data loaders for burn-train: batches as a function of (seed, step), made ahead by threads, handed over in order.

use std::{ops::Range, sync::Arc};

use burn::{
    data::{
        dataloader::{DataLoader, DataLoaderIterator, Progress},
        dataset::DatasetError,
    },
    tensor::{Device, Int, Tensor, TensorData},
};
use taskgraft_models::kernels::DropoutKey;
use taskgraft_tasks::{
    TargetKind,
    mixture::{MixturePlan, OrderedPrefetch, collate, ordered_prefetch},
    text::Encoded,
};

use super::{
    EvalBatch, MicroBatch, TaskData,
    batch::{micro_batch, to_input},
};

/// Batches made ahead by each thread.
const AHEAD: usize = 2;

/// What all loaders of a run share.
#[derive(Clone, Debug)]
pub struct LoaderSettings {
    /// Token id of padding.
    pub pad: u32,
    pub width_multiple: usize,
    pub threads: usize,
    /// Seed of dropout.
    pub seed: u64,
    /// Parts a batch is computed in.
    pub accumulation: usize,
}

/// Training batches of a mixture; every item is one part of a batch, `accumulation` of which make a step.
#[derive(Clone)]
pub struct MixtureLoader {
    tasks: Arc<Vec<TaskData>>,
    plan: Arc<MixturePlan>,
    settings: LoaderSettings,
    device: Device,
    items: Range<u64>,
}

impl MixtureLoader {
    /// Loads all batches of `plan`.
    pub fn new(
        tasks: Arc<Vec<TaskData>>,
        plan: Arc<MixturePlan>,
        settings: LoaderSettings,
        device: Device,
    ) -> Self {
        let items = 0..plan.steps() * settings.accumulation as u64;
        Self { tasks, plan, settings, device, items }
    }

    /// The part `item` of the run; a pure function.
    pub fn item(&self, item: u64) -> MicroBatch {
        let parts = self.settings.accumulation as u64;
        let (step, part) = (item / parts, (item % parts) as usize);
        let batch = self.plan.batch(step);
        let size = batch.draws.len() / self.settings.accumulation;
        micro_batch(
            &self.tasks,
            &batch.draws[part * size..(part + 1) * size],
            (step, self.plan.steps()),
            DropoutKey::new(self.settings.seed, item),
            (self.settings.pad, self.settings.width_multiple),
            &self.device,
        )
    }
}

impl DataLoader<MicroBatch> for MixtureLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<MicroBatch> + 'a> {
        let loader = self.clone();
        Box::new(Items(ordered_prefetch(
            self.items.clone(),
            self.settings.threads,
            AHEAD,
            move |item| loader.item(item),
        )))
    }

    fn num_items(&self) -> usize {
        (self.items.end - self.items.start) as usize
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<MicroBatch>> {
        Arc::new(Self { device: device.clone(), ..self.clone() })
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<MicroBatch>> {
        let first = self.items.start;
        Arc::new(Self { items: first + start as u64..first + end as u64, ..self.clone() })
    }
}

/// Batches over whole splits, task after task, longest texts first.
#[derive(Clone)]
pub struct EvalLoader {
    tasks: Arc<Vec<TaskData>>,
    /// (task, indices of its examples) of every batch.
    batches: Arc<Vec<(usize, Vec<usize>)>>,
    choose: fn(&TaskData) -> &[Encoded],
    settings: LoaderSettings,
    device: Device,
    items: Range<u64>,
}

impl EvalLoader {
    /// Loads the examples that `choose` picks from each task, `batch_size` at a time.
    pub fn new(
        tasks: Arc<Vec<TaskData>>,
        choose: fn(&TaskData) -> &[Encoded],
        batch_size: usize,
        settings: LoaderSettings,
        device: Device,
    ) -> Self {
        let mut batches = Vec::new();
        for (task, data) in tasks.iter().enumerate() {
            let examples = choose(data);
            let mut order: Vec<usize> = (0..examples.len()).collect();
            order.sort_by_key(|&i| std::cmp::Reverse(examples[i].tokens.len()));
            batches.extend(order.chunks(batch_size.max(1)).map(|chunk| (task, chunk.to_vec())));
        }
        let items = 0..batches.len() as u64;
        Self { tasks, batches: Arc::new(batches), choose, settings, device, items }
    }

    fn item(&self, item: u64) -> EvalBatch {
        let (task, examples) = &self.batches[item as usize];
        let all = (self.choose)(&self.tasks[*task]);
        let texts: Vec<&Encoded> = examples.iter().map(|&i| &all[i]).collect();
        let host = collate(&texts, self.settings.pad, self.settings.width_multiple);
        let is_tags = matches!(self.tasks[*task].spec.kind, TargetKind::Tags { .. });
        let words = is_tags.then(|| {
            let at = |(row, text): (usize, &&Encoded)| -> Vec<i32> {
                let offset = (row * host.width) as i32;
                text.word_starts.iter().map(|&w| offset + w as i32).collect()
            };
            let positions: Vec<i32> = texts.iter().enumerate().flat_map(at).collect();
            let n = positions.len();
            Tensor::<1, Int>::from_data(TensorData::new(positions, [n]), &self.device)
        });
        let rows = texts.iter().map(|t| if is_tags { t.word_starts.len() } else { 1 }).collect();
        let input = to_input(&host, &self.device);
        EvalBatch { task: *task, input, examples: examples.clone(), rows, words }
    }
}

impl DataLoader<EvalBatch> for EvalLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<EvalBatch> + 'a> {
        let loader = self.clone();
        Box::new(Items(ordered_prefetch(
            self.items.clone(),
            self.settings.threads,
            AHEAD,
            move |item| loader.item(item),
        )))
    }

    fn num_items(&self) -> usize {
        (self.items.end - self.items.start) as usize
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<EvalBatch>> {
        Arc::new(Self { device: device.clone(), ..self.clone() })
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<EvalBatch>> {
        let first = self.items.start;
        Arc::new(Self { items: first + start as u64..first + end as u64, ..self.clone() })
    }
}

struct Items<T>(OrderedPrefetch<T>);

impl<T> Iterator for Items<T> {
    type Item = Result<T, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Ok)
    }
}

impl<T> DataLoaderIterator<T> for Items<T> {
    fn progress(&self) -> Progress {
        let (done, total) = self.0.progress();
        Progress::new(done as usize, total as usize, Some("batches".into()))
    }
}
