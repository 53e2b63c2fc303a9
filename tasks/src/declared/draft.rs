//! A first table for a file of data, by looking at it: which columns seem to be texts, and which the target.
//!
//! Names of columns that data sets commonly use are tried first, and then what the values look like. The draft says in
//! comments what was seen, so that its user can put right what was guessed wrong. Files beside a training file that are
//! called alike are taken for the development and test rows; without one, a tenth of the rows is held out.

use std::{fmt::Write, path::Path};

use super::{
    draft_text::{beside, comment, described, quoted, table_name},
    look::{Column, Seen, look},
    rows::{Encoding, Format},
};
use crate::{
    Error, Result,
    file::{locate, some_of},
};

const PAIRS: [(&str, &str); 8] = [
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("#1 string", "#2 string"),
    ("question", "passage"),
    ("question", "sentence"),
];
const LABELS: [&str; 10] = [
    "label",
    "labels",
    "gold_label",
    "category",
    "class",
    "intent",
    "sentiment",
    "quality",
    "is_duplicate",
    "coarse_label",
];
const SCORES: [&str; 5] = ["score", "similarity", "relatedness", "similarity_score", "rating"];
const ANSWERS: [&str; 10] = [
    "answer",
    "answers",
    "summary",
    "target",
    "ref",
    "reference",
    "output",
    "response",
    "completion",
    "highlights",
];

/// Writes a first table for a file of data. The paths in it are as the given one, so that it is to be kept where that
/// path leads to the data.
///
/// # Errors
/// A file that is not there or malformed, a name that does not tell the format, or no column that seems to be a target.
pub fn draft(data: &Path) -> Result<String> {
    let there = locate(data)?;
    if !matches!(Format::guess(&there), Some(format) if format != Format::Lines) {
        let problem = "its name does not tell a format with columns (csv, tsv, jsonl, json, parquet, conll); for lines of \
             text, write the table by hand with a `pattern`, or with one file for each column";
        return Err(Error::File { path: there, problem: problem.into() });
    }
    let seen = look(&there)?;
    let target = target(&seen, Format::guess(&there)).ok_or_else(|| {
        let names = some_of(seen.columns.iter().map(|column| column.name.as_str()));
        let problem = format!(
            "no column seems to be a label, score, list of tags or answer; columns: {names}; write the table by hand"
        );
        Error::File { path: there.clone(), problem }
    })?;
    let mut text = format!("# {}: {} rows.\n", comment(&there.to_string_lossy()), seen.rows);
    seen.columns.iter().for_each(|column| text.push_str(&described(column)));
    let _ =
        writeln!(text, "[{}]\ntrain = {}", table_name(&there), quoted(&there.to_string_lossy()));
    match beside(&there, &["dev", "valid", "validation", "val"]) {
        Some(dev) => text.push_str(&format!("dev = {}\n", quoted(&dev.to_string_lossy()))),
        None => text.push_str("dev = { hold_out = 0.1 }\n"),
    }
    if let Some(test) = beside(&there, &["test"]) {
        text.push_str(&format!("test = {}\n", quoted(&test.to_string_lossy())));
    }
    if !seen.layout.header {
        text.push_str("header = false\n");
    }
    if seen.layout.encoding == Encoding::Latin1 {
        text.push_str("encoding = \"latin1\"\n");
    }
    text.push_str(&target);
    Ok(text)
}

/// The lines of the table that say which columns are what.
fn target(seen: &Seen, format: Option<Format>) -> Option<String> {
    let columns = &seen.columns;
    let named = |names: &[&str]| {
        let mut wanted = names.iter();
        wanted.find_map(|name| columns.iter().find(|column| column.name.to_lowercase() == *name))
    };
    if let Some((words, tags)) = words_and_tags(seen, format) {
        return Some(format!("words = {}\ntags = {}\n", quoted(words), quoted(tags)));
    }
    let is_score = |column: &&Column| column.is_scale() && column.is_full;
    let scored = named(&SCORES).filter(is_score).or(named(&LABELS).filter(is_score));
    if let Some((column, (min, max))) = scored.and_then(|column| Some((column, column.range?))) {
        let score =
            format!("score = {{ column = {}, min = {min}, max = {max} }}\n", quoted(&column.name));
        return Some(texts(seen, column)? + &score);
    }
    let is_label = |column: &&Column| !column.is_list && column.is_closed(seen.rows);
    if let Some(column) = named(&LABELS).filter(is_label) {
        return Some(texts(seen, column)? + &format!("label = {}\n", quoted(&column.name)));
    }
    if let Some(column) = named(&ANSWERS).filter(|column| !is_label(column)) {
        let input = longest(seen, column)?;
        return Some(format!("input = {}\nanswer = {}\n", template(input)?, template(column)?));
    }
    let is_short = |column: &&Column| is_label(column) && column.most_words <= 4;
    let column = columns.iter().rev().find(is_short)?;
    Some(texts(seen, column)? + &format!("label = {}\n", quoted(&column.name)))
}

fn words_and_tags(seen: &Seen, format: Option<Format>) -> Option<(&str, &str)> {
    let lists: Vec<&Column> = seen.columns.iter().filter(|column| column.is_list).collect();
    if format == Some(Format::Conll) {
        let (words, tags) = (lists.first()?, lists.last()?);
        return (lists.len() > 1).then_some((words.name.as_str(), tags.name.as_str()));
    }
    let lower = |column: &Column| column.name.to_lowercase();
    let words = lists.iter().find(|c| ["tokens", "words"].contains(&lower(c).as_str()))?;
    let is_tags = |c: &&&Column| lower(c).ends_with("tags") || lower(c) == "labels";
    let tags = lists.iter().rev().find(|c| is_tags(c) && c.mean_words == words.mean_words)?;
    Some((words.name.as_str(), tags.name.as_str()))
}

/// The one text or the two.
fn texts(seen: &Seen, target: &Column) -> Option<String> {
    let named = |name: &str| seen.columns.iter().find(|column| column.name.to_lowercase() == name);
    let mut pairs = PAIRS.iter();
    if let Some((first, second)) = pairs.find_map(|(a, b)| Some((named(a)?, named(b)?))) {
        return Some(format!("text = {}\npair = {}\n", template(first)?, template(second)?));
    }
    Some(format!("text = {}\n", template(longest(seen, target)?)?))
}

/// The column with the most words, the target aside.
fn longest<'a>(seen: &'a Seen, target: &Column) -> Option<&'a Column> {
    let others = seen.columns.iter().filter(|column| column.name != target.name);
    let fit = others.filter(|column| template(column).is_some() && column.range.is_none());
    fit.max_by(|a, b| a.mean_words.total_cmp(&b.mean_words))
}

/// A column in braces; `None` for one with braces in its name.
fn template(column: &Column) -> Option<String> {
    (!column.name.contains(['{', '}'])).then(|| quoted(&format!("{{{}}}", column.name)))
}
