//! The sets: folders as they are published, which column has the tags, and the types of spans.

use std::path::Path;

use crate::{
    Family, TargetKind, TaskSpec,
    declared::{
        Declaration, Dev, Labels, Shape,
        rows::{Files, Format, Layout},
    },
    metrics::Metric,
};

/// A tagging set.
pub(super) struct Set {
    pub name: &'static str,
    pub folder: &'static str,
    tags: &'static str,
    types: &'static [&'static str],
    pub(super) has_dev: bool,
}

pub(super) const SETS: [Set; 4] = [
    Set {
        name: "conll2000",
        folder: "conll2000",
        tags: "2",
        types: &["ADJP", "ADVP", "CONJP", "INTJ", "LST", "NP", "PP", "PRT", "SBAR", "UCP", "VP"],
        has_dev: false,
    },
    Set {
        name: "ncbi_disease",
        folder: "NCBI-disease",
        tags: "3",
        types: &["Disease"],
        has_dev: true,
    },
    Set { name: "bc5cdr", folder: "bc5cdr", tags: "3", types: &["Entity"], has_dev: true },
    Set {
        name: "sciie_ner",
        folder: "sciie",
        tags: "3",
        types: &["Generic", "Material", "Method", "Metric", "OtherScientificTerm", "Task"],
        has_dev: true,
    },
];

impl Set {
    pub fn spec(&self) -> TaskSpec {
        TaskSpec {
            name: self.name.into(),
            suite: super::NAME.into(),
            family: Family::Tagging,
            kind: TargetKind::Tags { labels: self.labels() },
            metrics: vec![Metric::SpanF1],
            symmetric: false,
        }
    }

    /// `B-type` of all types, then `I-type`, then `O`: sorted, as declared tasks have them.
    fn labels(&self) -> Vec<String> {
        let places = ["B", "I"].into_iter();
        let marked =
            places.flat_map(|place| self.types.iter().map(move |t| format!("{place}-{t}")));
        marked.chain(["O".to_owned()]).collect()
    }

    pub fn declaration(&self, folder: &Path) -> Declaration {
        let file = |split: &str| Files::Listed(vec![folder.join(format!("{split}.txt"))]);
        let labels = Labels { given: Some(self.labels()), names: Vec::new() };
        Declaration {
            name: self.name.into(),
            suite: super::NAME.into(),
            file: folder.into(),
            layout: Layout::plain(Some(Format::Conll)),
            train: file("train"),
            dev: if self.has_dev { Dev::Files(file("dev")) } else { Dev::HoldOut(0.1) },
            test: folder_has(folder, "test.txt").then(|| file("test")),
            shape: Shape::Tags { words: "0".into(), tags: self.tags.into(), labels },
            metrics: Some(vec![Metric::SpanF1]),
            family: None,
            symmetric: false,
            corpus: None,
        }
    }
}

/// Whether a file is there, plain or compressed.
fn folder_has(folder: &Path, file: &str) -> bool {
    crate::file::locate(&folder.join(file)).is_ok()
}
