//! Which elements dropout keeps, as a function of a key and the element's position.
//!
//! There is no generator and no stored mask: a [`DropoutKey`] is made from the run's seed, the step
//! and the site in the network, and element `i` is kept when a hash of (key, i) reaches the
//! probability. The backward pass asks again and gets the same answer, and so does every backend,
//! because the hash uses only products and shifts that fit a signed 32-bit integer: six Feistel
//! rounds on two 16-bit halves. One hash serves two neighbouring elements, so the probability is
//! rounded to a multiple of 1/65536, and kept elements are scaled by the rounded value's inverse.

/// Rounds of the hash; with four, positions 2^16 pairs apart are still correlated.
const ROUNDS: usize = 6;
/// The odd 15-bit multipliers of the rounds.
pub(crate) const MULTIPLIERS: [u32; ROUNDS] = [0x6E2D, 0x5A35, 0x7493, 0x4CE7, 0x68B9, 0x53C5];

/// Identifies one dropout mask: the run's seed, the step, and the site in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropoutKey(u64);

impl DropoutKey {
    /// The key of a training step.
    pub fn new(seed: u64, step: u64) -> Self {
        Self(mix(mix(seed ^ 0x243F_6A88_85A3_08D3)
            .wrapping_add(step.wrapping_mul(0x9E37_79B9_7F4A_7C15))))
    }

    /// The key of one place in the network (a layer, and a use within it) at this step.
    pub fn site(self, site: u64) -> Self {
        Self(mix(self.0.wrapping_add((site.wrapping_add(1)).wrapping_mul(0xD1B5_4A32_D192_ED03))))
    }

    /// The 16-bit round keys: the key's own four quarters, then two of its hash.
    pub(crate) fn rounds(self) -> [u32; ROUNDS] {
        let more = mix(self.0);
        std::array::from_fn(|round| {
            let word = if round < 4 { self.0 } else { more };
            ((word >> (16 * (round % 4))) & 0xFFFF) as u32
        })
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A probability rounded to 1/65536, and the key of the mask it is used with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    threshold: u32,
    key: DropoutKey,
}

impl Dropout {
    /// Drops nothing.
    pub const NONE: Self = Self { threshold: 0, key: DropoutKey(0) };

    /// Drops each element with this probability, clamped to [0, 1].
    pub fn new(probability: f64, key: DropoutKey) -> Self {
        Self { threshold: (probability.clamp(0.0, 1.0) * 65536.0).round() as u32, key }
    }

    /// Whether every element is kept.
    pub fn is_none(&self) -> bool {
        self.threshold == 0
    }

    /// What kept elements are multiplied by; 0 where all are dropped.
    pub fn scale(&self) -> f32 {
        match self.threshold {
            65536.. => 0.0,
            threshold => 65536.0 / (65536 - threshold) as f32,
        }
    }

    /// Whether the element with this index in row-major order is kept. Rows of attention weights
    /// count as one longer where their length is odd.
    pub fn keeps(&self, element: usize) -> bool {
        let word = hash((element / 2) as u32, self.rounds());
        ((word >> (16 * (element % 2))) & 0xFFFF) >= self.threshold
    }

    pub(crate) fn threshold(&self) -> u32 {
        self.threshold
    }

    pub(crate) fn rounds(&self) -> [u32; ROUNDS] {
        self.key.rounds()
    }
}

impl From<Option<(f64, DropoutKey)>> for Dropout {
    fn from(option: Option<(f64, DropoutKey)>) -> Self {
        option.map_or(Self::NONE, |(probability, key)| Self::new(probability, key))
    }
}

/// The hash shared by elements `2 * word` (its low half) and `2 * word + 1` (its high half).
#[inline(always)]
pub(crate) fn hash(word: u32, rounds: [u32; ROUNDS]) -> u32 {
    let (mut left, mut right) = ((word >> 16) & 0xFFFF, word & 0xFFFF);
    for (key, multiplier) in rounds.into_iter().zip(MULTIPLIERS) {
        let mixed = (((right ^ key) * multiplier) >> 8) & 0xFFFF;
        (left, right) = (right, left ^ mixed);
    }
    left | (right << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_kept_elements_is_within_four_standard_errors() {
        let count = 1 << 16;
        for probability in [0.1, 0.3, 0.5, 0.9] {
            for step in 0..40 {
                let dropout = Dropout::new(probability, DropoutKey::new(7, step).site(3));
                let keeps = (0..count).filter(|&i| dropout.keeps(i)).count();
                let error = (count as f64 * probability * (1.0 - probability)).sqrt();
                let off = keeps as f64 - count as f64 * (1.0 - probability);
                assert!(off.abs() < 4.0 * error, "p {probability} step {step}: {off}");
            }
        }
    }

    #[test]
    fn neighbouring_elements_steps_and_sites_are_uncorrelated() {
        let count = 1 << 17;
        let key = DropoutKey::new(1, 5);
        let base = Dropout::new(0.5, key.site(0));
        let others = [
            (base, 1),
            (base, 2),
            (base, 128),
            (base, 384),
            (base, 65536 * 2),
            (Dropout::new(0.5, key.site(1)), 0),
            (Dropout::new(0.5, DropoutKey::new(1, 6).site(0)), 0),
            (Dropout::new(0.5, DropoutKey::new(2, 5).site(0)), 0),
        ];
        for (n, (other, shift)) in others.into_iter().enumerate() {
            let agree =
                (0..count).filter(|&i| base.keeps(i) == other.keeps(i + shift)).count() as f64;
            let off = (agree - count as f64 / 2.0) / (count as f64 / 4.0).sqrt();
            assert!(off.abs() < 4.5, "pair {n}: {off} standard errors");
        }
    }
}
