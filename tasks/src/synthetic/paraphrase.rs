//! Paraphrase: do two clauses say the same (label 1)?
//!
//! If so, they differ in words of one meaning and in voice alone. If not, one thing is different: a word, whether
//! it is denied, or who did it to whom. The order of the pair does not matter.

use rand::Rng;

use super::grammar::{Clause, Draw};
use crate::{Target, Text};

pub fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let label = index % 2;
    let first = draw.clause();
    let mut second = draw.reworded(first.clone());
    if label == 0 {
        change(draw, &mut second);
    }
    (Text::Two(draw.tell(&first), draw.tell(&second)), Target::Class(label))
}

/// Makes the clause say something else: most often by another word.
pub fn change(draw: &mut Draw, clause: &mut Clause) {
    match draw.rng.random_range(0..6) {
        0 => clause.negated = !clause.negated,
        1 if swap_tells(clause) => {}
        _ => {
            let words = clause.words_mut();
            let at = draw.rng.random_range(0..words.len());
            let word = *words[at];
            *clause.words_mut()[at] = draw.other(word);
        }
    }
}

/// Swaps the roles if that says something else, which it does not where both are the same kind of being.
fn swap_tells(clause: &mut Clause) -> bool {
    let same = {
        let nouns: Vec<_> =
            clause.nominals_mut().iter().map(|nominal| nominal.noun.sense).collect();
        nouns.windows(2).all(|pair| pair[0] == pair[1])
    };
    !same && clause.swap_roles()
}
