//! What users get wrong in data: examples that are not of their task's kind are errors, oddities are remarks.
//!
//! Readers of published formats refuse most of it with file and line; what is checked here holds of every task, also of
//! one that a program makes. Texts that a tokenizer cuts off are not known here.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Display,
};

use crate::{
    Error, Example, Result, Split, Target, TargetKind, Task, TaskSpec, Text, metrics::Metric,
};

impl TaskSpec {
    /// Refuses a name that can't be that of a folder: runs have folders that are called after their tasks.
    ///
    /// # Errors
    /// Exactly then.
    pub fn check_name(&self) -> Result<()> {
        let name = &self.name;
        let is_bad = |c: char| matches!(c, '/' | '\\') || c.is_control();
        if !name.is_empty() && !name.starts_with('.') && !name.contains(is_bad) {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "a task is called `{}`; expected a name without slashes that does not begin with a dot",
            name.escape_debug()
        )))
    }
}

impl Task {
    /// Checks every example of the splits that models are trained and compared on, and says what is odd about them, in
    /// words.
    ///
    /// # Errors
    /// A name that no folder can have, two examples of a split with one id, or an example without target, or with one
    /// that is not of the task's kind.
    pub fn check(&self) -> Result<Vec<String>> {
        self.spec.check_name()?;
        for split in [Split::Train, Split::Dev] {
            let mut ids = HashSet::new();
            for example in self.split(split) {
                let wrong = |problem: String| {
                    let (name, id) = (&self.spec.name, example.id.0);
                    Error::Invalid(format!("task `{name}`: {split} example {id} {problem}"))
                };
                if !ids.insert(example.id) {
                    return Err(wrong("is there twice; give each example an id of its own".into()));
                }
                let target = example.target.as_ref();
                let target = target.ok_or_else(|| {
                    wrong("has no target; train and dev examples need one".into())
                })?;
                fits(&self.spec.kind, target, &example.text).map_err(wrong)?;
            }
        }
        Ok(self.remarks())
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let [train, dev] = [Split::Train, Split::Dev].map(|split| self.split(split));
        for (split, examples) in [(Split::Train, train), (Split::Dev, dev)] {
            let blank = examples.iter().filter(|example| is_blank(&example.text)).count();
            if blank > 0 {
                remarks.push(format!("{} {split} texts are blank", share(blank, examples.len())));
            }
            let repeated = repetitions(examples);
            if repeated > 0 {
                remarks.push(format!(
                    "{} {split} examples repeat the text and target of an earlier one",
                    share(repeated, examples.len())
                ));
            }
            if let Some(only) = self.only_target(examples) {
                let all = format!("all {} {split} examples have the target {only}", examples.len());
                let metric = self.spec.metrics.first().filter(|m| is_zero_on_constants(**m));
                match (split, metric) {
                    (Split::Dev, Some(metric)) => {
                        remarks.push(format!("{all}, on which {metric} is 0 by definition"));
                    }
                    (Split::Dev, None) => {
                        remarks.push(format!("{all}: one answer is always right"))
                    }
                    _ => remarks.push(format!("{all}: there is nothing to tell apart")),
                }
            }
        }
        let unseen = self.unseen_labels(train, dev);
        if !unseen.is_empty() && !train.is_empty() {
            let unseen: Vec<&str> = unseen.into_iter().take(8).collect();
            remarks.push(format!(
                "labels of dev examples that no train example has: {}",
                unseen.join(", ")
            ));
        }
        remarks
    }

    /// The target of all examples, if there are at least two and they have the same.
    fn only_target(&self, examples: &[Example]) -> Option<String> {
        let mut targets = examples.iter().map(|example| &example.target);
        let first = targets.next()?.as_ref()?;
        if examples.len() < 2 || !targets.all(|target| target.as_ref() == Some(first)) {
            return None;
        }
        match (&self.spec.kind, first) {
            (TargetKind::Class { labels }, Target::Class(label)) => {
                labels.get(*label).map(|label| format!("`{label}`"))
            }
            (_, Target::Score(score)) => Some(score.to_string()),
            (_, Target::Text(answer)) => Some(format!("`{}`", crate::file::abridged(&answer.text))),
            _ => None,
        }
    }

    fn unseen_labels(&self, train: &[Example], dev: &[Example]) -> Vec<&str> {
        let (TargetKind::Class { labels } | TargetKind::Tags { labels }) = &self.spec.kind else {
            return Vec::new();
        };
        let of = |examples: &[Example]| -> BTreeSet<usize> {
            let each = examples.iter().flat_map(|example| match &example.target {
                Some(Target::Class(label)) => std::slice::from_ref(label),
                Some(Target::Tags(tags)) => tags.as_slice(),
                _ => &[],
            });
            each.copied().collect()
        };
        let seen = of(train);
        let unseen = of(dev).into_iter().filter(|label| !seen.contains(label));
        unseen.filter_map(|label| labels.get(label).map(String::as_str)).collect()
    }
}

/// Whether a target is of its task's kind.
fn fits(kind: &TargetKind, target: &Target, text: &Text) -> std::result::Result<(), String> {
    let beyond = |label: &usize, labels: &[String]| {
        format!("has the label {label}; there are {} labels, counted from 0", labels.len())
    };
    match (kind, target) {
        (TargetKind::Class { labels }, Target::Class(label)) => match *label < labels.len() {
            true => Ok(()),
            false => Err(beyond(label, labels)),
        },
        (TargetKind::Score { min, max }, Target::Score(score)) => {
            match (min..=max).contains(&score) {
                true => Ok(()),
                false => Err(format!("has the score {score}; expected {min} to {max}")),
            }
        }
        (TargetKind::Tags { labels }, Target::Tags(tags)) => {
            let Text::Words(words) = text else {
                return Err("has tags but no words; expected one tag for each word".into());
            };
            match tags.iter().find(|tag| **tag >= labels.len()) {
                Some(tag) => Err(beyond(tag, labels)),
                None if words.len() == tags.len() => Ok(()),
                None => Err(format!(
                    "has {} tags for {} words; expected one for each word",
                    tags.len(),
                    words.len()
                )),
            }
        }
        (TargetKind::Text { .. }, Target::Text(_)) => Ok(()),
        _ => Err(format!("has a target that is not of its task's kind: {target:?}")),
    }
}

/// How many examples there are a second time, or more often.
fn repetitions(examples: &[Example]) -> usize {
    let mut seen = HashSet::new();
    // Targets hold floats, which have no hash; their form in words tells them apart as well.
    let keys = examples.iter().map(|example| (&example.text, format!("{:?}", example.target)));
    keys.filter(|key| !seen.insert(key.clone())).count()
}

fn is_blank(text: &Text) -> bool {
    match text {
        Text::One(text) => text.trim().is_empty(),
        Text::Two(a, b) => a.trim().is_empty() || b.trim().is_empty(),
        Text::Words(words) => words.iter().all(|word| word.trim().is_empty()),
    }
}

/// Where gold or predictions are all the same, these are not defined; by convention they are 0.
fn is_zero_on_constants(metric: Metric) -> bool {
    matches!(metric, Metric::Matthews | Metric::Pearson | Metric::Spearman)
}

/// `3 of 40 (7.5%)`.
pub fn share(count: usize, all: usize) -> impl Display {
    format!("{count} of {all} ({:.1}%)", 100.0 * count as f64 / all.max(1) as f64)
}
