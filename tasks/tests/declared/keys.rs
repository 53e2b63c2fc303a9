//! What is said where keys are unknown, missing, or do not fit together.

use std::fs;

use taskgraft_tasks::{Family, declared::Declared, metrics::Metric, suite::Suite};

use super::{assert_says, folder, refusal, task};

const ROWS: &[(&str, &[u8])] = &[("a.csv", b"t,y\na,1\nb,0\n")];
const SOUND: &str = "train = \"a.csv\"\ndev = \"a.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n";

/// What is said of the sound task with this key more, or in place of its own.
#[track_caller]
fn assert_refused(line: &str, parts: &[&str]) {
    let key = line.split(' ').next().unwrap();
    let others = SOUND.lines().filter(|other| other.split(' ').next() != Some(key));
    let keys = others.chain([line]).collect::<Vec<_>>().join("\n");
    let message = refusal(ROWS, &keys);
    assert_says(&message, &["own.toml: task `mine`"]);
    assert_says(&message, parts);
}

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_one() {
    assert_refused("lable = \"y\"", &["unknown key `lable`", "did you mean `label`"]);
    assert_refused("dev = { holdout = 0.1 }", &["holdout"]);
}

#[test]
fn a_task_without_dev_is_told_to_hold_out() {
    let message = refusal(ROWS, &SOUND.replace("dev = \"a.csv\"\n", ""));
    assert_says(&message, &["no `dev`", "dev = { hold_out = 0.1 }"]);
}

#[test]
fn values_of_the_wrong_type_or_name_are_errors() {
    assert_refused("header = 1", &["`header`", "integer", "true or false"]);
    assert_refused("train = 3", &["`train`", "a list of files"]);
    assert_refused("train = []", &["`train` is empty"]);
    assert_refused("dev = { hold_out = 1 }", &["between 0 and 1"]);
    assert_refused("format = \"cvs\"", &["did you mean `csv`"]);
    assert_refused("family = \"entailmnt\"", &["did you mean `entailment`"]);
    assert_refused("encoding = \"latin2\"", &["did you mean `latin1`"]);
    assert_refused("metrics = [\"acuracy\"]", &["did you mean `accuracy`"]);
    assert_refused("metrics = [\"spearman\"]", &["`metrics`", "a score"]);
    assert_refused("pattern = \"(\"", &["`pattern`"]);
    assert_refused("pattern = \".*\"", &["no named group"]);
    assert_refused("labels = [\"1\"]", &["`labels`", "fewer than two"]);
    assert_refused("labels = [\"1\", \"1\"]", &["`1` twice"]);
    assert_refused("symmetric = true", &["needs `pair`"]);
}

#[test]
fn keys_that_do_not_fit_together_are_errors() {
    assert_refused("score = { column = \"y\", min = 0, max = 1 }", &["both `label` and `score`"]);
    assert_refused("words = \"t\"", &["`words` does not go with `label`"]);
    let message = refusal(ROWS, &SOUND.replace("label = \"y\"\n", ""));
    assert_says(&message, &["no target", "`label` or `score`"]);
    let message = refusal(ROWS, &SOUND.replace("text = \"{t}\"\n", ""));
    assert_says(&message, &["no `text`"]);
}

#[test]
fn templates_are_checked() {
    assert_refused("text = \"t\"", &["names no column"]);
    assert_refused("text = \"{t\"", &["not closed"]);
    assert_refused("text = \"t} {t}\"", &["closes nothing"]);
}

#[test]
fn a_column_or_file_that_is_not_there_is_an_error() {
    assert_refused("text = \"{tt}\"", &["a.csv", "unknown column `tt`", "did you mean `t`"]);
    assert_refused("label = \"label\"", &["unknown column `label`", "known: t, y"]);
    let message = refusal(ROWS, &SOUND.replacen("a.csv", "b.csv", 1));
    assert_says(&message, &["b.csv", "no such file, nor with `.gz` added"]);
    let message = refusal(&[("a", b"t,y\n")], &SOUND.replace("a.csv", "a"));
    assert_says(&message, &["its name does not tell its format", "csv, tsv"]);
}

#[test]
fn toml_that_is_unsound_is_an_error_with_its_line() {
    let message = refusal(ROWS, "train = \"a.csv\"\ndev = \n");
    assert_says(&message, &["own.toml:3", "not sound TOML"]);
}

#[test]
fn keys_outside_of_a_table_and_empty_files_are_errors() {
    let dir = folder(&[("own.toml", b"train = \"a.csv\"\n"), ("empty.toml", b"# nothing\n")]);
    let message = |name| Declared::read(&dir.path().join(name)).unwrap_err().to_string();
    assert_says(&message("own.toml"), &["own.toml", "`train`", "expected a table"]);
    assert_says(&message("empty.toml"), &["empty.toml", "no task is declared"]);
}

#[test]
fn what_is_said_is_taken() {
    let keys = format!("{SOUND}metrics = [\"matthews\", \"f1\"]\nfamily = \"sentiment\"\n");
    let spec = task(ROWS, &keys).spec;
    assert_eq!(spec.metrics, [Metric::Matthews, Metric::F1]);
    assert_eq!(spec.family, Family::Sentiment);
    assert_eq!((spec.suite.as_str(), spec.name.as_str()), ("own", "mine"));
}

#[test]
fn a_file_called_tasks_gives_the_suite_its_folders_name() {
    let dir = folder(&[]);
    let inner = dir.path().join("reviews");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("a.csv"), ROWS[0].1).unwrap();
    fs::write(inner.join("tasks.toml"), format!("[mine]\n{SOUND}")).unwrap();
    let declared = Declared::read(&inner.join("tasks.toml")).unwrap();
    assert_eq!(declared.name(), "reviews");
    assert_eq!(declared.file(), inner.join("tasks.toml"));
    let message = declared.load("mien").unwrap_err().to_string();
    assert_says(&message, &["unknown task `mien`", "did you mean `mine`"]);
}

#[test]
fn every_family_is_found_by_its_name() {
    for family in Family::ALL {
        assert_eq!(Family::named(family.name()).unwrap(), *family);
        assert_eq!(serde_json::to_value(family).unwrap(), family.name());
    }
}
