//! Every message that a user can meet as an error or a warning, in one place: `cargo test --test messages --
//! --nocapture` shows them, one a line, for somebody to read. What needs no reader is checked here: style and words.
//! Messages are found in the sources: the texts of `#[error(…)]`, and those behind one of [`OPENERS`].

use std::{collections::BTreeSet, fs, path::Path};

const FOLDERS: &str = "src train/src models/src tasks/src algebra/src experiments";

/// What stands before a message, with or without `format!`; in a call, other arguments may come first.
#[rustfmt::skip]
const OPENERS: [&str; 25] = [
    "#[error(", ".error(", "Usage(", "Invalid(", "Training(", "Tokenizer(", "Err(", "ok_or(", "ok_or_else(||", "wrong(",
    "invalid(", "problem(", "damaged(", "corrupt(", "refused(", "broken(", "failed(", "undefined(", "usage(", "bad(",
    "of_config(", "problem:", "problem =", "requirement =", "reason:",
];

/// The messages of one source, its tests left out.
fn messages_of(source: &str, openers: &[&str]) -> Vec<String> {
    let mut rest = source.split("\nmod tests {").next().unwrap_or_default();
    let (mut code, mut found) = (String::new(), Vec::new());
    while let Some(first) = rest.chars().next() {
        rest = if rest.starts_with("//") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.split_once("\"#").map_or("", |(_, after)| after)
        } else if let Some(raw) = raw_text(rest).filter(|_| !code.ends_with(char::is_alphanumeric))
        {
            raw.split_once('"').map_or("", |(_, after)| after)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].split_once('\'').map_or("", |(_, after)| after)
        } else if first == '"' {
            let (text, after) = literal(&rest[1..]);
            if is_behind(&code, openers) || text.starts_with("warning: ") {
                found.push(text);
            }
            after
        } else {
            code.push(first);
            &rest[first.len_utf8()..]
        };
    }
    found
}

/// What follows the opening of a raw text.
fn raw_text(rest: &str) -> Option<&str> {
    rest.strip_prefix("r\"")
}

/// The text of a literal whose first quote has been read, and what comes after it.
fn literal(rest: &str) -> (String, &str) {
    let (mut text, mut characters) = (String::new(), rest.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('\n') => characters = characters.as_str().trim_start().chars(),
                escaped => text.extend(escaped.map(|c| if c == 'n' { ' ' } else { c })),
            },
            other => text.push(other),
        }
    }
    (text, characters.as_str())
}

/// Whether code ends with an opener, or with a call of one and arguments.
fn is_behind(code: &str, openers: &[&str]) -> bool {
    let code = code.trim_end().trim_end_matches("format!(").trim_end();
    if !code.ends_with(',') {
        return openers.iter().any(|opener| code.ends_with(opener));
    }
    let mut open = 0;
    let bracket = code.char_indices().rev().find(|(_, character)| {
        open += i32::from("([{".contains(*character)) - i32::from(")]}".contains(*character));
        open > 0
    });
    let call = bracket.map_or("", |(at, _)| &code[..=at]);
    openers.iter().any(|opener| opener.ends_with('(') && call.ends_with(opener))
}

/// All messages behind one of these openers, as `file: message`.
fn all(openers: &[&str]) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> = FOLDERS.split(' ').map(|folder| root.join(folder)).collect();
    let mut all = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let messages = messages_of(&fs::read_to_string(&path).unwrap(), openers);
                let file = path.strip_prefix(root).unwrap().display();
                all.extend(messages.iter().map(|message| format!("{file}: {message}")));
            }
        }
    }
    all
}

/// Fails with the messages that are not so.
fn each(openers: &[&str], is_so: impl Fn(&str) -> bool) {
    let is_so = |line: &String| line.split_once(": ").is_some_and(|(_, message)| is_so(message));
    let others: Vec<String> = all(openers).into_iter().filter(|line| !is_so(line)).collect();
    assert!(others.is_empty(), "\n{}", others.join("\n"));
}

fn has_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[test]
fn all_messages_are_listed_to_be_read() {
    let all = all(&OPENERS);
    all.iter().for_each(|line| println!("{line}"));
    assert!(all.len() > 500, "only {} messages are found", all.len());
}

#[test]
fn messages_are_found_in_attributes_calls_and_fields() {
    let source = "#[error(\"a {b}\")] Usage(format!(\"c \\\n  d\", \"-\")); '\"' // Err(\"-\")\n \
                  file.error(at + f(1), \"e\"); problem: \"f\".into()\nmod tests { Err(\"-\")";
    assert_eq!(messages_of(source, &OPENERS), ["a {b}", "c d", "e", "f"]);
}

#[test]
fn messages_begin_in_lower_case_and_end_without_a_full_stop() {
    let is_name = |text: &str| text.starts_with("BERT-style") || text.starts_with("Gramian");
    each(&OPENERS, |text| !text.starts_with(char::is_uppercase) || is_name(text));
    each(&OPENERS, |text| !text.ends_with(['.', '!']));
}

#[test]
fn messages_are_of_more_than_three_plain_words() {
    let stumbles =
        " is no | are no | none at all|that is none|that there is not|of which|leave it away";
    let stumbles: Vec<&str> = stumbles.split('|').collect();
    let plain = |text: &str| text.replace("there is no ", "").replace("there are no ", "");
    each(&OPENERS, |text| !has_one_of(&plain(text), &stumbles));
    // What ends with a value may hand on another message.
    each(&OPENERS, |text| text.ends_with('}') || text.split_whitespace().nth(3).is_some());
}

#[test]
fn whole_messages_say_where_or_what_to_do() {
    // To parts of messages a file, row, task or setting is added where they are shown.
    let whole = ["#[error(", "Usage(", "Invalid(", "Tokenizer("];
    each(&whole, |text| has_one_of(text, &["{", "`", ";", "expected", "must", "need", "give"]));
}

#[test]
fn messages_about_unknown_names_tell_known_ones() {
    let known = ["nown:", "known labels:", "{hint}", "supported:", "expected", "there are"];
    let unknown = ["unknown ", "unsupported "];
    each(&OPENERS, |text| !has_one_of(text, &unknown) || has_one_of(text, &known));
}
