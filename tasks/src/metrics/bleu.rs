//! BLEU of a corpus (Papineni et al. 2002) with sacreBLEU's defaults (Post 2018): n-grams up to 4 of 13a tokens, or of
//! those of another tokenizer, case kept, exponential smoothing.
//!
//! Counts are summed over all examples before precisions are taken, so this is no mean over examples. Where an order
//! has n-grams but none right, its precision is 1 / (2^k · number of n-grams) at the k-th such order. Of several
//! references, an n-gram may occur as often as in the one that has it most, and the length nearest the prediction's
//! (the shorter at a tie) enters the brevity penalty. A corpus whose predictions are all shorter than four tokens
//! has BLEU 0.

use std::collections::HashMap;

use super::{
    overlap::{is_space, ngrams},
    tokenize_13a, tokenize_intl, tokenize_zh,
};

/// The longest n-grams.
pub const ORDER: usize = 4;

/// What cuts texts into tokens, by sacreBLEU's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokenizer {
    /// `13a`, the default.
    Of13a,
    /// `intl`, for any script that has spaces; T5's.
    Intl,
    /// `zh`, for Chinese.
    Zh,
}

impl Tokenizer {
    fn tokens(self, text: &str) -> Vec<String> {
        // White space at the end goes before any tokenizer sees the text.
        let text = text.trim_end_matches(is_space);
        match self {
            Tokenizer::Of13a => tokenize_13a::tokens(text),
            Tokenizer::Intl => tokenize_intl::tokens(text),
            Tokenizer::Zh => tokenize_zh::tokens(text),
        }
    }
}

/// BLEU of a corpus and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bleu {
    /// In [0, 1].
    pub score: f64,
    /// Of n-grams of 1 to 4 tokens, smoothed.
    pub precisions: [f64; ORDER],
    /// 1 unless the predictions are shorter than the references.
    pub brevity_penalty: f64,
}

/// Sums over a corpus.
#[derive(Default)]
struct Counts {
    right: [usize; ORDER],
    total: [usize; ORDER],
    predicted: usize,
    gold: usize,
}

/// BLEU of predictions, each with its references, on 13a tokens.
pub fn bleu<P: AsRef<str>, R: AsRef<str>>(predictions: &[P], references: &[Vec<R>]) -> Bleu {
    bleu_of(Tokenizer::Of13a, predictions, references)
}

/// BLEU of predictions, each with its references, on the tokens of this tokenizer.
pub fn bleu_of<P: AsRef<str>, R: AsRef<str>>(
    tokenizer: Tokenizer,
    predictions: &[P],
    references: &[Vec<R>],
) -> Bleu {
    let mut counts = Counts::default();
    for (prediction, references) in predictions.iter().zip(references) {
        let gold = references.iter().map(|reference| tokenizer.tokens(reference.as_ref()));
        counts.add(&tokenizer.tokens(prediction.as_ref()), &gold.collect::<Vec<_>>());
    }
    counts.score()
}

impl Counts {
    fn add(&mut self, p: &[String], gold: &[Vec<String>]) {
        self.predicted += p.len();
        let lengths = gold.iter().map(Vec::len);
        self.gold += lengths.min_by_key(|&n| (n.abs_diff(p.len()), n)).unwrap_or(0);
        for n in 1..=ORDER {
            let mut allowed: HashMap<&[String], usize> = HashMap::new();
            for (ngram, count) in gold.iter().flat_map(|g| ngrams(g, n)) {
                let most = allowed.entry(ngram).or_default();
                *most = count.max(*most);
            }
            for (ngram, count) in ngrams(p, n) {
                self.right[n - 1] += count.min(allowed.get(ngram).copied().unwrap_or(0));
                self.total[n - 1] += count;
            }
        }
    }

    fn score(&self) -> Bleu {
        let brevity_penalty = match (self.predicted, self.gold) {
            (p, g) if p >= g => 1.0,
            (0, _) => 0.0,
            (p, g) => (1.0 - g as f64 / p as f64).exp(),
        };
        let mut precisions = [0.0; ORDER];
        if self.right.iter().all(|&right| right == 0) {
            return Bleu { score: 0.0, precisions, brevity_penalty };
        }
        let mut smoothing = 1.0;
        for ((precision, &right), &total) in precisions.iter_mut().zip(&self.right).zip(&self.total)
        {
            if total > 0 && right == 0 {
                smoothing *= 2.0;
                *precision = 1.0 / (smoothing * total as f64);
            } else if total > 0 {
                *precision = right as f64 / total as f64;
            }
        }
        let mean_log = precisions.iter().map(|p| p.ln()).sum::<f64>() / ORDER as f64;
        Bleu { score: brevity_penalty * mean_log.exp(), precisions, brevity_penalty }
    }
}
