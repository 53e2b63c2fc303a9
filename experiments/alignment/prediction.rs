//! Does alignment predict what tasks gain from being trained together?
//!
//! Each measure is set against the measured gains of pairs, both averaged over the pair's two directions, and, where no
//! pairs were trained, a task's mean affinity with the others against its gain in the network for all. Pairs share
//! tasks, so that Fisher's interval is too narrow; Mantel's p-value respects it.

use serde::{Deserialize, Serialize};

use super::affinities::{Measure, of_pairs};
use taskgraft::stats::{Correlation, CorrelationKind, MantelTest, mantel};

/// How a measure goes together with gains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub measure: String,
    /// (measured affinity, gain) of every pair or task.
    pub points: Vec<(f64, f64)>,
    pub pearson: Option<Correlation>,
    pub spearman: Option<Correlation>,
    /// Of ranks, over ordered pairs; `None` where gains are those of tasks.
    pub mantel: Option<MantelTest>,
}

/// Against the gains of pairs, `[receiver][partner]`.
pub fn of_pair_gains(measure: &Measure, transfer: &[Vec<f64>]) -> Option<Prediction> {
    let tasks = transfer.len();
    let affinities = measure.of_pairs()?;
    let gains = of_pairs(tasks, |i, j| Some(transfer[i][j]))?;
    let filled: Vec<Vec<f64>> = measure
        .values
        .iter()
        .map(|row| row.iter().map(|value| value.unwrap_or(0.0)).collect())
        .collect();
    let mantel = mantel(CorrelationKind::Spearman, &filled, transfer);
    Some(prediction(measure, affinities, gains, mantel))
}

/// Against each task's gain in the network for all.
pub fn of_task_gains(measure: &Measure, gains: &[f64]) -> Option<Prediction> {
    let tasks = gains.len();
    let mean = |i: usize| -> Option<f64> {
        let others = (0..tasks).filter(|j| *j != i);
        let sum: Option<f64> = others.map(|j| measure.values[i][j]).sum();
        Some(sum? / (tasks - 1).max(1) as f64)
    };
    let affinities: Option<Vec<f64>> = (0..tasks).map(mean).collect();
    Some(prediction(measure, affinities?, gains.to_vec(), None))
}

fn prediction(
    measure: &Measure,
    affinities: Vec<f64>,
    gains: Vec<f64>,
    mantel: Option<MantelTest>,
) -> Prediction {
    let correlate = |kind: CorrelationKind| kind.with_intervals(&affinities, &gains, 0);
    Prediction {
        measure: measure.name.clone(),
        pearson: correlate(CorrelationKind::Pearson),
        spearman: correlate(CorrelationKind::Spearman),
        mantel,
        points: affinities.into_iter().zip(gains).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::affinities::Source, *};

    #[test]
    fn a_measure_that_is_the_gains_predicts_them_and_directions_are_averaged() {
        let gains: Vec<Vec<f64>> = (0..5)
            .map(|i| (0..5).map(|j| if i == j { 0.0 } else { (i * i + 3 * j) as f64 }).collect())
            .collect();
        let values = gains.iter().map(|row| row.iter().map(|g| Some(2.0 * g - 1.0)).collect());
        let measure = Measure {
            name: "twice".into(),
            source: Source::Gradients,
            is_main: true,
            values: values.collect(),
        };
        let of_pairs = of_pair_gains(&measure, &gains).unwrap();
        assert_eq!((of_pairs.points.len(), of_pairs.points[0]), (10, (3.0, 2.0)));
        assert!((of_pairs.pearson.unwrap().r - 1.0).abs() < 1e-12);
        assert_eq!(of_pairs.mantel.unwrap().p, 1.0 / 120.0);
        let of_tasks = of_task_gains(&measure, &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((of_tasks.points.len(), of_tasks.mantel), (5, None));
        // Task 0 receives 3, 6, 9 and 12, each doubled less one.
        assert_eq!(of_tasks.points[0], (14.0, 1.0));
    }
}
