//! Every label of the synthetic suite, checked by a parser that reads the sentence back and judges what it says.
//!
//! The parser knows the rules of each task from its description and the lexicon, and nothing of how examples are
//! made. Lexicons of each task's own (`relatedness` below 1) are read the same way.

use std::collections::BTreeMap;

use taskgraft_tasks::{
    Example, Split, Target, Task, Text,
    synthetic::{
        Synthetic, SyntheticConfig,
        lexicon::{Lexicon, Sense},
    },
};

struct Reader {
    senses: BTreeMap<String, Sense>,
}

/// A noun phrase as read.
#[derive(Clone, Debug, PartialEq)]
struct Phrase {
    plural: bool,
    adjective: Option<Sense>,
    noun: Sense,
}

/// A clause as read: an event has an actor, a deed and an object; a quality only a bearer and an adjective.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    actor: Phrase,
    deed: Sense,
    object: Option<Phrase>,
    denied: bool,
    agrees: bool,
}

impl Reader {
    fn new(config: &SyntheticConfig, task: &str) -> Self {
        let lexicon = Lexicon::new(config, task);
        Reader {
            senses: lexicon.iter().map(|(word, form)| (form.to_string(), word.sense)).collect(),
        }
    }

    fn sense(&self, words: &[&str], at: usize) -> Option<Sense> {
        words.get(at).and_then(|word| self.senses.get(*word)).copied()
    }

    /// A noun phrase at `at`, and where it ends.
    fn phrase(&self, words: &[&str], mut at: usize) -> Option<(Phrase, usize)> {
        let determiner = *words.get(at)?;
        let plural = ["these", "many"].contains(&determiner);
        if !plural && !["the", "this", "every"].contains(&determiner) {
            return None;
        }
        at += 1;
        let adjective =
            self.sense(words, at).filter(|sense| matches!(sense, Sense::Adjective { .. }));
        at += usize::from(adjective.is_some());
        let noun = self.sense(words, at).filter(|sense| sense.category().is_some())?;
        at += 1;
        if words.get(at) == Some(&"near") {
            at = self.phrase(words, at + 1)?.1;
        }
        Some((Phrase { plural, adjective, noun }, at))
    }

    fn clause(&self, text: &str) -> Option<Said> {
        let words: Vec<&str> = text.split(' ').collect();
        let (first, mut at) = self.phrase(&words, 0)?;
        let auxiliary = ["has", "have", "was", "were"].contains(words.get(at)?).then(|| words[at]);
        at += usize::from(auxiliary.is_some());
        let agrees = auxiliary.is_none_or(|word| first.plural == ["have", "were"].contains(&word));
        let denied = ["never", "not"].contains(words.get(at)?);
        at += usize::from(denied);
        let deed = self.sense(&words, at)?;
        at += 1;
        if matches!(deed, Sense::Adjective { .. }) {
            let said = Said { actor: first, deed, object: None, denied, agrees };
            return (at == words.len()).then_some(said);
        }
        if !matches!(deed, Sense::Verb(_)) {
            return None;
        }
        let passive = words.get(at) == Some(&"by");
        if passive != auxiliary.is_some_and(|word| word.starts_with('w')) {
            return None;
        }
        let (second, end) = self.phrase(&words, at + usize::from(passive))?;
        let (actor, object) = if passive { (second, first) } else { (first, second) };
        (end == words.len()).then_some(Said { actor, deed, object: Some(object), denied, agrees })
    }

    fn read(&self, text: &str) -> Said {
        self.clause(text).unwrap_or_else(|| panic!("no clause: {text}"))
    }

    fn acceptable(&self, text: &str) -> bool {
        self.clause(text).is_some_and(|said| said.agrees && said.actor.noun.is_being())
    }

    fn positive(&self, text: &str) -> bool {
        let last = text.rsplit("but ").next().unwrap();
        let turned = last.split(' ').any(|word| ["not", "hardly"].contains(&word));
        match self.senses[last.rsplit(' ').next().unwrap()] {
            Sense::Adjective { positive, .. } => positive != turned,
            other => panic!("{text} ends in {other:?}"),
        }
    }

    fn follows(&self, premise: &str, hypothesis: &str) -> bool {
        let (p, h) = (self.read(premise), self.read(hypothesis));
        let general = |p: &Phrase, h: &Phrase| {
            let same_kind = p.noun == h.noun;
            let category = matches!(h.noun, Sense::Category(c) if p.noun.category() == Some(c));
            if p.adjective == h.adjective && same_kind {
                return true;
            }
            let fewer = h.adjective.is_none() || h.adjective == p.adjective;
            (same_kind || category) && fewer
        };
        let denied_follows = !p.denied || (p.actor == h.actor && p.object == h.object);
        let objects = match (&p.object, &h.object) {
            (Some(p), Some(h)) => general(p, h),
            (None, None) => true,
            _ => false,
        };
        p.denied == h.denied
            && p.deed == h.deed
            && general(&p.actor, &h.actor)
            && objects
            && denied_follows
    }

    fn score(&self, first: &str, second: &str) -> f32 {
        let (a, b) = (self.read(first), self.read(second));
        let shared = |a: Sense, b: Sense| match (a, b) {
            _ if a == b => 1.0,
            (Sense::Adjective { positive: p, .. }, Sense::Adjective { positive: q, .. })
                if p == q =>
            {
                0.5
            }
            (Sense::Adjective { .. } | Sense::Verb(_), _) => 0.0,
            _ => f32::from(u8::from(a.category() == b.category())) / 2.0,
        };
        let (actor, deed) = (shared(a.actor.noun, b.actor.noun), shared(a.deed, b.deed));
        let facts = match (&a.object, &b.object) {
            (Some(x), Some(y)) => 1.5 * actor + deed + 1.5 * shared(x.noun, y.noun),
            _ => 2.0 * actor + 2.0 * deed,
        };
        facts + f32::from(u8::from(a.denied == b.denied))
    }

    fn tags(&self, words: &[String]) -> Vec<String> {
        let name = |at: usize| match self.senses.get(words.get(at)?)? {
            Sense::Verb(_) => Some("ACT"),
            Sense::Adjective { positive: true, .. } => Some("GOOD"),
            Sense::Adjective { positive: false, .. } => Some("BAD"),
            noun => noun.category().map(|category| ["PERSON", "ANIMAL", "TOOL", "PLACE"][category]),
        };
        let intensifies = |word: &String| ["very", "truly", "so"].contains(&word.as_str());
        let tag = |at: usize| match name(at) {
            Some(name) if at > 0 && intensifies(&words[at - 1]) => format!("I-{name}"),
            Some(name) => format!("B-{name}"),
            None if intensifies(&words[at]) => {
                format!("B-{}", name(at + 1).expect("a word to intensify"))
            }
            None => "O".to_string(),
        };
        (0..words.len()).map(tag).collect()
    }
}

fn for_every_example(task: &str, judge: impl Fn(&Reader, &Task, &Example) -> Target) {
    for (seed, relatedness) in [(0, 1.0), (1, 0.5), (2, 0.0)] {
        let config = SyntheticConfig::default()
            .with_seed(seed)
            .with_relatedness(relatedness)
            .with_complexity(0.6);
        let config = config.with_train_size(task, 800).with_dev_size(200);
        let reader = Reader::new(&config, task);
        let task = Synthetic::new(config).unwrap().task(task).unwrap();
        for example in task.split(Split::Train).iter().chain(task.split(Split::Dev)) {
            assert_eq!(example.target, Some(judge(&reader, &task, example)), "{:?}", example.text);
        }
    }
}

fn class(yes: bool) -> Target {
    Target::Class(usize::from(yes))
}

#[test]
fn acceptable_sentences_are_those_that_the_grammar_takes() {
    for_every_example("acceptability", |reader, _, example| match &example.text {
        Text::One(text) => class(reader.acceptable(text)),
        other => panic!("{other:?}"),
    });
}

#[test]
fn sentiment_is_the_polarity_of_the_last_judgement() {
    for_every_example("sentiment", |reader, _, example| match &example.text {
        Text::One(text) => class(reader.positive(text)),
        other => panic!("{other:?}"),
    });
}

#[test]
fn entailed_hypotheses_are_those_that_follow() {
    for_every_example("entailment", |reader, _, example| match &example.text {
        Text::Two(premise, hypothesis) => class(!reader.follows(premise, hypothesis)),
        other => panic!("{other:?}"),
    });
}

#[test]
fn paraphrases_say_the_same() {
    for_every_example("paraphrase", |reader, _, example| match &example.text {
        Text::Two(first, second) => class(reader.read(first) == reader.read(second)),
        other => panic!("{other:?}"),
    });
}

#[test]
fn similarity_is_what_both_say_and_does_not_depend_on_their_order() {
    for_every_example("similarity", |reader, _, example| match &example.text {
        Text::Two(first, second) => {
            assert_eq!(reader.score(first, second), reader.score(second, first));
            Target::Score(reader.score(first, second).into())
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn tags_name_categories_acts_and_polarities() {
    for_every_example("tagging", |reader, task, example| match &example.text {
        Text::Words(words) => {
            let taskgraft_tasks::TargetKind::Tags { labels } = &task.spec.kind else {
                panic!("not tags")
            };
            let index = |tag: String| labels.iter().position(|label| *label == tag).unwrap();
            Target::Tags(reader.tags(words).into_iter().map(index).collect())
        }
        other => panic!("{other:?}"),
    });
}
