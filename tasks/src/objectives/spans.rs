//! Where the noise spans of a passage lie: T5's random spans, kept within documents.
//!
//! The numbers of noise tokens and of spans follow from the length alone. In one document both noise and other
//! tokens are cut into that many non-empty parts, all ways of cutting being as likely, and laid out in turn, the
//! first part not noise: so spans never touch, and the last token is always noise. With several documents, each gets
//! its share of spans and noise by its length, rounded by chance so that the numbers of the passage stay exact, and
//! is laid out like one.

use std::ops::Range;

use super::DrawKey;
use crate::{Error, Result, mixture::permute};

/// How many tokens of a passage are noise, and in how many spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noise {
    pub tokens: usize,
    pub spans: usize,
}

impl Noise {
    /// The noise of a passage of `length` tokens, two at least. Halves are rounded to even numbers. All is computed in
    /// single precision, as T5's `random_spans_noise_mask` does: of 190 tokens at 0.15 it makes 29 noise, not 28.
    pub fn of(length: usize, density: f64, mean_span: f64) -> Self {
        let tokens = (length as f32 * density as f32).round_ties_even() as usize;
        let tokens = tokens.clamp(1, length - 1);
        let spans = (tokens as f32 / mean_span as f32).round_ties_even() as usize;
        // Every span has a token of noise, and one before it that is not.
        Noise { tokens, spans: spans.clamp(1, tokens.min(length - tokens)) }
    }
}

const SPANS: u64 = 1;
const EXTRA: u64 = 2;
const NOISE_PARTS: u64 = 3;
const OTHER_PARTS: u64 = 4;

/// The noise spans of a passage, ascending, given the lengths of its documents.
///
/// # Errors
/// Documents too short to hold so much noise in so few spans.
pub(super) fn noise_spans(
    documents: &[usize],
    noise: Noise,
    key: DrawKey,
) -> Result<Vec<Range<usize>>> {
    let shares = shares(documents, noise, key).ok_or_else(|| {
        Error::Invalid(format!(
            "{} documents of {} tokens in all, the longest of {}, cannot hold {} noise tokens in {} spans that stay \
             within documents; give longer documents or shorter spans",
            documents.len(),
            documents.iter().sum::<usize>(),
            documents.iter().max().unwrap_or(&0),
            noise.tokens,
            noise.spans
        ))
    })?;
    let mut spans = Vec::with_capacity(noise.spans);
    let mut at = 0;
    for (number, (length, share)) in documents.iter().zip(shares).enumerate() {
        if share.spans == 0 {
            at += length;
            continue;
        }
        let cut =
            |total, purpose| composition(total, share.spans, key.of(purpose).of(number as u64));
        let noise = cut(share.tokens, NOISE_PARTS);
        let other = cut(length - share.tokens, OTHER_PARTS);
        for (noise, other) in noise.into_iter().zip(other) {
            spans.push(at + other..at + other + noise);
            at += other + noise;
        }
    }
    Ok(spans)
}

/// The noise of each document; `None` if they cannot hold it.
fn shares(documents: &[usize], noise: Noise, key: DrawKey) -> Option<Vec<Noise>> {
    let most: Vec<usize> = documents.iter().map(|length| length / 2).collect();
    // A document of one token can have no span.
    let weights: Vec<usize> =
        documents.iter().map(|length| length * usize::from(*length > 1)).collect();
    let mut spans = share_out(noise.spans, &weights, &most, key.of(SPANS).unit(0))?;
    make_room(&mut spans, documents, noise)?;
    let room = |(length, spans): (&usize, &usize)| if *spans == 0 { 0 } else { length - 2 * spans };
    let room: Vec<usize> = documents.iter().zip(&spans).map(room).collect();
    let extra = share_out(noise.tokens - noise.spans, &spans, &room, key.of(EXTRA).unit(0))?;
    let both = spans.into_iter().zip(extra);
    Some(both.map(|(spans, extra)| Noise { tokens: spans + extra, spans }).collect())
}

/// Moves spans into longer documents until those that have any can hold all the noise.
fn make_room(spans: &mut [usize], documents: &[usize], noise: Noise) -> Option<()> {
    let with = |spans: &[usize]| -> usize {
        documents.iter().zip(spans).filter(|(_, spans)| **spans > 0).map(|(length, _)| length).sum()
    };
    // Each span needs a token before it.
    while with(spans) < noise.tokens + noise.spans {
        let all = 0..documents.len();
        let to = all.clone().filter(|d| spans[*d] == 0).max_by_key(|d| documents[*d])?;
        let from = all.clone().find(|d| spans[*d] > 1).or_else(|| {
            let shorter = |d: &usize| spans[*d] == 1 && documents[*d] < documents[to];
            all.filter(shorter).min_by_key(|d| documents[*d])
        })?;
        if documents[to] < 2 {
            return None;
        }
        spans[from] -= 1;
        spans[to] += 1;
    }
    Some(())
}

/// Shares out `total` by weight: each part is its quota rounded down or up by chance, so that quotas are met on
/// average and the sum always, and none has more than its `most`. `None` if they cannot hold the total.
fn share_out(total: usize, weights: &[usize], most: &[usize], offset: f64) -> Option<Vec<usize>> {
    if most.iter().sum::<usize>() < total {
        return None;
    }
    let all = weights.iter().sum::<usize>().max(1) as f64;
    let mut before = 0;
    let mut parts = Vec::with_capacity(weights.len());
    let mut rest = total;
    for (weight, most) in weights.iter().zip(most) {
        let start = (total as f64 * before as f64 / all + offset).floor();
        before += weight;
        let end = (total as f64 * before as f64 / all + offset).floor();
        let part = ((end - start) as usize).min(*most).min(rest);
        rest -= part;
        parts.push(part);
    }
    // What did not fit goes where there is room.
    for (part, most) in parts.iter_mut().zip(most) {
        let more = rest.min(most - *part);
        *part += more;
        rest -= more;
    }
    Some(parts)
}

/// `total` cut into `parts` non-empty parts, all ways being as likely; `parts` is from 1 to `total`.
fn composition(total: usize, parts: usize, key: DrawKey) -> Vec<usize> {
    let places = total - 1;
    let mut cuts: Vec<usize> = (0..parts - 1).map(|i| 1 + permute(key.word(), places, i)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([total]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| end - start).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_ways_of_cutting_are_as_likely() {
        // 7 into 3 parts: 15 ways. Chi-squared with 14 degrees of freedom.
        let mut seen: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        for seed in 0..15_000 {
            *seen.entry(composition(7, 3, DrawKey::new(seed, 0, 0))).or_default() += 1.0;
        }
        assert_eq!(seen.len(), 15);
        let chi2: f64 = seen.values().map(|n| (n - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 42.0, "chi-squared {chi2} has p < 1e-4");
    }

    #[test]
    fn documents_get_noise_by_their_length_on_average() {
        let documents = [40, 10, 50, 100];
        let noise = Noise::of(200, 0.15, 3.0);
        let mut spans = [0.0; 4];
        let mut tokens = [0.0; 4];
        for seed in 0..4_000 {
            let shares = shares(&documents, noise, DrawKey::new(seed, 0, 0)).unwrap();
            for (document, share) in shares.iter().enumerate() {
                spans[document] += share.spans as f64 / 4_000.0;
                tokens[document] += share.tokens as f64 / 4_000.0;
            }
        }
        for (document, length) in documents.into_iter().enumerate() {
            let expected = length as f64 * 0.15;
            assert!((tokens[document] - expected).abs() < 0.15, "{tokens:?}");
            assert!((spans[document] - expected / 3.0).abs() < 0.05, "{spans:?}");
        }
    }

    proptest! {
        #[test]
        fn shares_add_up_and_fit_wherever_any_do(
            documents in proptest::collection::vec(1_usize..30, 1..12),
            density in 0.05_f64..0.7, mean in 1.0_f64..40.0, seed: u64,
        ) {
            prop_assume!(documents.iter().sum::<usize>() > 1);
            let noise = Noise::of(documents.iter().sum(), density, mean);
            // Spans in the longest documents leave the most room: one each as long as there are spans.
            let mut longest = documents.clone();
            longest.sort_unstable_by(|a, b| b.cmp(a));
            let halves: usize = documents.iter().map(|length| length / 2).sum();
            let with_spans = longest.iter().filter(|length| **length > 1).take(noise.spans);
            let room: usize = with_spans.sum();
            let possible = halves >= noise.spans && room >= noise.tokens + noise.spans;
            let found = shares(&documents, noise, DrawKey::new(seed, 0, 0));
            prop_assert_eq!(found.is_some(), possible);
            if let Some(shares) = found {
                prop_assert_eq!(shares.iter().map(|s| s.tokens).sum::<usize>(), noise.tokens);
                prop_assert_eq!(shares.iter().map(|s| s.spans).sum::<usize>(), noise.spans);
                for (share, length) in shares.iter().zip(&documents) {
                    prop_assert!(share.tokens >= share.spans);
                    prop_assert!(share.tokens + share.spans <= *length);
                    prop_assert_eq!(share.tokens == 0, share.spans == 0);
                }
            }
        }
    }
}
