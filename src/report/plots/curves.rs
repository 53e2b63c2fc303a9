//! Loss and metric curves: per panel one task and quantity, per method one line.
//!
//! The line is the mean over seeds, the band the lowest and highest seed. Training losses are
//! smoothed by a bias-corrected exponential average and thinned; dev metrics are shown as measured.

use super::canvas::{Panel, colour};
use super::lines::{Line, line_panel};
use crate::report::comparison::{Comparison, Curve};
use crate::report::error::ReportError;
use std::collections::BTreeMap;

/// Points a line keeps at most.
const MOST_POINTS: usize = 240;

/// The smoothing window, as a share of a curve's points.
const SMOOTHING: f64 = 0.03;

/// What the figure's caption says of smoothing.
pub fn smoothing_note() -> String {
    format!("exponential average over {:.0}% of a run's points", 100.0 * SMOOTHING)
}

/// The panels of all curves of a split that satisfy `wanted`: the whole mixture, then each task.
pub fn curve_panels(
    comparison: &Comparison,
    smooth: bool,
    wanted: impl Fn(&Curve) -> bool,
) -> Result<Vec<Panel>, ReportError> {
    let position = |curve: &Curve| match &curve.task {
        None => 0,
        Some(name) => {
            let found = comparison.tasks.iter().position(|t| t.name == *name);
            found.map_or(usize::MAX, |index| index + 1)
        }
    };
    let mut panels: BTreeMap<(usize, &str, Option<&str>), Vec<&Curve>> = BTreeMap::new();
    let curves = comparison.curves.iter();
    for curve in curves.filter(|c| wanted(c) && !c.points.is_empty()) {
        let key = (position(curve), curve.name.as_str(), curve.task.as_deref());
        panels.entry(key).or_default().push(curve);
    }
    panels
        .into_iter()
        .map(|((_, name, task), curves)| {
            let lines: Vec<Line> = comparison
                .methods
                .iter()
                .enumerate()
                .flat_map(|(index, method)| {
                    let of_method = curves.iter().filter(|c| c.method == method.name);
                    let seeds = of_method.map(|c| prepared(&c.points, smooth)).collect();
                    lines_of(index, seeds)
                })
                .collect();
            let title = task.unwrap_or("all tasks").to_owned();
            let split = &curves[0].split;
            Ok(Panel {
                svg: line_panel(&format!("{name} of {title}"), "step", name, &lines)?,
                subtitle: format!("{split} {name}"),
                title,
            })
        })
        .collect()
}

fn prepared(points: &[(f64, f64)], smooth: bool) -> Vec<(f64, f64)> {
    if smooth { thinned(&smoothed(points)) } else { thinned(points) }
}

/// One line with a band where the seeds share their steps, else one thin line per seed.
fn lines_of(method: usize, seeds: Vec<Vec<(f64, f64)>>) -> Vec<Line> {
    let colour = colour(method);
    let Some(first) = seeds.first() else {
        return Vec::new();
    };
    let same_steps = |seed: &Vec<(f64, f64)>| {
        seed.len() == first.len() && seed.iter().zip(first).all(|(a, b)| a.0 == b.0)
    };
    if !seeds.iter().all(same_steps) {
        let each =
            seeds.into_iter().map(|points| Line { colour, width: 1, points, band: Vec::new() });
        return each.collect();
    }
    let mut points = Vec::with_capacity(first.len());
    let mut band = Vec::with_capacity(first.len());
    for (index, (step, _)) in first.iter().enumerate() {
        let values: Vec<f64> = seeds.iter().map(|seed| seed[index].1).collect();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        points.push((*step, values.iter().sum::<f64>() / values.len() as f64));
        if values.iter().all(|v| v.is_finite()) && seeds.len() > 1 {
            band.push((*step, lowest, highest));
        }
    }
    vec![Line { colour, width: 2, points, band }]
}

/// Exponential average, corrected for its start; values that are not finite are passed over.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let window = (points.len() as f64 * SMOOTHING).max(1.0);
    let decay = 1.0 - 1.0 / window;
    let (mut sum, mut weight) = (0.0, 0.0);
    let finite = points.iter().filter(|p| p.1.is_finite());
    finite
        .map(|(step, value)| {
            sum = decay * sum + (1.0 - decay) * value;
            weight = decay * weight + (1.0 - decay);
            (*step, sum / weight)
        })
        .collect()
}

/// Keeps evenly spaced points, the first and the last among them.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let last = points.len() - 1;
    let kept = (0..MOST_POINTS).map(|i| points[i * last / (MOST_POINTS - 1)]);
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_keeps_a_constant_and_thinning_keeps_both_ends() {
        let constant: Vec<(f64, f64)> = (0..1000).map(|s| (f64::from(s), 2.5)).collect();
        let smooth = smoothed(&constant);
        assert!(smooth.iter().all(|p| (p.1 - 2.5).abs() < 1e-12));
        let thin = thinned(&smooth);
        assert_eq!((thin.len(), thin[0].0), (MOST_POINTS, 0.0));
        assert_eq!(thin[MOST_POINTS - 1].0, 999.0);
    }

    #[test]
    fn seeds_of_different_length_are_drawn_one_by_one() {
        let short = vec![(0.0, 1.0), (1.0, 0.5)];
        let long = vec![(0.0, 1.0), (1.0, 0.7), (2.0, 0.6)];
        assert_eq!(lines_of(0, vec![short.clone(), long]).len(), 2);
        let together = lines_of(0, vec![short.clone(), vec![(0.0, 3.0), (1.0, 1.5)]]);
        assert_eq!(together[0].points, [(0.0, 2.0), (1.0, 1.0)]);
        assert_eq!(together[0].band[1], (1.0, 0.5, 1.5));
    }
}
