//! The rows of TARTAN's table: how the auxiliary tasks of an end-task are used.

use std::fmt;

use taskgraft::{
    methods::TaskWeights,
    prelude::*,
    report::{Place, Sweep},
    study::Learns,
    tasks::Catalogue,
};

/// When the trunk sees the auxiliary tasks.
#[derive(Clone, PartialEq)]
pub enum Help {
    /// Never: the end-task alone.
    None,
    /// Before the end-task, one after the other (Gururangan et al., 2020).
    Before,
    /// Together with the end-task (TARTAN), weighed by a method.
    Together(MethodSpec),
}

/// A row: auxiliary tasks and when they are seen.
#[derive(Clone)]
pub struct EndTaskRow {
    pub help: Help,
    pub auxiliaries: Vec<String>,
}

impl EndTaskRow {
    pub fn new(help: Help, auxiliaries: &[String]) -> Self {
        Self { help, auxiliaries: auxiliaries.to_vec() }
    }

    /// Whether nothing helps the end-task.
    pub fn is_end_task_only(&self) -> bool {
        self.help == Help::None
    }

    /// The stages of every end-task, given with its auxiliary tasks: pre-training where the row wants it, training, and
    /// a last fine-tuning at a low rate, which is kept where it is better on dev.
    pub fn plan(&self, plan: &mut Plan<'_>, end_tasks: &[(TaskUse, Vec<TaskUse>)]) -> Result<Row> {
        let mut row = Row::default();
        for (end_task, auxiliaries) in end_tasks {
            let (mut start, mut tasks) = (None, vec![end_task.clone()]);
            let name = self.to_string();
            let of = |what: &str| format!("{}-{what}", end_task.name);
            let mut method = MethodSpec::EndTask(TaskWeights::Equal);
            match &self.help {
                Help::None => {}
                Help::Before => {
                    for one in auxiliaries {
                        let stage = Stage::train([one]).trained_as("pretrain").called(&name);
                        let stage = stage.on(of(&format!("pretrain-{}", one.name)));
                        start = Some(plan.add(match &start {
                            Some(earlier) => stage.from(earlier),
                            None => stage,
                        })?);
                    }
                }
                Help::Together(together) => {
                    tasks.extend(auxiliaries.iter().cloned());
                    method = together.clone();
                }
            }
            let examples = plan.size(end_task)?;
            let train = Stage::train(tasks)
                .trained_as("train")
                .method(method)
                .with(move |config| {
                    // Epochs are passes over the end-task: the same number of steps for every row.
                    let steps = config.epochs * examples as f64 / config.mixture.batch_size as f64;
                    config.steps = config.steps.or(Some((steps as u64).max(1)));
                })
                .called(&name)
                .on(of("train"));
            let train = plan.add(match &start {
                Some(earlier) => train.from(earlier),
                None => train,
            })?;
            let mut of_task = Row::of(&end_task.name, train.clone());
            let last = plan.settings().find_section("finetune")?;
            if last.steps.unwrap_or(1) > 0 && (last.steps.is_some() || last.epochs > 0.0) {
                let stage = Stage::train([end_task]).trained_as("finetune").from(&train);
                let key = plan.add(stage.called(&name).on(of("finetune")))?;
                of_task.scored[0].stages.push(key);
            }
            row = row.and(of_task);
        }
        Ok(row)
    }
}

impl fmt::Display for EndTaskRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = self.auxiliaries.join(" + ");
        match &self.help {
            Help::None => f.write_str("End-task only"),
            Help::Before => write!(f, "Pre-train {}", self.auxiliaries.join(", then ")),
            Help::Together(MethodSpec::EndTask(TaskWeights::Fixed { weights })) => {
                let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
                write!(f, "Weights {} ({joined})", weights.join(":"))
            }
            Help::Together(MethodSpec::EndTask(TaskWeights::Random)) => {
                write!(f, "Random weights ({joined})")
            }
            Help::Together(method) => write!(f, "{method} ({joined})"),
        }
    }
}

/// Where rows that differ only in how much of their texts they use stand along that share.
pub fn sweep(rows: &[EndTaskRow]) -> Option<Sweep> {
    let place = |row: &EndTaskRow| {
        let split: Vec<(&str, f64)> =
            row.auxiliaries.iter().filter_map(|name| split_share(name).ok()).collect();
        let whole: Vec<String> = split.iter().map(|(text, _)| text.to_string()).collect();
        Place {
            method: row.to_string(),
            family: EndTaskRow::new(row.help.clone(), &whole).to_string(),
            value: split.iter().map(|(_, share)| *share).fold(1.0, f64::min),
        }
    };
    let all: Vec<Place> = rows.iter().map(place).collect();
    let varies = |p: &&Place| all.iter().any(|q| q.family == p.family && q.value != p.value);
    let places: Vec<Place> = all.iter().filter(varies).cloned().collect();
    (!places.is_empty()).then(|| Sweep { setting: "share of the text".into(), places })
}

/// What `name` stands for beside an end-task: one of its texts or a share of one (`domain.1x@0.25`), another task, or a
/// text of the catalogue.
///
/// # Errors
/// When no text or task has this name, or when the share cannot be read.
pub fn auxiliary(catalogue: &Catalogue, end_task: &str, name: &str) -> Result<TaskUse> {
    let (text, share) = split_share(name)?;
    let texts = catalogue.corpora(end_task)?;
    let at_hand = catalogue.corpora_at_hand();
    let of = if texts.iter().any(|known| known == text) { Some(end_task) } else { None };
    if of.is_some() || at_hand.iter().any(|known| known == text) {
        return Ok(TaskUse::text(name, of, text, share).learns(Learns::MaskedTokens));
    }
    match catalogue.find(name) {
        Ok(spec) => Ok(TaskUse { name: spec.name, ..TaskUse::of(name) }.unscored()),
        Err(_) => {
            let tasks = catalogue.specs().into_iter().map(|spec| spec.name);
            let known = texts.into_iter().chain(at_hand).chain(tasks.filter(|t| t != end_task));
            Err(taskgraft::tasks::Error::unknown("text or task", text, known).into())
        }
    }
}

/// A name and the share of it that is asked for.
fn split_share(name: &str) -> Result<(&str, f64)> {
    let Some((text, share)) = name.split_once('@') else { return Ok((name, 1.0)) };
    match share.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok((text, share)),
        _ => Err(Error::Usage(format!(
            "`{name}`: a text's share is a number above 0 and at most 1, as in `{text}@0.25`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_method_and_texts() {
        let named = |help, names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            EndTaskRow::new(help, &names).to_string()
        };
        let together = |weights: TaskWeights| Help::Together(weights.into());
        let meta = named(together(TaskWeights::learned()), &["task", "domain"]);
        assert_eq!(meta, "META-TARTAN (task + domain)");
        let before = named(Help::Before, &["domain.1x", "task"]);
        assert_eq!(before, "Pre-train domain.1x, then task");
        let fixed = named(together(TaskWeights::Fixed { weights: vec![1.0, 0.5] }), &["task"]);
        assert_eq!(fixed, "Weights 1:0.5 (task)");
        assert_eq!(named(Help::None, &[]), "End-task only");
    }

    #[test]
    fn a_share_follows_the_name() {
        assert_eq!(split_share("domain.1x").unwrap(), ("domain.1x", 1.0));
        assert_eq!(split_share("domain.1x@0.25").unwrap(), ("domain.1x", 0.25));
        for wrong in ["domain@", "domain@0", "domain@1.5", "domain@half", "domain@NaN"] {
            let message = split_share(wrong).unwrap_err().to_string();
            assert!(message.contains(wrong) && message.contains("domain@0.25"), "{message}");
        }
    }
}
