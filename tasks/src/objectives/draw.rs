//! Random numbers that depend on what they are for, not on what was drawn before.

use crate::mixture::hash;

/// What the random choices of one draw of one text depend on.
///
/// Equal keys give equal choices on every machine; keys that differ in one part give unrelated ones. Objectives that
/// should not corrupt a text at the same places in the same step need different seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DrawKey(u64);

impl DrawKey {
    /// The key of a text (its line in the corpus) that is drawn at a step of a run.
    pub fn new(seed: u64, step: u64, line: u64) -> Self {
        DrawKey(hash(&[seed, step, line]))
    }

    /// The key for one purpose within this draw.
    pub(super) fn of(self, purpose: u64) -> Self {
        DrawKey(hash(&[self.0, purpose]))
    }

    /// A number in [0, 1) for another choice of the same draw than an objective's own.
    pub fn aside(self, purpose: u64) -> f64 {
        self.of(purpose).unit(0)
    }

    /// The word that chooses a permutation.
    pub(super) fn word(self) -> u64 {
        self.0
    }

    /// A number in [0, 1) for the `index`-th choice.
    pub(super) fn unit(self, index: usize) -> f64 {
        // 53 bits are what a double holds.
        (hash(&[self.0, index as u64]) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `end` for the `index`-th choice; `end` is at least 1.
    pub(super) fn below(self, end: usize, index: usize) -> usize {
        // The high word of a product: uneven by less than `end` in 2^64.
        ((u128::from(hash(&[self.0, index as u64])) * end as u128) >> 64) as usize
    }
}

/// Chooses each of `items` independently with probability `rate`, and where that chooses none, the one that came
/// nearest to it, so that there is always something to predict. An item is known by its number alone.
pub(super) fn chosen(items: &[usize], rate: f64, key: DrawKey) -> Vec<bool> {
    let drawn: Vec<f64> = items.iter().map(|item| key.unit(*item)).collect();
    let lowest = drawn.iter().copied().fold(f64::INFINITY, f64::min);
    let bound = rate.max(lowest.next_up());
    drawn.into_iter().map(|drawn| drawn < bound).collect()
}
