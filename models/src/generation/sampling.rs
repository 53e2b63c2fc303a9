//! Sampling by temperature, the k likeliest tokens (Fan et al., 2018) and the likeliest tokens of a
//! total probability p (Holtzman et al., 2020), in this order. What is drawn is a function of the
//! seed, the example and the position, so that it is the same in any batch and on every run.

use super::top::largest;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    pub seed: u64,
    /// Logits are divided by it.
    pub temperature: f64,
    /// Draw from this many of the likeliest only.
    pub top_k: Option<usize>,
    /// Draw from the fewest of the likeliest whose probabilities sum to this; 1 for all.
    pub top_p: f64,
}

impl Sampling {
    /// From the model's own distribution.
    pub fn new(seed: u64) -> Self {
        Self { seed, temperature: 1.0, top_k: None, top_p: 1.0 }
    }

    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.temperature = temperature;
        self
    }

    pub fn with_top_k(mut self, k: usize) -> Self {
        self.top_k = Some(k);
        self
    }

    pub fn with_top_p(mut self, p: f64) -> Self {
        self.top_p = p;
        self
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.temperature.is_nan() || self.temperature <= 0.0 {
            return Err(format!(
                "`temperature` is {}; expected above 0, or greedy decoding",
                self.temperature
            ));
        }
        if self.top_k == Some(0) {
            return Err("`top_k` is 0; expected at least 1, or none".into());
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(format!("`top_p` is {}; expected above 0, at most 1", self.top_p));
        }
        Ok(())
    }

    /// The token of an example at a position.
    pub(super) fn draw(&self, logits: &[f32], example: u64, position: usize) -> usize {
        let candidates = self.candidates(logits);
        let mut left = uniform(self.seed, example, position as u64);
        left *= candidates.iter().map(|(_, weight)| weight).sum::<f64>();
        for &(token, weight) in &candidates {
            left -= weight;
            if left < 0.0 {
                return token;
            }
        }
        // Rounding may leave a little of the whole.
        candidates.last().map_or(0, |&(token, _)| token)
    }

    /// The tokens to draw from with their weights, likeliest first where that matters.
    fn candidates(&self, logits: &[f32]) -> Vec<(usize, f64)> {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |token: usize| {
            let logit = f64::from(logits[token] - highest);
            (token, (logit / self.temperature).exp())
        };
        let mut candidates: Vec<_> = match self.top_k {
            Some(k) => largest(logits, k).into_iter().map(weight).collect(),
            None => (0..logits.len()).map(weight).collect(),
        };
        if self.top_p < 1.0 {
            candidates.sort_by(|a, b| b.1.total_cmp(&a.1));
            let total: f64 = candidates.iter().map(|(_, weight)| weight).sum();
            let mut sum = 0.0;
            let before = candidates.iter().take_while(|(_, weight)| {
                let is_short = sum < self.top_p * total;
                sum += weight;
                is_short
            });
            let kept = before.count().max(1);
            candidates.truncate(kept);
        }
        candidates
    }
}

/// In [0, 1), by the finaliser of SplitMix64.
fn uniform(seed: u64, example: u64, position: u64) -> f64 {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let bits = mix(mix(mix(seed) ^ example) ^ position);
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, 1.0, -1.0, 2.5];

    fn shares(sampling: Sampling) -> [f64; 5] {
        let mut shares = [0.0; 5];
        let count = 40_000;
        for example in 0..count {
            shares[sampling.draw(&LOGITS, example, 3)] += 1.0 / count as f64;
        }
        shares
    }

    fn expected(kept: &[usize], temperature: f64) -> [f64; 5] {
        let weight = |token: &usize| (f64::from(LOGITS[*token]) / temperature).exp();
        let total: f64 = kept.iter().map(weight).sum();
        let mut shares = [0.0; 5];
        kept.iter().for_each(|token| shares[*token] = weight(token) / total);
        shares
    }

    #[test]
    fn tokens_are_drawn_by_their_probabilities_among_those_kept() {
        let all = Sampling::new(1);
        let cases = [
            (all, expected(&[0, 1, 2, 3, 4], 1.0)),
            (all.with_temperature(2.0), expected(&[0, 1, 2, 3, 4], 2.0)),
            (all.with_top_k(2), expected(&[1, 4], 1.0)),
            // The likeliest has 0.51 of the probability, two have 0.83, and three have 0.94.
            (all.with_top_p(0.79), expected(&[1, 4], 1.0)),
            (all.with_top_p(0.85), expected(&[1, 2, 4], 1.0)),
            (all.with_top_p(0.01), expected(&[4], 1.0)),
            // Of the three likeliest alone, the likeliest has 0.55.
            (all.with_top_p(0.53), expected(&[1, 4], 1.0)),
            (all.with_top_k(3).with_top_p(0.53), expected(&[4], 1.0)),
        ];
        for (sampling, expected) in cases {
            let found = shares(sampling);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 0.011, "{sampling:?}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn a_draw_depends_on_seed_example_and_position_alone() {
        let draws = |seed, example: u64, position| -> Vec<usize> {
            let sampling = Sampling::new(seed);
            (0..64).map(|i| sampling.draw(&LOGITS, example + i, position)).collect()
        };
        let base = draws(1, 100, 5);
        assert_eq!(base, draws(1, 100, 5));
        for other in [draws(2, 100, 5), draws(1, 101, 5), draws(1, 100, 6)] {
            assert_ne!(base, other);
        }
    }
}
