//! `--set KEY=VALUE` for the settings of every kind of study, `--method`, and weightings by name.

use proptest::{prelude::*, sample::Index};
use serde::Serialize;
use serde_json::Value;
use taskgraft::{
    Result,
    study::{Lineage, Settings},
    train::TrainConfig,
};

use super::{
    damage::{cases, made_up_text, reads},
    settings_of_t5, settings_of_tartan,
};

const VALUES: &[&str] = &[
    "1",
    "0",
    "-1",
    "0.5",
    "2",
    "1e-5",
    "true",
    "null",
    "\"best\"",
    "best",
    "uniform",
    "{\"size_power\":2}",
    "[1,2]",
    "[",
    "{",
    "}",
    ":",
    ",",
    "\"linear\"",
    "skip",
    "18446744073709551615",
    "{\"inverse_sqrt\":0}",
    "each_task",
    "{\"temperature\":0}",
];
const METHODS: &[&str] = &[
    "single",
    "multi",
    "->",
    "→",
    " ",
    "(",
    ")",
    ",",
    "pcgrad",
    "cagrad",
    "c=0.25",
    "c=nan",
    "λ=0.5",
    "lambda=2",
    "nash mtl",
    "weights=[1,2]",
    "[",
    "]",
    "{",
    "=",
    "graddrop",
    "excess-mtl",
    "auto-lambda",
    "at=representation",
    "fixed",
    "dwa",
    "temperature=0",
    "seed=-1",
];

/// The keys of all settings, `mixture.batch_size` and the like.
fn keys<S: Serialize>(settings: &S) -> Vec<String> {
    fn walk(value: &Value, at: &str, keys: &mut Vec<String>) {
        if !at.is_empty() {
            keys.push(at.into());
        }
        for (key, value) in value.as_object().into_iter().flatten() {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            walk(value, &at, keys);
        }
    }
    let mut keys = Vec::new();
    walk(&serde_json::to_value(settings).unwrap(), "", &mut keys);
    keys
}

/// What a training does first with its settings.
fn plan(config: &TrainConfig) -> Result<()> {
    let steps = config.total_steps(&[10, 200])?;
    assert!(config.evaluation_steps(steps).iter().all(|step| *step <= steps));
    Ok(())
}

fn set(key: Index, value: &str, own: fn(&mut Settings)) -> Result<(), TestCaseError> {
    let mut settings = Settings::default();
    own(&mut settings);
    let keys = keys(&settings);
    let assignment = format!("{}={value}", keys[key.index(keys.len())]);
    if reads("", || settings.set(&assignment))?.is_some() {
        for config in settings.sections.values() {
            reads("", || plan(config))?;
        }
    }
    reads("", || settings.set(value))?;
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn settings(key: Index, value in made_up_text(VALUES), one in prop::sample::select(VALUES)) {
        for value in [value.as_str(), one] {
            set(key, value, |_| {})?;
            set(key, value, settings_of_tartan::of_the_scripts)?;
            set(key, value, settings_of_t5::of_t5)?;
        }
    }

    #[test]
    fn methods(text in made_up_text(METHODS)) {
        if let Some(method) = reads("", || text.parse::<Lineage>())? {
            reads("", || method.check())?;
            if let Some(weighting) = &method.weighting {
                reads("", || weighting.check(&[10, 20], 3))?;
            }
            reads("", || method.to_string().parse::<Lineage>())?;
        }
    }
}

#[test]
fn a_chain_of_very_many_teachers_is_refused() {
    let error = vec!["single"; 100_000].join("->").parse::<Lineage>().unwrap_err().to_string();
    assert!(error.contains("links") && error.len() < 2_000, "{error}");
}

#[test]
fn very_many_evaluations_are_refused() {
    let config = TrainConfig { steps: Some(u64::MAX), evaluations: u64::MAX, ..Default::default() };
    assert!(plan(&config).unwrap_err().to_string().contains("evaluations"));
    let config = TrainConfig { evaluations: 4, ..config };
    assert_eq!(config.evaluation_steps(u64::MAX).last(), Some(&u64::MAX));
}
