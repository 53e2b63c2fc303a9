//! Adam (Kingma and Ba, ICLR 2015) on a few numbers of the host: what methods that learn weights descend by.

use serde::{Deserialize, Serialize};

use super::exact::Floats;

/// Decay of the first and second moment, and the guard against division by zero.
const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// Moments, and how many steps were taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adam {
    first: Floats,
    second: Floats,
    updates: u64,
}

impl Adam {
    /// Before the first step, for so many numbers.
    pub fn of(count: usize) -> Self {
        let zeros = || Floats(vec![0.0; count]);
        Self { first: zeros(), second: zeros(), updates: 0 }
    }

    /// One step of `values` along their gradients.
    pub fn descend(&mut self, values: &mut [f64], gradients: &[f64], rate: f64) {
        self.updates += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.updates as f64);
        let (first_correction, second_correction) = (correction(BETAS.0), correction(BETAS.1));
        for (i, (value, &gradient)) in values.iter_mut().zip(gradients).enumerate() {
            let (first, second) = (&mut self.first.0[i], &mut self.second.0[i]);
            *first += (1.0 - BETAS.0) * (gradient - *first);
            *second += (1.0 - BETAS.1) * (gradient * gradient - *second);
            let scale = (*second / second_correction).sqrt() + EPSILON;
            *value -= rate * (*first / first_correction) / scale;
        }
    }
}
