//! Randomness without state: a hash of several words, and a permutation that can be asked for one element.
//!
//! The permutation is a Feistel network of eight rounds on the smallest even number of bits that holds `n`, with
//! cycle walking to stay below `n` (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). The round
//! function is the finaliser of SplitMix64. It is meant for shuffling data, not for cryptography.

/// Mixes words into one; equal words in equal order give equal hashes on every machine.
pub fn hash(words: &[u64]) -> u64 {
    words.iter().fold(0x9E37_79B9_7F4A_7C15, |state, &word| {
        finalise(state.wrapping_add(finalise(word)).wrapping_add(0x9E37_79B9_7F4A_7C15))
    })
}

fn finalise(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Where the permutation of `0..n` chosen by `key` sends `index`.
///
/// # Panics
/// If `index` is not below `n`.
pub fn permute(key: u64, n: usize, index: usize) -> usize {
    assert!(index < n, "index {index} is outside a permutation of {n}");
    let half_bits = (usize::BITS - (n - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1u64 << half_bits) - 1;
    let mut value = index as u64;
    loop {
        let (mut left, mut right) = (value >> half_bits, value & mask);
        for round in 0..8 {
            let mixed = finalise(right ^ key.rotate_left(7 * round) ^ u64::from(round)) & mask;
            (left, right) = (right, left ^ mixed);
        }
        value = (left << half_bits) | right;
        if value < n as u64 {
            return value as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_index_is_hit_once(key: u64, n in 1usize..600) {
            let mut seen = vec![false; n];
            for i in 0..n {
                let j = permute(key, n, i);
                prop_assert!(!std::mem::replace(&mut seen[j], true));
            }
        }
    }

    #[test]
    fn positions_are_spread_evenly() {
        // Where element 0 of a permutation of 10 lands, over many keys: chi-squared with 9 degrees of freedom.
        let mut counts = [0f64; 10];
        for key in 0..10_000 {
            counts[permute(hash(&[key]), 10, 0)] += 1.0;
        }
        let chi2: f64 = counts.iter().map(|c| (c - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 33.7, "chi-squared {chi2} has p < 1e-4");
    }

    #[test]
    fn hash_depends_on_order_and_length() {
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert_ne!(hash(&[0]), hash(&[0, 0]));
    }
}
