//! What an alignment study measures: networks for each task, for all and, where asked to, for each pair; gradients
//! along the way; networks' representations; every measure against measured gains; and the groups that each measure
//! chooses.

use std::{cell::OnceCell, rc::Rc};

use serde::{Deserialize, Serialize};
use taskgraft::{observe::Observation, prelude::*};

use super::{
    affinities::{self, Measure},
    groups::{self, Choice},
    networks::Networks,
    prediction::{self, Prediction},
    similarity::{self, Similarity},
};

/// Everything an alignment study measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alignment {
    pub tasks: Vec<String>,
    /// Of the network for all tasks: every seed's, by step.
    pub observations: Vec<Observation>,
    pub similarities: Vec<Similarity>,
    pub measures: Vec<Measure>,
    /// What each task gained in the network for all, seed by seed.
    pub gains: Vec<Vec<f64>>,
    /// What each task gained in the pair with each other, `[receiver][partner]`; `None` where no pairs were trained.
    pub transfer: Option<Vec<Vec<f64>>>,
    pub predictions: Vec<Prediction>,
    pub choices: Vec<Choice>,
    /// Whether the tasks are built in, so that their relations are known.
    pub is_planted: bool,
}

/// What is measured, and with how much.
pub struct Wanted {
    pub pairs: bool,
    /// Networks that tasks are grouped into; 0 leaves grouping out.
    pub budget: usize,
    /// Seeds of pairs and groups, where they are fewer than the others'.
    pub pair_seeds: Option<u64>,
    pub is_planted: bool,
}

/// What is seen in the networks of a study; it takes a while, and is looked at once.
pub struct Seen {
    observations: Vec<Observation>,
    similarities: Vec<Similarity>,
}

/// Plans the networks of a study, waits for them, and measures; groups are planned once the measures are known.
///
/// # Errors
/// [`Error::Unfinished`] until all networks are finished; what can't be read or measured.
pub fn measure(
    plan: &mut Plan<'_>,
    tasks: &[TaskUse],
    wanted: &Wanted,
    seen: &Rc<OnceCell<Seen>>,
) -> Result<Alignment> {
    let seeds = plan.seeds().len();
    let pair_seeds = wanted.pair_seeds.map_or(seeds, |n| (n as usize).clamp(1, seeds));
    let mut networks = Networks::new(tasks);
    networks.plan(plan, &networks.singles(), seeds)?;
    networks.plan(plan, &[networks.all()], seeds)?;
    if wanted.pairs {
        networks.plan(plan, &networks.pairs(), pair_seeds)?;
    }
    networks.wait()?;
    let Seen { observations, similarities } = match seen.get() {
        Some(seen) => seen,
        None => {
            let looked = look(plan, &networks)?;
            seen.get_or_init(|| looked)
        }
    };
    let mut measures = affinities::of_gradients(observations)?;
    measures.extend(affinities::of_representations(similarities, networks.count()));
    let all = 0..networks.count();
    let gains: Vec<Vec<f64>> =
        all.map(|task| networks.gains(networks.all(), task)).collect::<Result<_>>()?;
    let transfer = if wanted.pairs { Some(networks.transfer()?) } else { None };
    let predict = |measure: &Measure| match &transfer {
        Some(transfer) => prediction::of_pair_gains(measure, transfer),
        None => {
            let mean = |g: &Vec<f64>| g.iter().sum::<f64>() / g.len().max(1) as f64;
            prediction::of_task_gains(measure, &gains.iter().map(mean).collect::<Vec<_>>())
        }
    };
    let predictions = measures.iter().filter_map(predict).collect();
    measures.extend(transfer.as_deref().map(affinities::of_pair_gains));
    let choices = match wanted.budget {
        0 => vec![],
        budget => groups::choose(plan, &mut networks, &measures, budget, pair_seeds)?,
    };
    Ok(Alignment {
        tasks: networks.names(),
        observations: observations.clone(),
        similarities: similarities.clone(),
        measures,
        gains,
        transfer,
        predictions,
        choices,
        is_planted: wanted.is_planted,
    })
}

fn look(plan: &Plan<'_>, networks: &Networks<'_>) -> Result<Seen> {
    let mut observations = Vec::new();
    for (key, _) in networks.of(networks.all())? {
        observations.extend(Observation::read_all(&plan.folder(key)?)?);
    }
    let similarities = similarity::compare(plan, networks)?;
    Ok(Seen { observations, similarities })
}
