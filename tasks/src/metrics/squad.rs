//! SQuAD's exact match and F1 (Rajpurkar et al. 2016), by which ReCoRD is scored too.
//!
//! Answers are compared in lower case, without ASCII punctuation, without the words `a`, `an` and `the`, and with
//! single spaces. F1 is that of their words. A prediction is compared with every gold answer and the best counts.
//! Where prediction or answer have no word left, F1 is 1 if both have none, else 0: the rule of version 2.0's script,
//! by which "no answer" is an answer; version 1.1's script gives 0 in both cases.

use std::sync::LazyLock;

use regex::Regex;

use super::overlap::{word_f1, words};

const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// Letters and digits in a row. They are those of `\w` in the script's language: letters and numbers by their
/// category alone, so that marks on letters and circled letters part words. The underscore is punctuation, and gone.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}]+").expect("the pattern is a constant that tests compile")
});

/// An answer in the form it is compared in.
pub fn normalised(answer: &str) -> String {
    let lower = answer.to_lowercase();
    let plain: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    // An article counts only where no letter or digit touches it, as `\b` has it.
    let mut without = String::with_capacity(plain.len());
    let mut done = 0;
    for run in RUN.find_iter(&plain).filter(|run| ARTICLES.contains(&run.as_str())) {
        without.extend([&plain[done..run.start()], " "]);
        done = run.end();
    }
    without.push_str(&plain[done..]);
    words(&without).collect::<Vec<_>>().join(" ")
}

/// Whether a prediction equals one of the answers, all in normal form.
pub fn exact_match<R: AsRef<str>>(prediction: &str, answers: &[R]) -> bool {
    let prediction = normalised(prediction);
    answers.iter().any(|answer| normalised(answer.as_ref()) == prediction)
}

/// F1 of the words in normal form, in [0, 1], against the answer that gives the highest; 0 without answers.
pub fn f1<R: AsRef<str>>(prediction: &str, answers: &[R]) -> f64 {
    let prediction = normalised(prediction);
    let prediction: Vec<&str> = words(&prediction).collect();
    let one = |answer: &R| {
        let answer = normalised(answer.as_ref());
        word_f1(&prediction, &words(&answer).collect::<Vec<_>>())
    };
    answers.iter().map(one).fold(0.0, f64::max)
}
