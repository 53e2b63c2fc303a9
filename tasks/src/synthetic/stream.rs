//! Randomness without a past: every example has a generator of its own, keyed by what the example is.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{Split, Text};

/// The generator for one purpose (a task's name, say), split and index under a seed.
pub fn stream(seed: u64, purpose: &str, split: Split, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ fnv1a(purpose));
    rng.set_stream((split as u64) << 32 | index as u64);
    rng
}

/// The split a text belongs to: one text in five is for development. As the text alone decides, no text is in both
/// splits, and no split need know the other. A pair goes where the swapped pair goes.
pub fn split_of(text: &Text) -> Split {
    let hash = match text {
        Text::One(one) => fnv1a(one),
        Text::Two(first, second) => fnv1a(first).wrapping_add(fnv1a(second)),
        Text::Words(words) => fnv1a(&words.join(" ")),
    };
    // High bits: the lowest of FNV-1a depend on the lowest of the bytes alone.
    if (hash >> 32) % 5 == 0 { Split::Dev } else { Split::Train }
}

/// FNV-1a in 64 bits: short, and the same on every machine and compiler.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
