//! What somebody writes in a crate of their own: tasks, a weighting, a method that owns the step, an observer and a
//! section of the report; all of them work like the built-in ones.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use taskgraft::{
    algebra::weighting::same_tasks,
    burn::{optim::GradientsParams, train::TrainOutput},
    prelude::*,
    tasks::{
        Example, ExampleId, Family, Split, Target, TargetKind, Task, TaskSpec, Text,
        metrics::Metric,
    },
    train::{
        MicroBatch, MultiTask, StepItem,
        combine::{Combine, Combined, MethodState, Weighing, add_scaled},
    },
};

/// Tasks that a program makes: does a line hold a word?
struct Words;

impl Suite for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn specs(&self) -> Vec<TaskSpec> {
        ["red", "blue"].map(spec).to_vec()
    }

    fn load(&self, task: &str) -> taskgraft::tasks::Result<Task> {
        let spec = self.spec(task)?;
        let split =
            |from: u32, count: u32| (from..from + count).map(|i| example(task, i)).collect();
        let splits = [(Split::Train, split(0, 48)), (Split::Dev, split(48, 24))];
        Ok(Task { spec, splits: splits.into(), sources: vec![] })
    }
}

fn spec(name: &str) -> TaskSpec {
    TaskSpec {
        name: name.into(),
        suite: "words".into(),
        family: Family::Classification,
        kind: TargetKind::Class { labels: vec!["without".into(), "with".into()] },
        metrics: vec![Metric::Accuracy],
        symmetric: false,
    }
}

fn example(word: &str, i: u32) -> Example {
    let holds = i * 7 % 5 < 2;
    let other = ["green", "grey", "black"][i as usize % 3];
    let text = format!("a {other} line with {}", if holds { word } else { "none" });
    Example {
        id: ExampleId(i),
        text: Text::One(text),
        target: Some(Target::Class(usize::from(holds))),
    }
}

/// Weights that follow the losses to a power.
#[derive(Clone, Serialize, Deserialize)]
struct PowerOfLoss {
    power: f64,
    /// Tasks of the steps so far: what it remembers, which is not one of its options.
    #[serde(skip)]
    tasks: Option<usize>,
}

impl Weighting for PowerOfLoss {
    fn name(&self) -> &'static str {
        "power of loss"
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties::CONVEX
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>, WeightingError> {
        let tasks = *self.tasks.get_or_insert(inputs.tasks());
        same_tasks(self.name(), "the steps before", tasks, inputs.tasks())?;
        let losses = inputs.nonnegative_losses(self.name())?;
        let powers: Vec<f64> = losses.iter().map(|loss| loss.powf(self.power)).collect();
        let sum: f64 = powers.iter().sum();
        Ok(powers.into_iter().map(|power| power / sum).collect())
    }

    fn state(&self) -> Value {
        self.tasks.into()
    }

    fn restore(&mut self, state: &Value) -> Result<(), WeightingError> {
        let problem = || WeightingError::State {
            method: self.name(),
            problem: "expected a number of tasks, or null".into(),
        };
        self.tasks = serde_json::from_value(state.clone()).map_err(|_| problem())?;
        Ok(())
    }
}

/// One task a step, in turn: a method that owns the step.
struct InTurn {
    first: usize,
}

impl MethodConfig for InTurn {
    fn name(&self) -> String {
        "in turn".into()
    }

    fn options(&self) -> Value {
        serde_json::json!({ "first": self.first })
    }

    fn make(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let tasks = training.tasks.len();
        let (turn, sum) = (self.first as u64, GradientsParams::new());
        Ok(Box::new(Turns { tasks, turn, sum, items: vec![] }))
    }
}

struct Turns {
    tasks: usize,
    turn: u64,
    sum: GradientsParams,
    items: Vec<StepItem>,
}

impl Combine<MultiTask> for Turns {
    fn parts(&self) -> usize {
        self.tasks
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        mut output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        if part as u64 == self.turn % self.tasks as u64 {
            add_scaled(model, &mut self.sum, &mut output.grads, 1.0);
        }
        self.items.push(output.item);
        Ok(())
    }

    fn finish(&mut self, _step: u64, _model: &MultiTask) -> Result<Combined> {
        self.turn += 1;
        let item = StepItem::average(std::mem::take(&mut self.items));
        Ok(Combined { gradients: std::mem::take(&mut self.sum), factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.items.clear();
        self.sum = GradientsParams::new();
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: self.turn.into(), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        self.turn = state.values.as_u64().unwrap_or_default();
        Ok(())
    }
}

/// Counts the steps that it sees.
struct Counter(Arc<AtomicU64>);

impl Observer for Counter {
    fn observe(&mut self, _step: u64, _model: &MultiTask) -> Result<()> {
        self.0.fetch_add(1, Relaxed);
        Ok(())
    }
}

fn main() -> Result<()> {
    let mut study = Study::from_args("outside")?;
    study.suite(Words).seeds(1).settings(|settings| {
        (settings.trunk.hidden, settings.trunk.layers) = (32, 1);
        for config in settings.all_sections() {
            (config.steps, config.lr, config.max_length) = (Some(6), 2e-3, 16);
            (config.mixture.batch_size, config.evaluations) = (8, 2);
        }
    });
    let tasks = study.tasks(["red", "blue"])?;
    let power = std::env::var("POWER").map_or(2.0, |power| power.parse().unwrap_or(2.0));
    let (all, others) = (tasks.clone(), tasks.clone());
    study.recipe("Single", move |plan| plan.each(&tasks, |task| Stage::train([task]))).baseline();
    study.recipe("Power of loss", move |plan| {
        plan.together(Stage::train(&all).method(PowerOfLoss { power, tasks: None }))
    });
    study.recipe("In turn", move |plan| {
        plan.together(Stage::train(&others).method(InTurn { first: 1 }))
    });
    let seen = Arc::new(AtomicU64::new(0));
    let counter = seen.clone();
    study.observe(move |_, _| Ok(Some(Box::new(Counter(counter.clone())) as Box<dyn Observer>)));
    study.section(move |finished| {
        let text = vec![format!("{} steps were looked at", seen.load(Relaxed))];
        let title = format!("{} rows from outside", finished.rows.len());
        Ok(vec![Section { title, text, ..Section::default() }])
    });
    taskgraft::conformance::check(|| Box::new(PowerOfLoss { power: 1.0, tasks: None }))
        .map_err(|failures| Error::Usage(failures.to_string()))?;
    study.run()?.report()
}
