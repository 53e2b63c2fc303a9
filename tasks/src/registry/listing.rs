//! The registry as tables: what there is, where it is, and what is wrong with it.

use super::{Definition, Presence, Registry, definitions};
use crate::{Family, Result, Split, TargetKind, suite::Suite};

/// What became of reading a task's data.
#[derive(Debug)]
pub struct Checked {
    pub definition: Definition,
    pub presence: Presence,
    /// The sizes that were read, or what is wrong; `None` where nothing is there.
    pub outcome: Option<Result<Vec<(Split, usize)>>>,
    /// What is odd about the data.
    pub remarks: Vec<String>,
}

impl Registry {
    /// Reads the data of every task that has any, one task at a time.
    pub fn check(&self) -> impl Iterator<Item = Checked> + '_ {
        definitions().into_iter().map(|definition| {
            let presence = self.presence(&definition);
            let mut remarks = Vec::new();
            let read = || {
                let task = self.load(definition.name)?;
                remarks = task.check()?;
                Ok(task.splits.iter().map(|(split, examples)| (*split, examples.len())).collect())
            };
            let there = !matches!(presence, Presence::Missing { .. });
            let outcome = there.then(read);
            Checked { outcome, definition, presence, remarks }
        })
    }
}

impl Checked {
    pub fn is_wrong(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
    }

    /// One line: sizes, with those of the published data where they differ, or what is wrong or wanted.
    pub fn line(&self) -> String {
        let name = self.definition.name;
        match &self.outcome {
            None => format!("{name:18} not there; {}", self.presence),
            Some(Err(error)) => format!("{name:18} {error}"),
            Some(Ok(sizes)) => {
                let published = self.definition.sizes();
                let size = |(split, size): &(Split, usize)| {
                    let whole = published.iter().find(|(s, _)| s == split).map_or(0, |(_, n)| *n);
                    match whole > *size {
                        true => format!("{split} {size} of {whole}"),
                        false => format!("{split} {size}"),
                    }
                };
                let sizes = sizes.iter().map(size).collect::<Vec<_>>().join(", ");
                match &self.presence {
                    Presence::EvaluationOnly { .. } => {
                        format!("{name:18} {sizes}; {}", self.presence)
                    }
                    _ => format!("{name:18} {sizes}"),
                }
            }
        }
    }
}

/// What is written, in a word or two: `2 labels`, `score`, `text`.
pub fn target(kind: &TargetKind) -> String {
    match kind {
        TargetKind::Text { stands_for: Some(kind) } => target(kind),
        TargetKind::Text { stands_for: None } => "text".into(),
        TargetKind::Class { labels } => format!("{} labels", labels.len()),
        TargetKind::Score { .. } => "score".into(),
        TargetKind::Tags { .. } => "tags".into(),
        TargetKind::Tokens { .. } => "tokens".into(),
    }
}

/// Families in the order of the definitions, each with its tasks.
pub fn families() -> Vec<(Family, Vec<Definition>)> {
    let mut families: Vec<(Family, Vec<Definition>)> = Vec::new();
    for definition in definitions() {
        let family = definition.family.in_exmix();
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, tasks)) => tasks.push(definition),
            None => families.push((family, vec![definition])),
        }
    }
    families
}

/// The definitions as a Markdown table for each family.
pub fn markdown() -> String {
    let mut text = String::new();
    for (family, tasks) in families() {
        let rows = tasks.iter().map(|task| {
            let metrics = task.metrics.iter().map(ToString::to_string).collect::<Vec<_>>();
            let train = match task.sizes().iter().find(|(split, _)| *split == Split::Train) {
                Some((_, size)) if *size > 0 => size.to_string(),
                _ => "?".into(),
            };
            let (name, folder, citation) = (task.name, task.folder, task.citation);
            let (target, metrics) = (target(&task.kind()), metrics.join(", "));
            format!("| {name} | {target} | {train} | {metrics} | `{folder}` | {citation} |\n")
        });
        let heading = "| task | target | train | metrics | folder | described in |\n|---|---|---|---|---|---|\n";
        let rows: String = rows.collect();
        text += &format!("### {family}\n\n{heading}{rows}\n");
    }
    text
}
