//! Questions whose answers are in a text that is given. Tasks beside those of SuperGLUE.

use super::steps::{distinct, joined, letter, lettered};
use crate::{
    Family::{Coreference, ReadingComprehension},
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Csv, Json, JsonIn, Tsv},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![squad(), subjqa(), dream(), gap()]
}

/// Questions about paragraphs of an encyclopedia, answered by a span. The English part of XQuAD, taken from the
/// development data, is the test split.
fn squad() -> Definition {
    define("squad", ReadingComprehension)
        .cite("Rajpurkar et al., 2016, arXiv:1606.05250")
        .folder("t2t")
        .train("squad/train-v1.1.json", JsonIn("data"), 87_599)
        .dev("squad/dev-v1.1.json", JsonIn("data"), 10_570)
        .test("xquad_en/xquad.en.json", JsonIn("data"), 1_190)
        .step(questions_of_paragraphs)
        .prefix("")
        .keys(&["question", "context"])
        .answer("answers")
        .scored_by(&[Metric::SquadF1, Metric::SquadEm])
}

fn questions_of_paragraphs(record: Record) -> Result<Vec<Record>, Problem> {
    let mut records = Vec::new();
    for paragraph in record.nested("paragraphs")? {
        let context = paragraph.text("context")?;
        for question in paragraph.nested("qas")? {
            let answers = question.nested("answers")?;
            let texts = answers.iter().map(|answer| Ok(answer.text("text")?.into_owned()));
            let texts = distinct(texts.collect::<Result<Vec<_>, Problem>>()?);
            records.push(question.with("context", context.as_ref()).with("answers", texts));
        }
    }
    Ok(records)
}

/// Questions about what a reviewer thinks. Where a review does not say, the answer is the word that is added to it.
fn subjqa() -> Definition {
    const COLUMNS: &[&str] = &["question", "review", "human_ans_spans"];
    define("subjqa", ReadingComprehension)
        .cite("Bjerva et al., 2020, arXiv:2004.14283")
        .folder("t2t/subjqa")
        .train("*/train.csv", Csv(COLUMNS), 4_607)
        .dev("*/dev.csv", Csv(COLUMNS), 513)
        .test("*/test.csv", Csv(COLUMNS), 1_721)
        .keys(&["question", "review"])
        .answer("human_ans_spans")
        .scored_by(&[Metric::SquadF1, Metric::SquadEm])
}

/// Questions about a conversation, with three choices.
fn dream() -> Definition {
    define("dream", ReadingComprehension)
        .cite("Sun et al., 2019, arXiv:1902.00164")
        .folder("t2t/dream")
        .train("train.json", Json, 6_116)
        .dev("dev.json", Json, 2_040)
        .test("test.json", Json, 2_041)
        .step(questions_of_dialogue)
        .keys(&["choices", "dialogue", "question"])
        .labels_as_they_are("label", &["A", "B", "C"])
        .scored_by(&[Metric::Accuracy])
}

/// A record is a list: turns, questions, name.
fn questions_of_dialogue(record: Record) -> Result<Vec<Record>, Problem> {
    let dialogue = joined(record.list("0")?, " ")?;
    let mut records = Vec::new();
    for question in record.nested("1")? {
        let choices = question.texts("choice")?;
        let answer = question.text("answer")?;
        let place = choices
            .iter()
            .position(|choice| *choice == answer)
            .ok_or_else(|| format!("the answer `{answer}` is not among the choices"))?;
        let made = question
            .clone()
            .with("dialogue", dialogue.as_str())
            .with("choices", lettered(&choices))
            .with("label", letter(place));
        records.push(made);
    }
    Ok(records)
}

/// To which of two names does a pronoun, between asterisks, refer?
fn gap() -> Definition {
    const COLUMNS: &[&str] = &[
        "ID",
        "Text",
        "Pronoun",
        "Pronoun-offset",
        "A",
        "A-offset",
        "A-coref",
        "B",
        "B-offset",
        "B-coref",
        "URL",
    ];
    define("gap", Coreference)
        .cite("Webster et al., 2018, arXiv:1810.05201")
        .folder("t2t/gap")
        .train("gap-development.tsv", Tsv(COLUMNS), 2_000)
        .dev("gap-validation.tsv", Tsv(COLUMNS), 454)
        .test("gap-test.tsv", Tsv(COLUMNS), 2_000)
        .step(pronoun_and_names)
        .key("a", "A")
        .key("b", "B")
        .key("text", "Text")
        .labels_as_they_are("label", &["A", "B", "neither"])
        .scored_by(&[Metric::MacroF1, Metric::Accuracy])
}

fn pronoun_and_names(record: Record) -> Result<Vec<Record>, Problem> {
    let truth = |field: &str| match record.text(field)?.as_ref() {
        "TRUE" => Ok(true),
        "FALSE" => Ok(false),
        other => Err(format!("field `{field}` is `{other}`; expected TRUE or FALSE")),
    };
    let label = match (truth("A-coref")?, truth("B-coref")?) {
        (true, false) => "A",
        (false, true) => "B",
        (false, false) => "neither",
        (true, true) => {
            return Err("`A-coref` and `B-coref` are both TRUE; expected at most one".into());
        }
    };
    let (text, pronoun) = (record.text("Text")?, record.text("Pronoun")?);
    let offset = record.index("Pronoun-offset")?;
    let at = text.char_indices().nth(offset).map(|(at, _)| at);
    let at = at.filter(|at| text[*at..].starts_with(pronoun.as_ref())).ok_or_else(|| {
        format!("field `Pronoun-offset` is {offset}, where the text has no `{pronoun}`")
    })?;
    let (before, after) = (&text[..at], &text[at + pronoun.len()..]);
    let text = format!("{before}*{pronoun}*{after}");
    Ok(vec![record.with("Text", text).with("label", label)])
}
