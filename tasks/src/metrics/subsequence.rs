//! The longest common subsequence of two sequences of words, in little memory.
//!
//! Lengths of neighbouring prefixes differ by 0 or 1, so a row of the usual table is a row of bits, and a row follows
//! from the one before by one addition (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). A length needs
//! one row: 2 KB for a text of 15,000 words. The places of a subsequence need all rows: 28 MB for two such texts, of
//! which the plain table would take 900.

use std::collections::HashMap;

const BITS: usize = u64::BITS as usize;

/// The length of the longest common subsequence.
pub(super) fn common_length(gold: &[String], other: &[String]) -> usize {
    let masks = Masks::of(other);
    let mut row = masks.first_row();
    gold.iter().for_each(|word| masks.step(word, &mut row));
    masks.rises(&row, other.len())
}

/// Where in `gold` the words of one longest common subsequence stand, from the last to the first.
///
/// Of several such subsequences it takes that of `rouge_score`, since ROUGE-Lsum depends on the choice: from the end,
/// a common word is taken, else `gold` is shortened unless only shortening `other` keeps the length.
pub(super) fn common_subsequence(gold: &[String], other: &[String]) -> Vec<usize> {
    let masks = Masks::of(other);
    let width = masks.blocks;
    let mut rows = Vec::with_capacity((gold.len() + 1) * width);
    let mut row = masks.first_row();
    rows.extend_from_slice(&row);
    for word in gold {
        masks.step(word, &mut row);
        rows.extend_from_slice(&row);
    }
    let row = |i: usize| &rows[i * width..(i + 1) * width];
    let (mut i, mut j) = (gold.len(), other.len());
    // Of the first i words of `gold` and the first j of `other`.
    let mut length = masks.rises(row(i), j);
    let mut places = Vec::with_capacity(length);
    while i > 0 && j > 0 {
        if gold[i - 1] == other[j - 1] {
            (i, j, length) = (i - 1, j - 1, length - 1);
            places.push(i);
            continue;
        }
        let left = length - usize::from(rises_at(row(i), j - 1));
        let above = masks.rises(row(i - 1), j);
        if left > above {
            (j, length) = (j - 1, left);
        } else {
            (i, length) = (i - 1, above);
        }
    }
    places
}

/// For each word of a sequence the places where it stands, as bits.
struct Masks<'a> {
    of_word: HashMap<&'a str, Vec<u64>>,
    blocks: usize,
}

impl<'a> Masks<'a> {
    fn of(words: &'a [String]) -> Self {
        let blocks = words.len().div_ceil(BITS);
        let mut of_word: HashMap<&str, Vec<u64>> = HashMap::new();
        for (place, word) in words.iter().enumerate() {
            let mask = of_word.entry(word).or_insert_with(|| vec![0; blocks]);
            mask[place / BITS] |= 1 << (place % BITS);
        }
        Masks { of_word, blocks }
    }

    /// The row of an empty sequence: a bit is 0 where the length rises.
    fn first_row(&self) -> Vec<u64> {
        vec![u64::MAX; self.blocks]
    }

    /// Makes the row of a sequence into that of the sequence with one word more.
    fn step(&self, word: &str, row: &mut [u64]) {
        // A word that does not occur leaves the row as it is.
        let Some(mask) = self.of_word.get(word) else { return };
        let mut carry = false;
        for (bits, mask) in row.iter_mut().zip(mask) {
            let matched = *bits & mask;
            let (sum, first) = bits.overflowing_add(matched);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first || second;
            *bits = sum | (*bits & !mask);
        }
    }

    /// How often the length rises before a place, which is the length there.
    fn rises(&self, row: &[u64], before: usize) -> usize {
        let (whole, rest) = (before / BITS, before % BITS);
        let full: u32 = row[..whole].iter().map(|bits| bits.count_zeros()).sum();
        let last = match rest {
            0 => 0,
            _ => (!row[whole] & ((1 << rest) - 1)).count_ones(),
        };
        (full + last) as usize
    }
}

fn rises_at(row: &[u64], place: usize) -> bool {
    row[place / BITS] & (1 << (place % BITS)) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The usual table, and the walk through it from its end.
    fn by_table(gold: &[String], other: &[String]) -> Vec<usize> {
        let mut lengths = vec![vec![0; other.len() + 1]; gold.len() + 1];
        for (i, word) in gold.iter().enumerate() {
            for (j, with) in other.iter().enumerate() {
                lengths[i + 1][j + 1] = match word == with {
                    true => lengths[i][j] + 1,
                    false => lengths[i][j + 1].max(lengths[i + 1][j]),
                };
            }
        }
        let (mut i, mut j) = (gold.len(), other.len());
        let mut places = Vec::new();
        while i > 0 && j > 0 {
            if gold[i - 1] == other[j - 1] {
                (i, j) = (i - 1, j - 1);
                places.push(i);
            } else if lengths[i][j - 1] > lengths[i - 1][j] {
                j -= 1;
            } else {
                i -= 1;
            }
        }
        places
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop_oneof![
            proptest::collection::vec("[ab]", 0..150),
            proptest::collection::vec("[a-h]", 0..150),
            proptest::collection::vec("[a-z]", 0..70),
        ]
    }

    proptest! {
        #[test]
        fn bits_take_the_same_subsequence_as_the_table(gold in words(), other in words()) {
            let places = common_subsequence(&gold, &other);
            prop_assert_eq!(&places, &by_table(&gold, &other));
            prop_assert_eq!(common_length(&gold, &other), places.len());
        }
    }

    #[test]
    fn a_row_of_15_000_words_takes_two_kilobytes() {
        let words: Vec<String> = (0..15_000).map(|place| (place % 97).to_string()).collect();
        let masks = Masks::of(&words);
        assert_eq!(8 * masks.blocks, 1_880);
        let turned: Vec<String> = words[5_000..].iter().chain(&words[..5_000]).cloned().collect();
        assert!(common_length(&words, &turned) >= 10_000);
    }
}
