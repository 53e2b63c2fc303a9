//! Clauses: what they say, how they are drawn, and how they are put into words.
//!
//! A clause tells of an event (a being does something to a being or thing) or of a quality (someone or something is
//! good or bad). Events can be told in the active or the passive voice. Nouns and verbs are not inflected; number
//! shows in determiners and auxiliaries alone.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::lexicon::{CATEGORIES, Lexicon, Sense, Word};

/// A generator with what sentences are made from.
pub struct Draw<'a> {
    pub rng: ChaCha8Rng,
    pub lexicon: &'a Lexicon,
    /// Probability of an optional part.
    pub complexity: f64,
}

/// A noun phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Nominal {
    pub determiner: &'static str,
    pub adjective: Option<Word>,
    pub noun: Word,
    /// `near` another one.
    pub near: Option<Box<Nominal>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    Event { verb: Word, object: Nominal },
    Quality { adjective: Word },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub subject: Nominal,
    pub negated: bool,
    pub predicate: Predicate,
}

/// A word in its place, still with its meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    Function(&'static str),
    Content(Word),
}

impl Draw<'_> {
    pub fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    /// Whether an optional part is there.
    pub fn optional(&mut self) -> bool {
        self.chance(self.complexity)
    }

    /// One of the options.
    pub fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.rng.random_range(0..options.len())]
    }

    pub fn being(&mut self) -> Nominal {
        Nominal::the(self.lexicon.being(&mut self.rng))
    }

    pub fn thing(&mut self) -> Nominal {
        Nominal::the(self.lexicon.thing(&mut self.rng))
    }

    pub fn being_or_thing(&mut self) -> Nominal {
        if self.chance(0.5) { self.being() } else { self.thing() }
    }

    pub fn adjective(&mut self) -> Word {
        let positive = self.chance(0.5);
        self.lexicon.adjective(&mut self.rng, positive)
    }

    pub fn verb(&mut self) -> Word {
        self.lexicon.verb(&mut self.rng)
    }

    pub fn event(&mut self) -> Clause {
        let (subject, verb, object) = (self.being(), self.verb(), self.being_or_thing());
        let negated = self.optional();
        Clause { subject, negated, predicate: Predicate::Event { verb, object } }
    }

    pub fn quality(&mut self) -> Clause {
        let (subject, adjective) = (self.being_or_thing(), self.adjective());
        let negated = self.optional();
        Clause { subject, negated, predicate: Predicate::Quality { adjective } }
    }

    /// An event or a quality.
    pub fn clause(&mut self) -> Clause {
        if self.chance(0.5) { self.event() } else { self.quality() }
    }

    /// The clause in other words of the same meaning, each exchanged with probability one half.
    pub fn reworded(&mut self, mut clause: Clause) -> Clause {
        for word in clause.words_mut() {
            if self.chance(0.5) {
                *word = self.lexicon.word(&mut self.rng, word.sense);
            }
        }
        clause
    }

    /// A word of the same part of speech with another meaning, half of the time of the same category or polarity.
    /// Beings stay beings and things stay things.
    pub fn other(&mut self, word: Word) -> Word {
        let near = self.chance(0.5);
        loop {
            let (rng, lexicon) = (&mut self.rng, self.lexicon);
            let new = match word.sense {
                Sense::Noun { category, .. } | Sense::Category(category) if near => {
                    lexicon.noun(rng, category..category + 1)
                }
                Sense::Noun { .. } | Sense::Category(_) if word.sense.is_being() => {
                    lexicon.being(rng)
                }
                Sense::Noun { .. } | Sense::Category(_) => lexicon.thing(rng),
                Sense::Verb(_) => lexicon.verb(rng),
                Sense::Adjective { positive, .. } => lexicon.adjective(rng, positive == near),
            };
            if new.sense != word.sense {
                return new;
            }
        }
    }

    /// The more general word for a noun.
    pub fn general(&mut self, noun: Word) -> Word {
        // Only nouns are asked for, and those have a category.
        let category = noun.sense.category().unwrap_or(CATEGORIES - 1);
        self.lexicon.word(&mut self.rng, Sense::Category(category))
    }

    /// The clause as text, an event in either voice.
    pub fn tell(&mut self, clause: &Clause) -> String {
        let passive = self.optional();
        self.write(&clause.pieces(passive, false))
    }

    pub fn write(&self, pieces: &[Piece]) -> String {
        self.words(pieces).join(" ")
    }

    pub fn words(&self, pieces: &[Piece]) -> Vec<String> {
        let word = |piece: &Piece| match piece {
            Piece::Function(word) => word.to_string(),
            Piece::Content(word) => self.lexicon.form(*word).to_string(),
        };
        pieces.iter().map(word).collect()
    }
}

impl Nominal {
    pub fn the(noun: Word) -> Self {
        Nominal { determiner: "the", adjective: None, noun, near: None }
    }

    pub fn is_plural(&self) -> bool {
        matches!(self.determiner, "these" | "many")
    }

    fn pieces(&self, out: &mut Vec<Piece>) {
        out.push(Piece::Function(self.determiner));
        out.extend(self.adjective.map(Piece::Content));
        out.push(Piece::Content(self.noun));
        if let Some(near) = &self.near {
            out.push(Piece::Function("near"));
            near.pieces(out);
        }
    }
}

impl Clause {
    /// The words in order. `perfect` gives an active event the auxiliary that agrees in number.
    pub fn pieces(&self, passive: bool, perfect: bool) -> Vec<Piece> {
        let mut out = Vec::new();
        let auxiliary =
            |of: &Nominal, one, many| Piece::Function(if of.is_plural() { many } else { one });
        match &self.predicate {
            Predicate::Quality { adjective } => {
                self.subject.pieces(&mut out);
                out.push(auxiliary(&self.subject, "was", "were"));
                out.extend(self.negated.then_some(Piece::Function("not")));
                out.push(Piece::Content(*adjective));
            }
            Predicate::Event { verb, object } => {
                let (first, last) =
                    if passive { (object, &self.subject) } else { (&self.subject, object) };
                first.pieces(&mut out);
                if passive {
                    out.push(auxiliary(first, "was", "were"));
                } else if perfect {
                    out.push(auxiliary(first, "has", "have"));
                }
                out.extend(self.negated.then_some(Piece::Function("never")));
                out.push(Piece::Content(*verb));
                out.extend(passive.then_some(Piece::Function("by")));
                last.pieces(&mut out);
            }
        }
        out
    }

    /// All content words, those of places left out.
    pub fn words_mut(&mut self) -> Vec<&mut Word> {
        let subject = &mut self.subject;
        let mut words: Vec<&mut Word> =
            subject.adjective.iter_mut().chain([&mut subject.noun]).collect();
        match &mut self.predicate {
            Predicate::Quality { adjective } => words.push(adjective),
            Predicate::Event { verb, object } => {
                words.push(verb);
                words.extend(object.adjective.iter_mut().chain([&mut object.noun]));
            }
        }
        words
    }

    /// Subject and object.
    pub fn nominals_mut(&mut self) -> Vec<&mut Nominal> {
        match &mut self.predicate {
            Predicate::Quality { .. } => vec![&mut self.subject],
            Predicate::Event { object, .. } => vec![&mut self.subject, object],
        }
    }

    /// Who acted and who was acted upon change places, if both are beings. True if that was so.
    pub fn swap_roles(&mut self) -> bool {
        match &mut self.predicate {
            Predicate::Event { object, .. } if object.noun.sense.is_being() => {
                std::mem::swap(&mut self.subject, object);
                true
            }
            _ => false,
        }
    }
}
