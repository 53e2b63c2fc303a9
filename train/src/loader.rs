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
    Result, TargetKind,
    mixture::{MixturePlan, OrderedPrefetch, ordered_prefetch},
    text::Encoded,
};

use super::{
    EvalBatch, MicroBatch, Padding, TaskData, TextConfig,
    batch::{BatchMaker, to_input},
};

/// Batches made ahead by each thread.
const AHEAD: usize = 2;

/// What all loaders of a run share.
#[derive(Clone, Debug)]
pub struct LoaderSettings {
    pub padding: Padding,
    pub threads: usize,
    /// Seed of dropout and of hidden tokens.
    pub seed: u64,
    /// Parts a batch is computed in.
    pub accumulation: usize,
}

/// Makes batches by number; a pure function.
pub trait BatchSource: Send + Sync + 'static {
    type Batch: Send + 'static;

    /// Number of batches.
    fn count(&self) -> u64;

    /// The batch with this number, on `device`.
    ///
    /// # Errors
    /// Data that no batch can be made from.
    fn make(&self, number: u64, device: &Device) -> Result<Self::Batch>;
}

/// A loader of a source's batches, made ahead by threads and handed over in order.
pub struct OrderedLoader<S> {
    source: Arc<S>,
    threads: usize,
    device: Device,
    items: Range<u64>,
}

/// Training batches of a mixture; every item is one part of a batch. A step has `accumulation` parts, or as many for
/// each task where every batch holds all tasks.
pub type MixtureLoader = OrderedLoader<MixtureBatches>;

/// Batches over whole splits, task after task, longest texts first.
pub type EvalLoader = OrderedLoader<SplitBatches>;

impl<S: BatchSource> OrderedLoader<S> {
    fn of(source: S, threads: usize, device: Device) -> Self {
        let items = 0..source.count();
        Self { source: Arc::new(source), threads, device, items }
    }

    /// The batch with this number; a pure function.
    ///
    /// # Errors
    /// Data that no batch can be made from.
    pub fn item(&self, number: u64) -> Result<S::Batch> {
        self.source.make(number, &self.device)
    }

    fn with(&self, device: Device, items: Range<u64>) -> Self {
        Self { source: self.source.clone(), threads: self.threads, device, items }
    }
}

impl<S: BatchSource> DataLoader<S::Batch> for OrderedLoader<S> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<S::Batch> + 'a> {
        let (source, device) = (self.source.clone(), self.device.clone());
        let make = move |number| source.make(number, &device);
        Box::new(Items(ordered_prefetch(self.items.clone(), self.threads, AHEAD, make)))
    }

    fn num_items(&self) -> usize {
        (self.items.end - self.items.start) as usize
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<S::Batch>> {
        Arc::new(self.with(device.clone(), self.items.clone()))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<S::Batch>> {
        let first = self.items.start;
        Arc::new(self.with(self.device.clone(), first + start as u64..first + end as u64))
    }
}

/// The batches of a mixture's plan.
pub struct MixtureBatches {
    tasks: Arc<Vec<TaskData>>,
    plan: Arc<MixturePlan>,
    settings: LoaderSettings,
    text: TextConfig,
    /// Whether a part holds all tasks, on the first one's draws.
    shared: bool,
}

impl MixtureLoader {
    /// Loads all batches of `plan`.
    pub fn new(
        tasks: Arc<Vec<TaskData>>,
        plan: Arc<MixturePlan>,
        settings: LoaderSettings,
        device: Device,
    ) -> Self {
        Self::with_text(tasks, plan, settings, TextConfig::default(), device)
    }

    /// Loads all batches of `plan`, text-to-text examples as `text` says.
    pub fn with_text(
        tasks: Arc<Vec<TaskData>>,
        plan: Arc<MixturePlan>,
        settings: LoaderSettings,
        text: TextConfig,
        device: Device,
    ) -> Self {
        let threads = settings.threads;
        let shared = false;
        Self::of(MixtureBatches { tasks, plan, settings, text, shared }, threads, device)
    }

    /// Loads batches for tasks on the same texts: every part holds the first task's draws, as examples of all tasks.
    pub fn shared(
        tasks: Arc<Vec<TaskData>>,
        plan: Arc<MixturePlan>,
        settings: LoaderSettings,
        device: Device,
    ) -> Self {
        let (threads, text) = (settings.threads, TextConfig::default());
        Self::of(MixtureBatches { tasks, plan, settings, text, shared: true }, threads, device)
    }
}

impl MixtureBatches {
    fn parts(&self) -> usize {
        let groups = if self.shared { 1 } else { self.plan.groups() };
        groups * self.settings.accumulation
    }
}

impl BatchSource for MixtureBatches {
    type Batch = MicroBatch;

    fn count(&self) -> u64 {
        self.plan.steps() * self.parts() as u64
    }

    fn make(&self, number: u64, device: &Device) -> Result<MicroBatch> {
        let parts = self.parts() as u64;
        let (step, part) = (number / parts, (number % parts) as usize);
        let mut draws = self.plan.batch(step).draws;
        let maker = BatchMaker {
            tasks: &self.tasks,
            seed: self.settings.seed,
            total: self.plan.steps(),
            padding: self.settings.padding,
            text: &self.text,
            device,
        };
        let dropout = DropoutKey::new(self.settings.seed, number);
        if self.shared {
            draws.truncate(draws.len() / self.plan.groups());
            let size = draws.len() / self.parts();
            return maker.shared(&draws[part * size..(part + 1) * size], step, dropout);
        }
        let (size, accumulation) = (draws.len() / self.parts(), self.settings.accumulation);
        // With a group a task, what is averaged is the group.
        let group = part / accumulation * accumulation;
        maker.make(
            &draws[part * size..(part + 1) * size],
            &draws[group * size..(group + accumulation) * size],
            step,
            dropout,
        )
    }
}

/// The batches of one split of every task.
pub struct SplitBatches {
    tasks: Arc<Vec<TaskData>>,
    /// (task, indices of its examples) of every batch.
    batches: Vec<(usize, Vec<usize>)>,
    choose: fn(&TaskData) -> &[Encoded],
    settings: LoaderSettings,
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
        let threads = settings.threads;
        Self::of(SplitBatches { tasks, batches, choose, settings }, threads, device)
    }
}

impl BatchSource for SplitBatches {
    type Batch = EvalBatch;

    fn count(&self) -> u64 {
        self.batches.len() as u64
    }

    fn make(&self, number: u64, device: &Device) -> Result<EvalBatch> {
        let (task, examples) = &self.batches[number as usize];
        let all = (self.choose)(&self.tasks[*task]);
        let texts: Vec<&Encoded> = examples.iter().map(|&i| &all[i]).collect();
        let host = self.settings.padding.collate(&texts);
        let is_tags = matches!(self.tasks[*task].spec.kind, TargetKind::Tags { .. });
        let words = is_tags.then(|| {
            let at = |(row, text): (usize, &&Encoded)| -> Vec<i32> {
                let offset = (row * host.width) as i32;
                text.word_starts.iter().map(|&w| offset + w as i32).collect()
            };
            let positions: Vec<i32> = texts.iter().enumerate().flat_map(at).collect();
            let n = positions.len();
            Tensor::<1, Int>::from_data(TensorData::new(positions, [n]), device)
        });
        let rows = texts.iter().map(|t| if is_tags { t.word_starts.len() } else { 1 }).collect();
        let input = to_input(&host, self.settings.padding, device);
        let text = self.tasks[*task].text.clone();
        Ok(EvalBatch { task: *task, input, examples: examples.clone(), rows, words, text })
    }
}

struct Items<T>(OrderedPrefetch<Result<T>>);

impl<T> Iterator for Items<T> {
    type Item = Result<T, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|batch| batch.map_err(DatasetError::new))
    }
}

impl<T> DataLoaderIterator<T> for Items<T> {
    fn progress(&self) -> Progress {
        let (done, total) = self.0.progress();
        Progress::new(done as usize, total as usize, Some("batches".into()))
    }
}
