//! Closed-book questions: what kind of thing is this word for? Words that models are scored by are never asked for in
//! training, so that their meaning must be known from other tasks.

use super::{
    super::{grammar::Draw, lexicon::Sense},
    asked,
};
use crate::{Target, Text};

/// What nouns of the categories are called.
pub(super) const NAMES: [&str; 4] = ["person", "animal", "tool", "place"];

pub(in crate::synthetic) fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let word = match index % 3 {
        0 => draw.being_or_thing().noun,
        1 => draw.verb(),
        _ => draw.adjective(),
    };
    let kind = match word.sense {
        Sense::Noun { category, .. } | Sense::Category(category) => NAMES[category],
        Sense::Verb(_) => "act",
        Sense::Adjective { positive: true, .. } => "praise",
        Sense::Adjective { positive: false, .. } => "blame",
    };
    asked("categories", &[("word", draw.lexicon.form(word))], kind)
}
