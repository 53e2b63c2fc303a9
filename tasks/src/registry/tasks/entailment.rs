//! Does a hypothesis follow from a premise? Tasks beside those of GLUE and SuperGLUE.

use super::steps::rename;
use crate::{
    Family::Entailment,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Json, JsonLines, Tsv},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![snli(), conjnli(), anli(), scitail()]
}

const THREE_WAY: &[&str] = &["entailment", "neutral", "contradiction"];

/// Premises are captions of photographs. Reads a sample of the training data that is a JSON object.
fn snli() -> Definition {
    define("snli", Entailment)
        .cite("Bowman et al., 2015, arXiv:1508.05326")
        .folder("t2t/snli")
        .train("train.jsonl", JsonLines, 549_367)
        .train("train_subsample/train.json", Json, 8_999)
        .dev("dev.jsonl", JsonLines, 9_842)
        .step(premise_and_hypothesis)
        .keys(&["hypothesis", "premise"])
        .labels_as_they_are("label", THREE_WAY)
        .scored_by(&[Metric::Accuracy])
}

fn premise_and_hypothesis(record: Record) -> Result<Vec<Record>, Problem> {
    Ok(vec![rename(rename(record, "text_a", "premise"), "text_b", "hypothesis")])
}

/// Premise and hypothesis differ in a conjunct. Training data are those made by rule from others.
fn conjnli() -> Definition {
    const COLUMNS: &[&str] = &["Premise", "Hypothesis", "Label"];
    define("conjnli", Entailment)
        .cite("Saha et al., 2020, arXiv:2010.10418")
        .folder("t2t/conjnli")
        .train("adversarial_train_15k.tsv", Tsv(COLUMNS), 15_000)
        .dev("conj_dev.tsv", Tsv(COLUMNS), 623)
        .test("conj_test.tsv", Tsv(&["Premise", "Hypothesis"]), 1_000)
        .key("hypothesis", "Hypothesis")
        .key("premise", "Premise")
        .labels_as_they_are("Label", THREE_WAY)
        .scored_by(&[Metric::Accuracy])
}

/// Hypotheses that were written to mislead a model, of three rounds in one file.
fn anli() -> Definition {
    define("anli", Entailment)
        .cite("Nie et al., 2020, arXiv:1910.14599")
        .folder("t2t/anli")
        .train("train.jsonl", JsonLines, 162_865)
        .dev("dev.jsonl", JsonLines, 3_200)
        .test("test.jsonl", JsonLines, 3_200)
        .keys(&["hypothesis", "premise"])
        .labels_as_they_are("label", THREE_WAY)
        .scored_by(&[Metric::Accuracy])
}

/// Does a sentence support an answer to a question of science?
fn scitail() -> Definition {
    define("scitail", Entailment)
        .cite("Khot et al., 2018")
        .folder("t2t/scitail")
        .train("train.jsonl", JsonLines, 23_596)
        .dev("dev.jsonl", JsonLines, 1_304)
        .test("test.jsonl", JsonLines, 2_126)
        .keys(&["hypothesis", "premise"])
        .labels_as_they_are("label", &["entailment", "not_entailment"])
        .scored_by(&[Metric::Accuracy])
}
