//! Data to text: a sentence that says what a logical form says, in the words that are given for it.

use super::{
    super::grammar::{Draw, Predicate},
    asked,
};
use crate::{Target, Text};

pub(in crate::synthetic) fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let clause = draw.clause();
    let form = |word| draw.lexicon.form(word);
    let denied = if clause.negated { "yes" } else { "no" };
    let subject = form(clause.subject.noun);
    let parts = match &clause.predicate {
        Predicate::Event { verb, object } => vec![
            ("act", form(*verb)),
            ("by", subject),
            ("denied", denied),
            ("upon", form(object.noun)),
        ],
        Predicate::Quality { adjective } => {
            vec![("denied", denied), ("of", subject), ("quality", form(*adjective))]
        }
    };
    asked("telling", &parts, draw.write(&clause.pieces(false, false)))
}
