//! Summarisation: what does a passage say first, in the active voice, without adjectives and places? The sentences
//! after it are about others.

use super::{
    super::grammar::{Clause, Draw},
    asked,
};
use crate::{Target, Text};

pub(in crate::synthetic) fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let first = draw.clause();
    let mut sentences = vec![adorned(draw, first.clone())];
    for _ in 0..1 + usize::from(draw.chance(0.5)) {
        let more = draw.clause();
        sentences.push(adorned(draw, more));
    }
    let summary = draw.write(&first.pieces(false, false));
    asked("summary", &[("passage", &sentences.join(" . "))], summary)
}

/// The clause told with adjectives and places that it can do without.
fn adorned(draw: &mut Draw, mut clause: Clause) -> String {
    for nominal in clause.nominals_mut() {
        if draw.chance(0.5) {
            nominal.adjective = Some(draw.adjective());
        }
        if draw.chance(0.25) {
            nominal.near = Some(Box::new(draw.being_or_thing()));
        }
    }
    draw.tell(&clause)
}
