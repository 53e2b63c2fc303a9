//! What matters in a text, in fewer words.

use super::steps::{joined, parted};
use crate::{
    Family::Summarization,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Folder, JsonLines},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![aeslc(), scitldr(), dialogsum(), xsum()]
}

const ROUGE: &[Metric] = &[Metric::RougeL, Metric::Rouge1, Metric::Rouge2, Metric::RougeLsum];

/// The subject of an e-mail. Development and test data have three more subjects each, written by others.
fn aeslc() -> Definition {
    define("aeslc", Summarization)
        .cite("Zhang and Tetreault, 2019, arXiv:1906.03497")
        .folder("t2t/aeslc")
        .train("train", Folder { extension: "subject" }, 14_436)
        .dev("dev", Folder { extension: "subject" }, 1_960)
        .test("test", Folder { extension: "subject" }, 1_906)
        .step(body_and_subjects)
        .keys(&["email"])
        .answer("subjects")
        .scored_by(ROUGE)
}

/// A file is the body, `@subject`, the subject, and in turn `@ann0` and a subject of an annotator.
fn body_and_subjects(record: Record) -> Result<Vec<Record>, Problem> {
    let text = record.text("text")?.into_owned();
    let (body, rest) = parted(&text, "\n@subject\n")?;
    let mut subjects: Vec<String> = Vec::new();
    for (number, part) in rest.split("\n@ann").enumerate() {
        let subject = if number == 0 { part } else { parted(part, "\n")?.1 };
        subjects.extend(Some(subject.trim().to_owned()).filter(|subject| !subject.is_empty()));
    }
    Ok(vec![record.with("email", body.trim()).with("subjects", subjects)])
}

/// One sentence about a paper, from its abstract. Development and test data have several.
fn scitldr() -> Definition {
    define("scitldr", Summarization)
        .cite("Cachola et al., 2020, arXiv:2004.15011")
        .folder("t2t/scitldr")
        .train("train.jsonl", JsonLines, 1_992)
        .dev("dev.jsonl", JsonLines, 619)
        .test("test.jsonl", JsonLines, 618)
        .step(abstract_as_text)
        .keys(&["abstract"])
        .answer("target")
        .scored_by(ROUGE)
}

fn abstract_as_text(record: Record) -> Result<Vec<Record>, Problem> {
    let text = joined(record.list("source")?, " ")?;
    Ok(vec![record.with("abstract", text)])
}

/// What was said in a conversation. Test data have three summaries each.
fn dialogsum() -> Definition {
    define("dialogsum", Summarization)
        .cite("Chen et al., 2021, arXiv:2105.06762")
        .folder("t2t/dialogsum")
        .train("dialogsum.train.jsonl", JsonLines, 12_460)
        .dev("dialogsum.dev.jsonl", JsonLines, 500)
        .test("dialogsum.test.jsonl", JsonLines, 500)
        .step(all_summaries)
        .keys(&["dialogue"])
        .answer("summaries")
        .scored_by(ROUGE)
}

fn all_summaries(record: Record) -> Result<Vec<Record>, Problem> {
    let summaries = match record.find("summary1") {
        Some(_) => ["summary1", "summary2", "summary3"].as_slice(),
        None => &["summary"],
    };
    let texts = summaries.iter().map(|field| Ok(record.text(field)?.into_owned()));
    let texts = texts.collect::<Result<Vec<_>, Problem>>()?;
    Ok(vec![record.with("summaries", texts)])
}

/// A news article in one sentence.
fn xsum() -> Definition {
    define("xsum", Summarization)
        .cite("Narayan et al., 2018, arXiv:1808.08745")
        .folder("t2t/xsum")
        .train("train.jsonl", JsonLines, 204_045)
        .dev("validation.jsonl", JsonLines, 11_332)
        .test("test.jsonl", JsonLines, 11_334)
        .keys(&["document"])
        .answer("summary")
        .scored_by(ROUGE)
}
