//! How much of a mixture each task is, and how that is brought about.
//!
//! Rates follow the names of the field: examples-proportional with a cap and temperature (T5, section 3.5.2), and a
//! power of the size (BAM, section 3.2, exponent 0.75). A rate can be realised by sampling, or as BAM's released code
//! does: whole copies of the smaller data sets, with a loss weight that makes up for the rounding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The share of examples a task should have in the mixture, as a function of the tasks' sizes.
///
/// ```
/// use taskgraft_tasks::mixture::Rate;
///
/// let sizes = [100, 10_000];
/// assert_eq!(Rate::Uniform.shares(&sizes)?, [0.5, 0.5]);
/// let shares = Rate::Temperature(2.0).shares(&sizes)?; // as 10 to 100
/// assert!((shares[1] / shares[0] - 10.0).abs() < 1e-9);
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Proportional to size^exponent; BAM uses 0.75.
    SizePower(f64),
    /// Proportional to size.
    Proportional,
    /// The same for all tasks.
    Uniform,
    /// Proportional to size^(1/temperature).
    Temperature(f64),
    /// Proportional to min(size, cap): examples-proportional mixing with an artificial limit.
    Capped(usize),
    /// Proportional to min(size, cap)^(1/temperature): first the cap, then the temperature (T5).
    ExamplesProportional { cap: usize, temperature: f64 },
    /// Given shares, one a task; need not sum to one, and may be 0 where tasks are sampled.
    Explicit(Vec<f64>),
}

impl Rate {
    /// The shares, summing to one.
    ///
    /// # Errors
    /// A task without examples, a temperature or cap that is not positive, shares that are negative or all 0, or the
    /// wrong number of them.
    pub fn shares(&self, sizes: &[usize]) -> Result<Vec<f64>> {
        if sizes.is_empty() {
            return Err(Error::Invalid("a mixture needs at least one task".into()));
        }
        if let Some(task) = sizes.iter().position(|&s| s == 0) {
            return Err(Error::Invalid(format!(
                "task number {task} of the mixture, counted from 0, has no training examples; leave it out"
            )));
        }
        let raw: Vec<f64> = match self {
            Rate::SizePower(exponent) => {
                sizes.iter().map(|&s| (s as f64).powf(*exponent)).collect()
            }
            Rate::Proportional => sizes.iter().map(|&s| s as f64).collect(),
            Rate::Uniform => vec![1.0; sizes.len()],
            Rate::Temperature(t) => proportional(sizes, usize::MAX, *t)?,
            Rate::Capped(cap) => proportional(sizes, *cap, 1.0)?,
            Rate::ExamplesProportional { cap, temperature } => {
                proportional(sizes, *cap, *temperature)?
            }
            Rate::Explicit(rates) if rates.len() == sizes.len() => rates.clone(),
            Rate::Explicit(rates) => {
                return Err(Error::Invalid(format!(
                    "{} rates are given for {} tasks; give one for each task",
                    rates.len(),
                    sizes.len()
                )));
            }
        };
        if let Some(bad) = raw.iter().find(|r| !(r.is_finite() && **r >= 0.0)) {
            return Err(Error::Invalid(format!("a rate is {bad}; give a number of 0 or more")));
        }
        let total: f64 = raw.iter().sum();
        if total == 0.0 {
            return Err(Error::Invalid("all rates are 0; at least one must be above 0".into()));
        }
        Ok(raw.into_iter().map(|r| r / total).collect())
    }
}

fn proportional(sizes: &[usize], cap: usize, temperature: f64) -> Result<Vec<f64>> {
    if cap == 0 {
        return Err(Error::Invalid("the cap on a task's examples is 0; give at least 1".into()));
    }
    if temperature > 0.0 {
        return Ok(sizes.iter().map(|&s| (s.min(cap) as f64).powf(1.0 / temperature)).collect());
    }
    Err(Error::Invalid(format!("the temperature is {temperature}; give a number above 0")))
}

/// How a rate is brought about.
///
/// ```
/// use taskgraft_tasks::mixture::{Balance, Rate, balance};
///
/// let sizes = [100, 400];
/// let sampled = balance(&Rate::Uniform, Balance::Sampling, &sizes)?;
/// assert_eq!((sampled[0].share, sampled[0].loss_weight), (0.5, 1.0));
/// let copied = balance(&Rate::Uniform, Balance::Copies, &sizes)?;
/// assert_eq!((copied[0].copies, copied[1].copies), (4.0, 1.0));
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// Tasks are drawn at their rate; every example's loss counts the same.
    Sampling,
    /// BAM's released code: the largest task (by rate) once, the others in a rounded number of whole copies, and a loss
    /// weight per task that makes up the difference; weights average to one over tasks.
    #[default]
    Copies,
}

/// What balancing decided for one task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskBalance {
    /// Share of the drawn examples.
    pub share: f64,
    /// Factor on the loss of each of its examples.
    pub loss_weight: f64,
    /// How often its data set comes in one epoch of the mixture.
    pub copies: f64,
}

/// Turns rates into shares of draws and loss weights.
///
/// # Errors
/// As [`Rate::shares`], or a rate of 0 with balance by copies.
pub fn balance(rate: &Rate, how: Balance, sizes: &[usize]) -> Result<Vec<TaskBalance>> {
    let shares = rate.shares(sizes)?;
    Ok(match how {
        Balance::Sampling => {
            let total: usize = sizes.iter().sum();
            let drawn = |share: f64, size: usize| share * total as f64 / size as f64;
            shares
                .iter()
                .zip(sizes)
                .map(|(&share, &size)| TaskBalance {
                    share,
                    loss_weight: 1.0,
                    copies: drawn(share, size),
                })
                .collect()
        }
        Balance::Copies if shares.contains(&0.0) => {
            let problem = "a rate of 0 has no copies; leave the task out, or balance by sampling";
            return Err(Error::Invalid(problem.into()));
        }
        Balance::Copies => by_copies(&shares, sizes),
    })
}

fn by_copies(shares: &[f64], sizes: &[usize]) -> Vec<TaskBalance> {
    // The task with the most examples per unit of rate stays at one copy; no task falls below one.
    let unit = shares.iter().zip(sizes).map(|(w, &s)| s as f64 / w).fold(0.0, f64::max);
    let copies: Vec<f64> = shares
        .iter()
        .zip(sizes)
        .map(|(w, &s)| ((w * unit + 0.01) / s as f64).round().max(1.0))
        .collect();
    let drawn: Vec<f64> = copies.iter().zip(sizes).map(|(m, &s)| m * s as f64).collect();
    let total: f64 = drawn.iter().sum();
    let raw: Vec<f64> = shares.iter().zip(&drawn).map(|(w, n)| w / n).collect();
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    (0..sizes.len())
        .map(|t| TaskBalance {
            share: drawn[t] / total,
            loss_weight: raw[t] / mean,
            copies: copies[t],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GLUE in the order CoLA, MNLI, MRPC, QNLI, QQP, SST-2, STS-B, RTE, with the sizes of BAM's released code.
    const GLUE: [usize; 8] = [8551, 392_702, 7336, 108_436, 363_869, 67_349, 11_498, 2490];

    #[test]
    fn copies_and_loss_weights_are_those_of_bams_released_code() {
        let got = balance(&Rate::SizePower(0.75), Balance::Copies, &GLUE).unwrap();
        let copies: Vec<f64> = got.iter().map(|b| b.copies).collect();
        assert_eq!(copies, [3.0, 1.0, 3.0, 1.0, 1.0, 2.0, 2.0, 4.0]);
        let weights = [0.863, 0.995, 0.897, 1.373, 1.014, 0.773, 1.203, 0.882];
        for (b, w) in got.iter().zip(weights) {
            assert!((b.loss_weight - w).abs() < 1e-3, "{} is not {w}", b.loss_weight);
        }
        let effective = [2.03, 35.81, 1.81, 13.64, 33.82, 9.54, 2.53, 0.80];
        let total: f64 = got.iter().map(|b| b.share * b.loss_weight).sum();
        for (b, e) in got.iter().zip(effective) {
            assert!((100.0 * b.share * b.loss_weight / total - e).abs() < 0.02);
        }
    }

    #[test]
    fn one_task_alone_keeps_one_copy_and_weight_one() {
        for how in [Balance::Copies, Balance::Sampling] {
            let got = balance(&Rate::SizePower(0.75), how, &[2490]).unwrap();
            assert_eq!(got, [TaskBalance { share: 1.0, loss_weight: 1.0, copies: 1.0 }]);
        }
    }

    #[test]
    fn rates_are_what_their_names_say() {
        let sizes = [100, 10_000];
        assert_eq!(Rate::Uniform.shares(&sizes).unwrap(), [0.5, 0.5]);
        assert_eq!(Rate::Capped(100).shares(&sizes).unwrap(), [0.5, 0.5]);
        let hot = Rate::Temperature(2.0).shares(&sizes).unwrap();
        assert!((hot[1] / hot[0] - 10.0).abs() < 1e-9);
        let both = Rate::ExamplesProportional { cap: 400, temperature: 2.0 };
        let both = both.shares(&sizes).unwrap();
        assert!((both[1] / both[0] - 2.0).abs() < 1e-9, "the cap comes before the temperature");
        assert_eq!(Rate::Explicit(vec![0.0, 4.0]).shares(&sizes).unwrap(), [0.0, 1.0]);
        let proportional = Rate::Proportional.shares(&sizes).unwrap();
        assert!((proportional[1] / proportional[0] - 100.0).abs() < 1e-9);
    }

    #[test]
    fn impossible_rates_are_errors() {
        assert!(Rate::Proportional.shares(&[]).is_err());
        assert!(Rate::Proportional.shares(&[5, 0]).is_err());
        assert!(Rate::Temperature(0.0).shares(&[5]).is_err());
        assert!(Rate::Temperature(f64::NAN).shares(&[5]).is_err());
        assert!(Rate::Capped(0).shares(&[5]).is_err());
        assert!(Rate::Explicit(vec![0.0, 0.0]).shares(&[5, 5]).is_err());
        assert!(Rate::Explicit(vec![-1.0, 2.0]).shares(&[5, 5]).is_err());
        let zero = Rate::Explicit(vec![0.0, 1.0]);
        assert!(balance(&zero, Balance::Copies, &[5, 5]).is_err());
        assert_eq!(balance(&zero, Balance::Sampling, &[5, 5]).unwrap()[0].copies, 0.0);
        assert!(Rate::Explicit(vec![1.0]).shares(&[5, 5]).is_err());
        assert!(Rate::Explicit(vec![1.0, f64::NAN]).shares(&[5, 5]).is_err());
    }
}
