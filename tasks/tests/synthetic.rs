//! The synthetic suite as a whole: determinism, balance, noise, disjoint splits, and what its knobs do.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use taskgraft_tasks::{
    Error, Example, Split, Target, TargetKind, Task, Text,
    suite::Suite,
    synthetic::{Synthetic, SyntheticConfig, lexicon::Lexicon},
};

fn small() -> SyntheticConfig {
    SyntheticConfig::default().with_rich(600).with_moderate(400).with_scarce(200).with_dev_size(150)
}

fn tasks(config: SyntheticConfig) -> Vec<Task> {
    let suite = Synthetic::new(config).unwrap();
    suite.specs().iter().map(|spec| suite.task(&spec.name).unwrap()).collect()
}

fn train_and_dev(task: &Task) -> impl Iterator<Item = &Example> {
    task.split(Split::Train).iter().chain(task.split(Split::Dev))
}

fn plain(text: &Text) -> String {
    match text {
        Text::One(one) => one.clone(),
        Text::Two(first, second) => format!("{first} | {second}"),
        Text::Words(words) => words.join(" "),
    }
}

#[test]
fn six_tasks_of_as_many_families_have_their_sizes_and_ids_in_order() {
    let tasks = tasks(small().with_train_size("sentiment", 77));
    assert_eq!(tasks.iter().map(|task| task.spec.family).collect::<BTreeSet<_>>().len(), 6);
    for task in &tasks {
        let size = match task.spec.name.as_str() {
            "sentiment" => 77,
            "entailment" => 200,
            "acceptability" | "tagging" => 400,
            _ => 600,
        };
        assert_eq!((task.split(Split::Train).len(), task.split(Split::Dev).len()), (size, 150));
        let ids: Vec<u32> = task.split(Split::Train).iter().map(|example| example.id.0).collect();
        assert_eq!(ids, (0..size as u32).collect::<Vec<_>>());
        assert_eq!(task.spec.suite, "synthetic");
        assert_eq!(
            task.spec.symmetric,
            ["paraphrase", "similarity"].contains(&task.spec.name.as_str())
        );
    }
}

#[test]
fn the_same_config_gives_the_same_examples_and_another_seed_others() {
    for (once, again) in tasks(small()).iter().zip(&tasks(small())) {
        assert_eq!(once.splits, again.splits);
    }
    for (one, other) in tasks(small()).iter().zip(&tasks(small().with_seed(1))) {
        assert_ne!(one.splits, other.splits);
    }
}

#[test]
fn an_example_does_not_depend_on_how_many_others_there_are() {
    let few = tasks(small().with_rich(50).with_moderate(50).with_scarce(50).with_dev_size(20));
    for (few, many) in few.iter().zip(&tasks(small())) {
        assert_eq!(few.split(Split::Train), &many.split(Split::Train)[..50]);
        assert_eq!(few.split(Split::Dev), &many.split(Split::Dev)[..20]);
    }
}

#[test]
fn labels_are_balanced() {
    for task in tasks(small()) {
        let TargetKind::Class { labels } = &task.spec.kind else {
            continue;
        };
        for split in [Split::Train, Split::Dev] {
            let mut counts = vec![0; labels.len()];
            for example in task.split(split) {
                let Some(Target::Class(class)) = example.target else { panic!("no class") };
                counts[class] += 1;
            }
            assert_eq!(counts[0], counts[1], "{} {split}", task.spec.name);
        }
    }
}

#[test]
fn scores_spread_over_the_whole_range() {
    let suite = Synthetic::new(small()).unwrap();
    let mut quarters = [0; 4];
    for example in train_and_dev(&suite.task("similarity").unwrap()) {
        let Some(Target::Score(score)) = example.target else { panic!("no score") };
        quarters[((score / 1.25) as usize).min(3)] += 1;
    }
    assert!(quarters.iter().all(|count| *count > 750 / 12), "{quarters:?}");
}

#[test]
fn no_text_is_in_both_splits_in_either_order() {
    for task in tasks(small()) {
        let key = |example: &Example| match &example.text {
            Text::Two(a, b) if a > b => plain(&Text::Two(b.clone(), a.clone())),
            text => plain(text),
        };
        let train: BTreeSet<String> = task.split(Split::Train).iter().map(key).collect();
        let shared =
            task.split(Split::Dev).iter().map(key).filter(|text| train.contains(text)).count();
        assert_eq!(shared, 0, "{}", task.spec.name);
    }
}

#[test]
fn noise_changes_its_share_of_training_targets_and_nothing_else() {
    let share = 0.2;
    for (clean, noisy) in tasks(small()).iter().zip(&tasks(small().with_label_noise(share))) {
        assert_eq!(clean.split(Split::Dev), noisy.split(Split::Dev));
        let (clean_train, noisy_train) = (clean.split(Split::Train), noisy.split(Split::Train));
        assert!(clean_train.iter().zip(noisy_train).all(|(a, b)| a.text == b.text));
        let changed =
            clean_train.iter().zip(noisy_train).filter(|(a, b)| a.target != b.target).count();
        let rate = changed as f64 / clean_train.len() as f64;
        assert!((rate - share).abs() < 0.1, "{}: {rate}", clean.spec.name);
    }
}

/// The share of words that mean the same in two tasks.
fn shared(relatedness: f64) -> f64 {
    let config = SyntheticConfig::default().with_relatedness(relatedness);
    let (a, b) = (Lexicon::new(&config, "paraphrase"), Lexicon::new(&config, "entailment"));
    let same = a.iter().zip(b.iter()).filter(|(a, b)| a == b).count();
    same as f64 / a.iter().count() as f64
}

#[test]
fn relatedness_sets_how_many_words_tasks_agree_on() {
    assert_eq!(shared(1.0), 1.0);
    let half = shared(0.5);
    assert!(shared(0.0) < 0.05 && (0.1..0.5).contains(&half) && shared(0.9) > 0.7, "{half}");
}

#[test]
fn all_tasks_write_with_the_same_words_whatever_they_mean() {
    for relatedness in [0.0, 1.0] {
        let config = SyntheticConfig::default().with_relatedness(relatedness);
        let words = |task| {
            Lexicon::new(&config, task)
                .iter()
                .map(|(_, form)| form.to_string())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(words("tagging"), words("sentiment"));
    }
}

#[test]
fn sentences_are_short_lower_case_and_of_few_different_words() {
    let mut vocabulary = BTreeSet::new();
    for task in tasks(SyntheticConfig::default()) {
        for example in train_and_dev(&task) {
            let text = plain(&example.text);
            assert!(text.chars().all(|c| c.is_ascii_lowercase() || " |".contains(c)), "{text}");
            for sentence in text.split(" | ") {
                assert!((3..=20).contains(&sentence.split(' ').count()), "{sentence}");
            }
            vocabulary.extend(text.split(' ').map(String::from));
        }
    }
    assert!((100..=600).contains(&vocabulary.len()), "{}", vocabulary.len());
}

#[test]
fn words_alone_tell_sentiment_in_part() {
    let suite =
        Synthetic::new(SyntheticConfig::default().with_train_size("sentiment", 2000)).unwrap();
    let task = suite.task("sentiment").unwrap();
    let Text::One(_) = &task.split(Split::Train)[0].text else { panic!("a single text") };
    // Naive Bayes without the prior: the log odds of each word.
    let mut counts: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    let class = |example: &Example| usize::from(example.target == Some(Target::Class(1)));
    for example in task.split(Split::Train) {
        for word in plain(&example.text).split(' ') {
            counts.entry(word.into()).or_insert([1.0, 1.0])[class(example)] += 1.0;
        }
    }
    let odds = |word: &str| counts.get(word).map_or(0.0, |[bad, good]| (good / bad).ln());
    let right = |example: &&Example| {
        let positive = plain(&example.text).split(' ').map(odds).sum::<f64>() > 0.0;
        usize::from(positive) == class(example)
    };
    let dev = task.split(Split::Dev);
    let accuracy = dev.iter().filter(right).count() as f64 / dev.len() as f64;
    assert!((0.6..0.9).contains(&accuracy), "{accuracy}");
}

#[test]
fn bad_configs_and_unknown_tasks_are_refused_with_a_hint() {
    let message = |config| Synthetic::new(config).unwrap_err().to_string();
    let config = SyntheticConfig::default;
    assert!(message(config().with_relatedness(1.5)).contains("relatedness is 1.5"));
    assert!(message(config().with_label_noise(f64::NAN)).contains("label_noise"));
    assert!(message(config().with_concepts(1)).contains("from 2 to 20"));
    assert!(
        message(config().with_train_size("sentimnet", 5)).contains("did you mean `sentiment`?")
    );
    let error = Synthetic::new(config()).unwrap().task("paraphrases").unwrap_err();
    assert!(
        matches!(&error, Error::Unknown { nearest: Some(n), .. } if n == "paraphrase"),
        "{error}"
    );
}

#[test]
fn a_config_survives_json_and_missing_fields_get_their_defaults() {
    let config = small().with_train_size("tagging", 9).with_relatedness(0.3);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<SyntheticConfig>(&json).unwrap(), config);
    let partial: SyntheticConfig = serde_json::from_str(r#"{"seed": 7}"#).unwrap();
    assert_eq!(partial, SyntheticConfig::default().with_seed(7));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_valid_config_gives_valid_targets(
        seed: u64,
        (noise, relatedness, complexity) in (0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64),
        (concepts, synonyms) in (2_usize..8, 1_usize..5),
    ) {
        let config = small().with_seed(seed).with_rich(20).with_moderate(20).with_scarce(20).with_dev_size(10)
            .with_label_noise(noise).with_relatedness(relatedness).with_complexity(complexity)
            .with_concepts(concepts).with_synonyms(synonyms);
        for task in tasks(config) {
            for example in train_and_dev(&task) {
                let words = plain(&example.text).split(' ').count();
                let target = example.target.as_ref();
                let valid = match (&task.spec.kind, target) {
                    (TargetKind::Class { labels }, Some(Target::Class(class))) => *class < labels.len(),
                    (TargetKind::Score { min, max }, Some(Target::Score(score))) => (*min..=*max).contains(score),
                    (TargetKind::Tags { labels }, Some(Target::Tags(tags))) => {
                        tags.len() == words && tags.iter().all(|tag| *tag < labels.len())
                    }
                    _ => false,
                };
                prop_assert!(valid, "{}: {target:?}", task.spec.name);
            }
        }
    }
}
