//! Properties of text-to-text batches: packing loses nothing and splits nothing, and batches depend on the step alone.

use std::sync::Arc;

use proptest::prelude::*;
use taskgraft_tasks::{
    mixture::{
        Draw, LayoutConfig, MixtureConfig, NO_TARGET, Rate, RealisedRates, TextToTextBatch,
        TextToTextBatches, TextToTextTask, TokenRows, Widths, ordered_prefetch, pack,
    },
    objectives::{Lengths, PassageSource, SpanCorruption, T5Tokens, TextToText},
};

const ROW: Lengths = Lengths { inputs: 40, targets: 16 };

/// An example whose tokens tell its number and their place.
fn example(number: usize, inputs: usize, targets: usize) -> TextToText {
    let tokens = |length: usize| (0..length).map(|i| (1000 * (number + 1) + i) as u32).collect();
    TextToText { inputs: tokens(inputs), targets: tokens(targets) }
}

fn drawn(lengths: &[(usize, usize)]) -> Vec<(Draw, TextToText)> {
    let draw = |number: usize| Draw { task: 0, example: number, weight: 1.0 + number as f32 };
    let numbered = lengths.iter().enumerate();
    numbered.map(|(n, &(inputs, targets))| (draw(n), example(n, inputs, targets))).collect()
}

fn layout(packing: bool) -> LayoutConfig {
    LayoutConfig { row: ROW, packing, ..LayoutConfig::default() }
}

fn some_lengths() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((1..=ROW.inputs, 1..=ROW.targets), 0..40)
}

/// Every segment of every row in one piece, numbered from 1, its positions from 0, padding behind all.
fn assert_tidy(side: &TokenRows, padding: i32) {
    for row in 0..side.segments.len() / side.width.max(1) {
        let at = |i: usize| row * side.width + i;
        let (mut segment, mut position) = (0, 0);
        for i in 0..side.width {
            let found = side.segments[at(i)];
            if found == 0 {
                segment = i32::MAX;
                assert_eq!((side.tokens[at(i)], side.positions[at(i)]), (padding, 0));
                continue;
            }
            position = if found == segment { position + 1 } else { 0 };
            assert!(found == segment || (segment < i32::MAX && found == segment + 1));
            assert_eq!(side.positions[at(i)], position);
            segment = found;
        }
    }
}

proptest! {
    #[test]
    fn every_example_is_packed_once_and_rows_hold_no_more_than_they_may(lengths in some_lengths()) {
        let lengths: Vec<Lengths> =
            lengths.into_iter().map(|(inputs, targets)| Lengths { inputs, targets }).collect();
        let rows = pack(&lengths, ROW).unwrap();
        let mut seen: Vec<usize> = rows.concat();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        let sum = |row: &[usize]| row.iter().fold(Lengths { inputs: 0, targets: 0 }, |sum, &at| Lengths {
            inputs: sum.inputs + lengths[at].inputs,
            targets: sum.targets + lengths[at].targets,
        });
        for (number, row) in rows.iter().enumerate() {
            prop_assert!(!row.is_empty() && sum(row).fit(ROW));
            // Greedy: the first example of a row had no room in any row before it.
            for before in &rows[..number] {
                let both = [&before[..], &row[..1]].concat();
                prop_assert!(!sum(&both).fit(ROW));
            }
        }
    }

    #[test]
    fn a_batch_holds_every_token_and_weight_in_its_place(lengths in some_lengths(), packing: bool, multiple in 1usize..9) {
        let examples = drawn(&lengths);
        let layout = LayoutConfig { row_multiple: multiple, ..layout(packing) };
        let batch = TextToTextBatch::new(3, &examples, &layout, 0).unwrap();
        prop_assert_eq!(batch.rows % multiple, 0);
        assert_tidy(&batch.inputs, 0);
        assert_tidy(&batch.targets, NO_TARGET);
        prop_assert_eq!(batch.examples.len(), examples.len());
        for placed in &batch.examples {
            let (draw, example) = &examples[placed.draw.example];
            prop_assert_eq!(&placed.draw, draw);
            prop_assert_eq!(&batch.example(placed), example);
        }
        let real: usize = lengths.iter().map(|(inputs, _)| inputs).sum();
        prop_assert_eq!(batch.inputs.waste().real, real as u64);
        let weight: f64 = lengths.iter().zip(1..).map(|((_, targets), w)| (targets * w) as f64).sum();
        prop_assert!((batch.total_weight() - weight).abs() < 1e-3);
        for (weight, segment) in batch.loss_weights.iter().zip(&batch.targets.segments) {
            prop_assert_eq!(*weight > 0.0, *segment > 0);
        }
    }

    #[test]
    fn parts_of_a_batch_hold_all_its_examples(lengths in some_lengths(), parts in 1usize..6) {
        let batch = TextToTextBatch::new(0, &drawn(&lengths), &layout(true), 0).unwrap();
        let parts = batch.parts(parts);
        prop_assert_eq!(parts.iter().map(|part| part.rows).sum::<usize>(), batch.rows);
        let of = |batch: &TextToTextBatch| -> Vec<(usize, TextToText)> {
            batch.examples.iter().map(|p| (p.draw.example, batch.example(p))).collect()
        };
        prop_assert_eq!(parts.iter().flat_map(of).collect::<Vec<_>>(), of(&batch));
        let weight: f64 = parts.iter().map(TextToTextBatch::total_weight).sum();
        prop_assert!((weight - batch.total_weight()).abs() < 1e-3);
    }
}

#[test]
fn packing_a_batch_by_hand_gives_these_rows() {
    let examples = drawn(&[(4, 2), (6, 1), (2, 2)]);
    let layout = LayoutConfig { row: Lengths { inputs: 8, targets: 4 }, ..layout(true) };
    let batch = TextToTextBatch::new(0, &examples, &layout, 0).unwrap();
    assert!(batch.is_packed());
    assert_eq!((batch.rows, batch.inputs.width, batch.targets.width), (2, 8, 3));
    assert_eq!(batch.inputs.segments, [1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(batch.inputs.positions, [0, 1, 2, 3, 4, 5, 0, 1, 0, 1, 2, 3, 0, 0, 0, 0]);
    assert_eq!(batch.targets.tokens, [2000, 3000, 3001, 1000, 1001, NO_TARGET]);
    assert_eq!(batch.targets.segments, [1, 2, 2, 1, 1, 0]);
    assert_eq!(batch.loss_weights, [2.0, 3.0, 3.0, 1.0, 1.0, 0.0]);
    assert_eq!(batch.inputs.waste().fraction(), 0.25);
}

#[test]
fn an_example_longer_than_a_row_is_an_error_that_says_what_to_do() {
    for packing in [true, false] {
        let error = TextToTextBatch::new(0, &drawn(&[(3, 17)]), &layout(packing), 0).unwrap_err();
        assert!(error.to_string().contains("cut examples when they are tokenised"), "{error}");
    }
}

#[test]
fn widths_come_from_the_buckets() {
    let buckets = Widths::Buckets(vec![8, 16, 32]);
    let found: Vec<usize> = [1, 8, 9, 32, 33].map(|longest| buckets.of(longest, 40)).into();
    assert_eq!(found, [8, 8, 16, 32, 40]);
    assert_eq!([Widths::Exact.of(9, 40), Widths::Full.of(9, 40)], [9, 40]);
    assert_eq!([Widths::Multiple(16).of(9, 40), Widths::Multiple(16).of(33, 40)], [16, 40]);
    let layout = LayoutConfig { input_widths: Widths::Buckets(vec![8, 4]), ..layout(true) };
    assert!(layout.check().unwrap_err().to_string().contains("ascend"));
}

/// Two supervised tasks and passages to be denoised.
fn batches(config: MixtureConfig, layout: LayoutConfig, steps: u64) -> TextToTextBatches {
    let supervised = |name: &str, count: usize, inputs: usize| {
        let examples: Vec<TextToText> =
            (0..count).map(|i| example(i, 1 + (7 * i + inputs) % inputs, 1 + i % 5)).collect();
        TextToTextTask { name: name.into(), source: Arc::new(examples) }
    };
    let documents: Vec<Vec<u32>> = (0..30).map(|d| (10..60 + 9 * (d % 7)).collect()).collect();
    let tokens = T5Tokens { eos: 1, sentinel: 9_999, sentinels: 100 };
    let objective = SpanCorruption { tokens, ..SpanCorruption::default() };
    let source =
        PassageSource::new(Arc::new(documents), Arc::new(objective), layout.row, 6).unwrap();
    let denoising = TextToTextTask { name: "denoising".into(), source: Arc::new(source) };
    let tasks = vec![supervised("a", 300, 20), supervised("b", 90, 35), denoising];
    TextToTextBatches::new(tasks, config, layout, 0, steps, 17).unwrap()
}

fn config() -> MixtureConfig {
    let rate = Rate::Explicit(vec![0.2, 0.2, 0.6]);
    MixtureConfig { rate, batch_size: 12, ..MixtureConfig::sampled() }
}

#[test]
fn resuming_at_a_step_gives_the_batches_of_running_through() {
    let all: Vec<TextToTextBatch> =
        (0..40).map(|step| batches(config(), layout(true), 40).batch(step).unwrap()).collect();
    let resumed = batches(config(), layout(true), 40);
    let resumed = ordered_prefetch(23..40, 3, 2, move |step| resumed.batch(step).unwrap());
    assert_eq!(resumed.collect::<Vec<_>>(), all[23..]);
    assert_ne!(all[22].examples, all[23].examples);
}

#[test]
fn packed_batches_hold_what_unpacked_ones_do_in_fewer_tokens() {
    // Passages fill their rows, so it is supervised examples that packing gains from.
    let config = MixtureConfig { rate: Rate::Explicit(vec![0.6, 0.3, 0.1]), ..config() };
    let [packed, unpacked] =
        [true, false].map(|packing| batches(config.clone(), layout(packing), 30));
    let mut computed = [0, 0];
    for step in 0..30 {
        let [a, b] = [packed.batch(step).unwrap(), unpacked.batch(step).unwrap()];
        let examples = |batch: &TextToTextBatch| {
            let of = |p: usize| {
                (format!("{:?}", batch.examples[p].draw), batch.example(&batch.examples[p]).inputs)
            };
            let mut all: Vec<_> = (0..batch.examples.len()).map(of).collect();
            all.sort();
            all
        };
        assert_eq!(examples(&a), examples(&b));
        assert!(!b.is_packed());
        for (sum, batch) in computed.iter_mut().zip([a, b]) {
            *sum += batch.inputs.waste().computed;
        }
    }
    assert!(4 * computed[0] < 3 * computed[1], "{computed:?}");
}

#[test]
fn passages_are_corrupted_anew_whenever_they_are_drawn_and_never_longer_than_said() {
    let batches = batches(config(), layout(true), 400);
    let mut seen = std::collections::BTreeMap::new();
    for step in 0..400 {
        let batch = batches.batch(step).unwrap();
        for placed in batch.examples.iter().filter(|p| p.draw.task == 2) {
            let example = batch.example(placed);
            let source = &batches.tasks()[2].source;
            assert!(example.lengths().fit(source.lengths(placed.draw.example)));
            seen.entry(placed.draw.example).or_insert_with(Vec::new).push(example);
        }
    }
    assert!(seen.values().all(|drawn| drawn.iter().any(|other| *other != drawn[0])));
    let realised = RealisedRates::of(batches.plan(), 400).realised();
    assert!((realised[2] - 0.6).abs() < 0.01, "{realised:?}");
}
