//! Sentiment: is the last thing said good (label 1) or bad (label 0)?
//!
//! The polarity of an adjective decides; `not` and `hardly` turn it around, `very`, `truly` and `so` do not. What
//! stands before `but` is set aside. Polarity must be learned word by word from few examples; the tagging task has
//! it for every adjective, and in the similarity task adjectives of one polarity are near each other.

use super::grammar::{Draw, Piece};
use crate::{Target, Text};

/// They come before an adjective and do not change its polarity.
pub const INTENSIFIERS: [&str; 3] = ["very", "truly", "so"];

pub fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let label = index % 2;
    let mut pieces = Vec::new();
    if draw.optional() {
        let aside = draw.chance(0.5);
        judgement(draw, aside, &mut pieces);
        pieces.push(Piece::Function("but"));
    }
    judgement(draw, label == 1, &mut pieces);
    (Text::One(draw.write(&pieces)), Target::Class(label))
}

/// `the noun was very good`: a clause that praises or blames, on the whole.
pub fn judgement(draw: &mut Draw, good: bool, out: &mut Vec<Piece>) {
    let mut clause = draw.quality();
    clause.negated = false;
    let mut pieces = clause.pieces(false, false);
    // The adjective comes last; it is drawn anew to fit.
    pieces.pop();
    let turned = draw.optional();
    if turned {
        pieces.push(Piece::Function(draw.pick(&["not", "hardly"])));
    }
    if draw.optional() {
        pieces.push(Piece::Function(draw.pick(&INTENSIFIERS)));
    }
    pieces.push(Piece::Content(draw.lexicon.adjective(&mut draw.rng, good != turned)));
    out.extend(pieces);
}
