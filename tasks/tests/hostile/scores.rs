//! Readers of what is scored: one text a line, labels and numbers in it, and SQuAD's files.

use proptest::prelude::*;
use taskgraft_tasks::{
    TargetKind,
    metrics::{
        Metric,
        line_files::{LineFile, references},
        line_scores::score_lines,
        squad_files,
    },
};

use super::{
    damage::{cases, damaged, made_up, reads},
    folder,
};

const LINES: &str = "entailment\nnot_entailment\n\n4.5\n0\r\nentailment\n";
const DATA: &str = "{\"version\": \"2\", \"data\": [{\"title\": \"\", \"paragraphs\": [{\"context\": \"\", \"qas\": [\
    {\"id\": \"1\", \"question\": \"?\", \"answers\": [{\"text\": \"a dog\", \"answer_start\": 0}], \"is_impossible\": \
    false}, {\"id\": \"2\", \"question\": \"?\", \"answers\": [], \"is_impossible\": true}]}]}]}";
const PREDICTIONS: &str = "{\"1\": \"the dog\", \"2\": \"\"}";
const PIECES: &[&str] = &[
    "\n",
    "entailment",
    "not_entailment",
    "4.5",
    "1e40",
    "-1.7e308",
    "1.7e308",
    "5e-324",
    "nan",
    "inf",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"1\"",
    "\"data\":",
    "\"paragraphs\":",
    "\"qas\":",
    "\"answers\":",
    "\"text\":",
    "\"id\":",
    "\"is_impossible\":true",
    " ",
];

fn kinds() -> [TargetKind; 2] {
    let labels = ["entailment", "not_entailment"].map(String::from).to_vec();
    [TargetKind::Class { labels }, TargetKind::Score { min: 0.0, max: 5.0 }]
}

fn lines(contents: &[u8]) -> Result<(), proptest::test_runner::TestCaseError> {
    let dir = folder(&[("lines.txt", contents), ("sound.txt", LINES.as_bytes())]);
    let read = |name: &str| LineFile::read(&dir.path().join(name), Some("\\n"));
    let Some(file) = reads("lines.txt", || read("lines.txt"))? else { return Ok(()) };
    for kind in kinds() {
        reads("lines.txt", || file.targets(&kind))?;
    }
    for metric in
        [Metric::Accuracy, Metric::MacroF1, Metric::Matthews, Metric::Pearson, Metric::Spearman]
    {
        let score = || score_lines(metric, &[], &file, &file, None);
        if let Some(score) = reads("lines.txt", score)? {
            prop_assert!((-1.0..=1.0).contains(&score.value), "{metric}: {score:?}");
        }
    }
    let sound = read("sound.txt").unwrap();
    reads("lines.txt", || references(&[sound, file]))?;
    Ok(())
}

fn squad(data: &[u8], predictions: &[u8]) -> Result<(), proptest::test_runner::TestCaseError> {
    let dir = folder(&[("squad_data", data), ("squad_predictions", predictions)]);
    let path = |name: &str| dir.path().join(name);
    let _ = squad_files::is_data_set(&path("squad_data"));
    let scores = || squad_files::score(&path("squad_data"), &path("squad_predictions"));
    if let Some(scores) = reads("squad_", scores)? {
        prop_assert!((0.0..=1.0).contains(&scores.all.f1), "{scores:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn line_files(sound in damaged(LINES), other in made_up(PIECES)) {
        lines(&sound)?;
        lines(&other)?;
    }

    #[test]
    fn files_of_squad(data in damaged(DATA), predictions in damaged(PREDICTIONS), other in made_up(PIECES)) {
        squad(&data, PREDICTIONS.as_bytes())?;
        squad(DATA.as_bytes(), &predictions)?;
        squad(&other, PREDICTIONS.as_bytes())?;
        squad(DATA.as_bytes(), &other)?;
    }
}
