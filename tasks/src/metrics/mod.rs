//! Metrics, as GLUE, SuperGLUE, conlleval, SQuAD, `rouge_score` and sacreBLEU report them.
//!
//! Each metric is one file with a plain function on indices, numbers or texts; [`Metric`] picks one by name.
//! [`Metric::compute`] takes targets apart, [`Metric::compute_parsed`] those read from generated text, of which some
//! cannot be read, and [`Metric::compute_texts`] compares texts. Values follow scikit-learn, scipy and the reference
//! programs. Where those are undefined, a metric still gives a number, so that a model which predicts one value
//! throughout scores badly instead of ending a study: F1 without positives and Matthews of a constant are 0 (as in
//! scikit-learn), and a correlation with a constant is 0 (scipy: NaN). Scores that are not finite are an error: they
//! tell of a run that diverged, which no number should hide.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

pub mod accuracy;
pub mod bleu;
pub mod chrf;
pub mod exact_match;
pub mod f1;
pub mod line_files;
pub mod line_scores;
pub mod matthews;
pub mod multirc;
mod names;
mod numbers;
pub mod overlap;
mod pairs;
pub mod parse;
pub mod pearson;
pub mod porter;
pub mod rouge;
pub mod span_f1;
pub mod spearman;
pub mod squad;
pub mod squad_files;
mod subsequence;
pub mod tag_accuracy;
mod targets;
mod texts;
pub mod token_f1;
pub mod tokenize_13a;
pub mod tokenize_intl;
pub mod tokenize_zh;
pub mod wsc;

/// A metric; `compute` gives it on its usual scale (accuracy, F1, ROUGE, BLEU and chrF in [0, 1], correlations in
/// [-1, 1]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Accuracy,
    /// F1 of label 1, as GLUE reports for MRPC and QQP.
    F1,
    /// The mean F1 of the labels that occur.
    MacroF1,
    /// The mean F1 of all labels of the task, as T5 scores CB.
    MacroF1All,
    Matthews,
    Pearson,
    Spearman,
    /// Accuracy over words, for tagging.
    TagAccuracy,
    /// Micro-averaged F1 over BIO spans, as conlleval counts them.
    SpanF1,
    /// The share of texts that equal a reference.
    ExactMatch,
    /// The share of answers that equal a gold one in SQuAD's normal form.
    SquadEm,
    /// F1 of an answer's words in SQuAD's normal form.
    SquadF1,
    /// F1 of words as they stand.
    TokenF1,
    Rouge1,
    Rouge2,
    #[serde(rename = "rougeL")]
    RougeL,
    /// ROUGE-L with one sentence a line.
    #[serde(rename = "rougeLsum")]
    RougeLsum,
    /// sacreBLEU of the corpus.
    Bleu,
    /// sacreBLEU with the tokenizer `intl`, as T5 has it.
    BleuIntl,
    /// sacreBLEU with the tokenizer `zh`, for Chinese.
    BleuZh,
    /// chrF2 of the corpus.
    Chrf,
    /// chrF2++ of the corpus: words too.
    #[serde(rename = "chrf++")]
    ChrfPlusPlus,
    /// F1 of label 1 over the answers of all questions.
    MultircF1a,
    /// The share of questions with all answers right.
    MultircEm,
    /// SQuAD's F1, the best over the gold entities.
    RecordF1,
    /// SQuAD's exact match with any of the gold entities.
    RecordEm,
    /// Accuracy of judging WSC's candidates by the referents that were written.
    Wsc,
}

impl Metric {
    fn invalid(self, problem: String) -> Error {
        Error::Invalid(format!("metric `{self}`: {problem}"))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A metric as papers print it: times 100, one digit after the point.
pub fn percent(value: f64) -> String {
    format!("{:.1}", 100.0 * value)
}
