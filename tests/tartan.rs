//! End-task-aware training: learned weights tell help from noise, resume exactly, and studies of end-tasks report.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{fs, path::Path, sync::Arc};

use common::{
    TINY_END_TASK, arguments, assert_resumes_exactly, assert_says, comparison, device, failure,
    files_named, metrics, train_until, weights, written,
};
use serde_json::Value;
use taskgraft::{
    Result,
    events::Measurement,
    methods::{DevExamples, DevHeadConfig, LearnedWeights, MetaWeights, TaskWeights},
    study::{Settings, StudyReport, TaskUse, Workbench},
    tasks::{Catalogue, synthetic::EndTask},
    train::{MultiTask, TaskData, TrainConfig, Trained, Trainer, View},
};

mod common;
#[allow(dead_code)] // Its `main`.
#[path = "../experiments/tartan/main.rs"]
mod tartan;

/// A network for an end-task and its auxiliary tasks, to be trained.
struct Setting {
    bench: Workbench,
    config: TrainConfig,
    /// The end-task first.
    tasks: Vec<TaskData>,
    dev: DevExamples,
}

impl Setting {
    fn new(assignments: &[&str], auxiliaries: &[&str]) -> Self {
        let mut settings = Settings::default();
        tartan::settings::of_the_scripts(&mut settings);
        assignments.iter().for_each(|assignment| settings.set(assignment).unwrap());
        let suite = Arc::new(EndTask::new(settings.end_task.clone()).unwrap());
        let mut catalogue = Catalogue::new();
        catalogue.add_with_corpora(suite.clone(), suite).unwrap();
        let mut uses = vec![TaskUse::of("topic").with_half_of_dev()];
        for name in auxiliaries {
            uses.push(tartan::rows::auxiliary(&catalogue, "topic", name).unwrap());
        }
        let bench = Workbench::new(catalogue, &settings, None, &device()).unwrap();
        let bench = bench.with_vocabulary(&uses).unwrap();
        let (mut tasks, mut half) = (vec![], None);
        for task in uses {
            let (data, of_dev) = bench.data_for_stage(&bench.resolved(task).unwrap()).unwrap();
            half = half.or(of_dev);
            tasks.push(data);
        }
        let dev = Arc::new(TaskData { train: half.unwrap(), ..tasks[0].clone() });
        let dev = DevExamples { fit: dev.clone(), gradient: dev };
        Self { bench, config: settings.section("train").clone(), tasks, dev }
    }

    fn train(
        &self,
        weights: TaskWeights,
        config: &TrainConfig,
        seed: u64,
        folder: &Path,
    ) -> Result<Trained> {
        self.train_until(weights, config, (seed, folder), None)
    }

    fn train_until(
        &self,
        weights: TaskWeights,
        config: &TrainConfig,
        (seed, folder): (u64, &Path),
        stop: Option<u64>,
    ) -> Result<Trained> {
        fs::create_dir_all(folder).unwrap();
        let specs: Vec<_> = self.tasks.iter().map(|task| task.spec.clone()).collect();
        let trainer = Trainer {
            config,
            tasks: Arc::new(self.tasks.clone()),
            method: weights.into(),
            dev: Some(self.dev.clone()),
            pad: self.bench.tokeniser()?.pad_id(),
            seed,
            device: device(),
            label: "test",
            view: View::Lines,
            folder,
            digest: "of the test's config",
        };
        let model = MultiTask::new(self.bench.trunk(seed, None)?, &specs, seed, &device());
        train_until(&trainer, model, stop)
    }
}

/// The mean of a task's weight over the second half of a training.
fn late_weight(folder: &Path, task: &str, steps: u64) -> f64 {
    let is_it = |m: &taskgraft::events::Measurement| {
        m.name == "weight" && m.task.as_deref() == Some(task) && m.step > steps / 2
    };
    let values: Vec<f64> = metrics(folder).iter().filter(|m| is_it(m)).map(|m| m.value).collect();
    assert!(!values.is_empty(), "no weight of {task}");
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn learned_weights_tell_help_from_noise() {
    let steps = 240;
    let sizes = [
        "trunk.hidden=32",
        "end_task.topic_words=24",
        "end_task.common_words=24",
        "end_task.shortest=16",
        "end_task.longest=24",
        "end_task.topicality=0.3",
        "end_task.train_size=24",
        "max_length=32",
        "lr=0.002",
        "evaluations=1",
        "checkpoint_every=0",
    ];
    let setting = Setting::new(&sizes, &["related", "shuffled"]);
    let config = TrainConfig { steps: Some(steps), ..setting.config.clone() };
    let learned = LearnedWeights {
        rule: MetaWeights { lr: 1.0, ..Default::default() },
        dev: DevHeadConfig { batch_size: 100, gradient_batch_size: 100, ..Default::default() },
        ..Default::default()
    };
    let out = tempfile::tempdir().unwrap();
    for seed in 0..3 {
        let folder = out.path().join(seed.to_string());
        setting.train(TaskWeights::Learned(learned.clone()), &config, seed, &folder).unwrap();
        let of = |task| late_weight(&folder, task, steps);
        let (help, noise) = (of("related"), of("shuffled"));
        assert!(help > 1.5 * noise, "seed {seed}: weight {help} of help, {noise} of noise");
    }
}

#[test]
fn a_training_with_learned_weights_goes_on_as_if_it_had_not_been_stopped() {
    let setting = Setting::new(&TINY_END_TASK, &["domain", "related"]);
    let config = TrainConfig { steps: Some(8), evaluations: 4, ..setting.config.clone() };
    let dev = DevHeadConfig { refit_every: 3, steps: 5, dropout: true, ..Default::default() };
    let rule = MetaWeights { lr: 1.0, ..Default::default() };
    let learned =
        TaskWeights::Learned(LearnedWeights { rule, dev, whole_head: true, hold: 2, floor: 0.1 });
    assert_resumes_exactly(&config, [1, 2, 5, 7], |config, folder, stop| {
        setting.train_until(learned.clone(), config, (1, folder), stop)
    });
    assert_resumes_exactly(&config, [3], |config, folder, stop| {
        setting.train_until(TaskWeights::Equal, config, (1, folder), stop)
    });
}

/// A fast rule shuts out at random what a trunk that has learned nothing says nothing of.
#[test]
fn weights_are_held_for_the_steps_that_are_asked_for() {
    let setting = Setting::new(&TINY_END_TASK, &["domain", "related"]);
    let config = TrainConfig { steps: Some(6), ..setting.config.clone() };
    let out = tempfile::tempdir().unwrap();
    let learned = LearnedWeights { hold: 3, ..Default::default() };
    setting.train(TaskWeights::Learned(learned), &config, 1, out.path()).unwrap();
    let is_weight = |m: &&Measurement| m.name == "weight" && m.task.as_deref() == Some("domain");
    let all = metrics(out.path());
    let weights: Vec<f64> = all.iter().filter(is_weight).map(|m| m.value).collect();
    let moved = |weight: &f64| (weight - 1.0 / 3.0).abs() > 1e-9;
    // A step's weights are those learned before it.
    assert_eq!(
        weights.iter().map(moved).collect::<Vec<_>>(),
        [false, false, false, false, true, true]
    );
}

#[test]
fn equal_weights_are_fixed_weights_of_the_same_size() {
    let setting = Setting::new(&TINY_END_TASK, &["domain"]);
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str, weights_of: TaskWeights| {
        weights(
            &setting.train(weights_of, &setting.config, 1, &out.path().join(name)).unwrap().model,
        )
    };
    let equal = run("equal", TaskWeights::Equal);
    assert!(equal == run("fixed", TaskWeights::Fixed { weights: vec![0.5, 0.5] }));
    assert!(equal != run("uneven", TaskWeights::Fixed { weights: vec![0.9, 0.1] }));
    assert!(equal != run("random", TaskWeights::Random));
}

#[test]
fn padding_that_is_attended_to_changes_the_network() {
    let setting = Setting::new(&TINY_END_TASK, &["domain"]);
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str, attend_padding: bool| {
        let config = TrainConfig { attend_padding, ..setting.config.clone() };
        weights(
            &setting.train(TaskWeights::Equal, &config, 1, &out.path().join(name)).unwrap().model,
        )
    };
    assert!(run("hidden", false) != run("attended", true));
}

/// The experiment with tiny settings.
fn run(out: &Path, more: &[&str]) -> Result<StudyReport> {
    let set = [&TINY_END_TASK[..], &["finetune.steps=2"]].concat();
    let line = [&["--seeds", "2"], more].concat();
    tartan::run(arguments("tartan", out, &set, &line))
}

#[test]
fn a_study_of_an_end_task_reports_every_method_and_uses_what_was_run() {
    let out = tempfile::tempdir().unwrap();
    let line = [
        "--methods=end-task-only,pre-train,mt,meta",
        "--auxiliaries=domain,related",
        "--domain-fraction=0.5,1",
    ];
    let run = || run(out.path(), &line).unwrap().report().unwrap();
    run();
    let html = fs::read_to_string(out.path().join("report.html")).unwrap();
    assert_says(
        &html,
        &[
            "End-task only",
            "Pre-train domain@0.5",
            "Pre-train related",
            "MT-TARTAN (domain + related)",
            "META-TARTAN (domain@0.5 + related)",
            "Scores on the test set",
            "weight of related",
            "dev cosine of domain",
            "Data efficiency",
            "share of the text",
        ],
    );
    let rows = comparison(out.path())["methods"].as_array().unwrap().len();
    assert_eq!(rows, 1 + 3 + 2 + 2, "the end-task alone; three before it; two sets by two methods");
    // Two seeds of: a training and a last one for each row, and three of pre-training.
    let finished = files_named(out.path(), "finished.json");
    assert_eq!(finished.len(), 2 * (2 * rows + 3));
    assert_eq!(files_named(out.path(), "test-topic.jsonl").len(), 2 * rows);
    let seed = out.path().join("pre-train-domain-0.5/seed-0");
    for start in ["topic-pretrain-domain@0.5-", "topic-train-", "topic-finetune-"] {
        let is_it = |f: &std::path::PathBuf| f.to_string_lossy().contains(&format!("/{start}"));
        let of_stage: Vec<_> =
            files_named(&seed, "metrics.jsonl").into_iter().filter(is_it).collect();
        assert_eq!(of_stage.len(), 1, "{start}: {of_stage:?}");
    }
    let before = written(&finished);
    run();
    assert_eq!(before, written(&finished), "trained again");
}

#[test]
fn several_texts_before_the_end_task_are_one_row_the_most_distant_first() {
    let out = tempfile::tempdir().unwrap();
    let line = ["--methods=pre-train-all", "--auxiliaries=task,domain@0.5"];
    let report = run(out.path(), &line).unwrap();
    let names: Vec<&str> = report.comparison.methods.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["Pre-train domain@0.5, then task"]);
    assert_eq!(files_named(out.path(), "finished.json").len(), 2 * 4);
}

/// Scores of the first row in all seeds.
fn scores_of_the_first_row(report: &StudyReport) -> Vec<Option<f64>> {
    report.comparison.methods[0].seeds.iter().flat_map(|seed| seed.by_task.clone()).collect()
}

#[test]
fn the_split_that_is_asked_for_is_scored() {
    let out = tempfile::tempdir().unwrap();
    let scored_on = |split: &str, name: &str| {
        let line = ["--methods=end-task-only", "--score", split];
        let report = run(out.path(), &line).unwrap();
        assert_eq!(report.comparison.on_test, split == "test");
        // The last stage has a row only where it is better on dev.
        let chosen = files_named(out.path(), name);
        (scores_of_the_first_row(&report), chosen.len())
    };
    let (dev, tests) = scored_on("dev", "test-topic.jsonl");
    assert_eq!(tests, 0, "test scores that nobody asked for");
    let (test, tests) = scored_on("test", "test-topic.jsonl");
    assert_eq!(tests, 2, "one a seed");
    assert_ne!(dev, test);
    // What stands in the table is the metric of the predictions on the test examples.
    for (path, score) in files_named(out.path(), "test-topic.jsonl").iter().zip(&test) {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 40, "test examples");
        let on_record = path.ancestors().nth(2).unwrap().join("test-topic.json");
        let on_record: taskgraft::evaluation::TaskScores =
            serde_json::from_slice(&fs::read(on_record).unwrap()).unwrap();
        assert_eq!(Some(on_record.main()), *score);
    }
    assert_eq!(scored_on("dev", "test-topic.jsonl").0, dev);
}

#[test]
fn auxiliary_tasks_that_are_not_there_are_errors_that_name_those_that_are() {
    let out = tempfile::tempdir().unwrap();
    let run =
        |name: &str| failure(run(out.path(), &["--methods=mt", &format!("--auxiliaries={name}")]));
    assert_says(&run("domian"), &["text or task", "domian", "did you mean `domain`?"]);
    assert_says(&run("relatd"), &["did you mean `related`?"]);
    assert_says(&run("domain@2"), &["domain@2", "above 0 and at most 1"]);
}

#[test]
fn weights_that_fit_other_tasks_are_errors() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("runs");
    let refused = run(&out, &["--methods=mt", "--auxiliaries=domain", "--weights=1"]);
    assert_says(&failure(refused), &["1 weights are given for 2 tasks", "domain"]);
    assert!(common::files(&out).is_empty());
}
