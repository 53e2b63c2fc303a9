//! Beam search with the bookkeeping of the transformers library, version 5.
//!
//! Each step looks at the `2 · beams` likeliest continuations of an example, so that `beams` remain
//! when all of the best half end; only those in the best half may end. An ended text's score is its
//! log-probability over its length to the power of the length penalty. When the search ends before
//! the limit is [`EarlyStopping`]'s matter.

use rayon::prelude::*;

use super::top::{largest, log_partition};
use super::{Generated, floats};
use crate::Result;
use crate::t5::{DecoderCache, Memory, T5};

/// When an example is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStopping {
    /// When as many texts have ended as there are beams: transformers' `true`.
    WhenFull,
    /// When the best running text, at its present length, scores below the worst ended one: `false`.
    Heuristic,
    /// When no running text can score above the worst ended one any more: `"never"`.
    Never,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamSearch {
    pub beams: usize,
    /// Above 0 favours long texts, below 0 short ones.
    pub length_penalty: f64,
    pub early_stopping: EarlyStopping,
}

impl BeamSearch {
    /// With a length penalty of 1 and transformers' default of early stopping.
    pub fn new(beams: usize) -> Self {
        Self { beams, length_penalty: 1.0, early_stopping: EarlyStopping::Heuristic }
    }

    pub fn with_length_penalty(mut self, penalty: f64) -> Self {
        self.length_penalty = penalty;
        self
    }

    pub fn with_early_stopping(mut self, early_stopping: EarlyStopping) -> Self {
        self.early_stopping = early_stopping;
        self
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match (self.beams, self.length_penalty.is_finite()) {
            (0, _) => Err("`beams` is 0; expected at least 1".into()),
            (_, false) => Err(format!(
                "`length_penalty` is {}; expected a finite number",
                self.length_penalty
            )),
            _ => Ok(()),
        }
    }
}

/// Below any log-probability: takes a text out of the running.
const OUT: f64 = -1e9;

/// A text of one example.
#[derive(Clone)]
struct Text {
    tokens: Vec<usize>,
    score: f64,
    has_ended: bool,
}

/// One of the likeliest continuations.
struct Candidate {
    beam: usize,
    token: usize,
    score: f64,
}

/// The search of one example.
struct Search {
    running: Vec<Text>,
    /// Best first.
    ended: Vec<Text>,
    can_improve: bool,
}

impl Search {
    fn new(beams: usize) -> Self {
        let empty = |score| Text { tokens: Vec::new(), score, has_ended: false };
        // All beams start alike, so all but the first are held back.
        let running = (0..beams).map(|beam| empty(if beam == 0 { 0.0 } else { OUT })).collect();
        Self { running, ended: vec![empty(OUT); beams], can_improve: true }
    }

    fn is_full(&self) -> bool {
        self.ended.iter().all(|text| text.has_ended)
    }

    /// The likeliest continuations, best first. `logits` holds a row per beam.
    fn candidates(&self, logits: &[f32]) -> Vec<Candidate> {
        let beams = self.running.len();
        let vocabulary = logits.len() / beams;
        let rows = logits.chunks_exact(vocabulary).zip(&self.running).enumerate();
        let mut candidates: Vec<Candidate> = rows
            .flat_map(|(beam, (row, text))| {
                let base = text.score - log_partition(row);
                let of_token = move |token| {
                    let score = base + f64::from(row[token]);
                    Candidate { beam, token, score }
                };
                largest(row, 2 * beams).into_iter().map(of_token)
            })
            .collect();
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(2 * beams);
        candidates
    }

    /// Takes the `length`-th token; returns which beam each running text continues.
    fn advance(&mut self, logits: &[f32], length: usize, rules: &Rules) -> Vec<usize> {
        let beams = self.running.len();
        let candidates = self.candidates(logits);
        let is_closed = !self.can_improve || (rules.stops_when_full() && self.is_full());
        let mut continued = Vec::with_capacity(candidates.len());
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let Candidate { beam, token, score } = candidate;
            let mut tokens = self.running[beam].tokens.clone();
            tokens.push(token);
            let has_ended = token == rules.end || length == rules.limit;
            if has_ended && rank < beams && !is_closed {
                let score = score / rules.weight(length);
                self.ended.push(Text { tokens: tokens.clone(), score, has_ended });
            }
            let score = if has_ended { score + OUT } else { score };
            continued.push((beam, Text { tokens, score, has_ended: false }));
        }
        self.ended.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.ended.truncate(beams);
        continued.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
        continued.truncate(beams);
        let (sources, running) = continued.into_iter().unzip();
        self.running = running;
        self.can_improve &= self.may_beat(length, rules);
        sources
    }

    /// Whether a running text may yet score above the worst ended one.
    fn may_beat(&self, length: usize, rules: &Rules) -> bool {
        let worst = match self.is_full() {
            true => self.ended.last().map_or(OUT, |text| text.score),
            false => OUT,
        };
        let search = rules.search;
        let is_exact = search.early_stopping == EarlyStopping::Never && search.length_penalty > 0.0;
        let length = if is_exact { rules.limit } else { length };
        self.running.first().is_some_and(|best| best.score / rules.weight(length) > worst)
    }

    fn is_done(&self, length: usize, rules: &Rules) -> bool {
        !self.can_improve || (rules.stops_when_full() && self.is_full()) || length == rules.limit
    }

    fn into_best(self, end: usize) -> Generated {
        let best = self.ended.into_iter().next();
        let (mut tokens, score) = best.map(|text| (text.tokens, text.score)).unwrap_or_default();
        let ended = tokens.last() == Some(&end);
        if ended {
            tokens.pop();
        }
        Generated { tokens, ended, score: Some(score) }
    }
}

/// What is common to all examples.
struct Rules<'a> {
    search: &'a BeamSearch,
    limit: usize,
    /// The end-of-sequence token.
    end: usize,
}

impl Rules<'_> {
    fn weight(&self, length: usize) -> f64 {
        (length as f64).powf(self.search.length_penalty)
    }

    fn stops_when_full(&self) -> bool {
        self.search.early_stopping == EarlyStopping::WhenFull
    }
}

pub(super) fn decode(
    model: &T5,
    memory: &Memory,
    limit: usize,
    search: &BeamSearch,
) -> Result<Vec<Generated>> {
    let config = model.config();
    let rules = Rules { search, limit, end: config.eos_token_id };
    let (count, beams) = (memory.mask.dims()[0], search.beams);
    let mut searches: Vec<Search> = (0..count).map(|_| Search::new(beams)).collect();
    let mut examples: Vec<usize> = (0..count).collect();
    let mut cache = DecoderCache::new(model, memory);
    let mut last = vec![config.decoder_start_token_id; count * beams];
    for length in 1..=limit {
        if examples.is_empty() {
            break;
        }
        let logits = model.step(&last, &mut cache);
        let width = beams * logits.dims()[1];
        let logits = floats(logits)?;
        let mut going: Vec<_> = searches.iter_mut().enumerate().collect();
        going.retain(|(example, _)| examples.binary_search(example).is_ok());
        let sources: Vec<Vec<usize>> = going
            .into_par_iter()
            .zip(logits.par_chunks_exact(width))
            .map(|((_, search), logits)| search.advance(logits, length, &rules))
            .collect();
        let is_going = |place: &usize| !searches[examples[*place]].is_done(length, &rules);
        let places: Vec<usize> = (0..examples.len()).filter(is_going).collect();
        let rows: Vec<usize> = places
            .iter()
            .flat_map(|&place| sources[place].iter().map(move |beam| place * beams + beam))
            .collect();
        cache.select_rows(&rows);
        if places.len() < examples.len() {
            cache.select_examples(&places);
            examples = places.iter().map(|&place| examples[place]).collect();
        }
        let running = examples.iter().flat_map(|&example| &searches[example].running);
        last = running.filter_map(|text| text.tokens.last().copied()).collect();
    }
    Ok(searches.into_iter().map(|search| search.into_best(rules.end)).collect())
}
