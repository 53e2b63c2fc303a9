//! The curves of two runs compared step by step: where they first differ, by how much, and how far apart they get.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::values::measures_cost;
use crate::events::{Measurement, number_or_word};

/// Which curve: what was measured, of which task, on which split, and in which of a run's stages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Series {
    /// The folder of a run in several stages (`pretrain-mlm`, `train`, `finetune`); empty where it has one.
    pub stage: String,
    pub split: String,
    pub task: Option<String>,
    pub name: String,
}

/// Values by step.
pub type Curves = BTreeMap<Series, BTreeMap<u64, f64>>;

/// One step at which two curves differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepDiff {
    pub step: u64,
    #[serde(serialize_with = "number_or_word")]
    pub a: f64,
    #[serde(serialize_with = "number_or_word")]
    pub b: f64,
}

/// Steps that only one of two curves has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OnlyIn {
    pub first: u64,
    pub count: usize,
}

/// A curve that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurveDiff {
    pub series: Series,
    /// The first step with a difference, of those that both have.
    pub first: Option<StepDiff>,
    pub largest: Option<StepDiff>,
    /// Steps that differ, and steps that both have.
    pub differing: usize,
    pub common: usize,
    pub only_a: Option<OnlyIn>,
    pub only_b: Option<OnlyIn>,
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Optimiser steps, of all stages.
    pub steps: u64,
    pub curves: usize,
    pub values: usize,
}

impl StepDiff {
    /// The distance; NaN where one of the two is.
    pub fn by(&self) -> f64 {
        (self.a - self.b).abs()
    }
}

impl Extent {
    /// What both runs have.
    pub fn of(a: &Curves, b: &Curves) -> Self {
        let mut extent = Self::default();
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        for (series, a, b) in a.iter().filter_map(|(key, a)| Some((key, a, b.get(key)?))) {
            extent.curves += 1;
            for step in a.keys().filter(|step| b.contains_key(step)) {
                extent.values += 1;
                let last = last.entry(&series.stage).or_default();
                *last = (*last).max(*step);
            }
        }
        extent.steps = last.values().sum();
        extent
    }
}

/// Adds a stage's measurements, without those of time and memory.
pub fn add(curves: &mut Curves, stage: &str, measurements: Vec<Measurement>) {
    for Measurement { step, split, task, name, value } in measurements {
        if !measures_cost(&name) {
            let series = Series { stage: stage.into(), split, task, name };
            curves.entry(series).or_default().insert(step, value);
        }
    }
}

/// The curves that differ, those that differ first at the head.
pub fn differences(a: &Curves, b: &Curves) -> Vec<CurveDiff> {
    let none = BTreeMap::new();
    let mut series: Vec<&Series> = a.keys().chain(b.keys()).collect();
    series.sort();
    series.dedup();
    let side = |curves: &'_ Curves, key: &Series| curves.get(key).unwrap_or(&none).clone();
    let compared = series.into_iter().map(|key| compare(key, &side(a, key), &side(b, key)));
    let mut all: Vec<CurveDiff> = compared.flatten().collect();
    all.sort_by_key(|curve| curve.first.map_or(u64::MAX, |at| at.step));
    all
}

fn compare(series: &Series, a: &BTreeMap<u64, f64>, b: &BTreeMap<u64, f64>) -> Option<CurveDiff> {
    let common = a.iter().filter_map(|(&step, &a)| Some(StepDiff { step, a, b: *b.get(&step)? }));
    let is_other =
        |at: &StepDiff| at.a.to_bits() != at.b.to_bits() && !(at.a.is_nan() && at.b.is_nan());
    let differing: Vec<StepDiff> = common.clone().filter(is_other).collect();
    let only = |these: &BTreeMap<u64, f64>, those: &BTreeMap<u64, f64>| {
        let missing = these.keys().filter(|step| !those.contains_key(step));
        let first = *missing.clone().next()?;
        Some(OnlyIn { first, count: missing.count() })
    };
    // A NaN counts as further away than any number; of equal distances the first is named.
    let further = |x: StepDiff, y: &StepDiff| match y.by().total_cmp(&x.by()).is_gt() {
        true => *y,
        false => x,
    };
    let diff = CurveDiff {
        series: series.clone(),
        first: differing.first().copied(),
        largest: differing.first().map(|first| differing.iter().fold(*first, further)),
        differing: differing.len(),
        common: common.count(),
        only_a: only(a, b),
        only_b: only(b, a),
    };
    let is_equal = diff.first.is_none() && diff.only_a.is_none() && diff.only_b.is_none();
    (!is_equal).then_some(diff)
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.stage.is_empty() {
            write!(f, "{}/", self.stage)?;
        }
        write!(f, "{} ", self.split)?;
        if let Some(task) = &self.task {
            write!(f, "{task} ")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(values: &[(u64, f64)]) -> Curves {
        let of = |&(step, value): &(u64, f64)| Measurement {
            step,
            split: "train".into(),
            task: None,
            name: "loss".into(),
            value,
        };
        let mut curves = Curves::new();
        add(&mut curves, "", values.iter().map(of).collect());
        curves
    }

    #[test]
    fn the_first_and_the_largest_difference_are_found() {
        let a = curves(&[(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]);
        let b = curves(&[(1, 1.0), (2, 2.0_f64.next_up()), (3, 3.5), (4, 4.0)]);
        let [diff] = &differences(&a, &b)[..] else { panic!("one curve differs") };
        assert_eq!(diff.first.unwrap().step, 2);
        assert_eq!(diff.first.unwrap().by(), f64::EPSILON * 2.0);
        assert_eq!((diff.largest.unwrap().step, diff.largest.unwrap().by()), (3, 0.5));
        assert_eq!((diff.differing, diff.common), (2, 4));
        assert!(differences(&a, &a).is_empty());
    }

    #[test]
    fn a_curve_that_ends_earlier_is_not_equal() {
        let a = curves(&[(1, 1.0), (2, 2.0), (3, 3.0)]);
        let b = curves(&[(1, 1.0)]);
        let [diff] = &differences(&a, &b)[..] else { panic!("one curve differs") };
        assert_eq!((diff.first, diff.only_b), (None, None));
        assert_eq!(diff.only_a, Some(OnlyIn { first: 2, count: 2 }));
        assert_eq!(Extent::of(&a, &b), Extent { steps: 1, curves: 1, values: 1 });
        assert_eq!(differences(&Curves::new(), &b)[0].only_b.unwrap().count, 1);
    }

    #[test]
    fn nan_equals_nan_and_is_further_from_a_number_than_any() {
        let a = curves(&[(1, f64::NAN), (2, 0.0), (3, 9.0)]);
        assert!(differences(&a, &a).is_empty());
        let b = curves(&[(1, f64::NAN), (2, f64::NAN), (3, 0.0)]);
        assert_eq!(differences(&a, &b)[0].largest.unwrap().step, 2);
        assert!(!differences(&curves(&[(1, 0.0)]), &curves(&[(1, -0.0)])).is_empty());
    }
}
