//! Files that are scored: one text a line, and SQuAD's JSON.

use std::{fs, io::Write, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use taskgraft_tasks::{
    Target, TargetKind,
    metrics::{
        Metric,
        line_files::{LineFile, references},
        line_scores::score_lines,
        squad_files::{self, Part, SquadScores},
    },
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn with(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn lines(&self, name: &str, content: &str) -> LineFile {
        LineFile::read(&self.with(name, content), None).unwrap()
    }

    fn squad(&self, data_set: &str, predictions: &str) -> taskgraft_tasks::Result<SquadScores> {
        squad_files::score(&self.with("data.json", data_set), &self.with("p.json", predictions))
    }
}

#[track_caller]
fn assert_says<T>(outcome: taskgraft_tasks::Result<T>, parts: &[&str]) {
    let Err(error) = outcome else { panic!("this should have failed") };
    let message = error.to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

/// A data set with questions of these ids and answers; an impossible question has none.
fn data_set(questions: &[(&str, &[&str])], version_2: bool) -> String {
    let question = |(id, answers): &(&str, &[&str])| {
        let texts: Vec<_> = answers
            .iter()
            .map(|text| serde_json::json!({"text": text, "answer_start": 0}))
            .collect();
        let mut question = serde_json::json!({"id": id, "question": "?", "answers": texts});
        if version_2 {
            question["is_impossible"] = answers.is_empty().into();
        }
        question
    };
    let questions: Vec<_> = questions.iter().map(question).collect();
    let paragraphs = serde_json::json!([{"context": "", "qas": questions}]);
    serde_json::json!({"version": "1", "data": [{"title": "", "paragraphs": paragraphs}]})
        .to_string()
}

#[test]
fn every_line_is_a_text_also_an_empty_one() {
    let folder = Folder::new();
    assert_eq!(folder.lines("p", "a\r\n\nb\n").lines, ["a", "", "b"]);
    assert_eq!(folder.lines("p", "a\n\n").lines, ["a", ""]);
    assert_eq!(folder.lines("p", "a").lines, ["a"]);
    assert_eq!(folder.lines("p", "\n").lines, [""], "one empty text");
    assert_eq!(folder.lines("p", "\r\n\n").lines, ["", ""]);
    assert_says(LineFile::read(&folder.with("p", ""), None), &["p: ", "empty", "one text a line"]);
    assert_says(LineFile::read(&PathBuf::from("nowhere"), None), &["nowhere"]);
}

#[test]
fn a_mark_stands_for_a_line_break_where_one_is_named() {
    let path = Folder::new();
    let path = path.with("p", "a<n>b\n");
    assert_eq!(LineFile::read(&path, Some("<n>")).unwrap().lines, ["a\nb"]);
    assert_eq!(LineFile::read(&path, None).unwrap().lines, ["a<n>b"]);
}

#[test]
fn compressed_files_are_read_by_their_name() {
    let folder = Folder::new();
    let path = folder.with("p.gz", "");
    let mut encoder = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
    encoder.write_all(b"a\nb\n").unwrap();
    encoder.finish().unwrap();
    assert_eq!(LineFile::read(&path, None).unwrap().lines, ["a", "b"]);
    assert_says(LineFile::read(&folder.with("q.gz", "a\n"), None), &["q.gz", "gzip"]);
}

#[test]
fn further_references_may_be_missing() {
    let folder = Folder::new();
    let files = [folder.lines("r1", "a\n\n"), folder.lines("r2", "\nb\n")];
    assert_eq!(references(&files).unwrap(), [vec!["a"], vec!["", "b"]]);
    assert_says(references(&[]), &["at least one"]);
}

#[test]
fn files_of_different_lengths_are_refused_with_both_counts() {
    let folder = Folder::new();
    let files = [folder.lines("r1", "a\nb\n"), folder.lines("r2", "a\nb\nc\n")];
    assert_says(references(&files), &["r2: 3 lines", "r1 has 2", "same line"]);
}

#[test]
fn a_line_that_is_no_label_is_refused_with_its_place() {
    let kind = TargetKind::Class { labels: vec!["no".into(), "yes".into()] };
    let folder = Folder::new();
    let targets = folder.lines("g", "yes\nno\n").targets(&kind).unwrap();
    assert_eq!(targets, [Target::Class(1), Target::Class(0)]);
    let line = folder.lines("g", "yes\nmaybe\n");
    assert_says(line.targets(&kind), &["g:2: `maybe`", "one of no, yes"]);
    let range = TargetKind::Score { min: 0.0, max: 1.0 };
    assert_says(line.targets(&range), &["g:1: `yes`", "a number"]);
}

fn score(metric: Metric, labels: &[&str], predictions: &str, gold: &str) -> f64 {
    let folder = Folder::new();
    let labels: Vec<String> = labels.iter().map(|label| label.to_string()).collect();
    let (p, g) = (folder.lines("p", predictions), folder.lines("g", gold));
    score_lines(metric, &labels, &p, &g, None).unwrap().value
}

/// scipy 1.17.1, `spearmanr` and `pearsonr`.
#[test]
fn numbers_keep_all_their_digits() {
    let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got}, expected {want}");
    let spearman = |p: &str, g: &str| score(Metric::Spearman, &[], p, g);
    close(spearman("16777216\n16777217\n16777218\n", "1\n2\n3\n"), 1.0);
    close(spearman("1e39\n2\n3e200\n", "2\n1\n3\n"), 1.0);
    let near = "0.99990001\n0.99990003\n0.99990004\n0.99990002\n";
    close(score(Metric::Pearson, &[], near, "1\n2\n4\n3\n"), 0.799_999_999_333_866_1);
    for scale in ["", "e-300", "e200", "e307"] {
        let numbers = format!("1{scale}\n3{scale}\n2{scale}\n2.5{scale}\n");
        // pearsonr([1, 3, 2, 2.5], [1, 2, 4, 3])
        close(score(Metric::Pearson, &[], &numbers, "1\n2\n4\n3\n"), 0.377_964_473_009_227_2);
    }
}

#[test]
fn a_line_that_is_no_number_lies_below_all_references() {
    for lowest in ["0", "16777217", "1e300", "-1.7e308"] {
        let gold = format!("{lowest}\n1.1e308\n1.2e308\n");
        let folder = Folder::new();
        let files = [folder.lines("p", &gold.replace("1.1e308", "?")), folder.lines("g", &gold)];
        let score = score_lines(Metric::Spearman, &[], &files[0], &files[1], None).unwrap();
        // scipy.stats.spearmanr([2, 1, 3], [1, 2, 3]): the unread line is the lowest.
        assert!((score.value - 0.5).abs() < 1e-12, "{lowest}: {score:?}");
        assert_eq!(score.unparsable, 1);
    }
    let folder = Folder::new();
    let (p, g) = (folder.lines("p", "1\n2\n"), folder.lines("g", "1\n1e999\n"));
    assert_says(score_lines(Metric::Pearson, &[], &p, &g, None), &["g:2: `1e999`", "a number"]);
}

/// scikit-learn 1.9.1: `f1_score(gold, predicted, average="macro", zero_division=0)` and `matthews_corrcoef`.
#[test]
fn a_predicted_label_that_no_reference_has_is_one_more_label() {
    let of = |metric, p, g| score(metric, &[], p, g);
    let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got}, expected {want}");
    close(of(Metric::MacroF1, "a\nc\nb\n", "a\na\nb\n"), 0.555_555_555_555_555_5);
    close(of(Metric::Matthews, "a\nc\nb\n", "a\na\nb\n"), 0.612_372_435_695_794_6);
    close(of(Metric::MacroF1, "a\nb\nc\nc\n", "a\na\nb\nb\n"), 0.222_222_222_222_222_2);
    assert_eq!(of(Metric::Accuracy, "d\nd\nd\n", "a\nb\na\n"), 0.0);
    // With the labels named, anything else cannot be read, and is not averaged over.
    close(score(Metric::MacroF1, &["a", "b"], "a\nc\nb\n", "a\na\nb\n"), 5.0 / 6.0);
}

#[test]
fn metrics_that_lines_cannot_be_scored_by_are_refused() {
    let folder = Folder::new();
    let (p, g) = (folder.lines("p", "a\nb\n"), folder.lines("g", "a\na\n"));
    let refused = |metric| score_lines(metric, &[], &p, &g, None);
    assert_says(refused(Metric::F1), &["`f1`", "the positive one second"]);
    assert_says(refused(Metric::SpanF1), &["`span_f1`", "labels or numbers"]);
    assert_says(refused(Metric::Bleu), &["`bleu`"]);
    assert_says(refused(Metric::MultircEm), &["`multirc_em`", "the question of every answer"]);
    assert_says(
        score_lines(Metric::Accuracy, &[], &p, &folder.lines("g", "a\n"), None),
        &["1 lines, but", "has 2"],
    );
}

#[test]
fn the_last_of_several_predictions_for_a_question_counts() {
    let data = data_set(&[("q1", &["cat"])], false);
    let scores =
        Folder::new().squad(&data, r#"{"q1": "dog", "q1": "cat", "x": "", "x": ""}"#).unwrap();
    assert_eq!((scores.all.exact_match, scores.unknown, scores.repeated), (1.0, 1, 2));
}

#[test]
fn a_question_without_prediction_is_wrong_and_one_without_question_does_not_count() {
    let data = data_set(&[("q1", &["the cat", "dog"]), ("q2", &["red house"])], false);
    let scores = Folder::new().squad(&data, r#"{"q1": "Cat!", "other": "x"}"#).unwrap();
    let all = Part { questions: 2, exact_match: 0.5, f1: 0.5 };
    assert_eq!(scores, SquadScores { all, by_answer: None, missing: 1, unknown: 1, repeated: 0 });
}

#[test]
fn no_answer_is_an_answer_in_version_2() {
    let data = data_set(&[("q1", &["cat"]), ("q2", &[]), ("q3", &[]), ("q4", &[])], true);
    let scores = Folder::new().squad(&data, r#"{"q1": "cat", "q2": "", "q3": "dog"}"#).unwrap();
    assert_eq!(scores.all, Part { questions: 4, exact_match: 0.5, f1: 0.5 });
    let [with, without] = scores.by_answer.unwrap();
    assert_eq!(with, Part { questions: 1, exact_match: 1.0, f1: 1.0 });
    assert_eq!(without, Part { questions: 3, exact_match: 1.0 / 3.0, f1: 1.0 / 3.0 });
    assert_eq!(scores.missing, 1, "an impossible question must be predicted too");
}

#[test]
fn files_that_are_not_squads_are_refused_with_their_place() {
    let folder = Folder::new();
    let data = data_set(&[("q1", &["cat"])], false);
    assert_says(folder.squad("{\n\"data\": 3}", "{}"), &["data.json:2", "SQuAD"]);
    assert_says(folder.squad(&data, r#"{"q1": 3}"#), &["p.json:1", "expected a string"]);
    assert_says(
        folder.squad(&data, r#"{"q7": "a"}"#),
        &["p.json", "none of its 1 ids", "data.json"],
    );
    assert_says(folder.squad(&data_set(&[], false), "{}"), &["data.json", "no questions"]);
    let twice = data_set(&[("q1", &["cat"]), ("q1", &["dog"])], false);
    assert_says(folder.squad(&twice, "{}"), &["`q1`", "twice"]);
    let unanswered = data_set(&[("q1", &[])], false);
    assert_says(folder.squad(&unanswered, "{}"), &["`q1`", "no answers", "impossible"]);
}

#[test]
fn a_data_set_is_told_by_its_name_or_its_content() {
    let folder = Folder::new();
    let data = data_set(&[("q1", &["cat"])], false);
    assert!(squad_files::is_data_set(&folder.with("a.json", "")));
    assert!(squad_files::is_data_set(&folder.with("a", &data)));
    assert!(!squad_files::is_data_set(&folder.with("a", "{}\n[]\n")));
}
