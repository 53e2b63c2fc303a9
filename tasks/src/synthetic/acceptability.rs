//! Acceptability: is this a sentence of the grammar (label 1), or has one rule been broken (label 0)?
//!
//! Four rules are broken equally often. Agreement (`these … has`) and a determiner behind its noun show in function
//! words. A noun before its adjective, and a thing that acts as only beings can, show only to who knows the words,
//! which the tagging task teaches.

use rand::Rng;

use super::grammar::{Clause, Draw, Nominal, Piece, Predicate};
use crate::{Target, Text};

pub fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let label = index % 2;
    let rule = draw.rng.random_range(0..4);
    let mut clause = agreeing_event(draw);
    let passive = draw.optional();
    if label == 0 && rule == 0 {
        clause.subject.noun = draw.thing().noun;
    }
    // Sentences of both labels have what the rule is about, so that its presence tells nothing.
    if rule == 1 {
        let adjective = draw.adjective();
        clause.subject.adjective = Some(adjective);
    }
    let mut pieces = clause.pieces(passive, true);
    if label == 0 {
        match rule {
            1 => swap_at(&mut pieces, Piece::Content(clause.subject.noun), 1),
            2 => swap_at(&mut pieces, Piece::Function(clause.subject.determiner), 0),
            3 => break_agreement(&mut pieces),
            _ => {}
        }
    }
    (Text::One(draw.write(&pieces)), Target::Class(label))
}

/// An event whose parts show number.
pub fn agreeing_event(draw: &mut Draw) -> Clause {
    let mut clause = draw.event();
    clause.subject = extended(draw, clause.subject);
    if let Predicate::Event { object, .. } = &mut clause.predicate {
        *object = extended(draw, object.clone());
    }
    clause
}

fn extended(draw: &mut Draw, mut nominal: Nominal) -> Nominal {
    nominal.determiner = draw.pick(&["this", "every", "these", "many"]);
    if draw.optional() {
        nominal.adjective = Some(draw.adjective());
    }
    if draw.optional() && draw.chance(0.5) {
        nominal.near = Some(Box::new(draw.being_or_thing()));
    }
    nominal
}

/// Exchanges the last such piece, less `back` places, with the one after it.
fn swap_at(pieces: &mut [Piece], piece: Piece, back: usize) {
    if let Some(at) = pieces.iter().rposition(|p| *p == piece) {
        pieces.swap(at - back, at - back + 1);
    }
}

fn break_agreement(pieces: &mut [Piece]) {
    for piece in pieces {
        if let Piece::Function(word) = piece {
            *word = match *word {
                "has" => "have",
                "have" => "has",
                "was" => "were",
                "were" => "was",
                other => other,
            };
        }
    }
}
