//! From a definition and a data folder to a task: files, records, steps, texts.

use std::{collections::BTreeMap, path::Path};

use super::{
    beside::add_fields,
    definition::{Definition, Draft, Published, Source},
    files,
    made::made_of,
    record::{FILE, Record},
    root::Root,
};
use crate::{
    Error, Example, ExampleId, Form, Presence, Result, SourceFile, Split, Target, Task, TaskSpec,
    file::every_line,
};

/// In which form a definition is read, and as which task.
pub(super) struct Asked {
    pub spec: TaskSpec,
    pub form: Form,
}

pub(super) fn presence(root: Root, definition: &Definition) -> Presence {
    let Source::Files(draft) = &definition.source else {
        let there = root.place(definition.folder).is_dir();
        let wants = format!("{}/train.tsv", definition.folder);
        return if there { Presence::Trainable } else { Presence::Missing { wants } };
    };
    let folder = root.place(draft.folder);
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

/// Reads a task. Those of GLUE are read in words alone: its own suite has them labelled.
pub(super) fn task(root: Root, definition: &Definition, asked: Asked) -> Result<Task> {
    let Asked { spec, form } = asked;
    let draft = match &definition.source {
        Source::Files(draft) => draft,
        Source::Glue(task) => {
            return Ok(Task { spec, ..task.load(root.dir, definition.name)? });
        }
    };
    let folder = root.place(draft.folder);
    let mut splits: BTreeMap<Split, Vec<Example>> = BTreeMap::new();
    let mut sources = Vec::new();
    for published in &draft.files {
        if splits.contains_key(&published.split) {
            continue;
        }
        if let Some(examples) = examples(draft, form, (root, &folder), published, &mut sources)? {
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
    form: Form,
    (root, folder): (Root, &Path),
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
            add_fields(&mut records, beside, (root, folder), file, sources)?;
        }
        let made = |record: Record| {
            let line = record.line;
            made_of(draft, form, record).map_err(|problem| file.error(line, problem))
        };
        examples.extend(every_line(records.into_iter().map(made))?.into_iter().flatten());
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
