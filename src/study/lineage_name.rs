//! Recipes from text: `multi`, `single->multi`, `Multi (PCGrad)`, `single->multi (λ=0.5, cagrad c=0.25)`, or a
//! weighting's name alone.

use std::str::FromStr;

use super::Lineage;
use crate::{
    Error, Result,
    methods::{Anneal, TaskWeighting, words},
};

impl Lineage {
    /// What a method may be called, for help and errors.
    pub fn grammar() -> String {
        format!(
            "single, multi, TEACHER->STUDENT, `multi (WEIGHTING)` or just WEIGHTING, with options as in `cagrad c=0.25`; \
             weightings: {}",
            TaskWeighting::names().join(", ")
        )
    }
}

impl FromStr for Lineage {
    type Err = Error;

    /// # Errors
    /// When no method has the name (the message lists all names), or when an option does not fit the method.
    fn from_str(text: &str) -> Result<Self> {
        let mut method: Option<Lineage> = None;
        let chain = text.replace("->", "→");
        if chain.split('→').count() > LONGEST_CHAIN {
            let problem = format!("it has more than {LONGEST_CHAIN} links; leave some out");
            return Err(wrong(&abridged(text), &problem));
        }
        for part in chain.split('→') {
            method = Some(student(text, part.trim(), method)?);
        }
        method.ok_or_else(|| wrong(text, "the name is empty"))
    }
}

/// Networks that teach one another. A method holds its teacher, so a chain is walked by recursion.
const LONGEST_CHAIN: usize = 16;

/// The beginning of what is too long to be shown.
fn abridged(text: &str) -> String {
    text.chars().take(80).chain(['…']).collect()
}

/// One link of a chain of teachers.
fn student(text: &str, part: &str, teacher: Option<Lineage>) -> Result<Lineage> {
    let (name, details) = match part.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((name, details)) => (name.trim(), words(details)),
        None => (part, vec![]),
    };
    let (mut method, details) = match name.to_lowercase().as_str() {
        "single" => (Lineage::single(), details),
        "multi" => (Lineage::multi(), details),
        _ if details.is_empty() && !name.is_empty() => (Lineage::multi(), words(name)),
        _ => return Err(wrong(text, &format!("`{name}` is neither `single` nor `multi`"))),
    };
    let is_single = method == Lineage::single();
    let is_taught = teacher.is_some();
    if let Some(teacher) = teacher {
        method = method.taught_by(teacher);
    }
    let gold = |word: &&str| word.starts_with("λ=") || word.starts_with("lambda=");
    let (golds, rest): (Vec<&str>, Vec<&str>) = details.into_iter().partition(gold);
    for setting in golds {
        let weight = setting.split_once('=').and_then(|(_, value)| value.parse().ok());
        match weight.filter(|weight| is_taught && (0.0..=1.0).contains(weight)) {
            Some(weight) => method = method.anneal(Anneal::Constant(weight)),
            None => {
                return Err(wrong(
                    text,
                    "λ must be a number from 0 to 1, in a method with a teacher",
                ));
            }
        }
    }
    if rest.is_empty() {
        return Ok(method);
    }
    if is_single {
        return Err(wrong(text, "a weighting needs several tasks in one network"));
    }
    let weighting = TaskWeighting::from_words(&rest);
    Ok(method.weighted(weighting.map_err(|e| wrong(text, &e.to_string()))?))
}

fn wrong(text: &str, problem: &str) -> Error {
    Error::Usage(format!("method `{text}`: {problem}. A method is {}", Lineage::grammar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let weighted = |name: &str| Lineage::multi().weighted(TaskWeighting::named(name));
        let mut all = vec![
            Lineage::single(),
            Lineage::multi(),
            Lineage::born_again(),
            Lineage::born_again().anneal(Anneal::Constant(0.5)),
            Lineage::multi().taught_by(weighted("pcgrad")),
            Lineage::multi()
                .weighted(TaskWeighting::named("fixed").with("weights", vec![1.0, 2.5, 0.5])),
        ];
        all.extend(TaskWeighting::names().into_iter().map(weighted));
        for method in all {
            assert_eq!(method.to_string().parse::<Lineage>().unwrap(), method);
        }
    }

    #[test]
    fn a_weighting_alone_is_a_network_for_all_tasks() {
        let expected = Lineage::multi().weighted(TaskWeighting::named("cagrad").with("c", 0.25));
        for text in ["cagrad c=0.25", "multi (CAGrad, c=0.25)", "Multi (cagrad c=0.25)"] {
            assert_eq!(text.parse::<Lineage>().unwrap(), expected, "{text}");
        }
        let taught: Lineage = "single -> multi (lambda=0.5, nash mtl)".parse().unwrap();
        assert_eq!(taught.to_string(), "Single→Multi (λ=0.5, Nash-MTL)");
    }

    #[test]
    fn what_is_no_method_is_answered_with_all_that_are() {
        for text in
            ["pcgrat", "multi (pcgrat)", "solo (pcgrad)", "", "single (pcgrad)", "multi (λ=0.5)"]
        {
            let message = text.parse::<Lineage>().unwrap_err().to_string();
            assert!(message.contains(&format!("method `{text}`")), "{message}");
            assert!(message.contains("nash-mtl") && message.contains("multi"), "{message}");
        }
    }
}
