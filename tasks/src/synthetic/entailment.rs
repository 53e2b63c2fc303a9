//! Entailment: does the second clause follow from the first (label 0, as in RTE), or not (label 1)?
//!
//! What is said of a kind holds of its category, and what is said of a good being holds of the being: a clause
//! entails those with more general nouns or fewer adjectives. A denied clause entails only itself in other words.
//! What does not follow is more specific, differs in a word, in the roles, or in being denied. The comparison is the
//! paraphrase task's, the categories are the similarity task's; here they are scarce.

use super::{
    grammar::{Clause, Draw, Nominal, Predicate},
    paraphrase::change,
};
use crate::{Target, Text};

pub fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let label = index % 2;
    loop {
        let mut premise = draw.clause();
        premise.negated = premise.negated && draw.chance(0.5);
        for nominal in premise.nominals_mut() {
            if draw.optional() {
                nominal.adjective = Some(draw.adjective());
            }
        }
        let mut hypothesis = draw.reworded(premise.clone());
        if !premise.negated {
            weaken(draw, &mut hypothesis);
        }
        if label == 1 {
            if draw.chance(0.25) {
                std::mem::swap(&mut premise, &mut hypothesis);
            } else {
                change(draw, &mut hypothesis);
            }
        }
        // A swap or a change can leave a clause that follows after all.
        if entails(&premise, &hypothesis) == (label == 0) {
            return (Text::Two(draw.tell(&premise), draw.tell(&hypothesis)), Target::Class(label));
        }
    }
}

/// Makes nouns more general and drops adjectives, each with probability one half.
fn weaken(draw: &mut Draw, clause: &mut Clause) {
    for nominal in clause.nominals_mut() {
        if draw.chance(0.5) {
            nominal.noun = draw.general(nominal.noun);
        }
        if draw.chance(0.5) {
            nominal.adjective = None;
        }
    }
}

fn entails(premise: &Clause, hypothesis: &Clause) -> bool {
    let denied = premise.negated;
    let follows = |p: &Nominal, h: &Nominal| {
        let (pa, ha) = (p.adjective.map(|a| a.sense), h.adjective.map(|a| a.sense));
        if denied {
            p.noun.sense == h.noun.sense && pa == ha
        } else {
            p.noun.sense.is_a(h.noun.sense) && (ha.is_none() || ha == pa)
        }
    };
    let predicate = match (&premise.predicate, &hypothesis.predicate) {
        (Predicate::Event { verb: v, object: o }, Predicate::Event { verb: w, object: p }) => {
            v.sense == w.sense && follows(o, p)
        }
        (Predicate::Quality { adjective: x }, Predicate::Quality { adjective: y }) => {
            x.sense == y.sense
        }
        _ => false,
    };
    premise.negated == hypothesis.negated
        && predicate
        && follows(&premise.subject, &hypothesis.subject)
}
