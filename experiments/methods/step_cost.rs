//! What a step of every method costs, against as many plain steps of one task each.
//!
//! All methods are measured in one interleaved run: a round is the T plain steps and one step of every method, on the
//! same network, optimiser and batches, and a method's cost is its time over that of the round's plain steps. So what
//! slows the machine down for a while slows both down. Processor time, where the system counts it, is shown beside: it
//! hardly depends on what else the machine does. A step is everything between two batches: forward and backward
//! passes, the method, clipping by global norm, AdamW.

use std::{sync::Arc, time::Instant};

use burn::tensor::Device;
use taskgraft_models::bert::Encoder;
use taskgraft_tasks::{
    ExampleId, Family, Target, TargetKind, TaskSpec,
    metrics::Metric,
    mixture::{Composition, MixtureConfig, MixturePlan},
    text::Encoded,
};

use taskgraft::{
    Error, Result,
    methods::TaskWeighting,
    run_dir::processor_seconds,
    stats::quartiles,
    train::{
        Combine, LoaderSettings, MicroBatch, MixtureLoader, MultiTask, Steps, TaskData,
        TrainConfig, combine::Weighing,
    },
};

/// Costs of methods at one number of tasks.
#[derive(Clone, Debug)]
pub struct StepCosts {
    pub tasks: usize,
    /// Seconds of the T plain steps, round by round.
    pub plain: Vec<f64>,
    pub methods: Vec<StepCost>,
}

/// The cost of one method.
#[derive(Clone, Debug)]
pub struct StepCost {
    pub weighting: TaskWeighting,
    /// Seconds of its step over those of T plain steps, round by round.
    pub ratios: Vec<f64>,
    /// Processor time of all its steps over that of all plain ones; `None` where the system doesn't say.
    pub processor: Option<f64>,
}

/// What is measured.
pub struct CostSettings<'a> {
    pub trunk: &'a Encoder,
    /// Texts of each task in a step, and their length in tokens.
    pub batch: (usize, usize),
    pub rounds: usize,
    pub device: &'a Device,
}

impl StepCosts {
    /// Measures `methods` on `tasks` tasks of made-up texts; the first round warms up and is not counted.
    ///
    /// # Errors
    /// A method that can't be used, or if the device fails.
    pub fn measure(
        settings: &CostSettings<'_>,
        tasks: usize,
        methods: &[TaskWeighting],
    ) -> Result<Self> {
        let mut bench = Bench::new(settings, tasks)?;
        let combines = methods.iter().map(|weighting| weighting.combine(&bench.weighing));
        let mut combines: Vec<_> = combines.collect::<Result<_>>()?;
        let (mut plain, mut ratios) = (vec![], vec![vec![]; methods.len()]);
        let (mut of_plain_steps, mut of_methods) = (Some(0.0), vec![Some(0.0); methods.len()]);
        for round in 0..=settings.rounds {
            let (of_plain, busy) = bench.timed(|bench| bench.plain_steps())?;
            if round > 0 {
                plain.push(of_plain);
                of_plain_steps = sum(of_plain_steps, busy);
            }
            for (index, combine) in combines.iter_mut().enumerate() {
                let step = |bench: &mut Bench| bench.step(combine.as_mut(), round as u64);
                let (seconds, busy) = bench.timed(step)?;
                if round > 0 {
                    ratios[index].push(seconds / of_plain);
                    of_methods[index] = sum(of_methods[index], busy);
                }
            }
        }
        let cost = |((weighting, ratios), busy): ((&TaskWeighting, Vec<f64>), Option<f64>)| {
            let processor = busy.zip(of_plain_steps).map(|(busy, plain)| busy / plain);
            StepCost { weighting: weighting.clone(), ratios, processor }
        };
        let methods = methods.iter().zip(ratios).zip(of_methods).map(cost).collect();
        Ok(Self { tasks, plain, methods })
    }
}

impl StepCost {
    /// Lower quartile, median and upper quartile of the ratios.
    pub fn quartiles(&self) -> [f64; 3] {
        quartiles(&self.ratios)
    }
}

fn sum(total: Option<f64>, seconds: Option<f64>) -> Option<f64> {
    total.zip(seconds).map(|(total, seconds)| total + seconds)
}

/// Costs as a Markdown table: a row for each method, a column for each number of tasks.
pub fn cost_table(all: &[StepCosts]) -> String {
    let mut table = String::from("| method | passes |");
    for costs in all {
        table.push_str(&format!(" {} tasks |", costs.tasks));
    }
    table.push_str(&format!("\n|---|---|{}\n", "---|".repeat(all.len())));
    let Some(first) = all.first() else { return table };
    for (index, method) in first.methods.iter().enumerate() {
        let passes = method.weighting.passes().unwrap_or_default();
        table.push_str(&format!("| {} | {passes} |", method.weighting));
        for costs in all {
            let cost = &costs.methods[index];
            let [low, median, high] = cost.quartiles();
            let processor = cost.processor.map_or_else(String::new, |p| format!("; {p:.2}"));
            table.push_str(&format!(" {median:.2} ({low:.2}–{high:.2}){processor} |"));
        }
        table.push('\n');
    }
    table
}

/// A network in training, and the batches of one step.
struct Bench {
    training: Steps,
    weighing: Weighing,
    batches: Vec<MicroBatch>,
}

impl Bench {
    fn new(settings: &CostSettings<'_>, tasks: usize) -> Result<Self> {
        let vocabulary = settings.trunk.config().vocab_size as u32;
        let all: Vec<TaskData> =
            (0..tasks).map(|task| made_up(task, settings.batch, vocabulary)).collect();
        let specs: Vec<TaskSpec> = all.iter().map(|task| task.spec.clone()).collect();
        let model = MultiTask::new(settings.trunk.clone(), &specs, 0, settings.device);
        let mixture = MixtureConfig {
            batch_size: settings.batch.0,
            composition: Composition::EachTask,
            ..Default::default()
        };
        let lengths = all.iter().map(TaskData::lengths).collect();
        let plan = Arc::new(MixturePlan::new(mixture, lengths, 1, 0)?);
        // So small a rate that the network stays what it is.
        let config = TrainConfig { lr: 1e-6, clip: 1.0, ..TrainConfig::default() };
        let padding = config.padding(0);
        let loading = LoaderSettings { padding, threads: 1, seed: 0, accumulation: 1 };
        let all = Arc::new(all);
        let autodiff = settings.device.clone().autodiff();
        let loader = MixtureLoader::new(all.clone(), plan, loading, autodiff);
        let weighing = Weighing {
            tasks: all,
            accumulation: 1,
            steps: settings.rounds as u64 + 1,
            batch_size: settings.batch.0,
            seed: 0,
            padding,
            text: config.text.clone(),
            device: settings.device.clone(),
        };
        let batches = (0..tasks as u64).map(|part| loader.item(part)).collect::<Result<_, _>>()?;
        Ok(Self { training: Steps::new(model, &config), weighing, batches })
    }

    /// Seconds by the clock, and of processor time.
    fn timed(&mut self, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<(f64, Option<f64>)> {
        let sync = |device: &Device| {
            device.sync().map_err(|e| Error::Training(format!("waiting for the device: {e}")))
        };
        sync(&self.weighing.device)?;
        let (started, busy) = (Instant::now(), processor_seconds());
        run(self)?;
        sync(&self.weighing.device)?;
        let busy = processor_seconds().zip(busy).map(|(after, before)| after - before);
        Ok((started.elapsed().as_secs_f64(), busy))
    }

    /// A step of each task alone.
    fn plain_steps(&mut self) -> Result<()> {
        self.batches.clone().into_iter().try_for_each(|batch| self.training.step(batch).map(drop))
    }

    fn step(&mut self, combine: &mut dyn Combine<MultiTask>, step: u64) -> Result<()> {
        self.training.step_of(combine, step, self.batches.iter().cloned()).map(drop)
    }
}

/// A task of two classes on made-up texts.
fn made_up(task: usize, (texts, length): (usize, usize), vocabulary: u32) -> TaskData {
    let text = |id: u32| Encoded {
        id: ExampleId(id),
        tokens: (0..length as u32)
            .map(|i| (task as u32 * 7919 + id * 977 + i * 131) % vocabulary)
            .collect(),
        segments: vec![0; length],
        word_starts: vec![],
        target: Some(Target::Class(id as usize % 2)),
        truncated: false,
    };
    let train: Vec<Encoded> = (0..texts as u32).map(text).collect();
    TaskData {
        spec: TaskSpec {
            name: format!("task {task}"),
            suite: "made-up".into(),
            family: Family::Entailment,
            kind: TargetKind::Class { labels: vec!["no".into(), "yes".into()] },
            metrics: vec![Metric::Accuracy],
            symmetric: false,
        },
        dev: train.clone(),
        train,
        fingerprint: String::new(),
        dev_fingerprint: String::new(),
        teacher: None,
        masking: None,
        text: None,
    }
}
