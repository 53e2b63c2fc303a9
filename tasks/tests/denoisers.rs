//! Properties of prefix language modelling, BERT-style denoising and UL2's mixture.

use std::collections::BTreeMap;

use proptest::prelude::*;
use taskgraft_tasks::objectives::{
    BertStyle, Denoising, DrawKey, Lengths, MixtureOfDenoisers, ModeTokens, Objective, PrefixLm,
    T5Tokens, TextToText,
};

const EOS: u32 = 1;
const MODES: ModeTokens = ModeTokens { regular: 40_000, sequential: 40_001, extreme: 40_002 };

fn passage(length: usize) -> Vec<u32> {
    (10..10 + length as u32).collect()
}

fn key(seed: u64) -> DrawKey {
    DrawKey::new(seed, 0, 0)
}

fn lengths(example: &TextToText) -> Lengths {
    Lengths { inputs: example.inputs.len(), targets: example.targets.len() }
}

/// Both sides without EOS.
fn sides(example: &TextToText) -> (&[u32], &[u32]) {
    let (Some((&EOS, inputs)), Some((&EOS, targets))) =
        (example.inputs.split_last(), example.targets.split_last())
    else {
        panic!("both sides end with EOS: {example:?}");
    };
    (inputs, targets)
}

proptest! {
    #[test]
    fn prefix_and_suffix_are_the_passage_and_the_suffix_is_of_the_last_document(
        documents in proptest::collection::vec(0_usize..40, 1..5), mean in 0.05_f64..=0.5, seed: u64,
    ) {
        let length = documents.iter().sum::<usize>();
        prop_assume!(length > 1);
        let all = passage(length);
        let mut rest = all.as_slice();
        let mut parts = Vec::new();
        for document in &documents {
            let (part, after) = rest.split_at(*document);
            (rest, parts) = (after, [parts, vec![part]].concat());
        }
        let objective = PrefixLm { mean_suffix: mean, tokens: T5Tokens::default() };
        let example = objective.example(&parts, key(seed)).unwrap();
        let (inputs, targets) = sides(&example);
        prop_assert_eq!([inputs, targets].concat(), all);
        prop_assert!(!inputs.is_empty() && !targets.is_empty());
        let last = documents.iter().rev().find(|d| **d > 0).unwrap();
        prop_assert!(targets.len() <= *last);
        prop_assert!(lengths(&example).fit(objective.lengths(length)));
    }
}

#[test]
fn a_prefix_ends_at_every_place_as_often_or_leaves_a_quarter_on_average() {
    let suffixes = |mean_suffix: f64| {
        let objective = PrefixLm { mean_suffix, tokens: T5Tokens::default() };
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for seed in 0..10_000 {
            let example = objective.example(&[&passage(21)], key(seed)).unwrap();
            *counts.entry(sides(&example).1.len()).or_default() += 1.0;
        }
        counts
    };
    let half = suffixes(0.5);
    assert_eq!(half.keys().copied().collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    // Chi-squared with 19 degrees of freedom.
    let chi2: f64 = half.values().map(|n| (n - 500.0).powi(2) / 500.0).sum();
    assert!(chi2 < 50.0, "chi-squared {chi2} has p < 1e-4");
    let quarter = suffixes(0.25);
    let mean = quarter.iter().map(|(length, n)| *length as f64 * n).sum::<f64>() / 10_000.0;
    assert!((mean - 21.0 / 4.0).abs() < 0.3, "{mean}");
}

#[test]
fn bert_style_writes_the_whole_passage_from_inputs_with_masks_and_random_tokens() {
    let objective = BertStyle::default();
    let all = passage(500);
    let (mut replaced, mut masks) = (0.0, 0.0);
    for seed in 0..200 {
        let example = objective.example(&[&all[..100], &all[100..]], key(seed)).unwrap();
        assert_eq!(lengths(&example), objective.lengths(500));
        let (inputs, targets) = sides(&example);
        assert_eq!(targets, all);
        for (input, target) in inputs.iter().zip(targets).filter(|(i, t)| i != t) {
            replaced += 1.0;
            masks += f64::from(u8::from(*input == 32_099));
            assert!(*input == 32_099 || (3..32_000).contains(input), "{input} for {target}");
        }
    }
    assert!((replaced / 100_000.0 - 0.15_f64).abs() < 0.005, "{replaced}");
    assert!((masks / replaced - 0.9_f64).abs() < 0.01, "{masks} of {replaced}");
}

#[test]
fn bert_style_always_replaces_a_token() {
    let objective = BertStyle { random: 0.0, ..BertStyle::default() };
    for seed in 0..200 {
        let example = objective.example(&[&[50, 51]], key(seed)).unwrap();
        assert!(example.inputs.contains(&32_099));
    }
}

fn ul2() -> MixtureOfDenoisers {
    MixtureOfDenoisers::ul2(T5Tokens::default(), MODES)
}

/// What an example of a denoiser was made from.
fn restored(denoising: &Denoising, example: &TextToText) -> Vec<u32> {
    match denoising {
        Denoising::Spans(spans) => spans.restore(example).unwrap(),
        Denoising::Prefix(_) => [sides(example).0, sides(example).1].concat(),
        Denoising::BertStyle(_) => sides(example).1.to_vec(),
    }
}

proptest! {
    #[test]
    fn a_mixture_is_lossless_and_says_which_sort_of_denoising_it_is(
        length in 2_usize..400, seed: u64,
    ) {
        let (mixture, all) = (ul2(), passage(length));
        let mut example = mixture.example(&[&all], key(seed)).unwrap();
        prop_assert!(lengths(&example).fit(mixture.lengths(length)));
        let denoiser = mixture.pick(key(seed));
        prop_assert!(lengths(&example).fit(denoiser.lengths(length)));
        prop_assert_eq!(&denoiser.example(&[&all], key(seed)).unwrap(), &example);

        let mode = match &denoiser.denoising {
            Denoising::Prefix(_) => MODES.sequential,
            Denoising::Spans(s) if s.density < 0.5 && s.mean_span < 64.0 => MODES.regular,
            _ => MODES.extreme,
        };
        prop_assert_eq!(example.inputs.remove(0), mode);
        prop_assert_eq!(restored(&denoiser.denoising, &example), all);
    }

    #[test]
    fn a_passage_as_long_as_its_denoiser_allows_fits_the_limits(
        inputs in 8_usize..300, targets in 8_usize..300, seed: u64,
    ) {
        let mixture = ul2();
        let limit = Lengths { inputs, targets };
        for objective in [mixture.pick(key(seed)) as &dyn Objective, &mixture] {
            let longest = objective.longest(limit).unwrap();
            prop_assert!(!objective.lengths(longest + 1).fit(limit));
            let example = objective.example(&[&passage(longest)], key(seed)).unwrap();
            prop_assert!(lengths(&example).fit(limit));
        }
    }
}

#[test]
fn denoisers_are_drawn_by_weight() {
    let mut denoisers = ul2().denoisers().to_vec();
    assert_eq!(denoisers.len(), 7);
    denoisers[0].weight = 3.0;
    let mixture = MixtureOfDenoisers::new(denoisers).unwrap();
    let mut counts = [0.0_f64; 7];
    for step in 0..9_000 {
        let picked = mixture.pick(DrawKey::new(0, step, 0));
        counts[mixture.denoisers().iter().position(|d| d == picked).unwrap()] += 1.0;
    }
    for (count, expected) in counts.into_iter().zip([3000.0, 1e3, 1e3, 1e3, 1e3, 1e3, 1e3]) {
        assert!((count - expected).abs() < 200.0, "{counts:?}");
    }
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    assert!(MixtureOfDenoisers::new(Vec::new()).is_err());
    let mut denoisers = ul2().denoisers().to_vec();
    denoisers[2].weight = 0.0;
    let message = MixtureOfDenoisers::new(denoisers).unwrap_err().to_string();
    assert!(message.contains("a weight is 0; give a number above 0"), "{message}");

    let (tokens, all) = (T5Tokens::default(), passage(20));
    let prefix = PrefixLm { mean_suffix: 0.6, tokens };
    assert!(prefix.example(&[&all], key(0)).is_err());
    for broken in [
        BertStyle { rate: 0.0, ..BertStyle::default() },
        BertStyle { random: 1.5, ..BertStyle::default() },
        BertStyle { tokens: T5Tokens { sentinel: 99, ..tokens }, ..BertStyle::default() },
    ] {
        assert!(broken.example(&[&all], key(0)).is_err(), "{broken:?}");
    }
    assert!(BertStyle::default().example(&[&[5]], key(0)).is_err());
}
