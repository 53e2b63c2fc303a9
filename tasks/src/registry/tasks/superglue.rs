//! SuperGLUE (Wang et al., 2019, arXiv:1905.00537) in T5's words; each task is cited with its own paper.

use super::superglue_steps::{one_for_each_answer, one_for_each_query, pronoun_between_asterisks};
use crate::{
    Family::{Commonsense, Coreference, Entailment, ReadingComprehension},
    metrics::Metric,
    registry::{Definition, definition::define, format::Format::JsonLines},
};

pub(super) fn all() -> Vec<Definition> {
    vec![boolq(), cb(), copa(), multirc(), record(), super_rte(), wic(), wsc()]
}

const FALSE_TRUE: &[(&str, &str)] = &[("false", "False"), ("true", "True")];

/// Is the answer to a question about a passage yes?
fn boolq() -> Definition {
    define("boolq", ReadingComprehension)
        .cite("Clark et al., 2019, arXiv:1905.10044")
        .folder("superglue/BoolQ")
        .train("train.jsonl", JsonLines, 9_427)
        .train("FewGLUE_32dev/train.jsonl", JsonLines, 32)
        .dev("val.jsonl", JsonLines, 3_270)
        .test("test.jsonl", JsonLines, 3_245)
        .keys(&["passage", "question"])
        .labels("label", FALSE_TRUE)
        .scored_by(&[Metric::Accuracy])
}

/// How sure is a speaker of a clause that their text embeds?
fn cb() -> Definition {
    define("cb", Entailment)
        .cite("De Marneffe et al., 2019")
        .folder("superglue/CB")
        .train("train.jsonl", JsonLines, 250)
        .dev("val.jsonl", JsonLines, 56)
        .test("test.jsonl", JsonLines, 250)
        .keys(&["hypothesis", "premise"])
        .labels_as_they_are("label", &["entailment", "contradiction", "neutral"])
        .scored_by(&[Metric::MacroF1All, Metric::Accuracy])
}

/// Which of two events is the cause or effect of another?
fn copa() -> Definition {
    define("copa", Commonsense)
        .cite("Roemmele et al., 2011")
        .folder("superglue/COPA")
        .train("train.jsonl", JsonLines, 400)
        .dev("val.jsonl", JsonLines, 100)
        .test("test.jsonl", JsonLines, 500)
        .keys(&["choice1", "choice2", "premise", "question"])
        .labels("label", &[("0", "choice1"), ("1", "choice2")])
        .scored_by(&[Metric::Accuracy])
}

/// Which of several answers to a question about a paragraph are right? The answers to one question are a group.
fn multirc() -> Definition {
    define("multirc", ReadingComprehension)
        .cite("Khashabi et al., 2018")
        .folder("superglue/MultiRC")
        .train("train.jsonl", JsonLines, 27_243)
        .dev("val.jsonl", JsonLines, 4_848)
        .test("test.jsonl", JsonLines, 9_693)
        .step(one_for_each_answer)
        .keys(&["question", "answer", "paragraph"])
        .labels("label", &[("0", "False"), ("1", "True")])
        .scored_by(&[Metric::MultircF1a, Metric::MultircEm])
}

/// Which of the entities of an article is left out of a sentence about it? Every mention of the entity is accepted,
/// and each of its names is learned.
fn record() -> Definition {
    define("record", ReadingComprehension)
        .cite("Zhang et al., 2018, arXiv:1810.12885")
        .folder("superglue/ReCoRD")
        .train("train.jsonl", JsonLines, 138_854)
        .train("FewGLUE_32dev/train.jsonl", JsonLines, 32)
        .dev("val.jsonl", JsonLines, 10_000)
        .dev("FewGLUE_32dev/dev32.jsonl", JsonLines, 32)
        .test("test.jsonl", JsonLines, 10_000)
        .step(one_for_each_query)
        .keys(&["query", "entities", "passage"])
        .answers("answers")
        .scored_by(&[Metric::RecordF1, Metric::RecordEm])
}

fn super_rte() -> Definition {
    define("super_rte", Entailment)
        .cite("Dagan et al., 2005, and its successors")
        .folder("superglue/RTE")
        .train("train.jsonl", JsonLines, 2_490)
        .dev("val.jsonl", JsonLines, 277)
        .test("test.jsonl", JsonLines, 3_000)
        .prefix("rte")
        .keys(&["hypothesis", "premise"])
        .labels_as_they_are("label", &["entailment", "not_entailment"])
        .scored_by(&[Metric::Accuracy])
}

/// Does a word mean the same in two sentences?
fn wic() -> Definition {
    define("wic", crate::Family::Classification)
        .cite("Pilehvar and Camacho-Collados, 2019, arXiv:1808.09121")
        .folder("superglue/WiC")
        .train("train.jsonl", JsonLines, 5_428)
        .dev("val.jsonl", JsonLines, 638)
        .test("test.jsonl", JsonLines, 1_400)
        .keys(&["sentence1", "sentence2", "word"])
        .labels("label", FALSE_TRUE)
        .scored_by(&[Metric::Accuracy])
}

/// What does a pronoun, between asterisks, refer to? The target is the referent; as in T5, models learn from those of
/// the training pairs alone that belong together, since the others do not say what is referred to.
fn wsc() -> Definition {
    define("wsc", Coreference)
        .cite("Levesque et al., 2012")
        .folder("superglue/WSC")
        .train("train.jsonl", JsonLines, 259)
        .dev("val.jsonl", JsonLines, 104)
        .test("test.jsonl", JsonLines, 146)
        .step(pronoun_between_asterisks)
        .prefix("wsc:")
        .key("", "text")
        .answer("referent")
        .scored_by(&[Metric::Wsc])
}
