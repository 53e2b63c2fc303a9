//! What feeding a text-to-text model costs: examples a second of each stage, on one core unless it says otherwise.
//!
//! `loader/tokenise` is from text to tokens, on all cores; `loader/open` is opening the cache of the same tokens,
//! with the check of all its bytes; `loader/mix` is from the step to a batch: two denoising examples to one
//! supervised, drawn, read from the cache, corrupted and laid out, packed and not. Training reads from the cache, so
//! `mix` is what must keep up with it. All texts are made up: words of a vocabulary of 20,000, frequent ones often,
//! as in a language.

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use taskgraft::tasks::{
    cache::{CacheKey, FeatureCache, Features},
    mixture::{
        LayoutConfig, MixtureConfig, NestedMixture, Rate, TextToTextBatches, TextToTextTask, hash,
    },
    objectives::{Lengths, PassageSource, SpanCorruption, T5Tokens},
    text::{T5Tokenizer, TextPair},
};
use tempfile::TempDir;

const PAIRS: usize = 20_000;
const DOCUMENTS: usize = 2_000;
const ROW: Lengths = Lengths { inputs: 128, targets: 32 };
const BATCH: usize = 128;

/// A made-up text of so many words.
fn text(number: usize, words: usize) -> String {
    let word = |at: usize| {
        let unit = (hash(&[number as u64, at as u64]) >> 11) as f64 / (1_u64 << 53) as f64;
        // Ranks whose frequency falls with them, as Zipf's law has it.
        let rank = 20_000_f64.powf(unit) as u64;
        let letters = 2 + hash(&[rank]) % 8;
        (0..letters).map(|i| char::from(b'a' + (hash(&[rank, i]) % 26) as u8)).collect::<String>()
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

fn pairs() -> Vec<TextPair> {
    let length = |number: usize| 8 + (hash(&[number as u64]) % 40) as usize;
    let pair = |number| TextPair {
        input: text(number, length(number)),
        target: text(PAIRS + number, 1 + length(number) % 5),
    };
    (0..PAIRS).map(pair).collect()
}

struct Data {
    tokenizer: T5Tokenizer,
    pairs: Vec<TextPair>,
    documents: Vec<String>,
    folder: TempDir,
}

impl Data {
    fn new() -> Self {
        let pairs = pairs();
        let documents = (0..DOCUMENTS).map(|d| text(2 * PAIRS + d, 200)).collect();
        let sample = pairs.iter().take(4_000).map(|pair| pair.input.as_str());
        let tokenizer = T5Tokenizer::train(sample, 8_000, 100).expect("there are words");
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        Data { tokenizer, pairs, documents, folder }
    }

    fn open(&self) -> Features<2> {
        let cache = FeatureCache::new(self.folder.path());
        let texts = || Ok(self.pairs.clone());
        let features = cache.pairs(CacheKey::new("pairs"), "pairs", &self.tokenizer, ROW, texts);
        features.expect("the folder can be written")
    }

    fn open_documents(&self) -> Features<1> {
        let cache = FeatureCache::new(self.folder.path());
        let texts = || Ok(self.documents.clone());
        let features = cache.documents(CacheKey::new("text"), "text", &self.tokenizer, texts);
        features.expect("the folder can be written")
    }

    fn batches(&self, packing: bool) -> TextToTextBatches {
        let tokens: T5Tokens = self.tokenizer.tokens();
        let objective = SpanCorruption { tokens, ..SpanCorruption::default() };
        let passages =
            PassageSource::new(Arc::new(self.open_documents()), Arc::new(objective), ROW, 6)
                .expect("documents are long enough");
        let tasks = vec![
            TextToTextTask { name: "text".into(), source: Arc::new(passages) },
            TextToTextTask { name: "pairs".into(), source: Arc::new(self.open()) },
        ];
        let sizes: Vec<(&str, usize)> =
            tasks.iter().map(|task| (task.name.as_str(), task.source.count())).collect();
        let side = |name: &str| NestedMixture::of_tasks(Rate::Proportional, [name]);
        let rate = NestedMixture::with_denoising(2.0, side("text"), side("pairs"))
            .and_then(|mixture| mixture.rate(&sizes))
            .expect("both tasks are there");
        let mixture = MixtureConfig { rate, batch_size: BATCH, ..MixtureConfig::sampled() };
        let layout = LayoutConfig { row: ROW, packing, ..LayoutConfig::default() };
        let pad = self.tokenizer.pad_id();
        TextToTextBatches::new(tasks, mixture, layout, pad, 1 << 20, 0).expect("a sound mixture")
    }
}

fn loader(c: &mut Criterion) {
    let data = Data::new();
    let mut group = c.benchmark_group("loader");
    group.sample_size(10).throughput(Throughput::Elements(PAIRS as u64));
    group.bench_function("tokenise", |b| {
        b.iter(|| black_box(data.tokenizer.encode_pairs(&data.pairs, ROW).expect("sound texts")));
    });
    data.open();
    group.bench_function("open", |b| b.iter(|| black_box(data.open().tokens())));
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, packing) in [("mix, packed", true), ("mix, not packed", false)] {
        let batches = data.batches(packing);
        let mut step = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                step += 1;
                black_box(batches.batch(step).expect("sound features"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, loader);
criterion_main!(benches);
