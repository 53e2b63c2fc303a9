//! The names of metrics, and of groups of metrics that are reported together.

use std::str::FromStr;

use super::Metric;
use crate::{Error, Result};

const ALL: [Metric; 27] = [
    Metric::Accuracy,
    Metric::F1,
    Metric::MacroF1,
    Metric::MacroF1All,
    Metric::Matthews,
    Metric::Pearson,
    Metric::Spearman,
    Metric::TagAccuracy,
    Metric::SpanF1,
    Metric::ExactMatch,
    Metric::SquadEm,
    Metric::SquadF1,
    Metric::TokenF1,
    Metric::Rouge1,
    Metric::Rouge2,
    Metric::RougeL,
    Metric::RougeLsum,
    Metric::Bleu,
    Metric::BleuIntl,
    Metric::BleuZh,
    Metric::Chrf,
    Metric::ChrfPlusPlus,
    Metric::MultircF1a,
    Metric::MultircEm,
    Metric::RecordF1,
    Metric::RecordEm,
    Metric::Wsc,
];

const GROUPS: [(&str, &[Metric]); 4] = [
    ("squad", &[Metric::SquadEm, Metric::SquadF1]),
    ("rouge", &[Metric::Rouge1, Metric::Rouge2, Metric::RougeL, Metric::RougeLsum]),
    ("multirc", &[Metric::MultircF1a, Metric::MultircEm]),
    ("record", &[Metric::RecordF1, Metric::RecordEm]),
];

impl Metric {
    /// Every metric.
    pub const ALL: &[Metric] = &ALL;

    /// The name in configs and files, such as `macro_f1`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::F1 => "f1",
            Metric::MacroF1 => "macro_f1",
            Metric::MacroF1All => "macro_f1_all",
            Metric::Matthews => "matthews",
            Metric::Pearson => "pearson",
            Metric::Spearman => "spearman",
            Metric::TagAccuracy => "tag_accuracy",
            Metric::SpanF1 => "span_f1",
            Metric::ExactMatch => "exact_match",
            Metric::SquadEm => "squad_em",
            Metric::SquadF1 => "squad_f1",
            Metric::TokenF1 => "token_f1",
            Metric::Rouge1 => "rouge1",
            Metric::Rouge2 => "rouge2",
            Metric::RougeL => "rougeL",
            Metric::RougeLsum => "rougeLsum",
            Metric::Bleu => "bleu",
            Metric::BleuIntl => "bleu_intl",
            Metric::BleuZh => "bleu_zh",
            Metric::Chrf => "chrf",
            Metric::ChrfPlusPlus => "chrf++",
            Metric::MultircF1a => "multirc_f1a",
            Metric::MultircEm => "multirc_em",
            Metric::RecordF1 => "record_f1",
            Metric::RecordEm => "record_em",
            Metric::Wsc => "wsc",
        }
    }

    /// The metrics that a name stands for: one, or a group's (`squad`, `rouge`, `multirc`, `record`).
    ///
    /// # Errors
    /// If there is neither a metric nor a group of that name.
    pub fn named(name: &str) -> Result<Vec<Metric>> {
        if let Some((_, metrics)) = GROUPS.iter().find(|(group, _)| *group == name) {
            return Ok(metrics.to_vec());
        }
        let metric = ALL.iter().find(|metric| metric.name() == name);
        metric.map(|metric| vec![*metric]).ok_or_else(|| {
            let groups = GROUPS.iter().map(|(group, _)| *group);
            Error::unknown("metric", name, groups.chain(ALL.iter().map(|metric| metric.name())))
        })
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let metric = ALL.iter().find(|metric| metric.name() == name);
        let known = || ALL.iter().map(|metric| metric.name());
        metric.copied().ok_or_else(|| Error::unknown("metric", name, known()))
    }
}
