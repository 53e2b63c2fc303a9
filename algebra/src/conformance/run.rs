//! A weighting on its way through steps, as a learner takes them.

use super::data::{Rows, combine};
use crate::weighting::{Gramian, Result, StepInputs, Weighting};

/// A weighting with the averages of gradients that a learner would keep for it.
pub struct Run {
    /// The weighting.
    pub method: Box<dyn Weighting>,
    /// Moving averages of the gradients, where the weighting asks for them and a step was taken.
    pub averages: Option<Rows>,
    /// The next step.
    pub step: u64,
}

/// What a step gave.
pub struct Outcome {
    /// The weights of the tasks.
    pub weights: Vec<f64>,
    /// The gradients, or their averages where the weighting asks for them.
    pub rows: Rows,
    /// Σ wᵢ gᵢ.
    pub direction: Vec<f64>,
}

impl Run {
    /// Before the first step.
    pub fn of(method: Box<dyn Weighting>) -> Self {
        Self { method, averages: None, step: 0 }
    }

    /// One step as a learner takes it; losses after the update are those before it times `after`.
    ///
    /// # Errors
    /// Those of the weighting, and one where it does not answer with a weight for each task.
    pub fn step(&mut self, rows: &Rows, losses: &[f64], after: &[f64]) -> Result<Outcome> {
        let rows = self.tracked(rows, losses)?;
        let gramian = Gramian::from_gradients(&rows)?;
        let inputs = StepInputs { step: self.step, progress: 0.5, losses, gramian: Some(&gramian) };
        let weights = self.method.weights(&inputs)?;
        let source = "a weight for each task";
        crate::weighting::same_tasks(self.method.name(), source, losses.len(), weights.len())?;
        if self.method.needs().losses_after {
            let losses_after: Vec<f64> = losses.iter().zip(after).map(|(l, a)| l * a).collect();
            self.method.observe_losses_after(&losses_after)?;
        }
        self.step += 1;
        let direction = combine(&rows, &weights);
        Ok(Outcome { weights, rows, direction })
    }

    fn tracked(&mut self, rows: &Rows, losses: &[f64]) -> Result<Rows> {
        let Some(tracking) = self.method.needs().tracking else { return Ok(rows.clone()) };
        let norms = Gramian::from_gradients(rows)?.norms();
        let (rate, scales) = (tracking.rate(self.step), tracking.scales(losses, &norms));
        let zeros = || rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let averages = self.averages.get_or_insert_with(zeros);
        for ((average, row), scale) in averages.iter_mut().zip(rows).zip(scales) {
            for (y, g) in average.iter_mut().zip(row) {
                *y += rate * (scale * g - *y);
            }
        }
        Ok(averages.clone())
    }
}
