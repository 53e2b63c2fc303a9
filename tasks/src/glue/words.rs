//! How GLUE's tasks are put in words: T5's keys, and what is written for each label.
//!
//! The diagnostic set is put in MNLI's words, since it is predicted by what was trained on MNLI.

use crate::words::InWords;

/// The words of a task; the usual pair for one that is not known.
pub(crate) fn of(task: &str) -> InWords {
    let (prefix, keys, labels): (&str, &[&str], &[&str]) = match task {
        "cola" => (task, &["sentence"], &["unacceptable", "acceptable"]),
        "sst2" => (task, &["sentence"], &["negative", "positive"]),
        "mrpc" => (task, &["sentence1", "sentence2"], &["not_equivalent", "equivalent"]),
        "qqp" => (task, &["question1", "question2"], &["not_duplicate", "duplicate"]),
        "mnli" | "diagnostic" => {
            ("mnli", &["premise", "hypothesis"], &["contradiction", "entailment", "neutral"])
        }
        "qnli" => (task, &["question", "sentence"], &["entailment", "not_entailment"]),
        "rte" => (task, &["sentence1", "sentence2"], &["entailment", "not_entailment"]),
        "wnli" => (task, &["sentence1", "sentence2"], &["not_entailment", "entailment"]),
        // STS-B, the only score of GLUE.
        _ => (task, &["sentence1", "sentence2"], &[]),
    };
    InWords::new(prefix, keys).with_labels(labels)
}
