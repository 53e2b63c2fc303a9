//! Decoding: the cache changes nothing, nor does the batch a row is in; beam search is exhaustive
//! where it may be; labels are scored as the loss scores them.

mod t5_support;

use burn::prelude::*;
use burn::tensor::activation;
use t5_support::{VOCABULARY, assert_close, batch, device, integers, model, texts, values};
use taskgraft_models::generation::{
    BeamSearch, EarlyStopping, Generated, GenerationOptions, Sampling, generate, label_scores,
};
use taskgraft_models::t5::{DecoderCache, NO_LABEL, T5, TokenBatch, token_losses};

const LIMIT: usize = 9;
const END: usize = 1;

fn run(model: &T5, texts: &[Vec<i64>], options: &GenerationOptions) -> Vec<Generated> {
    let examples: Vec<u64> = (0..texts.len() as u64).collect();
    generate(model, &batch(texts, &device()), &examples, options).unwrap()
}

fn beams(count: usize) -> BeamSearch {
    BeamSearch::new(count).with_early_stopping(EarlyStopping::WhenFull)
}

fn every_strategy() -> Vec<GenerationOptions> {
    let sampling = Sampling::new(7).with_temperature(0.9).with_top_k(8).with_top_p(0.95);
    vec![
        GenerationOptions::greedy(LIMIT),
        GenerationOptions::beam(beams(3).with_length_penalty(0.6), LIMIT),
        GenerationOptions::beam(BeamSearch::new(2), LIMIT),
        GenerationOptions::sample(sampling, LIMIT),
    ]
}

#[test]
fn stepping_with_the_cache_gives_the_logits_of_all_positions_at_once() {
    let (model, device) = (model(1, &device()), device());
    let source = batch(&texts(4), &device);
    let memory = model.encode(&source, None);
    let target = vec![vec![0, 5, 9, 3, 3, 7, 2, 11, 4, 6, 8, 10, 2]; 4];
    let hidden = model.decode(integers(&target, &device), None, &memory, None);
    let all = model.logits(hidden);
    let mut cache = DecoderCache::new(&model, &memory);
    for (position, &token) in target[0].iter().enumerate() {
        assert_eq!(cache.length(), position);
        let logits = model.step(&[token as usize; 4], &mut cache);
        let expected = values(all.clone().narrow(1, position, 1));
        assert_close(&values(logits), &expected, 1e-5);
    }
}

#[test]
fn a_cache_of_chosen_rows_goes_on_as_if_the_others_had_never_been() {
    let (model, device) = (model(2, &device()), device());
    let memory = model.encode(&batch(&texts(4), &device), None);
    let mut cache = DecoderCache::new(&model, &memory);
    model.step(&[0; 4], &mut cache);
    model.step(&[3, 4, 5, 6], &mut cache);
    let mut whole = cache.clone();
    cache.select_rows(&[1, 3]);
    cache.select_examples(&[1, 3]);
    let chosen = values(model.step(&[8, 9], &mut cache));
    let whole = values(model.step(&[7, 8, 7, 9], &mut whole));
    let rows: Vec<f32> =
        [1, 3].iter().flat_map(|row| whole[row * VOCABULARY..][..VOCABULARY].to_vec()).collect();
    assert_close(&chosen, &rows, 1e-5);
}

/// Greedy decoding of one text without a cache.
fn plain_greedy(model: &T5, text: &[i64]) -> Generated {
    let source = batch(&[text.to_vec()], &device());
    let mut tokens = vec![0i64];
    while tokens.len() <= LIMIT {
        let inputs = integers(&[tokens.clone()], &device());
        let logits = model.forward(&source, inputs, None, None);
        let logits = values(logits.narrow(1, tokens.len() - 1, 1));
        let best = (0..VOCABULARY).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
        if best == END {
            return Generated { tokens: text_of(&tokens), ended: true, score: None };
        }
        tokens.push(best as i64);
    }
    Generated { tokens: text_of(&tokens), ended: false, score: None }
}

fn text_of(tokens: &[i64]) -> Vec<usize> {
    tokens[1..].iter().map(|token| *token as usize).collect()
}

#[test]
fn greedy_decoding_is_that_without_cache_in_batches_where_rows_end_at_different_times() {
    let texts = texts(9);
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let model = model(seed, &device());
        let ours = run(&model, &texts, &GenerationOptions::greedy(LIMIT));
        for (ours, text) in ours.iter().zip(&texts) {
            assert_eq!(*ours, plain_greedy(&model, text));
            lengths.insert((ours.ended, ours.tokens.len()));
        }
    }
    let ended = lengths.iter().filter(|(ended, _)| *ended).count();
    assert!(ended > 1 && ended < lengths.len(), "the models end at several lengths: {lengths:?}");
}

#[test]
fn a_beam_of_one_is_greedy() {
    for seed in 0..8 {
        let model = model(seed, &device());
        let greedy = run(&model, &texts(9), &GenerationOptions::greedy(LIMIT));
        let beam = run(&model, &texts(9), &GenerationOptions::beam(beams(1), LIMIT));
        for (greedy, beam) in greedy.iter().zip(&beam) {
            assert_eq!((&greedy.tokens, greedy.ended), (&beam.tokens, beam.ended), "{seed}");
        }
    }
}

#[test]
fn a_batch_yields_what_its_rows_yield_alone() {
    let texts = texts(9);
    for seed in 0..4 {
        let model = model(seed, &device());
        for options in every_strategy() {
            let together = run(&model, &texts, &options);
            for (row, together) in together.iter().enumerate() {
                let source = batch(&texts[row..=row], &device());
                let alone = generate(&model, &source, &[row as u64], &options).unwrap();
                assert_eq!(alone[0].tokens, together.tokens, "{options:?}");
                assert_eq!(alone[0].ended, together.ended, "{options:?}");
                let scores = alone[0].score.zip(together.score);
                assert!(scores.is_none_or(|(a, b)| (a - b).abs() < 1e-4), "{scores:?}");
            }
        }
    }
}

/// The score of the likeliest of all texts up to `limit` tokens, and its tokens with the end.
fn exhaustive(model: &T5, source: &TokenBatch, limit: usize, penalty: f64) -> (f64, Vec<i64>) {
    let mut open: Vec<(f64, Vec<i64>)> = vec![(0.0, vec![0])];
    let mut best = (f64::NEG_INFINITY, Vec::new());
    for length in 1..=limit {
        let mut next = Vec::new();
        for (score, tokens) in open {
            let inputs = integers(std::slice::from_ref(&tokens), &device());
            let logits = model.forward(source, inputs, None, None);
            let last = logits.narrow(1, tokens.len() - 1, 1);
            for (token, log) in values(activation::log_softmax(last, 2)).iter().enumerate() {
                let score = score + f64::from(*log);
                let tokens = [tokens.clone(), vec![token as i64]].concat();
                let weighted = score / (length as f64).powf(penalty);
                if token == END || length == limit {
                    if weighted > best.0 {
                        best = (weighted, tokens[1..].to_vec());
                    }
                } else {
                    next.push((score, tokens));
                }
            }
        }
        open = next;
    }
    best
}

#[test]
fn beams_enough_for_every_text_find_the_likeliest_one() {
    let texts = vec![vec![5, 3, 8, 1], vec![1]];
    for (seed, penalty) in [(0, 0.0), (3, 1.0), (5, 2.0)] {
        let model = model(seed, &device());
        let search = BeamSearch::new(VOCABULARY * VOCABULARY)
            .with_length_penalty(penalty)
            .with_early_stopping(EarlyStopping::Never);
        let ours = run(&model, &texts, &GenerationOptions::beam(search, 3));
        for (ours, text) in ours.iter().zip(&texts) {
            let source = batch(std::slice::from_ref(text), &device());
            let (score, mut tokens) = exhaustive(&model, &source, 3, penalty);
            if tokens.last() == Some(&(END as i64)) {
                tokens.pop();
            }
            let found: Vec<i64> = ours.tokens.iter().map(|token| *token as i64).collect();
            assert_eq!(found, tokens, "seed {seed}");
            assert!((ours.score.unwrap() - score).abs() < 1e-4);
        }
    }
}

#[test]
fn sampled_texts_follow_their_examples_and_the_seed() {
    let model = model(2, &device());
    let texts = texts(4);
    let source = batch(&texts, &device());
    let sample = |seed, examples: &[u64]| {
        let options = GenerationOptions::sample(Sampling::new(seed), LIMIT);
        generate(&model, &source, examples, &options).unwrap()
    };
    let base = sample(1, &[10, 11, 12, 13]);
    assert_eq!(base, sample(1, &[10, 11, 12, 13]));
    assert_ne!(base, sample(2, &[10, 11, 12, 13]));
    let other = sample(1, &[10, 99, 12, 98]);
    assert_eq!((&base[0], &base[2]), (&other[0], &other[2]));
    assert_ne!((&base[1], &base[3]), (&other[1], &other[3]));
}

#[test]
fn labels_score_the_negative_of_their_loss() {
    let (model, device) = (model(5, &device()), device());
    let texts = texts(5);
    let source = batch(&texts, &device);
    let labels = vec![vec![4, 1], vec![7, 2, 9, 1], vec![1]];
    let scores = label_scores(&model, &source, &labels).unwrap();
    for (index, label) in labels.iter().enumerate() {
        let mut padded: Vec<i64> = label.iter().map(|token| *token as i64).collect();
        let inputs = [vec![0], padded[..padded.len() - 1].to_vec(), vec![0; 4 - padded.len()]];
        padded.resize(4, NO_LABEL);
        let inputs = integers(&vec![inputs.concat(); 5], &device);
        let logits = model.forward(&source, inputs, None, None);
        let losses = token_losses(logits, integers(&vec![padded; 5], &device), 0.0);
        let losses = values(losses.sum_dim(1));
        let ours: Vec<f32> = scores.iter().map(|row| -row[index] as f32).collect();
        assert_close(&ours, &losses, 1e-4);
    }
}

#[test]
fn generation_from_a_model_in_training_tracks_no_gradients_and_yields_the_same() {
    let inner = model(1, &device());
    let training = model(1, &device().autodiff());
    let examples = [0, 1, 2];
    let of = |model: &T5, device: &Device| {
        let source = batch(&texts(3), device);
        generate(model, &source, &examples, &GenerationOptions::greedy(LIMIT)).unwrap()
    };
    assert_eq!(of(&training, &device().autodiff()), of(&inner, &device()));
}

#[test]
fn options_out_of_range_are_errors_that_name_them() {
    let model = model(1, &device());
    let source = batch(&texts(2), &device());
    let sampling = Sampling::new(1);
    let cases = [
        (GenerationOptions::greedy(0), "max_new_tokens"),
        (GenerationOptions::beam(BeamSearch::new(0), 5), "beams"),
        (GenerationOptions::sample(sampling.with_temperature(0.0), 5), "temperature"),
        (GenerationOptions::sample(sampling.with_top_k(0), 5), "top_k"),
        (GenerationOptions::sample(sampling.with_top_p(1.5), 5), "top_p"),
    ];
    for (options, told) in cases {
        let message = generate(&model, &source, &[0, 1], &options).unwrap_err().to_string();
        assert!(message.contains(told), "{message}");
    }
    let options = GenerationOptions::greedy(3);
    let message = generate(&model, &source, &[0], &options).unwrap_err().to_string();
    assert!(message.contains("2 rows"), "{message}");
    assert!(label_scores(&model, &source, &[vec![VOCABULARY]]).is_err());
    assert!(label_scores(&model, &source, &[]).is_err());
    let packed = TokenBatch { segments: Some(source.tokens.clone()), ..source };
    assert!(generate(&model, &packed, &[0, 1], &options).is_err());
}
