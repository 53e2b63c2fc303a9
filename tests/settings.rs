//! Settings are one thing in the code, in `taskgraft settings` and in the book.

use std::{collections::BTreeMap, process::Command};

use taskgraft::{
    algebra::described::{Described, describe},
    methods::{LearnedWeights, TaskWeighting},
    study::Settings,
    train::TrainConfig,
};

fn of_studies() -> Vec<Described> {
    describe::<TrainConfig>().into_iter().chain(Settings::described()).collect()
}

/// What the book says of each key: default and range.
fn of_the_book() -> BTreeMap<String, (String, String)> {
    let rows = include_str!("../docs/settings.md").lines().filter(|line| line.starts_with("| `"));
    let plain = |cell: &str| cell.trim().replace('`', "");
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        match cells[..] {
            [_, key, default, range, _, _] => Some((plain(key), (plain(default), plain(range)))),
            _ => None,
        }
    })
    .collect()
}

#[test]
fn the_book_has_default_and_range_of_every_setting() {
    let mut book = of_the_book();
    for setting in of_studies() {
        let row = book.remove(&setting.key);
        let of_code = (setting.default_text(), setting.range.clone());
        assert_eq!(row, Some(of_code), "docs/settings.md, row of `{}`", setting.key);
    }
    assert!(book.is_empty(), "docs/settings.md has rows of unknown settings: {book:?}");
}

#[test]
fn every_setting_and_option_says_what_it_means() {
    let options = TaskWeighting::names().into_iter().flat_map(|name| {
        let options = TaskWeighting::options_of(name).unwrap();
        options.into_iter().map(move |option| (name, option))
    });
    let settings = of_studies().into_iter().map(|setting| ("--set", setting));
    let learned = describe::<LearnedWeights>().into_iter().map(|setting| ("--meta", setting));
    for (of, setting) in settings.chain(learned).chain(options) {
        let Described { key, meaning, .. } = &setting;
        assert!(meaning.split(' ').count() >= 2, "{of} {key}: {meaning:?}");
        assert!(!meaning.contains("[`"), "{of} {key} has a link that a terminal can't follow");
    }
}

#[test]
fn the_command_lists_settings_and_options_of_methods() {
    let tool = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_taskgraft")).args(arguments).output();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    };
    let (ended_well, all) = tool(&["settings"]);
    assert!(ended_well);
    for setting in of_studies().into_iter().chain(describe::<LearnedWeights>()) {
        let line = format!("{} = {}", setting.key, setting.default_text());
        assert!(all.lines().any(|found| found.starts_with(&line)), "{line}");
    }
    assert!(tool(&["settings", "warmup"]).1.contains("warmup = 0.1   (0 or more and below 1)"));
    assert!(tool(&["settings", "--method", "CAGrad"]).1.contains("c = 0.4   (0 or more)"));
    let (ended_well, refusal) = tool(&["settings", "--method", "pcgrat"]);
    assert!(!ended_well && refusal.contains("did you mean `pcgrad`"), "{refusal}");
}
