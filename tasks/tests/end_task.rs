//! The built-in end-task: what holds of its texts, and that they help or don't, judged without any network.

use std::collections::{BTreeMap, BTreeSet};

use taskgraft_tasks::{
    Example, Split, Target, Text, TextCorpus,
    corpus::Corpora,
    suite::Suite,
    synthetic::{EndTask, EndTaskConfig},
};

fn end_task(seed: u64) -> EndTask {
    EndTask::new(EndTaskConfig { seed, ..EndTaskConfig::default() }).unwrap()
}

fn examples(task: &EndTask, split: Split) -> Vec<Example> {
    task.load("topic").unwrap().split(split).to_vec()
}

fn text(example: &Example) -> &str {
    match &example.text {
        Text::One(text) => text,
        other => panic!("not one text: {other:?}"),
    }
}

fn class(example: &Example) -> usize {
    match example.target {
        Some(Target::Class(class)) => class,
        _ => panic!("no class"),
    }
}

fn corpus(task: &EndTask, name: &str) -> TextCorpus {
    task.corpus("topic", name).unwrap()
}

/// The share of test examples whose label a classifier finds.
fn accuracy(task: &EndTask, classify: impl Fn(&str) -> usize) -> f64 {
    let test = examples(task, Split::Test);
    let right = test.iter().filter(|example| classify(text(example)) == class(example)).count();
    right as f64 / test.len() as f64
}

/// Counts topic words, knowing the topics.
fn oracle(task: &EndTask) -> f64 {
    accuracy(task, |text| {
        let of = |topic: &usize| {
            text.split(' ').filter(|w| task.words_of(*topic).iter().any(|k| k == w)).count()
        };
        (0..4).max_by_key(of).unwrap()
    })
}

type Vector = BTreeMap<String, f64>;

/// Sum of what stands beside each word in a text, relative to how often it stands anywhere.
fn represent(text: &str, beside: &BTreeMap<String, Vector>) -> Vector {
    let mut sum = Vector::new();
    for word in text.split(' ') {
        for (other, weight) in beside.get(word).into_iter().flatten() {
            *sum.entry(other.clone()).or_default() += weight;
        }
    }
    let norm = sum.values().map(|v| v * v).sum::<f64>().sqrt().max(1e-12);
    sum.values_mut().for_each(|v| *v /= norm);
    sum
}

/// Counts of words in the same line, less what independent words would have.
fn company(lines: &[String]) -> BTreeMap<String, Vector> {
    let mut single = Vector::new();
    let mut pairs: BTreeMap<String, Vector> = BTreeMap::new();
    let mut total = 0.0;
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        for (i, word) in words.iter().enumerate() {
            *single.entry(word.to_string()).or_default() += 1.0;
            for (j, other) in words.iter().enumerate() {
                if i != j {
                    *pairs
                        .entry(word.to_string())
                        .or_default()
                        .entry(other.to_string())
                        .or_default() += 1.0;
                    total += 1.0;
                }
            }
        }
    }
    let words: f64 = single.values().sum();
    for (word, beside) in &mut pairs {
        for (other, count) in &single {
            let expected = single[word] * count / (words * words) * total;
            *beside.entry(other.clone()).or_default() -= expected;
        }
    }
    pairs
}

/// Nearest mean of the training examples, in the space of what a text says about its words.
fn few_shots(task: &EndTask, represent: impl Fn(&str) -> Vector) -> f64 {
    let mut means = vec![Vector::new(); 4];
    for example in examples(task, Split::Train) {
        for (word, value) in represent(text(&example)) {
            *means[class(&example)].entry(word).or_default() += value;
        }
    }
    accuracy(task, |text| {
        let of = represent(text);
        let near = |topic: usize| {
            let dot =
                |(word, value): (&String, &f64)| value * means[topic].get(word).unwrap_or(&0.0);
            of.iter().map(dot).sum::<f64>()
        };
        (0..4).max_by(|a, b| near(*a).total_cmp(&near(*b))).unwrap()
    })
}

fn words_alone(text: &str) -> Vector {
    let mut counts = Vector::new();
    text.split(' ').for_each(|word| *counts.entry(word.into()).or_default() += 1.0);
    counts
}

#[test]
fn the_helpful_text_tells_topics_that_few_examples_do_not_and_the_other_texts_do_not() {
    for seed in 0..2 {
        let config = EndTaskConfig { seed, test_size: 200, ..EndTaskConfig::default() };
        let task = EndTask::new(config).unwrap();
        let with = |name: &str| {
            let beside = company(&corpus(&task, name).lines);
            few_shots(&task, |text| represent(text, &beside))
        };
        let (knowing, alone) = (oracle(&task), few_shots(&task, words_alone));
        let [domain, noise, misleading] = ["domain", "noise", "misleading"].map(with);
        let all = format!("{knowing} {alone} {domain} {noise} {misleading}");
        assert!(knowing > 0.9 && alone < 0.8, "{all}");
        assert!(domain > alone + 0.15, "{all}");
        assert!(noise < alone && misleading < alone, "{all}");
    }
}

#[test]
fn splits_are_balanced_disjoint_and_of_the_sizes_asked_for() {
    let task = end_task(0);
    let mut seen = BTreeSet::new();
    for (split, size) in [(Split::Train, 32), (Split::Dev, 200), (Split::Test, 500)] {
        let examples = examples(&task, split);
        assert_eq!(examples.len(), size);
        for topic in 0..4 {
            assert_eq!(examples.iter().filter(|e| class(e) == topic).count(), size / 4);
        }
        for (index, example) in examples.iter().enumerate() {
            assert_eq!(example.id.0 as usize, index);
            assert!((8..=14).contains(&text(example).split(' ').count()));
            assert!(seen.insert(text(example).to_owned()), "a text stands in two places");
        }
    }
    let domain = corpus(&task, "domain");
    assert!(domain.lines.iter().all(|line| !seen.contains(line)));
}

#[test]
fn all_texts_use_the_same_words_as_often() {
    let task = end_task(1);
    let counts = |name: &str| {
        let mut of_topic = [0.0_f64; 5];
        let mut all = 0.0;
        for word in corpus(&task, name).lines.iter().flat_map(|line| line.split(' ')) {
            let topic = (0..4).find(|t| task.words_of(*t).iter().any(|known| known == word));
            of_topic[topic.unwrap_or(4)] += 1.0;
            all += 1.0;
        }
        of_topic.map(|n| n / all)
    };
    for name in ["domain", "noise", "misleading"] {
        for (share, expected) in counts(name).into_iter().zip([0.15, 0.15, 0.15, 0.15, 0.4]) {
            assert!((share - expected).abs() < 0.015, "{name}: {share} is not {expected}");
        }
    }
}

#[test]
fn the_texts_are_listed_and_have_the_sizes_asked_for() {
    let task = end_task(0);
    assert_eq!(task.corpora("topic").unwrap(), ["task", "domain", "noise", "misleading"]);
    let own: Vec<String> =
        examples(&task, Split::Train).iter().map(|example| text(example).to_owned()).collect();
    assert_eq!(corpus(&task, "task").lines, own);
    for name in ["domain", "noise", "misleading"] {
        assert_eq!(corpus(&task, name).lines.len(), 2000);
    }
    let unknown = task.corpus("topic", "domains").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `domain`?"), "{unknown}");
    assert!(task.load("topics").unwrap_err().to_string().contains("did you mean `topic`?"));
    assert!(task.corpora("topics").is_err());
}

#[test]
fn a_line_is_a_function_of_config_kind_and_number() {
    let small = EndTaskConfig { domain_lines: 50, noise_lines: 50, ..EndTaskConfig::default() };
    let (small, large) = (EndTask::new(small).unwrap(), end_task(0));
    for name in ["domain", "noise", "misleading"] {
        assert_eq!(corpus(&small, name).lines, corpus(&large, name).lines[..50]);
        assert_ne!(corpus(&end_task(1), name).lines, corpus(&large, name).lines);
    }
    assert_ne!(corpus(&small, "noise").lines, corpus(&small, "misleading").lines);
}

#[test]
fn configs_that_make_no_sense_are_errors() {
    let default = EndTaskConfig::default;
    for (config, problem) in [
        (EndTaskConfig { topics: 1, ..default() }, "at least 2 topics"),
        (EndTaskConfig { topic_words: 10_000, ..default() }, "at most 20000 words"),
        (EndTaskConfig { shortest: 20, ..default() }, "texts of 20 to 14 words"),
        (EndTaskConfig { distraction: 0.7, ..default() }, "both together at most 1"),
        (EndTaskConfig { noise_lines: 0, ..default() }, "each must be at least 1"),
    ] {
        let message = EndTask::new(config).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn beside_it_stand_a_task_that_helps_and_one_whose_labels_have_no_reason() {
    let config = EndTaskConfig { auxiliary_size: 400, ..EndTaskConfig::default() };
    let task = EndTask::new(config).unwrap();
    let agreement = |name: &str| {
        let examples = task.load(name).unwrap().split(Split::Train).to_vec();
        assert_eq!(examples.len(), 400);
        // The topic that most words are of, under the name that `related` gives it.
        let guess = |text: &str| {
            let of = |topic: &usize| {
                text.split(' ').filter(|w| task.words_of(*topic).iter().any(|k| k == w)).count()
            };
            ((0..4).max_by_key(of).unwrap() + 1) % 4
        };
        let right = examples.iter().filter(|e| guess(text(e)) == class(e)).count();
        right as f64 / 400.0
    };
    assert!(agreement("related") > 0.75, "{}", agreement("related"));
    assert!(agreement("shuffled") < 0.35, "{}", agreement("shuffled"));
    assert!(task.corpora("related").unwrap().is_empty(), "an end-task has texts of its own");
    assert!(task.corpus("related", "domain").is_err());
}
