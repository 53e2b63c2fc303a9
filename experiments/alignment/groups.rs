//! Groups of tasks chosen by each measure under a budget of networks, trained, and what they gained.

use serde::{Deserialize, Serialize};
use taskgraft_algebra::grouping::{GroupScores, Grouping, Singletons, TaskSet};

use super::{
    affinities::{Measure, Source},
    networks::Networks,
};
use taskgraft::prelude::*;

/// A choice of groups with its prediction and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What it was chosen by.
    pub measure: String,
    pub grouping: Grouping,
    /// What each task gained in the network that serves it, over its own network; means over seeds.
    pub gains: Vec<f64>,
    /// Mean over tasks of the gains, seed by seed.
    pub mean_gains: Vec<f64>,
    /// Whether the grouping's scores are gains, so that they can be compared with the outcome.
    pub is_on_scale: bool,
}

impl Choice {
    /// The mean gain over tasks and seeds.
    pub fn gain(&self) -> f64 {
        self.gains.iter().sum::<f64>() / self.gains.len().max(1) as f64
    }
}

/// Chooses groups by the main measure of every source, trains them with the first `seeds` seeds, and measures over
/// these; then the same for one network for all tasks.
///
/// # Errors
/// Anything that stops a training.
pub fn choose(
    plan: &mut Plan<'_>,
    networks: &mut Networks<'_>,
    measures: &[Measure],
    budget: usize,
    seeds: usize,
) -> Result<Vec<Choice>> {
    let names = networks.names();
    let wrong = |e: taskgraft_algebra::grouping::Error| Error::Usage(e.to_string());
    let mut chosen = Vec::new();
    for measure in measures.iter().filter(|m| m.is_main) {
        // A task alone gains nothing over itself; other measures do not say what it is worth.
        let singletons = match measure.source {
            Source::PairGains => Singletons::All(0.0),
            _ => Singletons::LastResort,
        };
        let scores = GroupScores::from_pairs(&measure.affinity(&names)?, &singletons);
        let grouping = scores.and_then(|scores| scores.best_groups(budget)).map_err(wrong)?;
        chosen.push((measure.name.clone(), grouping, measure.source == Source::PairGains));
    }
    let groups: Vec<TaskSet> =
        chosen.iter().flat_map(|(_, grouping, _)| grouping.groups.iter().copied()).collect();
    networks.plan(plan, &groups, seeds)?;
    networks.wait()?;
    let choices = chosen.into_iter();
    let measured =
        |name, grouping, is_on_scale| measured(networks, name, grouping, is_on_scale, seeds);
    let mut all: Vec<Choice> =
        choices.map(|(name, g, on_scale)| measured(name, g, on_scale)).collect::<Result<_>>()?;
    let together = Grouping {
        tasks: names.clone(),
        groups: vec![networks.all()],
        served_by: vec![0; names.len()],
        scores: vec![0.0; names.len()],
        objective: 0.0,
    };
    all.push(measured("one network for all".into(), together, false)?);
    Ok(all)
}

fn measured(
    networks: &Networks<'_>,
    measure: String,
    grouping: Grouping,
    is_on_scale: bool,
    seeds: usize,
) -> Result<Choice> {
    let served = grouping.served_by.iter().enumerate();
    let by_task: Vec<Vec<f64>> = served
        .map(|(task, group)| {
            let mut gains = networks.gains(grouping.groups[*group], task)?;
            gains.truncate(seeds);
            Ok(gains)
        })
        .collect::<Result<_>>()?;
    let seeds = by_task.iter().map(Vec::len).min().unwrap_or(0);
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = values.collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let gains = by_task.iter().map(|gains| mean(&mut gains.iter().copied())).collect();
    let mean_gains =
        (0..seeds).map(|seed| mean(&mut by_task.iter().map(|gains| gains[seed]))).collect();
    Ok(Choice { measure, grouping, gains, mean_gains, is_on_scale })
}
