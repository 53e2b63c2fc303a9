//! Tagging: which words name a being, a thing or an act?
//!
//! Spans are a noun with its adjective, without the determiner, and the verb. The sentences are those of the
//! acceptability task, all of them acceptable; what they teach, parts of speech and who can act, is what that task
//! asks for.

use super::{
    acceptability::agreeing_event,
    grammar::{Draw, Piece},
    lexicon::Sense,
};
use crate::{Target, Text};

pub const LABELS: [&str; 7] = [
    "O", "B-BEING", "I-BEING", "B-THING", "I-THING", "B-ACT", "I-ACT",
];

pub fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let (passive, perfect) = (draw.optional(), draw.chance(0.5));
    let pieces = agreeing_event(draw).pieces(passive, perfect);
    let mut tags = vec![0; pieces.len()];
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Content(word) = piece else {
            continue;
        };
        let begin = match word.sense {
            // Tagged with the noun that comes next.
            Sense::Adjective { .. } => continue,
            Sense::Verb(_) => 5,
            sense if sense.is_being() => 1,
            _ => 3,
        };
        tags[at] = begin;
        let before = at.checked_sub(1);
        if let Some(before) = before.filter(|b| is_adjective(pieces[*b])) {
            tags[before] = begin;
            tags[at] = begin + 1;
        }
    }
    (Text::Words(draw.words(&pieces)), Target::Tags(tags))
}

fn is_adjective(piece: Piece) -> bool {
    matches!(piece, Piece::Content(word) if matches!(word.sense, Sense::Adjective { .. }))
}
