//! Properties of masked language modelling.

use proptest::prelude::*;
use taskgraft_tasks::{
    Example, ExampleId, Text,
    objectives::{DrawKey, MaskConfig, MaskVocabulary, Masked, MaskedLm},
    text::TextEncoder,
};

const CLS: u32 = 2;
const SEP: u32 = 3;
const MASK: u32 = 4;
const SIZE: usize = 1_000;

/// Ids 0 to 4 are special; every third of the others continues a word.
fn vocabulary() -> MaskVocabulary {
    MaskVocabulary {
        size: SIZE,
        mask: MASK,
        special: vec![MASK, 0, 1, CLS, SEP],
        continues: Some((0..SIZE).map(|id| id > 4 && id % 3 == 0).collect()),
    }
}

fn lm(config: MaskConfig) -> MaskedLm {
    MaskedLm::new(config, vocabulary()).unwrap()
}

fn whole_words() -> MaskConfig {
    MaskConfig { whole_word: true, ..MaskConfig::default() }
}

/// `[CLS] tokens [SEP]`, padded.
fn around(tokens: &[u32]) -> Vec<u32> {
    [&[CLS], tokens, &[SEP, 0, 0]].concat()
}

/// Masked draws of one text of 500 tokens at 400 steps.
fn many(config: MaskConfig) -> (Vec<u32>, Vec<Masked>) {
    let tokens = around(&(0..500).map(|i| 5 + i * 7 % 995).collect::<Vec<_>>());
    let lm = lm(config);
    let draws = (0..400).map(|step| lm.mask(&tokens, DrawKey::new(1, step, 0))).collect();
    (tokens, draws)
}

/// The share of chosen tokens among 500 in each draw, of mask tokens and of random ones among those chosen.
fn shares((tokens, draws): &(Vec<u32>, Vec<Masked>)) -> [f64; 3] {
    let (mut chosen, mut masked, mut random) = (0.0, 0.0, 0.0);
    for draw in draws {
        chosen += draw.positions.len() as f64;
        for &at in &draw.positions {
            let (new, old) = (draw.tokens[at as usize], tokens[at as usize]);
            masked += f64::from(u8::from(new == MASK));
            random += f64::from(u8::from(new != MASK && new != old));
        }
    }
    [chosen / (500.0 * draws.len() as f64), masked / chosen, random / chosen]
}

#[test]
fn fifteen_in_a_hundred_are_chosen_and_meet_berts_three_fates() {
    for config in [MaskConfig::default(), whole_words()] {
        let [chosen, masked, random] = shares(&many(config));
        assert!((chosen - 0.15).abs() < 0.005, "{chosen}");
        // A random token is the mask token, or the original, once in a thousand times each.
        assert!((masked - 0.8).abs() < 0.012, "{masked}");
        assert!((random - 0.1).abs() < 0.01, "{random}");
    }
}

#[test]
fn other_rates_and_shares_are_kept_to() {
    let config = MaskConfig { rate: 0.4, masked: 0.25, random: 0.75, whole_word: false };
    let [chosen, masked, random] = shares(&many(config));
    assert!((chosen - 0.4).abs() < 0.005, "{chosen}");
    assert!((masked - 0.25).abs() < 0.01, "{masked}");
    assert!((random - 0.75).abs() < 0.01, "{random}");
    let all = MaskConfig { rate: 1.0, masked: 1.0, random: 0.0, whole_word: false };
    assert_eq!(shares(&many(all)), [1.0, 1.0, 0.0]);
}

#[test]
fn random_tokens_come_from_the_whole_vocabulary() {
    let config = MaskConfig { rate: 1.0, masked: 0.0, random: 1.0, whole_word: false };
    let (tokens, draws) = many(config);
    let mut seen = [0_usize; SIZE];
    for draw in &draws {
        (1..501).for_each(|at| seen[draw.tokens[at] as usize] += 1);
    }
    let expected = 500.0 * draws.len() as f64 / SIZE as f64;
    let chi2: f64 = seen.iter().map(|n| (*n as f64 - expected).powi(2) / expected).sum();
    // 999 degrees of freedom: mean 999, standard deviation 45.
    assert!((chi2 - 999.0).abs() < 5.0 * 45.0, "chi-squared {chi2}");
    assert_eq!(tokens.len(), 504);
}

#[test]
fn every_position_is_chosen_as_often_as_any_other() {
    let (_, draws) = many(MaskConfig::default());
    let mut chosen = [0_f64; 500];
    draws.iter().flat_map(|d| &d.positions).for_each(|at| chosen[*at as usize - 1] += 1.0);
    let mean = chosen.iter().sum::<f64>() / 500.0;
    let chi2: f64 = chosen.iter().map(|n| (n - mean).powi(2) / (mean * 0.85)).sum();
    assert!((chi2 - 499.0).abs() < 5.0 * 32.0, "chi-squared {chi2}");
}

proptest! {
    #[test]
    fn labels_are_the_originals_and_all_else_is_untouched(
        tokens in proptest::collection::vec(0_u32..1000, 0..80),
        seed: u64, step: u64, line: u64, whole_word: bool,
    ) {
        let lm = lm(MaskConfig { whole_word, ..MaskConfig::default() });
        let key = DrawKey::new(seed, step, line);
        let masked = lm.mask(&tokens, key);
        prop_assert_eq!(&masked, &lm.mask(&tokens, key));
        prop_assert!(masked.positions.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(masked.positions.len(), masked.labels.len());
        let mut restored = masked.tokens.clone();
        for (at, label) in masked.positions.iter().zip(&masked.labels) {
            prop_assert!(*label > 4, "special token {} is to be predicted", label);
            restored[*at as usize] = *label;
        }
        prop_assert_eq!(restored, &tokens[..]);
        prop_assert_eq!(masked.positions.is_empty(), tokens.iter().all(|token| *token <= 4));
    }

    #[test]
    fn pieces_of_a_word_are_chosen_together(
        tokens in proptest::collection::vec(0_u32..1000, 1..80), seed: u64,
    ) {
        let masked = lm(whole_words()).mask(&tokens, DrawKey::new(seed, 0, 0));
        for at in 1..tokens.len() {
            let continues = tokens[at] > 4 && tokens[at] % 3 == 0 && tokens[at - 1] > 4;
            let chosen = |at: usize| masked.positions.contains(&(at as u32));
            prop_assert!(!continues || chosen(at) == chosen(at - 1));
        }
    }
}

#[test]
fn another_seed_step_or_line_masks_anew() {
    let tokens = around(&[50; 100]);
    let lm = lm(MaskConfig::default());
    let at = |seed, step, line| lm.mask(&tokens, DrawKey::new(seed, step, line)).positions;
    let first = at(0, 0, 0);
    for other in [at(1, 0, 0), at(0, 1, 0), at(0, 0, 1), at(0, 1 << 40, 0)] {
        assert_ne!(first, other);
    }
}

#[test]
fn a_short_text_always_has_a_token_to_predict_and_each_is_as_likely() {
    let lm = lm(MaskConfig::default());
    let mut chosen = [0_f64; 3];
    let mut draws = 0.0;
    for step in 0..30_000 {
        let masked = lm.mask(&around(&[50, 51, 52]), DrawKey::new(0, step, 0));
        assert!(!masked.positions.is_empty());
        masked.positions.iter().for_each(|at| chosen[*at as usize - 1] += 1.0);
        draws += 1.0;
    }
    let expected = 0.15 + 0.85_f64.powi(3) / 3.0;
    for n in chosen {
        assert!((n / draws - expected).abs() < 0.01, "{} is not {expected}", n / draws);
    }
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    let default = MaskConfig::default;
    for (config, problem) in [
        (MaskConfig { rate: 0.0, ..default() }, "rate is 0"),
        (MaskConfig { rate: f64::NAN, ..default() }, "rate is NaN"),
        (MaskConfig { masked: 0.95, ..default() }, "at most 1 together"),
        (MaskConfig { random: -0.1, ..default() }, "must be 0 or more"),
    ] {
        let message = MaskedLm::new(config, vocabulary()).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
    let unmarked = MaskVocabulary { continues: None, ..vocabulary() };
    let message = MaskedLm::new(whole_words(), unmarked).unwrap_err().to_string();
    assert!(message.contains("switch `whole_word` off"), "{message}");
    let without_mask = MaskVocabulary { special: vec![CLS, SEP], ..vocabulary() };
    let message = MaskedLm::new(default(), without_mask).unwrap_err().to_string();
    assert!(message.contains("mask token 4 must be one of the special"), "{message}");
}

#[test]
fn the_vocabulary_of_a_wordpiece_encoder_knows_its_special_tokens_and_words() {
    let texts = ["banana bandana", "band banana nab"];
    let encoder = TextEncoder::train(texts.into_iter(), 16, 32).unwrap();
    let vocabulary = MaskVocabulary::of(&encoder);
    assert_eq!((vocabulary.size, vocabulary.mask), (encoder.vocab_size(), encoder.mask_id()));
    let lm = MaskedLm::new(whole_words(), vocabulary).unwrap();
    let text = Text::One("banana band".into());
    let tokens = encoder.encode(&Example { id: ExampleId(0), text, target: None }).unwrap().tokens;
    let word = encoder
        .encode(&Example { id: ExampleId(0), text: Text::One("banana".into()), target: None })
        .unwrap();
    let first = word.tokens.len() - 2;
    assert!(first > 1, "`banana` has several pieces in so small a vocabulary");
    for step in 0..200 {
        let positions = lm.mask(&tokens, DrawKey::new(0, step, 0)).positions;
        let of_first = positions.iter().filter(|at| (1..=first as u32).contains(at)).count();
        assert!([0, first].contains(&of_first), "{positions:?}");
        assert!(positions.iter().all(|at| (1..tokens.len() as u32 - 1).contains(at)));
    }
}
