//! Tagging: which words name someone, something or an act, and which praise or blame?
//!
//! Spans are nouns, by category, verbs, and adjectives, by polarity, each with the intensifier before it; whether a
//! judgement is denied makes no difference. The sentences are those of the acceptability task, all of them
//! acceptable, and of the sentiment task. A target for every word makes this the quickest way to learn the words,
//! which is what the other tasks gain from it.

use super::{
    acceptability::agreeing_event,
    grammar::{Draw, Piece},
    lexicon::Sense,
    sentiment::{INTENSIFIERS, judgement},
};
use crate::{Target, Text};

/// `O`, then begin and inside of each type: the categories in order, acts, and the polarities.
pub const LABELS: [&str; 15] = [
    "O", "B-PERSON", "I-PERSON", "B-ANIMAL", "I-ANIMAL", "B-TOOL", "I-TOOL", "B-PLACE", "I-PLACE",
    "B-ACT", "I-ACT", "B-BAD", "I-BAD", "B-GOOD", "I-GOOD",
];

pub fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let mut pieces = Vec::new();
    if draw.chance(0.5) {
        let (passive, perfect) = (draw.optional(), draw.chance(0.5));
        pieces = agreeing_event(draw).pieces(passive, perfect);
    } else {
        let good = draw.chance(0.5);
        judgement(draw, good, &mut pieces);
    }
    let mut tags = vec![0; pieces.len()];
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Content(word) = piece else {
            continue;
        };
        let begin = match word.sense {
            Sense::Noun { category, .. } | Sense::Category(category) => 1 + 2 * category,
            Sense::Verb(_) => 9,
            Sense::Adjective { positive: false, .. } => 11,
            Sense::Adjective { positive: true, .. } => 13,
        };
        tags[at] = begin;
        let before = at.checked_sub(1);
        if let Some(before) = before.filter(|b| is_intensifier(pieces[*b])) {
            tags[before] = begin;
            tags[at] = begin + 1;
        }
    }
    (Text::Words(draw.words(&pieces)), Target::Tags(tags))
}

fn is_intensifier(piece: Piece) -> bool {
    matches!(piece, Piece::Function(word) if INTENSIFIERS.contains(&word))
}
