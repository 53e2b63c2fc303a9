//! End-task-aware training: learned weights tell help from noise, resume exactly, and studies of end-tasks report.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{fs, path::Path, sync::Arc};

use clap::Parser;
use common::{
    assert_resumes_exactly, assert_says, device, failure, files_named, metrics, train_until,
    weights,
};
use taskgraft::{
    Result,
    events::Measurement,
    methods::{DevHeadConfig, LearnedWeights, MetaWeights, TaskWeights},
    study::{EndTaskBench, EndTaskMethod, EndTaskSettings, EndTaskStudy, StudyArgs, end_tasks},
    train::{
        Combination, MultiTask, TaskData, TrainConfig, Trained, Trainer, View, combine::DevExamples,
    },
};

mod common;

/// `--set` assignments that make a study of the built-in end-task tiny.
const TINY: [&str; 13] = [
    "trunk.hidden=32",
    "trunk.layers=1",
    "synthetic.train_size=16",
    "synthetic.dev_size=40",
    "synthetic.test_size=40",
    "synthetic.auxiliary_size=40",
    "synthetic.domain_lines=60",
    "synthetic.noise_lines=60",
    "mixture.batch_size=8",
    "max_length=24",
    "lr=0.002",
    "evaluations=2",
    "steps=4",
];

/// A network for an end-task and its auxiliary tasks, to be trained.
struct Setting {
    bench: EndTaskBench,
    config: TrainConfig,
    auxiliaries: Vec<String>,
}

impl Setting {
    fn new(assignments: &[&str], auxiliaries: &[&str]) -> Self {
        let mut settings = EndTaskSettings::default();
        assignments.iter().for_each(|assignment| settings.set(assignment).unwrap());
        let auxiliaries: Vec<String> = auxiliaries.iter().map(ToString::to_string).collect();
        let suite = end_tasks(None, &settings).unwrap();
        let bench =
            EndTaskBench::new(suite.as_ref(), "topic", &auxiliaries, None, &settings, &device());
        Self { bench: bench.unwrap(), config: settings.train, auxiliaries }
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
        let mut tasks = vec![self.bench.task.clone()];
        tasks.extend(self.auxiliaries.iter().map(|name| self.bench.auxiliaries[name].clone()));
        let specs: Vec<_> = tasks.iter().map(|task| task.spec.clone()).collect();
        let dev = TaskData { train: self.bench.meta_dev.clone(), ..self.bench.task.clone() };
        let dev = Arc::new(dev);
        let dev = DevExamples { fit: dev.clone(), gradient: dev };
        let trainer = Trainer {
            config,
            tasks: Arc::new(tasks),
            combination: Combination::EndTask { weights, dev },
            pad: self.bench.encoder.pad_id(),
            seed,
            device: device(),
            label: "test",
            view: View::Lines,
            folder,
            digest: "of the test's config",
        };
        let model = MultiTask::new(self.bench.trunk(seed)?, &specs, seed, &device());
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
        "synthetic.topic_words=24",
        "synthetic.common_words=24",
        "synthetic.shortest=16",
        "synthetic.longest=24",
        "synthetic.topicality=0.3",
        "synthetic.train_size=24",
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
    let setting = Setting::new(&TINY, &["domain", "related"]);
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
    let setting = Setting::new(&TINY, &["domain", "related"]);
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
    let setting = Setting::new(&TINY, &["domain"]);
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
    let setting = Setting::new(&TINY, &["domain"]);
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str, attend_padding: bool| {
        let config = TrainConfig { attend_padding, ..setting.config.clone() };
        weights(
            &setting.train(TaskWeights::Equal, &config, 1, &out.path().join(name)).unwrap().model,
        )
    };
    assert!(run("hidden", false) != run("attended", true));
}

fn tiny_study(out: &Path) -> EndTaskStudy {
    let mut line = vec!["tartan", "--plain", "--seeds", "2", "--out", out.to_str().unwrap()];
    TINY.iter().for_each(|assignment| line.extend(["--set", assignment]));
    line.extend(["--set", "finetune.steps=2"]);
    EndTaskStudy::new("tartan", StudyArgs::try_parse_from(line).unwrap()).unwrap()
}

#[test]
fn a_study_of_an_end_task_reports_every_method_and_uses_what_was_run() {
    let out = tempfile::tempdir().unwrap();
    let run = || {
        tiny_study(out.path())
            .method(EndTaskMethod::EndTaskOnly)
            .method(EndTaskMethod::pre_train(&["domain@0.5", "task"]))
            .method(EndTaskMethod::mt(&["domain", "related"]))
            .method(EndTaskMethod::mt(&["domain@0.5", "related"]))
            .method(EndTaskMethod::meta(&["domain", "noise"]))
            .run()
            .unwrap()
            .report()
            .unwrap();
    };
    run();
    let html = fs::read_to_string(out.path().join("report.html")).unwrap();
    assert_says(
        &html,
        &[
            "End-task only",
            "Pre-train domain@0.5, then task",
            "MT-TARTAN (domain + related)",
            "META-TARTAN (domain + noise)",
            "Scores on the test set",
            "weight of noise",
            "dev cosine of domain",
            "Data efficiency",
            "share of the text",
        ],
    );
    let finished = files_named(out.path(), "finished.json");
    assert_eq!(finished.len(), 10, "five methods, two seeds");
    assert_eq!(files_named(out.path(), "test-topic.jsonl").len(), 10);
    let written = |path: &std::path::PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let before: Vec<_> = finished.iter().map(written).collect();
    run();
    assert_eq!(before, finished.iter().map(written).collect::<Vec<_>>(), "trained again");
}

#[test]
fn auxiliary_tasks_that_are_not_there_are_errors_that_name_those_that_are() {
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str| failure(tiny_study(out.path()).method(EndTaskMethod::mt(&[name])).run());
    assert_says(&run("domian"), &["text or task", "domian", "did you mean `domain`?"]);
    assert_says(&run("relatd"), &["did you mean `related`?"]);
    assert_says(&run("domain@2"), &["domain@2", "above 0 and at most 1"]);
}

#[test]
fn weights_that_fit_other_tasks_are_errors() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("runs");
    let weights = TaskWeights::Fixed { weights: vec![1.0] };
    let study = tiny_study(&out).method(EndTaskMethod::together(&["domain"], weights));
    assert_says(&failure(study.run()), &["1 weights are given for 2 tasks", "domain"]);
    assert!(!out.exists());
}
