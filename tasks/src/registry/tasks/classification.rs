//! What is a text about, what does it express, what is it for?

use super::steps::{distinct, label_of_file, rename};
use crate::{
    Family::Classification,
    Split,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{CsvWithoutHeader, Json, Lines, TsvWithoutHeader},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![
        ag_news(),
        dbpedia(),
        yahoo_answers(),
        subjectivity(),
        goemotions(),
        tweet_emotion(),
        tweet_hate(),
    ]
}

/// The section a news item belongs to.
fn ag_news() -> Definition {
    const COLUMNS: &[&str] = &["class", "title", "description"];
    define("ag_news", Classification)
        .cite("Zhang et al., 2015, arXiv:1509.01626")
        .folder("t2t/ag_news")
        .train("train.csv", CsvWithoutHeader(COLUMNS), 120_000)
        .train("train_subsample/dev.tsv", TsvWithoutHeader(&["text", "class"]), 10_001)
        .test("test.csv", CsvWithoutHeader(COLUMNS), 7_600)
        .hold_out(Split::Dev, 20)
        .step(title_and_description)
        .keys(&["text"])
        .labels(
            "class",
            &[
                ("1", "World"),
                ("2", "Sports"),
                ("3", "Business"),
                ("4", "Sci/Tech"),
                ("World", "World"),
                ("Sports", "Sports"),
                ("Business", "Business"),
                ("Sci/Tech", "Sci/Tech"),
            ],
        )
        .scored_by(&[Metric::Accuracy])
}

fn title_and_description(record: Record) -> Result<Vec<Record>, Problem> {
    if record.find("text").is_some() {
        return Ok(vec![record]);
    }
    let text = format!("{} {}", record.text("title")?, record.text("description")?);
    Ok(vec![record.with("text", text)])
}

/// The kind of thing an encyclopedia's article is about. Published in part, without splits.
fn dbpedia() -> Definition {
    define("dbpedia", Classification)
        .cite("Zhang et al., 2015, arXiv:1509.01626")
        .folder("t2t/dbpedia")
        .train("train.csv", CsvWithoutHeader(&["class", "text"]), 14_000)
        .hold_out(Split::Dev, 20)
        .keys(&["text"])
        .labels(
            "class",
            &[
                ("0", "company"),
                ("1", "educational institution"),
                ("2", "artist"),
                ("3", "athlete"),
                ("4", "office holder"),
                ("5", "means of transportation"),
                ("6", "building"),
                ("7", "natural place"),
                ("8", "village"),
                ("9", "animal"),
                ("10", "plant"),
                ("11", "album"),
                ("12", "film"),
                ("13", "written work"),
            ],
        )
        .scored_by(&[Metric::Accuracy])
}

/// The topic that a question was filed under; its answers are not read.
fn yahoo_answers() -> Definition {
    define("yahoo_answers", Classification)
        .cite("Zhang et al., 2015, arXiv:1509.01626")
        .folder("t2t/yahoo_answers")
        .train("train.json", Json, 1_400_000)
        .dev("dev.json", Json, 0)
        .test("test.json", Json, 60_000)
        .step(|record| Ok(vec![rename(record, "ori", "text")]))
        .keys(&["text"])
        .labels(
            "label",
            &[
                ("0", "Society & Culture"),
                ("1", "Science & Mathematics"),
                ("2", "Health"),
                ("3", "Education & Reference"),
                ("4", "Computers & Internet"),
                ("5", "Sports"),
                ("6", "Business & Finance"),
                ("7", "Entertainment & Music"),
                ("8", "Family & Relationships"),
                ("9", "Politics & Government"),
            ],
        )
        .scored_by(&[Metric::Accuracy])
}

/// Does a sentence tell a film's plot, or what someone thinks of it? Published without splits.
fn subjectivity() -> Definition {
    define("subjectivity", Classification)
        .cite("Pang and Lee, 2004, arXiv:cs/0409058")
        .folder("t2t/subjectivity")
        .train("*.tok.gt9.5000", Lines("sentence"), 10_000)
        .hold_out(Split::Dev, 10)
        .step(|record| label_of_file(record, &["plot", "quote"]))
        .keys(&["sentence"])
        .labels("label", &[("plot", "objective"), ("quote", "subjective")])
        .scored_by(&[Metric::Accuracy])
}

#[rustfmt::skip]
const EMOTIONS: [&str; 28] = [
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
    "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy",
    "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
];

/// Which emotions does a comment express? The target is all of them, separated by commas.
fn goemotions() -> Definition {
    const COLUMNS: &[&str] = &["text", "emotions", "id"];
    define("goemotions", Classification)
        .cite("Demszky et al., 2020, arXiv:2005.00547")
        .folder("t2t/goemotions")
        .train("train.tsv", TsvWithoutHeader(COLUMNS), 43_410)
        .dev("dev.tsv", TsvWithoutHeader(COLUMNS), 5_426)
        .test("test.tsv", TsvWithoutHeader(COLUMNS), 5_427)
        .step(names_of_emotions)
        .keys(&["text"])
        .answer("emotions")
        .scored_by(&[Metric::SquadF1, Metric::ExactMatch])
}

fn names_of_emotions(record: Record) -> Result<Vec<Record>, Problem> {
    let name = |number: &str| {
        let place = number.parse::<usize>().ok();
        let name = place.and_then(|place| EMOTIONS.get(place));
        name.map(|name| name.to_string()).ok_or_else(|| {
            format!(
                "unknown emotion `{number}`; expected a number from 0 to {}",
                EMOTIONS.len() - 1
            )
        })
    };
    let names = record.text("emotions")?.split(',').map(name).collect::<Result<Vec<_>, _>>()?;
    Ok(vec![record.with("emotions", distinct(names).join(", "))])
}

/// The emotion of a message.
fn tweet_emotion() -> Definition {
    let labels = &[("0", "anger"), ("1", "joy"), ("2", "optimism"), ("3", "sadness")];
    tweet_eval("tweet_emotion", "Mohammad et al., 2018", "t2t/tweet_emotion", [3_257, 374, 1_421])
        .labels("label", labels)
        .scored_by(&[Metric::MacroF1, Metric::Accuracy])
}

/// Does a message express hate? Some of the published texts are empty.
fn tweet_hate() -> Definition {
    tweet_eval("tweet_hate", "Basile et al., 2019", "t2t/tweet_hate", [9_000, 1_000, 2_970])
        .labels("label", &[("0", "not hate"), ("1", "hate")])
        .scored_by(&[Metric::MacroF1, Metric::Accuracy])
}

/// TweetEval's layout (Barbieri et al., 2020, arXiv:2010.12421): texts and labels in files of as many lines.
fn tweet_eval(
    name: &'static str,
    citation: &'static str,
    folder: &'static str,
    [train, dev, test]: [usize; 3],
) -> crate::registry::definition::Draft {
    define(name, Classification)
        .cite(citation)
        .folder(folder)
        .train("train_text.txt", Lines("text"), train)
        .beside("label", "train_labels.txt")
        .dev("val_text.txt", Lines("text"), dev)
        .beside("label", "val_labels.txt")
        .test("test_text.txt", Lines("text"), test)
        .beside("label", "test_labels.txt")
        .keys(&["text"])
}
