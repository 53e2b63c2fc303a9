//! What a user builds of recipes and stages, on built-in tasks: equal stages are run once, recipes that look at
//! finished stages, T5 by heads and in words, end-task-aware weights on any tasks, and methods of the user's own.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{optim::GradientsParams, train::TrainOutput};
use common::{
    Bench, TINY_T5, assert_resumes_exactly, files_named, metrics, run_lineages, tiny_config,
    tiny_study, written,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use taskgraft::{
    algebra::weighting::{self, GramianNeed, Needs, Properties, WeightingError},
    events::Measurement,
    methods::IntoMethod,
    prelude::*,
    study::{StageResult, StudyReport},
    tasks::{
        mixture::NestedMixture,
        objectives::{DrawKey, Lengths, TextToText},
    },
    train::{Combine, Combined, MethodState, MicroBatch, MultiTask, StepItem, combine::Weighing},
};

mod common;

const TWO: [&str; 2] = ["--tasks", "sentiment,entailment"];

fn names(report: &StudyReport) -> Vec<&str> {
    report.comparison.methods.iter().map(|method| method.name.as_str()).collect()
}

fn finished(out: &Path) -> Vec<PathBuf> {
    files_named(out, "finished.json")
}

#[test]
fn a_stage_that_two_recipes_ask_for_is_run_once() {
    let out = tempfile::tempdir().unwrap();
    let mut study = tiny_study("twice", out.path(), &TWO).unwrap();
    study.recipe("Multi", |plan| plan.together(Stage::train(plan.tasks())));
    study.recipe("The same", |plan| plan.together(Stage::train(plan.tasks())));
    study.recipe("Other", |plan| {
        plan.together(Stage::train(plan.tasks()).with(|config| config.lr *= 2.0))
    });
    let report = study.run().unwrap();
    assert_eq!(names(&report), ["Multi", "The same", "Other"]);
    assert_eq!(finished(out.path()).len(), 2);
    let rows = &report.comparison.methods;
    assert_eq!(rows[0].seeds, rows[1].seeds);
    assert!(rows[0].seeds[0].by_task.iter().all(Option::is_some));
}

/// Trains each task alone, and the one with the lowest score once more, from its own network.
fn once_more_for_the_worst(plan: &mut Plan<'_>) -> Result<Row> {
    let singles = plan.each(plan.tasks(), |task| Stage::train([task]))?;
    let mut scores = Vec::new();
    for task in plan.tasks() {
        let key = &singles.stages(&task.name)[0];
        scores.push((plan.result(key)?.dev_score(&task.name).unwrap(), task, key));
    }
    let (_, worst, key) = scores.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let again = plan.add(Stage::train([*worst]).from(key).called("Again").on(&worst.name))?;
    let mut row = singles.clone();
    for scored in row.scored.iter_mut().filter(|scored| scored.task == worst.name) {
        scored.stages = vec![again.clone()];
    }
    Ok(row)
}

#[test]
fn a_recipe_that_looks_at_finished_stages_chooses_the_next_one() {
    let out = tempfile::tempdir().unwrap();
    let run = || {
        let mut study = tiny_study("adaptive", out.path(), &TWO).unwrap();
        study.recipe("Once more for the worst", once_more_for_the_worst);
        study.run().unwrap()
    };
    let report = run();
    assert!(report.comparison.methods[0].seeds[0].by_task.iter().all(Option::is_some));
    let stages = finished(out.path());
    assert_eq!(stages.len(), 3, "{stages:?}");
    let result = |folder: &str, task: &str| -> Option<StageResult> {
        let of_task = |path: &&PathBuf| path.to_string_lossy().contains(&format!("/{task}-"));
        let found = finished(&out.path().join(folder));
        let text = fs::read(found.iter().find(of_task)?).unwrap();
        let all: Value = serde_json::from_slice(&text).unwrap();
        Some(serde_json::from_value(all["scores"].clone()).unwrap())
    };
    let alone = |task: &str| {
        let result = result("once-more-for-the-worst", task);
        result.unwrap().dev_score(task).unwrap()
    };
    let worst = if alone("entailment") < alone("sentiment") { "entailment" } else { "sentiment" };
    assert!(result("again", worst).is_some(), "{stages:?}");
    let before = written(&stages);
    assert_eq!(names(&run()), ["Once more for the worst"]);
    assert_eq!((finished(out.path()), written(&stages)), (stages, before), "trained again");
}

/// Runs Single→Multi on a T5, with more arguments.
fn born_again_on_t5(out: &Path, more: &[&str]) -> StudyReport {
    let mut line = vec!["--set", "trunk.kind=t5"];
    TINY_T5.iter().for_each(|assignment| line.extend(["--set", assignment]));
    line.extend(TWO);
    line.extend(more);
    run_lineages("t5", out, &line, [Lineage::born_again()]).unwrap()
}

fn values_of(folder: &Path, name: &str, task: Option<&str>) -> Vec<f64> {
    let is_it = |m: &&Measurement| m.name == name && m.task.as_deref() == task;
    metrics(folder).iter().filter(is_it).map(|m| m.value).collect()
}

#[test]
fn a_t5_is_taught_by_t5s_with_heads_and_in_words() {
    for form in ["labelled", "words"] {
        let out = tempfile::tempdir().unwrap();
        let report = born_again_on_t5(out.path(), &["--form", form]);
        assert_eq!(names(&report), ["Single→Multi"]);
        let scores = &report.comparison.methods[0].seeds[0].by_task;
        assert!(scores.iter().all(Option::is_some), "{form}: {scores:?}");
        let student = finished(&out.path().join("single-to-multi"));
        let student = student[0].parent().unwrap();
        let gold = values_of(student, "gold weight", None);
        assert_eq!(gold, [0.0, 0.25, 0.5, 0.75], "{form}");
        report.report().unwrap();
    }
}

/// META-TARTAN with a task of the synthetic suite as end-task and another one that helps.
fn meta(out: &Path, more: &[&str]) -> StudyReport {
    let line = [&["--tasks", "entailment"], more].concat();
    let mut study = tiny_study("meta", out, &line).unwrap();
    let mut vocabulary = study.tasks([""; 0]).unwrap();
    vocabulary.push(TaskUse::of("sentiment"));
    study.vocabulary(&vocabulary);
    study.recipe("META-TARTAN", |plan| {
        let end_task = plan.tasks()[0].clone().with_half_of_dev();
        let tasks = [end_task, TaskUse::of("sentiment").unscored()];
        plan.together(Stage::train(tasks).method("meta-tartan").trained_as("multi"))
    });
    study.run().unwrap()
}

#[test]
fn weights_of_any_tasks_are_learned_for_an_end_task_on_an_encoder_and_on_a_t5_in_words() {
    let t5: Vec<&str> = TINY_T5.iter().flat_map(|assignment| ["--set", *assignment]).collect();
    let words = [&["--set", "trunk.kind=t5", "--form", "words"], &t5[..]].concat();
    for more in [&[][..], &words] {
        let out = tempfile::tempdir().unwrap();
        let report = meta(out.path(), more);
        let scores = &report.comparison.methods[0].seeds[0].by_task;
        assert!(matches!(scores[..], [Some(_)]), "the end-task alone is scored: {scores:?}");
        let stages = finished(out.path());
        assert_eq!(stages.len(), 1);
        let folder = stages[0].parent().unwrap();
        let cosines = values_of(folder, "dev cosine", Some("sentiment"));
        assert_eq!(cosines.len(), 4, "one a step");
        assert!(cosines.iter().all(|cosine| cosine.is_finite() && *cosine != 0.0), "{cosines:?}");
        let weights = ["entailment", "sentiment"].map(|t| values_of(folder, "weight", Some(t)));
        assert_eq!((weights[0][0], weights[1][0]), (0.5, 0.5), "equal at first");
        assert_ne!(weights[0].last(), weights[0].first(), "they are learned: {weights:?}");
        for (end, other) in weights[0].iter().zip(&weights[1]) {
            assert!((end + other - 1.0).abs() < 1e-9);
        }
    }
}

/// A user's own weighting: by a moving average of losses, the larger the heavier.
#[derive(Clone, Serialize)]
struct Inertia {
    /// Of the new loss in the average.
    rate: f64,
    #[serde(skip)]
    average: Vec<f64>,
}

impl Inertia {
    fn new(rate: f64) -> Self {
        Self { rate, average: vec![] }
    }
}

impl Weighting for Inertia {
    fn name(&self) -> &'static str {
        "Inertia"
    }

    fn needs(&self) -> Needs {
        Needs {
            gramian: GramianNeed::None,
            losses_after: false,
            known_before: false,
            tracking: None,
        }
    }

    fn properties(&self) -> Properties {
        Properties::CONVEX
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> weighting::Result<Vec<f64>> {
        if self.average.is_empty() {
            self.average = inputs.losses.to_vec();
        }
        for (average, loss) in self.average.iter_mut().zip(inputs.losses) {
            *average += self.rate * (loss - *average);
        }
        let total: f64 = self.average.iter().sum();
        Ok(self.average.iter().map(|average| average / total).collect())
    }

    fn state(&self) -> Value {
        json!(self.average)
    }

    fn restore(&mut self, state: &Value) -> weighting::Result<()> {
        self.average = Deserialize::deserialize(state)
            .map_err(|e| WeightingError::State { method: "Inertia", problem: e.to_string() })?;
        Ok(())
    }
}

/// A user's own method: a step follows one task alone, each in its turn.
#[derive(Clone)]
struct Turns {
    /// Steps before the next task's turn.
    steps: u64,
}

impl MethodConfig for Turns {
    fn name(&self) -> String {
        format!("Turns of {}", self.steps)
    }

    fn options(&self) -> Value {
        json!({ "steps": self.steps })
    }

    fn make(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        Ok(Box::new(InTurns {
            steps: self.steps,
            parts: training.parts().count(),
            done: 0,
            items: vec![],
            gradients: None,
        }))
    }
}

struct InTurns {
    steps: u64,
    parts: usize,
    done: u64,
    items: Vec<StepItem>,
    gradients: Option<GradientsParams>,
}

impl Combine<MultiTask> for InTurns {
    fn parts(&self) -> usize {
        self.parts
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        _model: &MultiTask,
    ) -> Result<()> {
        self.items.push(output.item);
        if (self.done / self.steps) as usize % self.parts == part {
            self.gradients = Some(output.grads);
        }
        Ok(())
    }

    fn finish(&mut self, _step: u64, _model: &MultiTask) -> Result<Combined> {
        self.done += 1;
        let item = StepItem::average(std::mem::take(&mut self.items));
        let gradients = self.gradients.take().expect("it was some task's turn");
        Ok(Combined { gradients, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.items.clear();
        self.gradients = None;
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: json!(self.done), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        let read = state.values.as_u64();
        self.done = read.ok_or_else(|| Error::Usage("a state of another method".into()))?;
        Ok(())
    }
}

fn own_methods(out: &Path, rate: f64, steps: u64) -> StudyReport {
    let mut study = tiny_study("own", out, &TWO).unwrap();
    for method in [Inertia::new(rate).into_method(), Turns { steps }.into_method()] {
        let method = method.unwrap();
        study.recipe(method.to_string(), move |plan| {
            plan.together(Stage::train(plan.tasks()).method(method.clone()))
        });
    }
    study.recipe("Equal", |plan| plan.together(Stage::train(plan.tasks()).method("equal")));
    study.run().unwrap()
}

#[test]
fn methods_of_a_users_own_have_names_and_their_options_tell_folders_apart() {
    let out = tempfile::tempdir().unwrap();
    let report = own_methods(out.path(), 0.5, 1);
    assert_eq!(names(&report), ["Inertia", "Turns of 1", "Equal"]);
    report.report().unwrap();
    let markdown = fs::read_to_string(out.path().join("report.md")).unwrap();
    common::assert_says(&markdown, &["Inertia", "Turns of 1"]);
    let count = |name: &str| finished(&out.path().join(name)).len();
    let stages = finished(out.path());
    let before = written(&stages);
    own_methods(out.path(), 0.5, 1);
    assert_eq!((finished(out.path()), written(&stages)), (stages, before), "trained again");
    own_methods(out.path(), 0.25, 2);
    assert_eq!((count("inertia"), count("turns-of-1"), count("turns-of-2")), (2, 1, 1));
    assert_eq!(count("equal"), 1);
}

#[test]
fn trainings_with_methods_of_a_users_own_go_on_as_if_they_had_not_been_stopped() {
    let bench = Bench::new();
    let mut config = TrainConfig { evaluations: 4, ..tiny_config(8) };
    config.mixture.composition = Composition::EachTask;
    for method in [Inertia::new(0.3).into_method(), Turns { steps: 2 }.into_method()] {
        let method = method.unwrap();
        assert_resumes_exactly(&config, [1, 3, 6], |config, folder, stop| {
            bench.train_until(config, method.clone(), folder, stop)
        });
    }
}

#[test]
fn a_nested_mixture_gives_tasks_its_shares() {
    let out = tempfile::tempdir().unwrap();
    let line = ["--tasks", "sentiment,entailment,similarity", "--set", "mixture.balance=sampling"];
    let mut study = tiny_study("nested", out.path(), &line).unwrap();
    let tasks = study.tasks([""; 0]).unwrap();
    study.recipe("Nested", move |plan| {
        let labels = NestedMixture::of_tasks(Rate::Uniform, ["sentiment", "entailment"]);
        let scores = NestedMixture::of_tasks(Rate::Uniform, ["similarity"]);
        let halves = NestedMixture::of_mixtures(Rate::Uniform, [labels, scores]);
        plan.together(Stage::train(&tasks).mixed(halves))
    });
    study.run().unwrap();
    let text = fs::read(&finished(out.path())[0]).unwrap();
    let finished: Value = serde_json::from_slice(&text).unwrap();
    let rates = finished["scores"]["rates"].as_array().unwrap().iter();
    let shares: Vec<f64> = rates.map(|rate| rate["requested"].as_f64().unwrap()).collect();
    assert_eq!(shares, [0.25, 0.25, 0.5]);
}

/// Writes the last token of a passage.
struct LastToken;

impl Objective for LastToken {
    fn example(&self, documents: &[&[u32]], _key: DrawKey) -> taskgraft::tasks::Result<TextToText> {
        const EOS: u32 = 1;
        let mut inputs = documents.concat();
        let last = inputs.pop().unwrap_or(EOS);
        inputs.push(EOS);
        Ok(TextToText { inputs, targets: vec![last, EOS] })
    }

    fn lengths(&self, tokens: usize) -> Lengths {
        Lengths { inputs: tokens, targets: 2 }
    }
}

#[test]
fn an_objective_of_ones_own_is_trained_on_beside_tasks_in_words() {
    let out = tempfile::tempdir().unwrap();
    let corpus = out.path().join("data/corpus");
    fs::create_dir_all(&corpus).unwrap();
    fs::write(corpus.join("notes.txt"), "the order came late and the box was wet\n".repeat(40))
        .unwrap();
    let data = out.path().join("data");
    let declared = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/declared/mine.toml");
    let mut line = vec!["--data", data.to_str().unwrap(), "--tasks-file", declared];
    line.extend(["--tasks", "tickets", "--form", "words", "--set", "trunk.kind=t5"]);
    TINY_T5.iter().for_each(|assignment| line.extend(["--set", assignment]));
    let mut study = tiny_study("own", &out.path().join("runs"), &line).unwrap();
    let mut all = study.tasks([""; 0]).unwrap();
    all.push(TaskUse::denoising_by("last token", Arc::new(LastToken)));
    study.recipe("Last token beside", move |plan| plan.together(Stage::train(&all)));
    study.run().unwrap();
    let stages = finished(out.path());
    let config = fs::read_to_string(stages[0].parent().unwrap().join("config.json")).unwrap();
    assert!(config.contains("last token"), "the digest knows it by its name");
    let losses = values_of(stages[0].parent().unwrap(), "loss", Some("denoising"));
    assert!(!losses.is_empty() && losses.iter().all(|loss| loss.is_finite()), "{losses:?}");
}
