//! Rates that change over training: from step to step given, at once or along a line.
//!
//! What is needed of them is how often a task was drawn before a position of the stream, the integral of its share. It
//! has a closed form between two knots, so that a position is found without visiting those before it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Rate;
use crate::{Error, Result};

/// How shares go from one knot to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A knot's shares hold from its step on.
    AtOnce,
    /// Shares reach a knot's on a straight line from those before.
    Linear,
}

/// The rate at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateKnot {
    /// Counted from 0; above 0, where the mixture's own rate is.
    pub step: u64,
    pub rate: Rate,
}

/// Rates of a mixture after its start. Behind the last knot they stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateSchedule {
    pub change: Change,
    /// In ascending order of their steps.
    pub knots: Vec<RateKnot>,
}

impl RateSchedule {
    /// Shares along a stream of `per_step` draws a step.
    pub(super) fn curve(
        &self,
        start: Vec<f64>,
        sizes: &[usize],
        per_step: u64,
    ) -> Result<ShareCurve> {
        let mut curve = ShareCurve { change: self.change, ..ShareCurve::constant(start) };
        let mut before = 0;
        for RateKnot { step, rate } in &self.knots {
            if *step <= before {
                return Err(Error::Invalid(format!(
                    "the rate of step {step} comes after that of step {before}; steps must ascend, from 1 on"
                )));
            }
            before = *step;
            curve.push(step * per_step, rate.shares(sizes)?);
        }
        Ok(curve)
    }
}

/// The shares of all tasks at every position of a stream.
#[derive(Clone, Debug)]
pub(super) struct ShareCurve {
    change: Change,
    knots: Vec<Knot>,
}

#[derive(Clone, Debug)]
struct Knot {
    position: u64,
    shares: Vec<f64>,
    /// Draws of each task before the position.
    before: Vec<f64>,
}

impl ShareCurve {
    pub fn constant(shares: Vec<f64>) -> Self {
        let start = Knot { position: 0, before: vec![0.0; shares.len()], shares };
        ShareCurve { change: Change::AtOnce, knots: vec![start] }
    }

    fn push(&mut self, position: u64, shares: Vec<f64>) {
        let last = self.knots.len() - 1;
        let before = (0..shares.len()).map(|t| self.after(last, t, position, Some(&shares)));
        let before = before.collect();
        self.knots.push(Knot { position, shares, before });
    }

    pub fn tasks(&self) -> usize {
        self.knots[0].shares.len()
    }

    /// How many of the draws before `position` are of `task`; not a whole number.
    pub fn draws_before(&self, task: usize, position: u64) -> f64 {
        let knot = self.knots.partition_point(|knot| knot.position <= position) - 1;
        let next = self.knots.get(knot + 1).map(|next| &next.shares[..]);
        self.after(knot, task, position, next)
    }

    /// Draws before a position that lies behind `knot`, where the next knot, if there is one, has the shares `next`.
    fn after(&self, knot: usize, task: usize, position: u64, next: Option<&[f64]>) -> f64 {
        let Knot { position: start, shares, before } = &self.knots[knot];
        let draws = (position - start) as f64;
        let flat = before[task] + draws * shares[task];
        match (self.change, next) {
            (Change::Linear, Some(next)) => {
                let end = self.knots.get(knot + 1).map_or(position, |knot| knot.position);
                let slope = (next[task] - shares[task]) / (end - start).max(1) as f64;
                flat + 0.5 * slope * draws * draws
            }
            _ => flat,
        }
    }

    /// The mean shares of the draws before `position`.
    pub fn mean(&self, position: u64) -> Vec<f64> {
        if self.knots.len() == 1 || position == 0 {
            return self.knots[0].shares.clone();
        }
        (0..self.tasks()).map(|t| self.draws_before(t, position) / position as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(change: Change) -> ShareCurve {
        let knot = |step, shares: [f64; 2]| RateKnot { step, rate: Rate::Explicit(shares.into()) };
        let knots = vec![knot(10, [0.0, 1.0]), knot(30, [0.5, 0.5])];
        RateSchedule { change, knots }.curve(vec![1.0, 0.0], &[7, 7], 4).unwrap()
    }

    #[test]
    fn draws_before_a_position_are_the_integral_of_the_share() {
        for change in [Change::AtOnce, Change::Linear] {
            let curve = schedule(change);
            let share = |task: usize, x: f64| {
                let first = match change {
                    Change::AtOnce => {
                        [1.0, 0.0, 0.5][usize::from(x >= 40.0) + usize::from(x >= 120.0)]
                    }
                    Change::Linear if x < 40.0 => 1.0 - x / 40.0,
                    Change::Linear => 0.5 * ((x - 40.0) / 80.0).min(1.0),
                };
                if task == 0 { first } else { 1.0 - first }
            };
            for task in [0, 1] {
                let mut sum = 0.0;
                for position in 0..200 {
                    assert!((curve.draws_before(task, position) - sum).abs() < 1e-6);
                    sum += (0..64)
                        .map(|i| share(task, position as f64 + (i as f64 + 0.5) / 64.0))
                        .sum::<f64>()
                        / 64.0;
                }
            }
        }
    }

    #[test]
    fn steps_out_of_order_are_an_error() {
        let knot = |step| RateKnot { step, rate: Rate::Uniform };
        for knots in [vec![knot(0)], vec![knot(5), knot(5)]] {
            let schedule = RateSchedule { change: Change::Linear, knots };
            let error = schedule.curve(vec![1.0], &[3], 1).unwrap_err();
            assert!(error.to_string().contains("must ascend"), "{error}");
        }
    }
}
