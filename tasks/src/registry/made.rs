//! From a record to examples: steps, then texts and targets in the form that is asked for.
//!
//! In words, the input is T5's (`boolq passage: … question: …`) and the target a text. Labelled, the values are the
//! text or the pair, without the task's name, and the target is the place of the label's word; what follows a second
//! value is in the second text too, each value after its name.

use std::borrow::Cow;

use super::{
    definition::{Draft, Learn, Target as Written},
    record::{GROUP, Problem, REJECTED, Record},
};
use crate::{Answer, Example, ExampleId, Form, Split, Target, Text, file::abridged, words};

/// The examples of one record, after all steps.
pub(super) fn made_of(draft: &Draft, form: Form, record: Record) -> Result<Vec<Example>, Problem> {
    let mut records = vec![record];
    for step in &draft.steps {
        let stepped: Vec<Vec<Record>> =
            records.into_iter().map(step).collect::<Result<_, Problem>>()?;
        records = stepped.into_iter().flatten().collect();
    }
    let labels = draft.labels_in_order();
    let mut examples = Vec::new();
    for record in &records {
        let parts: Vec<(&str, Cow<str>)> = draft
            .keys
            .iter()
            .map(|key| Ok((key.name, record.text(key.field)?)))
            .collect::<Result<_, Problem>>()?;
        let parts: Vec<(&str, &str)> = parts.iter().map(|(k, v)| (*k, v.as_ref())).collect();
        let text = match form {
            Form::InWords => Text::One(words::input(draft.prefix, parts)),
            Form::Labelled => labelled(&parts),
        };
        let example = |target| Example { id: ExampleId(0), text: text.clone(), target };
        let target = |answer: Answer| match form {
            Form::InWords => Some(Target::Text(answer)),
            // An answer to a question of labels is one of their words.
            Form::Labelled => labels.iter().position(|l| *l == answer.text).map(Target::Class),
        };
        match answers(draft, record)? {
            answers if answers.is_empty() => examples.push(example(None)),
            answers => examples.extend(answers.into_iter().map(|answer| example(target(answer)))),
        }
    }
    Ok(examples)
}

/// The values as one text or two.
fn labelled(parts: &[(&str, &str)]) -> Text {
    match parts {
        [] => Text::One(String::new()),
        [(_, one)] => Text::One((*one).into()),
        [(_, first), (_, second)] => Text::Two((*first).into(), (*second).into()),
        [(_, first), rest @ ..] => {
            Text::Two((*first).into(), words::input("", rest.iter().copied()))
        }
    }
}

/// The targets of a record: one, unless each of several answers is to be learned, and none in test data that are
/// published without.
fn answers(draft: &Draft, record: &Record) -> Result<Vec<Answer>, Problem> {
    let (Written::Label { field, .. } | Written::Text { field, .. }) = &draft.target;
    if record.split == Split::Test && record.find(field).is_none() {
        return Ok(Vec::new());
    }
    let group = match record.find(GROUP) {
        Some(_) => Some(record.index(GROUP)? as u32),
        None => None,
    };
    let rejected = record.find(REJECTED) == Some(&true.into());
    let complete = |answer: Answer| Answer {
        group,
        accepted: if rejected { Vec::new() } else { answer.accepted },
        ..answer
    };
    match &draft.target {
        Written::Label { field, words } => {
            let label = record.text(field)?;
            let word = words.iter().find(|(known, _)| *known == label).ok_or_else(|| {
                let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
                let label = abridged(&label);
                format!(
                    "field `{field}`: unknown label `{label}`; known labels: {}",
                    known.join(", ")
                )
            })?;
            Ok(vec![complete(Answer::new(word.1))])
        }
        Written::Text { field, learn } => {
            let texts = record.texts(field)?;
            if texts.is_empty() {
                return Err(format!("field `{field}` is an empty list; expected an answer"));
            }
            let every = *learn == Learn::Every && record.split == Split::Train;
            let answers = match every {
                true => texts.into_iter().map(Answer::new).collect(),
                false => Vec::from_iter(Answer::any_of(texts)),
            };
            Ok(answers.into_iter().map(complete).collect())
        }
    }
}
