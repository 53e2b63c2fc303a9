//! Texts turned into what a machine can act on.

use super::steps::parted;
use crate::{
    Family::SemanticParsing,
    Split,
    metrics::Metric,
    registry::{
        Definition,
        definition::{Draft, define},
        format::Format::{Lines, TsvWithoutHeader},
        record::{Problem, Record},
    },
    words::spans,
};

pub(super) fn all() -> Vec<Definition> {
    vec![atis(), snips(), scan_simple(), scan_jump(), cogs()]
}

/// The intent and the slots of a question about flights.
fn atis() -> Definition {
    intent_and_slots("atis", "Hemphill et al., 1990", "t2t/atis", [4_478, 500, 893])
}

/// The intent and the slots of a command to an assistant.
fn snips() -> Definition {
    intent_and_slots(
        "snips",
        "Coucke et al., 2018, arXiv:1805.10190",
        "t2t/snips",
        [13_084, 700, 700],
    )
}

/// Three files of as many lines: words, tags and intents. The target is `intent; slot: words; …`.
fn intent_and_slots(
    name: &'static str,
    citation: &'static str,
    folder: &'static str,
    [train, dev, test]: [usize; 3],
) -> Definition {
    define(name, SemanticParsing)
        .cite(citation)
        .folder(folder)
        .train("train/seq.in", Lines("text"), train)
        .beside("tags", "train/seq.out")
        .beside("intent", "train/label")
        .dev("valid/seq.in", Lines("text"), dev)
        .beside("tags", "valid/seq.out")
        .beside("intent", "valid/label")
        .test("test/seq.in", Lines("text"), test)
        .beside("tags", "test/seq.out")
        .beside("intent", "test/label")
        .step(frame_in_words)
        .keys(&["text"])
        .answer("frame")
        .scored_by(&[Metric::ExactMatch])
}

fn frame_in_words(record: Record) -> Result<Vec<Record>, Problem> {
    let (text, tags) = (record.text("text")?, record.text("tags")?);
    let words: Vec<&str> = text.split_whitespace().collect();
    let tags: Vec<&str> = tags.split_whitespace().collect();
    if words.len() != tags.len() {
        return Err(format!(
            "{} words but {} tags; expected one for each",
            words.len(),
            tags.len()
        ));
    }
    let frame =
        format!("{}; {}", record.text("intent")?.trim(), spans(tags.into_iter().zip(words)));
    let text = text.trim().to_owned();
    Ok(vec![record.with("frame", frame).with("text", text)])
}

/// Actions for a command; training and test commands are drawn alike.
fn scan_simple() -> Definition {
    scan("scan_simple")
        .train("tasks_train_simple.txt", Lines("line"), 16_728)
        .test("tasks_test_simple.txt", Lines("line"), 4_182)
        .scored_by(&[Metric::ExactMatch])
}

/// Actions for a command; `jump` is combined with others in the test commands alone.
fn scan_jump() -> Definition {
    scan("scan_jump")
        .train("tasks_train_addprim_jump.txt", Lines("line"), 14_670)
        .test("tasks_test_addprim_jump.txt", Lines("line"), 7_706)
        .scored_by(&[Metric::ExactMatch])
}

/// Lines are `IN: jump twice OUT: I_JUMP I_JUMP`.
fn scan(name: &'static str) -> Draft {
    define(name, SemanticParsing)
        .cite("Lake and Baroni, 2018, arXiv:1711.00350")
        .folder("t2t/scan")
        .hold_out(Split::Dev, 20)
        .step(command_and_actions)
        .prefix("scan")
        .keys(&["command"])
        .answer("actions")
}

fn command_and_actions(record: Record) -> Result<Vec<Record>, Problem> {
    let line = record.text("line")?.into_owned();
    let (command, actions) = parted(&line, " OUT: ")?;
    let (_, command) = parted(command, "IN: ")?;
    Ok(vec![record.with("command", command).with("actions", actions)])
}

/// The logical form of a sentence of a small grammar.
fn cogs() -> Definition {
    const COLUMNS: &[&str] = &["sentence", "logical_form", "type"];
    define("cogs", SemanticParsing)
        .cite("Kim and Linzen, 2020, arXiv:2010.05465")
        .folder("t2t/cogs")
        .train("train.tsv", TsvWithoutHeader(COLUMNS), 24_155)
        .dev("dev.tsv", TsvWithoutHeader(COLUMNS), 3_000)
        .test("test.tsv", TsvWithoutHeader(COLUMNS), 3_000)
        .keys(&["sentence"])
        .answer("logical_form")
        .scored_by(&[Metric::ExactMatch])
}
