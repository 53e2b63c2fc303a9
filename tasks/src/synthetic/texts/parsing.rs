//! Semantic parsing: what does a sentence say? Words of one meaning, and both voices, have one logical form:
//! `act2 ( person0 , tool1 )`, `not good1 ( animal0 )`.

use super::{
    super::{
        grammar::{Clause, Draw, Predicate},
        lexicon::Sense,
    },
    asked,
    categories::NAMES,
};
use crate::{Target, Text};

pub(in crate::synthetic) fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let clause = draw.clause();
    let sentence = draw.tell(&clause);
    asked("parsing", &[("sentence", &sentence)], form(&clause))
}

/// The logical form of a clause.
pub(super) fn form(clause: &Clause) -> String {
    let subject = symbol(clause.subject.noun.sense);
    let said = match &clause.predicate {
        Predicate::Event { verb, object } => {
            format!("{} ( {subject} , {} )", symbol(verb.sense), symbol(object.noun.sense))
        }
        Predicate::Quality { adjective } => format!("{} ( {subject} )", symbol(adjective.sense)),
    };
    if clause.negated { format!("not {said}") } else { said }
}

fn symbol(sense: Sense) -> String {
    match sense {
        Sense::Noun { category, concept } => format!("{}{concept}", NAMES[category]),
        Sense::Category(category) => NAMES[category].into(),
        Sense::Verb(act) => format!("act{act}"),
        Sense::Adjective { positive: true, concept } => format!("good{concept}"),
        Sense::Adjective { positive: false, concept } => format!("bad{concept}"),
    }
}
