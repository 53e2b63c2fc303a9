//! Questions of fact whose answers must be known by heart.

use crate::{
    Family::ClosedBook,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Json, JsonLines},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![web_questions(), nq_open(), trivia_qa(), strategy_qa()]
}

/// Questions put to a search engine, with entities as answers. Development data are the source's `val.json`; its
/// second part, `devtest.json`, is not read.
fn web_questions() -> Definition {
    define("web_questions", ClosedBook)
        .cite("Berant et al., 2013")
        .folder("t2t/web_questions")
        .train("trainmodel.json", Json, 2_834)
        .dev("val.json", Json, 755)
        .test("test.json", Json, 2_032)
        .key("question", "qText")
        .answer("answers")
        .scored_by(&[Metric::SquadEm, Metric::SquadF1])
}

/// Questions put to a search engine, with short answers found in an encyclopedia.
fn nq_open() -> Definition {
    define("nq_open", ClosedBook)
        .cite("Lee et al., 2019, arXiv:1906.00300")
        .folder("t2t/nq_open")
        .train("NQ-open.train.jsonl", JsonLines, 87_925)
        .dev("NQ-open.dev.jsonl", JsonLines, 3_610)
        .keys(&["question"])
        .answer("answer")
        .scored_by(&[Metric::SquadEm, Metric::SquadF1])
}

/// Questions of a quiz, with every name of the answer accepted.
fn trivia_qa() -> Definition {
    define("trivia_qa", ClosedBook)
        .cite("Joshi et al., 2017, arXiv:1705.03551")
        .folder("t2t/trivia_qa")
        .train("train.jsonl", JsonLines, 78_785)
        .dev("dev.jsonl", JsonLines, 0)
        .test("test.jsonl", JsonLines, 0)
        .keys(&["question"])
        .answer("golden_answers")
        .scored_by(&[Metric::SquadEm, Metric::SquadF1])
}

/// Yes-or-no questions whose answers follow from several facts, none of which is given.
fn strategy_qa() -> Definition {
    define("strategy_qa", ClosedBook)
        .cite("Geva et al., 2021, arXiv:2101.02235")
        .folder("t2t/strategy_qa")
        .train("train.json", Json, 2_061)
        .dev("dev.json", Json, 229)
        .keys(&["question"])
        .labels("answer", &[("false", "False"), ("true", "True")])
        .scored_by(&[Metric::Accuracy])
}
