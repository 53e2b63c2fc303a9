//! Similarity: how much of what one clause says does the other say, from 0 to 5?
//!
//! An event is worth 1.5 for who acted, 1 for the deed, 1.5 for who was acted upon; a quality 2 for its bearer and
//! 2 for the adjective; agreeing on whether it is denied is worth 1. Another noun of the category, or adjective of
//! the polarity, is worth half. So the task shows synonyms, categories and polarity at once, and the order of the
//! pair does not matter.

use rand::Rng;

use super::{
    grammar::{Clause, Draw, Predicate},
    lexicon::{Sense, Word},
};
use crate::{Target, Text};

pub fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let first = draw.clause();
    // How likely each part is kept varies by pair, so that all scores are about as frequent.
    let closeness: f64 = draw.rng.random();
    let mut second = draw.reworded(first.clone());
    for word in second.words_mut() {
        if !draw.chance(closeness) {
            *word = draw.other(*word);
        } else if word.sense.category().is_some() && draw.chance(0.15) {
            *word = draw.general(*word);
        }
    }
    if !draw.chance(closeness) {
        second.negated = draw.chance(0.5);
    }
    let score = similarity(&first, &second);
    (Text::Two(draw.tell(&first), draw.tell(&second)), Target::Score(score.into()))
}

/// The score of two clauses; an event and a quality share nothing.
fn similarity(a: &Clause, b: &Clause) -> f32 {
    let same = |weight: f32, a: Word, b: Word| weight * shared(a.sense, b.sense);
    let subject = |weight| same(weight, a.subject.noun, b.subject.noun);
    let parts = match (&a.predicate, &b.predicate) {
        (Predicate::Event { verb: v, object: o }, Predicate::Event { verb: w, object: p }) => {
            subject(1.5) + same(1.0, *v, *w) + same(1.5, o.noun, p.noun)
        }
        (Predicate::Quality { adjective: x }, Predicate::Quality { adjective: y }) => {
            subject(2.0) + same(2.0, *x, *y)
        }
        _ => return 0.0,
    };
    parts + f32::from(u8::from(a.negated == b.negated))
}

fn shared(a: Sense, b: Sense) -> f32 {
    match (a, b) {
        _ if a == b => 1.0,
        (Sense::Adjective { positive: p, .. }, Sense::Adjective { positive: q, .. }) if p == q => {
            0.5
        }
        _ if a.category().is_some() && a.category() == b.category() => 0.5,
        _ => 0.0,
    }
}
