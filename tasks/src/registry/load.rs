//! From a definition and a data folder to a task: files, records, steps, texts.

use std::{collections::BTreeMap, path::Path};

use super::{
    beside::add_fields,
    definition::{Definition, Draft, Learn, Published, Source, Target as Written},
    files,
    record::{FILE, GROUP, Problem, REJECTED, Record},
};
use crate::{
    Answer, Error, Example, ExampleId, Result, SourceFile, Split, Target, Task, Text,
    file::abridged,
    mixture::{hash, permute},
    words,
};

/// Which data of a task are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Training data, and all that goes with them.
    Trainable,
    /// Only data to score models on; this training file is wanted.
    EvaluationOnly { wants: String },
    /// Nothing; this file is wanted.
    Missing { wants: String },
}

pub(super) fn presence(dir: &Path, definition: &Definition) -> Presence {
    let Source::Files(draft) = &definition.source else {
        let there = dir.join(definition.folder).is_dir();
        let wants = format!("{}/train.tsv", definition.folder);
        return if there { Presence::Trainable } else { Presence::Missing { wants } };
    };
    let folder = dir.join(draft.folder);
    let there = |published: &&Published| files::is_there(&folder, published);
    let train = |published: &&Published| published.split == Split::Train;
    if draft.files.iter().filter(train).any(|published| there(&published)) {
        return Presence::Trainable;
    }
    let wanted = draft.files.iter().find(train).or(draft.files.first());
    let wants = wanted.map_or(String::new(), |p| format!("{}/{}", draft.folder, p.file));
    match draft.files.iter().any(|published| there(&published)) {
        true => Presence::EvaluationOnly { wants },
        false => Presence::Missing { wants },
    }
}

pub(super) fn task(dir: &Path, definition: &Definition) -> Result<Task> {
    let spec = definition.spec();
    let draft = match &definition.source {
        Source::Files(draft) => draft,
        Source::Glue(task) => return Ok(Task { spec, ..task.load(dir, definition.name)? }),
    };
    let folder = dir.join(draft.folder);
    let mut splits: BTreeMap<Split, Vec<Example>> = BTreeMap::new();
    let mut sources = Vec::new();
    for published in &draft.files {
        if splits.contains_key(&published.split) {
            continue;
        }
        if let Some(examples) = examples(draft, dir, &folder, published, &mut sources)? {
            splits.insert(published.split, examples);
        }
    }
    match draft.files.first() {
        Some(first) if splits.is_empty() => Err(Error::File {
            path: folder.join(first.file),
            problem: format!(
                "no such file, nor `{}.gz`, nor another file of task `{}`",
                first.file, definition.name
            ),
        }),
        _ => {
            hold_out(draft, &mut splits);
            Ok(Task { spec, splits, sources })
        }
    }
}

/// Moves the last of every so many training examples to a split that has none of its own.
fn hold_out(draft: &Draft, splits: &mut BTreeMap<Split, Vec<Example>>) {
    let Some(held) = draft.hold_out.filter(|held| !splits.contains_key(&held.split)) else {
        return;
    };
    let train = splits.remove(&Split::Train).unwrap_or_default();
    let is_held = |example: &Example| example.id.0 as usize % held.every == held.every - 1;
    let (held_out, kept): (Vec<_>, Vec<_>) = train.into_iter().partition(is_held);
    splits.extend([(held.split, numbered(held_out)), (Split::Train, numbered(kept))]);
}

fn numbered(mut examples: Vec<Example>) -> Vec<Example> {
    // Below 2^32 because the size of a file is limited.
    examples.iter_mut().enumerate().for_each(|(i, e)| e.id = ExampleId(i as u32));
    examples
}

/// The examples of one entry's files; `None` where they are not there.
fn examples(
    draft: &Draft,
    dir: &Path,
    folder: &Path,
    published: &Published,
    sources: &mut Vec<SourceFile>,
) -> Result<Option<Vec<Example>>> {
    let Some(found) = files::find(folder, published)? else {
        return Ok(None);
    };
    sources.extend(found.sources);
    let mut examples = Vec::new();
    for file in &found.files {
        let mut records = published.format.records(file, published.split)?;
        let path = file.source.path.to_string_lossy();
        records.iter_mut().for_each(|record| record.set(FILE, path.as_ref()));
        for beside in &published.beside {
            add_fields(&mut records, beside, (dir, folder), file, sources)?;
        }
        for record in records {
            let line = record.line;
            let made = made_of(draft, record).map_err(|problem| file.error(line, problem))?;
            examples.extend(made);
        }
    }
    if draft.merged && published.split != Split::Train {
        merge(&mut examples);
    }
    Ok(Some(numbered(examples)))
}

/// Makes one example of those that follow each other with one input.
fn merge(examples: &mut Vec<Example>) {
    examples.dedup_by(|later, earlier| {
        let same = later.text == earlier.text;
        if let (true, Some(Target::Text(all)), Some(Target::Text(more))) =
            (same, &mut earlier.target, &mut later.target)
        {
            all.accepted.append(&mut more.accepted);
        }
        same
    });
}

/// The examples of one record, after all steps.
fn made_of(draft: &Draft, record: Record) -> Result<Vec<Example>, Problem> {
    let mut records = vec![record];
    for step in &draft.steps {
        let stepped: Vec<Vec<Record>> =
            records.into_iter().map(step).collect::<Result<_, Problem>>()?;
        records = stepped.into_iter().flatten().collect();
    }
    let mut examples = Vec::new();
    for record in &records {
        let parts: Vec<_> = draft
            .keys
            .iter()
            .map(|key| Ok((key.name, record.text(key.field)?)))
            .collect::<Result<_, Problem>>()?;
        let input = words::input(draft.prefix, parts.iter().map(|(k, v)| (*k, v.as_ref())));
        let example = |target| Example { id: ExampleId(0), text: Text::One(input.clone()), target };
        match answers(draft, record)? {
            answers if answers.is_empty() => examples.push(example(None)),
            answers => examples.extend(answers.into_iter().map(|a| example(Some(Target::Text(a))))),
        }
    }
    Ok(examples)
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

/// Keeps so many examples, chosen by their places alone, in order.
pub(super) fn thin(examples: &mut Vec<Example>, most: usize) {
    let size = examples.len();
    if size <= most {
        return;
    }
    let key = hash(&[0x7468_696e]);
    let mut kept = vec![false; size];
    (0..most).for_each(|i| kept[permute(key, size, i)] = true);
    let mut places = kept.into_iter();
    examples.retain(|_| places.next().unwrap_or(false));
}
