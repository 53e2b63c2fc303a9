//! What the end-tasks of TARTAN are: labels in the order of their indices, and metrics.
//!
//! Labels are sorted by their bytes. Where a paper of the field counts labels in another order, only the indices
//! differ. The first metric is the one models are selected and compared by: macro-F1, except for ChemProt, where
//! accuracy (which is micro-F1 when every example has one label) is reported since its rarest labels have a handful
//! of examples.

use crate::{Family, TargetKind, TaskSpec, metrics::Metric};

/// An end-task of TARTAN; its folder has its name.
pub(super) struct Definition {
    pub name: &'static str,
    family: Family,
    labels: &'static [&'static str],
    metrics: &'static [Metric],
}

impl Definition {
    pub fn labels(&self) -> &'static [&'static str] {
        self.labels
    }

    pub fn spec(&self) -> TaskSpec {
        TaskSpec {
            name: self.name.into(),
            suite: super::NAME.into(),
            family: self.family,
            kind: TargetKind::Class { labels: self.labels.iter().map(|l| l.to_string()).collect() },
            metrics: self.metrics.to_vec(),
            symmetric: false,
        }
    }
}

const BY_MACRO_F1: &[Metric] = &[Metric::MacroF1, Metric::Accuracy];
const BY_ACCURACY: &[Metric] = &[Metric::Accuracy, Metric::MacroF1];

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "citation_intent",
        family: Family::Classification,
        labels: &["Background", "CompareOrContrast", "Extends", "Future", "Motivation", "Uses"],
        metrics: BY_MACRO_F1,
    },
    Definition {
        name: "sciie",
        family: Family::Relation,
        labels: &[
            "COMPARE",
            "CONJUNCTION",
            "EVALUATE-FOR",
            "FEATURE-OF",
            "HYPONYM-OF",
            "PART-OF",
            "USED-FOR",
        ],
        metrics: BY_MACRO_F1,
    },
    Definition {
        name: "chemprot",
        family: Family::Relation,
        labels: &[
            "ACTIVATOR",
            "AGONIST",
            "AGONIST-ACTIVATOR",
            "AGONIST-INHIBITOR",
            "ANTAGONIST",
            "DOWNREGULATOR",
            "INDIRECT-DOWNREGULATOR",
            "INDIRECT-UPREGULATOR",
            "INHIBITOR",
            "PRODUCT-OF",
            "SUBSTRATE",
            "SUBSTRATE_PRODUCT-OF",
            "UPREGULATOR",
        ],
        metrics: BY_ACCURACY,
    },
    Definition {
        name: "hyperpartisan",
        family: Family::Classification,
        labels: &["false", "true"],
        metrics: BY_MACRO_F1,
    },
];
