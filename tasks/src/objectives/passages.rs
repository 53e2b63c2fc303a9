//! Documents cut and joined into passages of the length that an objective turns into full inputs.
//!
//! Documents are laid end to end in the order given and cut every so many tokens, as T5 does with its corpus; a
//! passage remembers which pieces of which documents it holds, so that objectives can respect their ends. Pieces too
//! short to hold noise are left out: short documents, and what a cut leaves of one. In what order documents come
//! is up to the caller, who may permute them anew every epoch.

use std::ops::Range;

/// Part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Number of the document.
    pub document: usize,
    /// Its tokens.
    pub tokens: Range<usize>,
}

/// Pieces that are corrupted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub pieces: Vec<Piece>,
}

impl Passage {
    /// The pieces' tokens, as [`Objective::example`](super::Objective::example) takes them.
    ///
    /// # Panics
    /// If these are not the documents that the passages were made from.
    pub fn of<'a>(&self, documents: &'a [Vec<u32>]) -> Vec<&'a [u32]> {
        self.pieces.iter().map(|p| &documents[p.document][p.tokens.clone()]).collect()
    }

    /// Tokens in all.
    pub fn length(&self) -> usize {
        self.pieces.iter().map(|piece| piece.tokens.len()).sum()
    }
}

/// Passages of at most `longest` tokens from documents of the given lengths, in order. No piece has fewer than
/// `shortest` tokens (at least 2), so a passage may be up to `shortest - 1` tokens below `longest`, and the last one
/// is what is left.
///
/// With a mean span of m of at least 2 tokens and at most half of them noise, pieces of 1.5 m + 1 tokens are never
/// too short for span corruption.
pub fn passages(documents: &[usize], longest: usize, shortest: usize) -> Vec<Passage> {
    let shortest = shortest.max(2);
    let mut passages = Vec::new();
    if longest < shortest {
        return passages;
    }
    let mut pieces = Vec::new();
    let mut room = longest;
    for (document, &length) in documents.iter().enumerate() {
        let mut start = 0;
        while length - start >= shortest {
            let tokens = start..length.min(start + room);
            start = tokens.end;
            room -= tokens.len();
            pieces.push(Piece { document, tokens });
            if room < shortest {
                passages.push(Passage { pieces: std::mem::take(&mut pieces) });
                room = longest;
            }
        }
    }
    if !pieces.is_empty() {
        passages.push(Passage { pieces });
    }
    passages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::*, *};

    proptest! {
        #[test]
        fn passages_hold_every_token_in_order_but_those_of_pieces_too_short(
            documents in proptest::collection::vec(0_usize..200, 0..20),
            longest in 2_usize..150, shortest in 0_usize..12,
        ) {
            let passages = passages(&documents, longest, shortest);
            let shortest = shortest.max(2);
            let mut left_out = 0;
            let mut before = (0, 0);
            for (number, passage) in passages.iter().enumerate() {
                prop_assert!(passage.length() <= longest);
                let last = number + 1 == passages.len();
                prop_assert!(last || passage.length() + shortest > longest);
                for piece in &passage.pieces {
                    prop_assert!(piece.tokens.len() >= shortest);
                    prop_assert!((piece.document, piece.tokens.start) >= before);
                    if before.0 == piece.document {
                        prop_assert_eq!(before.1, piece.tokens.start, "a gap within a document");
                    }
                    before = (piece.document, piece.tokens.end);
                }
            }
            for (document, length) in documents.iter().enumerate() {
                let pieces = passages.iter().flat_map(|p| &p.pieces).filter(|p| p.document == document);
                let held: usize = pieces.map(|piece| piece.tokens.len()).sum();
                if longest >= shortest {
                    prop_assert!(length - held < shortest);
                }
                left_out += length - held;
            }
            let held: usize = passages.iter().map(Passage::length).sum();
            prop_assert_eq!(held + left_out, documents.iter().sum::<usize>());
        }

        #[test]
        fn pieces_of_half_as_much_again_as_a_span_and_one_are_never_too_short(
            documents in proptest::collection::vec(1_usize..60, 1..20),
            density in 0.05_f64..0.5, mean in 2.0_f64..9.0, seed: u64,
        ) {
            let corruption =
                SpanCorruption { density, mean_span: mean, tokens: T5Tokens { sentinels: 1_000, ..T5Tokens::default() } };
            let tokens: Vec<Vec<u32>> = documents.iter().map(|n| vec![7; *n]).collect();
            let shortest = (1.5 * mean).ceil() as usize + 1;
            for (line, passage) in passages(&documents, 200, shortest).iter().enumerate() {
                let key = DrawKey::new(seed, 0, line as u64);
                let example = corruption.example(&passage.of(&tokens), key).unwrap();
                prop_assert_eq!(corruption.restore(&example).unwrap(), passage.of(&tokens).concat());
            }
        }
    }

    #[test]
    fn documents_are_cut_and_joined_to_fill_passages() {
        let piece = |document, tokens| Piece { document, tokens };
        let found = passages(&[7, 1, 6, 4], 5, 2);
        let pieces: Vec<Vec<Piece>> = found.into_iter().map(|passage| passage.pieces).collect();
        assert_eq!(
            pieces,
            [
                vec![piece(0, 0..5)],
                vec![piece(0, 5..7), piece(2, 0..3)],
                vec![piece(2, 3..6), piece(3, 0..2)],
                vec![piece(3, 2..4)],
            ]
        );
    }
}
