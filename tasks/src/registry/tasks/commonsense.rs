//! What everyone knows: choices between what is likely and what is not, and arithmetic in words.

use super::steps::{joined, parted};
use crate::{
    Family::{Arithmetic, Commonsense},
    Split,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Csv, JsonLines, Tsv},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![
        commonsense_qa(),
        csqa2(),
        openbookqa(),
        winogrande(),
        comve(),
        creak(),
        piqa(),
        social_iqa(),
        cosmos_qa(),
        gsm8k(),
    ]
}

const A_TO_E: &[&str] = &["A", "B", "C", "D", "E"];

/// Questions about everyday concepts, with five choices.
fn commonsense_qa() -> Definition {
    define("commonsense_qa", Commonsense)
        .cite("Talmor et al., 2019, arXiv:1811.00937")
        .folder("t2t/commonsense_qa")
        .train("train.jsonl", JsonLines, 9_741)
        .dev("valid.jsonl", JsonLines, 1_221)
        .test("test.jsonl", JsonLines, 1_140)
        .step(choices_in_words)
        .key("choices", "choices")
        .key("question", "question.stem")
        .labels_as_they_are("answerKey", A_TO_E)
        .scored_by(&[Metric::Accuracy])
}

/// `(A) bank (B) library`, from the list of objects that CommonsenseQA has.
pub(super) fn choices_in_words(record: Record) -> Result<Vec<Record>, Problem> {
    let choices = record.nested("question.choices")?;
    let choice = |c: &Record| Ok(format!("({}) {}", c.text("label")?, c.text("text")?).into());
    let choices = choices.iter().map(choice).collect::<Result<Vec<_>, Problem>>()?;
    let choices = joined(&choices, " ")?;
    Ok(vec![record.with("choices", choices)])
}

/// Is it so? Questions and claims made by players to mislead a model.
fn csqa2() -> Definition {
    define("csqa2", Commonsense)
        .cite("Talmor et al., 2021, arXiv:2201.05320")
        .folder("t2t/csqa2")
        .train("CSQA2_train.json", JsonLines, 9_264)
        .dev("CSQA2_dev.json", JsonLines, 2_541)
        .test("CSQA2_test.json", JsonLines, 2_473)
        .keys(&["question"])
        .labels_as_they_are("answer", &["no", "yes"])
        .scored_by(&[Metric::Accuracy])
}

/// Questions of elementary science, with four choices.
fn openbookqa() -> Definition {
    const COLUMNS: &[&str] = &["ID", "Question Stem", "Choices", "Complete Question", "Answer Key"];
    define("openbookqa", Commonsense)
        .cite("Mihaylov et al., 2018, arXiv:1809.02789")
        .folder("t2t/openbookqa")
        .train("train.tsv", Tsv(COLUMNS), 4_957)
        .dev("dev.tsv", Tsv(COLUMNS), 500)
        .test("test.tsv", Tsv(COLUMNS), 500)
        .key("choices", "Choices")
        .key("question", "Question Stem")
        .labels_as_they_are("Answer Key", &["A", "B", "C", "D"])
        .scored_by(&[Metric::Accuracy])
}

/// Which of two names fills the gap of a sentence?
fn winogrande() -> Definition {
    define("winogrande", Commonsense)
        .cite("Sakaguchi et al., 2020, arXiv:1907.10641")
        .folder("t2t/winogrande")
        .train("train_xl.jsonl", JsonLines, 40_398)
        .train("train_l.jsonl", JsonLines, 10_234)
        .train("train_m.jsonl", JsonLines, 2_558)
        .dev("dev.jsonl", JsonLines, 1_267)
        .test("test.jsonl", JsonLines, 1_767)
        .keys(&["option1", "option2", "sentence"])
        .labels("answer", &[("1", "option1"), ("2", "option2")])
        .scored_by(&[Metric::Accuracy])
}

pub(super) const COMVE: &[&str] = &[
    "Correct Statement",
    "Incorrect Statement",
    "Right Reason1",
    "Right Reason2",
    "Right Reason3",
];

/// Which of two statements is against common sense? Which comes first changes from line to line.
fn comve() -> Definition {
    define("comve", Commonsense)
        .cite("Wang et al., 2020, arXiv:2007.00236")
        .folder("t2t/comve")
        .train("train.csv", Csv(COMVE), 10_000)
        .dev("dev.csv", Csv(COMVE), 1_000)
        .test("test.csv", Csv(COMVE), 1_000)
        .step(in_turn)
        .keys(&["statement1", "statement2"])
        .labels_as_they_are("label", &["statement1", "statement2"])
        .scored_by(&[Metric::Accuracy])
}

fn in_turn(record: Record) -> Result<Vec<Record>, Problem> {
    let sound = record.text("Correct Statement")?.into_owned();
    let absurd = record.text("Incorrect Statement")?.into_owned();
    let (first, second, label) = match record.line % 2 {
        0 => (absurd, sound, "statement1"),
        _ => (sound, absurd, "statement2"),
    };
    let record = record.with("statement1", first).with("statement2", second);
    Ok(vec![record.with("label", label)])
}

/// Is a claim about something or someone known true?
fn creak() -> Definition {
    define("creak", Commonsense)
        .cite("Onoe et al., 2021, arXiv:2109.01653")
        .folder("t2t/creak")
        .train("train.json", JsonLines, 10_176)
        .dev("dev.json", JsonLines, 1_371)
        .test("test_without_labels.json", JsonLines, 1_371)
        .keys(&["sentence"])
        .labels_as_they_are("label", &["false", "true"])
        .scored_by(&[Metric::Accuracy])
}

/// Which of two ways to reach a goal works?
fn piqa() -> Definition {
    define("piqa", Commonsense)
        .cite("Bisk et al., 2020, arXiv:1911.11641")
        .folder("t2t/piqa")
        .train("train.jsonl", JsonLines, 16_113)
        .beside("label", "train-labels.lst")
        .dev("valid.jsonl", JsonLines, 1_838)
        .beside("label", "dev-labels.lst")
        .test("tests.jsonl", JsonLines, 3_084)
        .keys(&["goal", "sol1", "sol2"])
        .labels("label", &[("0", "sol1"), ("1", "sol2")])
        .scored_by(&[Metric::Accuracy])
}

/// How do people feel, or what do they do, in a situation?
fn social_iqa() -> Definition {
    define("social_iqa", Commonsense)
        .cite("Sap et al., 2019, arXiv:1904.09728")
        .folder("t2t/social_iqa")
        .train("train.jsonl", JsonLines, 33_410)
        .beside("label", "train-labels.lst")
        .dev("dev.jsonl", JsonLines, 1_954)
        .beside("label", "dev-labels.lst")
        .keys(&["answerA", "answerB", "answerC", "context", "question"])
        .labels("label", &[("1", "answerA"), ("2", "answerB"), ("3", "answerC")])
        .scored_by(&[Metric::Accuracy])
}

/// Questions about what a story does not say.
fn cosmos_qa() -> Definition {
    const COLUMNS: &[&str] =
        &["context", "question", "answer0", "answer1", "answer2", "answer3", "label"];
    define("cosmos_qa", Commonsense)
        .cite("Huang et al., 2019, arXiv:1909.00277")
        .folder("t2t/cosmos_qa")
        .train("train.csv", Csv(COLUMNS), 25_262)
        .dev("valid.csv", Csv(COLUMNS), 2_985)
        .keys(&["answer0", "answer1", "answer2", "answer3", "context", "question"])
        .labels("label", &[("0", "answer0"), ("1", "answer1"), ("2", "answer2"), ("3", "answer3")])
        .scored_by(&[Metric::Accuracy])
}

/// Word problems of several steps. The target is the number alone, without the steps that lead to it.
fn gsm8k() -> Definition {
    define("gsm8k", Arithmetic)
        .cite("Cobbe et al., 2021, arXiv:2110.14168")
        .folder("t2t/gsm8k")
        .train("train.jsonl", JsonLines, 7_473)
        .test("test.jsonl", JsonLines, 1_319)
        .hold_out(Split::Dev, 20)
        .step(number_alone)
        .keys(&["question"])
        .answer("number")
        .scored_by(&[Metric::ExactMatch])
}

fn number_alone(record: Record) -> Result<Vec<Record>, Problem> {
    let answer = record.text("answer")?.into_owned();
    let (_, number) = parted(&answer, "\n#### ")?;
    Ok(vec![record.with("number", number.trim())])
}
