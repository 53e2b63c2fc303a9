//! MultiRC's scores (Khashabi et al. 2018): every question has several answers, and any number of them is right.
//!
//! F1a is the F1 of "right" over the answers of all questions together, which is [`f1_of_label`](super::f1) of that
//! label. EM is the share of questions all of whose answers are judged right; it needs to know which answers
//! belong to one question.

use std::collections::BTreeMap;

/// The share of questions without a mistake, in [0, 1]; `questions` names the question of each answer. All slices are
/// equally long and not empty.
pub fn exact_match(questions: &[u32], predictions: &[usize], gold: &[usize]) -> f64 {
    let mut faultless: BTreeMap<u32, bool> = BTreeMap::new();
    for ((question, p), g) in questions.iter().zip(predictions).zip(gold) {
        *faultless.entry(*question).or_insert(true) &= p == g;
    }
    faultless.values().filter(|all| **all).count() as f64 / faultless.len() as f64
}
