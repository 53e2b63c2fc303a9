//! Mixtures of mixtures: tasks are mixed within groups, and the groups with one another.
//!
//! The share of a task is the product of the shares on the way to it. For rates that depend on sizes, a group is as
//! large as its tasks together. ExT5 (Aribandi et al., 2022) is such a mixture: R examples of span denoising to one of
//! the supervised tasks, which are mixed by size with a cap.

use serde::{Deserialize, Serialize};

use super::Rate;
use crate::{Error, Result};

/// Tasks and other mixtures with a rate between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedMixture {
    pub rate: Rate,
    pub members: Vec<Member>,
}

/// What a mixture is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// A task by its name.
    Task(String),
    Mixture(NestedMixture),
}

impl NestedMixture {
    /// A mixture of tasks.
    pub fn of_tasks(rate: Rate, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let members = names.into_iter().map(|name| Member::Task(name.into())).collect();
        NestedMixture { rate, members }
    }

    /// A mixture of mixtures.
    pub fn of_mixtures(rate: Rate, mixtures: impl IntoIterator<Item = NestedMixture>) -> Self {
        NestedMixture { rate, members: mixtures.into_iter().map(Member::Mixture).collect() }
    }

    /// `ratio` examples of `denoising` to one of `supervised`: R of ExT5, which is best near 2. At 0 only
    /// `supervised` is drawn, at infinity only `denoising`.
    ///
    /// # Errors
    /// A ratio below 0, or not a number.
    pub fn with_denoising(ratio: f64, denoising: Self, supervised: Self) -> Result<Self> {
        let rates = match ratio {
            r if r == f64::INFINITY => vec![1.0, 0.0],
            r if r >= 0.0 => vec![r, 1.0],
            _ => {
                return Err(Error::Invalid(format!(
                    "the ratio of denoising to supervised examples is {ratio}; give a number of 0 or more"
                )));
            }
        };
        Ok(Self::of_mixtures(Rate::Explicit(rates), [denoising, supervised]))
    }

    /// The names of all tasks, in order.
    pub fn tasks(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for member in &self.members {
            match member {
                Member::Task(name) => names.push(name.as_str()),
                Member::Mixture(mixture) => names.extend(mixture.tasks()),
            }
        }
        names
    }

    /// The share of each of `tasks`, given as names and numbers of training examples; they sum to one. A task that
    /// comes more than once has the sum of its shares.
    ///
    /// # Errors
    /// A name that is not among `tasks`, one of `tasks` that is nowhere in the mixture, or a rate that makes no sense.
    pub fn shares(&self, tasks: &[(&str, usize)]) -> Result<Vec<f64>> {
        let mine = self.tasks();
        if let Some((name, _)) = tasks.iter().find(|(name, _)| !mine.contains(name)) {
            return Err(Error::Invalid(format!(
                "task `{name}` is nowhere in the mixture; name it there, or leave it out of the tasks"
            )));
        }
        let mut shares = vec![0.0; tasks.len()];
        self.add_shares(1.0, tasks, &mut shares)?;
        Ok(shares)
    }

    /// [`shares`](Self::shares) as the rate of a [`MixtureConfig`](super::MixtureConfig), whose balance must be by
    /// sampling.
    ///
    /// # Errors
    /// As [`shares`](Self::shares).
    pub fn rate(&self, tasks: &[(&str, usize)]) -> Result<Rate> {
        self.shares(tasks).map(Rate::Explicit)
    }

    fn add_shares(&self, whole: f64, tasks: &[(&str, usize)], out: &mut [f64]) -> Result<()> {
        let size = |member: &Member| match member {
            Member::Task(name) => find(name, tasks).map(|at| tasks[at].1),
            Member::Mixture(mixture) => {
                let of_tasks =
                    mixture.tasks().into_iter().map(|n| find(n, tasks).map(|at| tasks[at].1));
                of_tasks.sum()
            }
        };
        let sizes: Vec<usize> = self.members.iter().map(size).collect::<Result<_>>()?;
        for (member, share) in self.members.iter().zip(self.rate.shares(&sizes)?) {
            match member {
                Member::Task(name) => out[find(name, tasks)?] += whole * share,
                Member::Mixture(mixture) => mixture.add_shares(whole * share, tasks, out)?,
            }
        }
        Ok(())
    }
}

fn find(name: &str, tasks: &[(&str, usize)]) -> Result<usize> {
    let known = || tasks.iter().map(|(known, _)| *known);
    let at = known().position(|known| known == name);
    at.ok_or_else(|| Error::unknown("task of a mixture", name, known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: [(&str, usize); 4] =
        [("c4", 50), ("mnli", 390_000), ("rte", 2_500), ("copa", 400)];

    fn ext5(ratio: f64) -> NestedMixture {
        let supervised = NestedMixture::of_tasks(Rate::Capped(300_000), ["mnli", "rte", "copa"]);
        let denoising = NestedMixture::of_tasks(Rate::Uniform, ["c4"]);
        NestedMixture::with_denoising(ratio, denoising, supervised).unwrap()
    }

    #[test]
    fn the_ratio_is_of_denoising_examples_to_supervised_ones_whatever_the_sizes() {
        let shares = ext5(2.0).shares(&TASKS).unwrap();
        assert!((shares[0] - 2.0 / 3.0).abs() < 1e-12);
        assert!((shares[1] / shares[2] - 300_000.0 / 2_500.0).abs() < 1e-9, "capped");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_ends_of_the_ratio_leave_one_side() {
        assert_eq!(ext5(f64::INFINITY).shares(&TASKS).unwrap(), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(ext5(0.0).shares(&TASKS).unwrap()[0], 0.0);
        let side = || NestedMixture::of_tasks(Rate::Uniform, ["c4"]);
        assert!(NestedMixture::with_denoising(-1.0, side(), side()).is_err());
        assert!(NestedMixture::with_denoising(f64::NAN, side(), side()).is_err());
    }

    #[test]
    fn a_group_is_as_large_as_its_tasks_and_a_task_may_come_twice() {
        let nested = NestedMixture {
            rate: Rate::Proportional,
            members: vec![
                Member::Mixture(NestedMixture::of_tasks(Rate::Uniform, ["rte", "copa"])),
                Member::Task("copa".into()),
            ],
        };
        let shares = nested.shares(&[("copa", 100), ("rte", 200)]).unwrap();
        assert_eq!(shares, [0.25 + 0.375, 0.375]);
    }

    #[test]
    fn unknown_and_forgotten_tasks_are_errors() {
        let error = ext5(2.0).shares(&TASKS[..3]).unwrap_err();
        assert!(error.to_string().contains("unknown task of a mixture `copa`"), "{error}");
        let more = [&TASKS[..], &[("boolq", 9)]].concat();
        let error = ext5(2.0).shares(&more).unwrap_err();
        assert!(error.to_string().contains("`boolq` is nowhere"), "{error}");
    }
}
