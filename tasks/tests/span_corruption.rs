//! Properties of span corruption, and T5's lengths.

use proptest::prelude::*;
use taskgraft_tasks::objectives::{
    DrawKey, Lengths, Objective, SpanCorruption, T5Tokens, TextToText, random_spans_lengths,
};

/// Many sentinels, so that long passages with much noise have enough.
const TOKENS: T5Tokens = T5Tokens { eos: 1, sentinel: 99_999, sentinels: 2_000 };

fn corruption(density: f64, mean_span: f64) -> SpanCorruption {
    SpanCorruption { density, mean_span, tokens: TOKENS }
}

/// Documents whose tokens are all different and ascending, so that a token tells its place.
fn passage(documents: &[usize]) -> Vec<Vec<u32>> {
    let mut next = 10;
    let document = |length: &usize| {
        next += *length as u32;
        (next - *length as u32..next).collect()
    };
    documents.iter().map(document).collect()
}

fn corrupt(objective: &SpanCorruption, documents: &[usize], seed: u64) -> (Vec<u32>, TextToText) {
    let documents = passage(documents);
    let parts: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
    let example = objective.example(&parts, DrawKey::new(seed, 0, 0)).unwrap();
    (documents.concat(), example)
}

/// The noise spans, after checking that sentinels descend from the first one.
fn spans(example: &TextToText) -> Vec<Vec<u32>> {
    let (end, targets) = example.targets.split_last().unwrap();
    assert_eq!(*end, TOKENS.eos);
    let mut spans: Vec<Vec<u32>> = Vec::new();
    for token in targets {
        match TOKENS.number_of(*token) {
            Some(number) => {
                assert_eq!(number, spans.len(), "sentinels are out of order in the targets");
                spans.push(Vec::new());
            }
            None => spans.last_mut().expect("targets start with a sentinel").push(*token),
        }
    }
    spans
}

#[test]
fn lengths_are_those_of_t5() {
    for (inputs, tokens, targets) in
        [(512, 568, 114), (128, 141, 29), (256, 284, 58), (1024, 1137, 229)]
    {
        let found = random_spans_lengths(inputs, 0.15, 3.0).unwrap();
        assert_eq!((found.tokens, found.targets), (tokens, targets));
        let (_, example) = corrupt(&corruption(0.15, 3.0), &[tokens], 7);
        assert_eq!((example.inputs.len(), example.targets.len()), (inputs, targets));
    }
    assert_eq!(random_spans_lengths(2, 0.15, 3.0), None);
    assert_eq!(random_spans_lengths(512, 1.5, 3.0), None);
}

#[test]
fn an_example_reads_as_in_t5s_paper() {
    let (passage, example) = corrupt(&corruption(0.15, 3.0), &[13], 0);
    // Two tokens of thirteen are noise, in one span at the end.
    let sentinel = TOKENS.sentinel;
    assert_eq!(example.inputs, [&passage[..11], &[sentinel, 1]].concat());
    assert_eq!(example.targets, [&[sentinel], &passage[11..], &[1]].concat());
}

#[test]
fn the_same_key_gives_the_same_example_on_every_machine_and_another_key_another() {
    let objective = corruption(0.3, 2.0);
    let (passage, example) = corrupt(&objective, &[20], 3);
    assert_eq!(corrupt(&objective, &[20], 3), (passage, example.clone()));
    assert_ne!(corrupt(&objective, &[20], 4).1, example);
    assert_eq!(spans(&example), GOLDEN.map(<[u32]>::to_vec));
}

/// Made by this code; a change of it would change all runs.
const GOLDEN: [&[u32]; 3] = [&[12, 13], &[17, 18, 19], &[29]];

proptest! {
    #[test]
    fn the_passage_can_be_restored_and_noise_is_exact(
        length in 2_usize..400, density in 0.02_f64..0.9, mean in 1.0_f64..20.0, seed: u64,
    ) {
        let objective = corruption(density, mean);
        let (passage, example) = corrupt(&objective, &[length], seed);
        prop_assert_eq!(objective.restore(&example).unwrap(), passage);
        let spans = spans(&example);
        // In single precision, as T5 computes.
        let noise = (length as f32 * density as f32).round_ties_even() as usize;
        let noise = noise.clamp(1, length - 1);
        prop_assert_eq!(spans.iter().map(Vec::len).sum::<usize>(), noise);
        let wanted = ((noise as f32 / mean as f32).round_ties_even() as usize).clamp(1, length - noise);
        prop_assert_eq!(spans.len(), wanted);
        let lengths =
            Lengths { inputs: example.inputs.len(), targets: example.targets.len() };
        prop_assert_eq!(lengths, objective.lengths(length));
    }

    #[test]
    fn spans_are_apart_and_lie_within_one_document(
        documents in proptest::collection::vec(8_usize..60, 1..9),
        density in 0.05_f64..0.5, mean in 1.0_f64..3.0, seed: u64,
    ) {
        let objective = corruption(density, mean);
        let (passage, example) = corrupt(&objective, &documents, seed);
        prop_assert_eq!(objective.restore(&example).unwrap(), passage);
        let ends: Vec<u32> =
            documents.iter().scan(10, |at, d| { *at += *d as u32; Some(*at) }).collect();
        let document_of = |token: u32| ends.iter().position(|end| token < *end);
        for span in spans(&example) {
            prop_assert!(span.is_sorted_by(|a, b| a + 1 == *b), "not one run: {:?}", span);
            prop_assert_eq!(document_of(span[0]), document_of(span[span.len() - 1]));
        }
        let is_sentinel = |token: &u32| TOKENS.number_of(*token).is_some();
        prop_assert!(!is_sentinel(&example.inputs[0]), "a passage starts with what is not noise");
        prop_assert!(!example.inputs.windows(2).any(|pair| pair.iter().all(is_sentinel)));
        let lengths = objective.lengths(documents.iter().sum());
        prop_assert_eq!([example.inputs.len(), example.targets.len()], [lengths.inputs, lengths.targets]);
    }

    #[test]
    fn the_longest_passage_fits_and_a_longer_one_does_not(
        inputs in 4_usize..300, targets in 4_usize..300,
        density in 0.02_f64..0.9, mean in 1.0_f64..20.0,
    ) {
        let objective = corruption(density, mean);
        let limit = Lengths { inputs, targets };
        let longest = objective.longest(limit).unwrap();
        prop_assert!(objective.lengths(longest).fit(limit));
        for longer in longest + 1..longest + 50 {
            prop_assert!(!objective.lengths(longer).fit(limit));
        }
    }
}

#[test]
fn every_token_but_the_first_may_be_noise() {
    let objective = corruption(0.15, 3.0);
    let mut noise = [0; 40];
    for seed in 0..2_000 {
        let (_, example) = corrupt(&objective, &[40], seed);
        spans(&example).into_iter().flatten().for_each(|token| noise[token as usize - 10] += 1);
    }
    assert_eq!(noise[0], 0);
    assert!(noise[1..].iter().all(|n| *n > 20), "{noise:?}");
    assert_eq!(noise.iter().sum::<i32>(), 2_000 * 6);
}

#[test]
fn passages_that_cannot_be_corrupted_are_errors() {
    let default = SpanCorruption::default();
    let message = |objective: &SpanCorruption, documents: &[&[u32]]| {
        objective.example(documents, DrawKey::new(0, 0, 0)).unwrap_err().to_string()
    };
    assert!(message(&default, &[&[5]]).contains("at least 2 are needed"));
    assert!(message(&default, &[]).contains("a passage of 0 tokens"));
    assert!(
        message(&default, &[&[5, 32_050, 6]])
            .contains("token 1 of a passage is the sentinel 32050")
    );
    let long: Vec<u32> = (10..3_000).collect();
    assert!(message(&default, &[&long]).contains("more than the 100 sentinels"));
    let short: Vec<&[u32]> = long.chunks(4).take(20).collect();
    let long_spans = SpanCorruption { density: 0.5, mean_span: 20.0, ..default.clone() };
    assert!(message(&long_spans, &short).contains("give longer documents or shorter spans"));
    let nonsense = SpanCorruption { density: 1.0, ..default };
    assert!(message(&nonsense, &[&long]).contains("`density` is 1"));
}

#[test]
fn what_is_no_example_is_not_restored() {
    let objective = corruption(0.15, 3.0);
    let [first, second] = [TOKENS.sentinel, TOKENS.sentinel - 1];
    for (inputs, targets, problem) in [
        (vec![5, first], vec![first, 6, 1], "must end with EOS"),
        (vec![], vec![first, 6, 1], "are empty"),
        (vec![5, first, 1], vec![1], "the targets lack a sentinel"),
        (vec![5, 1], vec![first, 6, 1], "the inputs lack a sentinel"),
        (vec![5, second, 1], vec![second, 6, 1], "sentinels must descend"),
        (vec![5, first, 1], vec![second, 6, 1], "sentinels must descend"),
    ] {
        let message = objective.restore(&TextToText { inputs, targets }).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
}
