//! How alike the networks of a study represent the same texts, with controls.
//!
//! All networks see the same dev examples of all tasks. Networks of two tasks are compared with those of one task under
//! two seeds (the ceiling), with the trunk they started from, with a random one, and with shuffled texts (the null).
//! Where there are several seeds, networks that are compared have different ones: otherwise tasks would share first
//! values and the ceiling would not.

use serde::{Deserialize, Serialize};
use taskgraft::{
    observe::{HiddenStates, Pooling, SimilarityCurve, compare_networks},
    prelude::*,
    study::StageKey,
};
use taskgraft_algebra::similarity::Index;
use taskgraft_models::bert::Encoder;
use taskgraft_tasks::text::Encoded;

use super::networks::Networks;

/// Seed of the trunk that nothing was learned by.
const RANDOM: u64 = 0x7261_6e64;

/// What two networks are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Networks of two tasks, the lower first.
    Tasks(usize, usize),
    /// Of one task, with two seeds.
    Seeds(usize),
    /// Of one task, and the network for all.
    Multi(usize),
    /// Of one task, and the trunk it started from.
    Start(usize),
    /// Of one task, and a trunk with random values.
    Random(usize),
    /// Of two tasks, one of which sees the texts in another order.
    Shuffled(usize),
}

/// Similarities of one index and pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    pub index: String,
    pub pooling: Pooling,
    /// Networks and their similarity by layer, from the pooling's first layer up.
    pub curves: Vec<(Relation, Vec<f64>)>,
}

impl Similarity {
    /// The curves whose relation is wanted.
    pub fn curves(&self, wanted: impl Fn(Relation) -> bool) -> Vec<&[f64]> {
        let found = self.curves.iter().filter(|(relation, _)| wanted(*relation));
        found.map(|(_, values)| values.as_slice()).collect()
    }

    /// The mean over layers and networks whose relation is wanted; `None` if there are none.
    pub fn mean(&self, wanted: impl Fn(Relation) -> bool) -> Option<f64> {
        let all: Vec<f64> = self.curves(wanted).concat();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    }

    /// `[tasks, tasks]`: the mean between two tasks; on the diagonal that between seeds, where there are several.
    pub fn matrix(&self, tasks: usize) -> Vec<Vec<Option<f64>>> {
        let entry = |i: usize, j: usize| match i == j {
            true => self.mean(|r| r == Relation::Seeds(i)),
            false => self.mean(|r| r == Relation::Tasks(i.min(j), i.max(j))),
        };
        (0..tasks).map(|i| (0..tasks).map(|j| entry(i, j)).collect()).collect()
    }
}

/// Compares the networks for single tasks with each other and with the controls, by every index.
///
/// # Errors
/// Networks that can't be read, or an index without a value.
pub fn compare(plan: &Plan<'_>, networks: &Networks<'_>) -> Result<Vec<Similarity>> {
    let Some(Gathered { states, pairs }) = Gathered::of(plan, networks)? else {
        println!("only representations of encoders are compared; this trunk is a T5");
        return Ok(vec![]);
    };
    let states: Vec<&HiddenStates> = states.iter().collect();
    let positions: Vec<(usize, usize)> = pairs.iter().map(|(_, pair)| *pair).collect();
    let compare = |index: Index, pooling: Pooling| -> Result<Similarity> {
        let curves = compare_networks(index, pooling, &states, &positions)?;
        let named =
            |((relation, _), curve): (&(Relation, _), SimilarityCurve)| (*relation, curve.values);
        let curves = pairs.iter().zip(curves).map(named).collect();
        Ok(Similarity { index: index.to_string(), pooling, curves })
    };
    let mut all = Vec::new();
    for (place, index) in plan.settings().representations.indices()?.into_iter().enumerate() {
        println!("comparing representations by {index}");
        if place == 0 {
            all.push(compare(index, Pooling::FirstToken)?);
        }
        all.push(compare(index, Pooling::Mean)?);
    }
    Ok(all)
}

/// Hidden states, and which are compared with which.
struct Gathered {
    states: Vec<HiddenStates>,
    pairs: Vec<(Relation, (usize, usize))>,
}

impl Gathered {
    /// `None` where the trunk is no encoder.
    fn of(plan: &Plan<'_>, networks: &Networks<'_>) -> Result<Option<Self>> {
        let seeds_of_study = plan.seeds().to_vec();
        let first = plan.first_trunk(seeds_of_study[0])?;
        let Some(config) = first.as_encoder().map(|encoder| encoder.config().clone()) else {
            return Ok(None);
        };
        let per_task = plan.settings().representations.per_task;
        let data: Result<Vec<_>> = networks.tasks.iter().map(|task| plan.data(task)).collect();
        let data = data?;
        let texts: Vec<&Encoded> =
            data.iter().flat_map(|task| task.dev.iter().take(per_task)).collect();
        let (pad, device) = (plan.pad_id()?, plan.device());
        let look = |trunk: &Encoder| HiddenStates::of(trunk, &texts, pad, device);
        let look_at = |key: &StageKey| look(&trunk_of(plan, key)?);
        let (count, seeds) = (networks.count(), seeds_of_study.len());
        let mut states = Vec::new();
        // Single-task networks stand at seed · tasks + task, then those for all tasks, then the starts.
        let singles = networks.singles();
        for seed in 0..seeds {
            for group in &singles {
                states.push(look_at(&networks.of(*group)?[seed].0)?);
            }
        }
        for (key, _) in networks.of(networks.all())? {
            states.push(look_at(key)?);
        }
        for &seed in &seeds_of_study {
            let start = plan.first_trunk(seed)?;
            states.extend(start.as_encoder().map(look).transpose()?);
        }
        states.push(look(&Encoder::new(&config, RANDOM, device)?)?);
        states.push(states[0].shuffled(RANDOM));

        let single = |seed: usize, task: usize| seed * count + task;
        let (multi, start) = (seeds * count, seeds * count + seeds);
        let (random, shuffled) = (start + seeds, start + seeds + 1);
        let mut pairs = Vec::new();
        for a in 0..seeds {
            for b in (0..seeds).filter(|b| seeds == 1 || *b != a) {
                for j in 0..count {
                    let pair = |i| (Relation::Tasks(i, j), (single(a, i), single(b, j)));
                    pairs.extend((0..j).map(pair));
                    pairs.push((Relation::Multi(j), (single(a, j), multi + b)));
                    if a < b {
                        pairs.push((Relation::Seeds(j), (single(a, j), single(b, j))));
                    }
                }
            }
            for task in 0..count {
                pairs.push((Relation::Start(task), (single(a, task), start + a)));
                pairs.push((Relation::Random(task), (single(a, task), random)));
            }
        }
        for task in 0..count {
            pairs.push((Relation::Shuffled(task), (single(0, task), shuffled)));
        }
        Ok(Some(Self { states, pairs }))
    }
}

/// The trunk of a finished stage's network.
fn trunk_of(plan: &Plan<'_>, key: &StageKey) -> Result<Encoder> {
    let encoder = plan.network(key)?.trunk.as_encoder().cloned();
    encoder.ok_or_else(|| {
        Error::Usage(
            "only representations of encoders can be compared; take an encoder as trunk".into(),
        )
    })
}
