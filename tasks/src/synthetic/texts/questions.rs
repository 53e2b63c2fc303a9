//! Reading comprehension: who did it, or to whom was it done, says a passage of three sentences. The question may have
//! other words for the deed than the passage, each of whose deeds is a different one.

use super::{
    super::grammar::{Clause, Draw, Predicate},
    asked,
};
use crate::{Target, Text};

pub(in crate::synthetic) fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let mut told: Vec<Clause> = Vec::new();
    while told.len() < 3 {
        let mut clause = draw.event();
        clause.negated = false;
        let on_itself = clause.nominals_mut().windows(2).any(|two| two[0].noun == two[1].noun);
        if !on_itself && told.iter().all(|other| deed(other) != deed(&clause)) {
            told.push(clause);
        }
    }
    let asked_of = told[draw.pick(&[0, 1, 2])].clone();
    let sentences: Vec<String> = told.iter().map(|clause| draw.tell(clause)).collect();
    let Predicate::Event { verb, object } = &asked_of.predicate else {
        unreachable!("events alone are told");
    };
    let verb = draw.lexicon.word(&mut draw.rng, verb.sense);
    let verb = draw.lexicon.form(verb);
    let (question, answer) = match index % 2 {
        0 => (format!("who {verb}"), asked_of.subject.noun),
        _ => (format!("{verb} whom"), object.noun),
    };
    let answer = draw.lexicon.form(answer).to_owned();
    let parts = [("passage", sentences.join(" . ")), ("question", question)];
    asked("questions", &parts.each_ref().map(|(key, value)| (*key, value.as_str())), answer)
}

/// What is done, whatever the word.
fn deed(clause: &Clause) -> Option<super::super::lexicon::Sense> {
    match &clause.predicate {
        Predicate::Event { verb, .. } => Some(verb.sense),
        Predicate::Quality { .. } => None,
    }
}
