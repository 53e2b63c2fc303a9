//! What GLUE's tasks are and how their files are laid out: one table, columns counted from 0.

use Split::{Dev, DevMismatched, Test, TestMismatched, Train};

use super::table::Table;
use crate::{Family, Split, TargetKind, TaskSpec, metrics::Metric};

/// A task of GLUE.
pub(super) struct Definition {
    pub name: &'static str,
    pub folder: &'static str,
    family: Family,
    answer: Answer,
    metrics: &'static [Metric],
    symmetric: bool,
    /// Where several files hold the same split, the first that is there is read.
    pub files: &'static [Published],
}

enum Answer {
    Labels(&'static [&'static str]),
    Score { min: f64, max: f64 },
}

/// A file of a task.
pub(super) struct Published {
    pub split: Split,
    pub file: &'static str,
    pub table: Table,
    pub required: bool,
    /// What would also do, for the message that says the file is missing.
    pub instead: &'static str,
}

impl Definition {
    pub fn kind(&self) -> TargetKind {
        match self.answer {
            Answer::Labels(labels) => {
                TargetKind::Class { labels: labels.iter().map(|l| l.to_string()).collect() }
            }
            Answer::Score { min, max } => TargetKind::Score { min, max },
        }
    }

    pub fn spec(&self) -> TaskSpec {
        TaskSpec {
            name: self.name.into(),
            suite: "glue".into(),
            family: self.family,
            kind: self.kind(),
            metrics: self.metrics.to_vec(),
            symmetric: self.symmetric,
        }
    }
}

const fn required(split: Split, file: &'static str, table: Table) -> Published {
    Published { split, file, table, required: true, instead: "" }
}

const fn optional(split: Split, file: &'static str, table: Table) -> Published {
    Published { split, file, table, required: false, instead: "" }
}

impl Published {
    const fn instead(self, instead: &'static str) -> Self {
        Published { instead, ..self }
    }
}

const BINARY: Answer = Answer::Labels(&["0", "1"]);
const TWO_WAY: Answer = Answer::Labels(&["entailment", "not_entailment"]);
const THREE_WAY: Answer = Answer::Labels(&["contradiction", "entailment", "neutral"]);

const COLA: Table =
    Table::without_header(&["source", "label", "star", "sentence"]).sentence(3).target(1);
const SST2: Table = Table::new(&["sentence", "label"]).sentence(0).target(1);
const SENTENCE_TEST: Table = Table::new(&["index", "sentence"]).sentence(1);

pub(super) const MRPC: Table =
    Table::new(&["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"]).pair(3, 4).target(0);
const MRPC_TEST: Table =
    Table::new(&["index", "#1 ID", "#2 ID", "#1 String", "#2 String"]).pair(3, 4);
const MRPC_INSTEAD: &str = " (or `msr_paraphrase_train.txt` with `dev_ids.tsv`)";

const QQP: Table = Table::new(&["id", "qid1", "qid2", "question1", "question2", "is_duplicate"])
    .pair(3, 4)
    .target(5);
const QQP_TEST: Table = Table::new(&["id", "question1", "question2"]).pair(1, 2);

#[rustfmt::skip]
const STSB_TEST: Table = Table::new(&[
    "index", "genre", "filename", "year", "old_index", "source1", "source2", "sentence1", "sentence2",
]).pair(7, 8);
#[rustfmt::skip]
const STSB: Table = Table::new(&[
    "index", "genre", "filename", "year", "old_index", "source1", "source2", "sentence1", "sentence2", "score",
]).pair(7, 8).target(9);
/// The STS benchmark's own test file, with scores: no header, and some rows name their sources.
#[rustfmt::skip]
const STSB_SCORED_TEST: Table = Table::without_header(&[
    "genre", "filename", "year", "old_index", "score", "sentence1", "sentence2",
]).or_also(&["source1", "source2"]).pair(5, 6).target(4);

#[rustfmt::skip]
const MNLI_TEST: Table = Table::new(&[
    "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
    "sentence1_parse", "sentence2_parse", "sentence1", "sentence2",
]).pair(8, 9);
#[rustfmt::skip]
const MNLI_TRAIN: Table = Table::new(&[
    "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
    "sentence1_parse", "sentence2_parse", "sentence1", "sentence2", "label1", "gold_label",
]).pair(8, 9).target(11);
#[rustfmt::skip]
const MNLI_DEV: Table = Table::new(&[
    "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
    "sentence1_parse", "sentence2_parse", "sentence1", "sentence2",
    "label1", "label2", "label3", "label4", "label5", "gold_label",
]).pair(8, 9).target(15);

const QNLI: Table = Table::new(&["index", "question", "sentence", "label"]).pair(1, 2).target(3);
const QNLI_TEST: Table = Table::new(&["index", "question", "sentence"]).pair(1, 2);
const PAIR: Table = Table::new(&["index", "sentence1", "sentence2", "label"]).pair(1, 2).target(3);
const PAIR_TEST: Table = Table::new(&["index", "sentence1", "sentence2"]).pair(1, 2);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "cola",
        folder: "CoLA",
        family: Family::Acceptability,
        answer: BINARY,
        metrics: &[Metric::Matthews],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", COLA),
            required(Dev, "dev.tsv", COLA),
            optional(Test, "test.tsv", SENTENCE_TEST),
        ],
    },
    Definition {
        name: "sst2",
        folder: "SST-2",
        family: Family::Sentiment,
        answer: BINARY,
        metrics: &[Metric::Accuracy],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", SST2),
            required(Dev, "dev.tsv", SST2),
            optional(Test, "test.tsv", SENTENCE_TEST),
        ],
    },
    Definition {
        name: "mrpc",
        folder: "MRPC",
        family: Family::Paraphrase,
        answer: BINARY,
        metrics: &[Metric::Accuracy, Metric::F1],
        symmetric: true,
        files: &[
            required(Train, "train.tsv", MRPC).instead(MRPC_INSTEAD),
            required(Dev, "dev.tsv", MRPC).instead(MRPC_INSTEAD),
            optional(Test, "msr_paraphrase_test.txt", MRPC),
            optional(Test, "test.tsv", MRPC_TEST),
        ],
    },
    Definition {
        name: "stsb",
        folder: "STS-B",
        family: Family::Similarity,
        answer: Answer::Score { min: 0.0, max: 5.0 },
        metrics: &[Metric::Spearman, Metric::Pearson],
        symmetric: true,
        files: &[
            required(Train, "train.tsv", STSB),
            required(Dev, "dev.tsv", STSB),
            optional(Test, "sts-test.tsv", STSB_SCORED_TEST),
            optional(Test, "test.tsv", STSB_TEST),
        ],
    },
    Definition {
        name: "qqp",
        folder: "QQP",
        family: Family::Paraphrase,
        answer: BINARY,
        metrics: &[Metric::Accuracy, Metric::F1],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", QQP),
            required(Dev, "dev.tsv", QQP),
            optional(Test, "test.tsv", QQP_TEST),
        ],
    },
    Definition {
        name: "mnli",
        folder: "MNLI",
        family: Family::Entailment,
        answer: THREE_WAY,
        metrics: &[Metric::Accuracy],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", MNLI_TRAIN),
            required(Dev, "dev_matched.tsv", MNLI_DEV),
            optional(DevMismatched, "dev_mismatched.tsv", MNLI_DEV),
            optional(Test, "test_matched.tsv", MNLI_TEST),
            optional(TestMismatched, "test_mismatched.tsv", MNLI_TEST),
        ],
    },
    Definition {
        name: "qnli",
        folder: "QNLI",
        family: Family::Entailment,
        answer: TWO_WAY,
        metrics: &[Metric::Accuracy],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", QNLI),
            required(Dev, "dev.tsv", QNLI),
            optional(Test, "test.tsv", QNLI_TEST),
        ],
    },
    Definition {
        name: "rte",
        folder: "RTE",
        family: Family::Entailment,
        answer: TWO_WAY,
        metrics: &[Metric::Accuracy],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", PAIR),
            required(Dev, "dev.tsv", PAIR),
            optional(Test, "test.tsv", PAIR_TEST),
        ],
    },
    Definition {
        name: "wnli",
        folder: "WNLI",
        family: Family::Coreference,
        answer: BINARY,
        metrics: &[Metric::Accuracy],
        symmetric: false,
        files: &[
            required(Train, "train.tsv", PAIR),
            required(Dev, "dev.tsv", PAIR),
            optional(Test, "test.tsv", PAIR_TEST),
        ],
    },
    // Published without labels, to be predicted with MNLI's head.
    Definition {
        name: "diagnostic",
        folder: "diagnostic",
        family: Family::Entailment,
        answer: THREE_WAY,
        metrics: &[Metric::Matthews],
        symmetric: false,
        files: &[required(Test, "diagnostic.tsv", PAIR_TEST)],
    },
];
