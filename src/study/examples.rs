//! From tasks and texts to what a network is trained on: tokens, parts of data sets, corrupted texts.

use std::{rc::Rc, sync::Arc};

use taskgraft_tasks::{
    Example, Form, Split, Task, TaskSpec, Text, TextCorpus,
    cache::CacheKey,
    mixture::permute,
    objectives::{
        BertStyle, Documents, MixtureOfDenoisers, ModeTokens, Objective, PrefixLm, SpanCorruption,
        T5Tokens, random_spans_lengths,
    },
    text::{Encoded, T5Tokenizer},
};

use super::{
    Settings, TaskUse, Workbench,
    settings::Denoiser,
    stage::{Learns, Source},
    tokeniser::{Sides, Tokeniser},
};
use crate::{
    Error, Result,
    train::{Reading, TaskData},
};

/// The training texts of a task.
pub fn texts_of(task: &Task, sides: Sides) -> Vec<String> {
    let mut texts = Vec::new();
    for example in task.split(Split::Train) {
        match &example.text {
            Text::One(text) => texts.push(text.clone()),
            Text::Two(a, b) => texts.extend([a.clone(), b.clone()]),
            Text::Words(words) => texts.extend(words.iter().cloned()),
        }
        if let (Sides::Both, Some(answer)) = (sides, example.answer()) {
            texts.push(answer.text.clone());
        }
    }
    texts
}

/// The inputs of tasks in words as a text, without their names and keys.
///
/// # Errors
/// If there are none.
pub fn inputs_as_text(tasks: &[Rc<Task>]) -> Result<TextCorpus> {
    let inputs = tasks.iter().flat_map(|task| task.split(Split::Train));
    let inputs = inputs.filter_map(|example| example.input());
    let texts = inputs.flat_map(|input| {
        // What stands before a colon is a key or the task's name.
        input.split("sentence").filter_map(|part| part.split_once(": "))
    });
    let texts = texts.map(|(_, text)| text.trim().to_string());
    Ok(TextCorpus::new("texts of the tasks", texts, vec![])?)
}

/// At most so many of the examples, evenly spread.
pub fn spread(examples: &[Example], most: usize) -> Vec<Example> {
    let every = examples.len().div_ceil(most.max(1)).max(1);
    examples.iter().step_by(every).cloned().collect()
}

/// A task as the network sees it.
///
/// # Errors
/// Data that are missing or malformed, or can't be tokenised.
pub fn encode(bench: &Workbench, task: &TaskUse) -> Result<TaskData> {
    let settings = &bench.settings;
    match (&task.learns, bench.tokeniser()?) {
        (Learns::Targets, tokeniser) => {
            let loaded = bench.task(task)?;
            targets(&loaded, task.form.unwrap_or_default(), tokeniser, bench)
        }
        (Learns::MaskedTokens, Tokeniser::Encoder(encoder)) => {
            let corpus = one_corpus(bench, task)?;
            Ok(TaskData::masked(&task.name, &corpus, &settings.masking, encoder)?)
        }
        (Learns::Denoising(own), Tokeniser::T5(t5)) => {
            let corpora = bench.texts(task)?;
            let own = own.as_ref().map(|own| own.objective.clone());
            denoising(&task.name, &corpora, own, t5, bench)
        }
        _ => unreachable!("a plan refuses objectives that its trunk can't learn"),
    }
}

/// A task whose targets are learned, as the network sees it.
///
/// # Errors
/// Data that can't be tokenised.
pub fn targets(
    task: &Task,
    form: Form,
    tokeniser: &Tokeniser,
    bench: &Workbench,
) -> Result<TaskData> {
    let settings = &bench.settings;
    match (form, tokeniser) {
        (_, Tokeniser::Encoder(encoder)) => TaskData::encode(task, encoder),
        (Form::Labelled, Tokeniser::T5(t5)) => {
            TaskData::for_t5_heads(task, t5, bench.given.longest(settings))
        }
        (Form::InWords, Tokeniser::T5(t5)) => {
            let reading = match (settings.rank_labels, settings.beam) {
                (true, _) => Reading::Ranked,
                (false, 0 | 1) => Reading::Written,
                (false, beams) => Reading::Searched(beams),
            };
            let cache = bench.cache.as_ref().filter(|_| !task.sources.is_empty());
            TaskData::text_to_text_kept(task, t5, settings.row, reading, cache)
        }
    }
}

/// Examples of another split of a task, tokenised as its dev examples are.
///
/// # Errors
/// A text that can't be encoded.
pub fn encode_split(
    bench: &Workbench,
    spec: &TaskSpec,
    examples: &[Example],
) -> Result<Vec<Encoded>> {
    let settings = &bench.settings;
    Ok(match (&spec.kind, bench.tokeniser()?) {
        (_, Tokeniser::Encoder(encoder)) => encoder.encode_all(examples)?,
        (taskgraft_tasks::TargetKind::Text { .. }, Tokeniser::T5(t5)) => {
            TaskData::encode_inputs(examples, t5, settings.row)?
        }
        (_, Tokeniser::T5(t5)) => {
            TaskData::encode_for_t5_heads(examples, t5, bench.given.longest(settings))?
        }
    })
}

/// The lines of a text, or of several together; of a task those that it trains on.
fn one_corpus(bench: &Workbench, task: &TaskUse) -> Result<TextCorpus> {
    if let Source::Task(_) = &task.source {
        let loaded = bench.task(task)?;
        let sources = loaded.sources.clone();
        return Ok(TextCorpus::new(&*task.name, texts_of(&loaded, Sides::Input), sources)?);
    }
    let corpora = bench.texts(task)?;
    if let [one] = &corpora[..] {
        return Ok(one.clone());
    }
    let lines = corpora.iter().flat_map(|corpus| corpus.lines.iter().cloned());
    let sources = corpora.iter().flat_map(|corpus| corpus.sources.iter().cloned());
    Ok(TextCorpus::new(&*task.name, lines, sources.collect())?)
}

fn denoising(
    name: &str,
    corpora: &[TextCorpus],
    own: Option<Arc<dyn Objective>>,
    tokenizer: &Arc<T5Tokenizer>,
    bench: &Workbench,
) -> Result<TaskData> {
    let settings = &bench.settings;
    let Settings { density, mean_span, row, .. } = *settings;
    let lines = corpora.iter().flat_map(|corpus| corpus.lines.iter().cloned());
    let is_of_files = corpora.iter().all(|corpus| !corpus.sources.is_empty());
    let documents: Arc<dyn Documents> = match bench.cache.as_ref().filter(|_| is_of_files) {
        Some(cache) => {
            let key = corpora.iter().fold(CacheKey::new("documents"), |key, corpus| {
                key.with("corpus", corpus.fingerprint().as_bytes())
            });
            Arc::new(cache.documents(key, name, tokenizer, || Ok(lines.collect()))?)
        }
        None => Arc::new(tokenizer.encode_texts(&lines.collect::<Vec<_>>())?),
    };
    if random_spans_lengths(row.inputs, density, mean_span).is_none() {
        let what =
            format!("`row.inputs` is {}, too few tokens for denoising; raise it", row.inputs);
        return Err(Error::Usage(what));
    }
    let (objective, what) = match own {
        Some(own) => (own, String::new()),
        None => {
            let what = format!("{:?}, {density}, {mean_span}", settings.denoising);
            (objective(settings, tokenizer.tokens())?, what)
        }
    };
    let shortest = (1.5 * mean_span).ceil() as usize + 1;
    let row = (row, shortest);
    let mut data = TaskData::denoising(name, documents, objective, row, tokenizer)?;
    data.fingerprint = format!("{}, {what}", data.fingerprint);
    Ok(data)
}

/// The objective that the settings name.
fn objective(settings: &Settings, tokens: T5Tokens) -> Result<Arc<dyn Objective>> {
    let Settings { density, mean_span, .. } = *settings;
    Ok(match settings.denoising {
        Denoiser::SpanCorruption => Arc::new(SpanCorruption { density, mean_span, tokens }),
        Denoiser::BertStyle => {
            Arc::new(BertStyle { rate: density, tokens, ..BertStyle::default() })
        }
        Denoiser::PrefixLm => Arc::new(PrefixLm { tokens, ..PrefixLm::default() }),
        Denoiser::Ul2 => {
            // The last sentinels stand for the modes, which no published vocabulary has.
            const MODES: u32 = 3;
            let Some(sentinels) = tokens.sentinels.checked_sub(MODES).filter(|left| *left > 0)
            else {
                return Err(Error::Usage(format!(
                    "`denoising=ul2` needs more than {MODES} sentinels, but the vocabulary has {}; take another \
                     vocabulary (`trunk.sentinels` where it is trained here) or another `denoising`",
                    tokens.sentinels
                )));
            };
            let mode = |number: u32| tokens.sentinel - sentinels - number;
            let modes = ModeTokens { regular: mode(0), sequential: mode(1), extreme: mode(2) };
            Arc::new(MixtureOfDenoisers::ul2(T5Tokens { sentinels, ..tokens }, modes))
        }
    })
}

/// Takes half of the examples out, the same ones always.
pub fn split_off_half(examples: &mut Vec<Encoded>) -> Vec<Encoded> {
    const KEY: u64 = 0x6d65_7461;
    let count = examples.len();
    let mut is_taken = vec![false; count];
    (0..count / 2).for_each(|i| is_taken[permute(KEY, count, i)] = true);
    let mut taken = is_taken.into_iter();
    let mut half = Vec::with_capacity(count / 2);
    examples.retain(|example| {
        let take = taken.next().unwrap_or(false);
        if take {
            half.push(example.clone());
        }
        !take
    });
    half
}

/// Keeps this many training examples of a task, the same ones always; of pairs in both orders, both or none.
pub fn limit_train(task: &mut TaskData, examples: usize) {
    const KEY: u64 = 0x006c_696d_6974;
    let copies = if task.spec.symmetric { 2 } else { 1 };
    let (rows, kept) = (task.train.len() / copies, examples / copies);
    if kept >= rows {
        return;
    }
    let mut is_kept = vec![false; rows];
    (0..kept).for_each(|i| is_kept[permute(KEY, rows, i)] = true);
    let mut row = (0..rows).cycle();
    task.train.retain(|_| row.next().is_some_and(|row| is_kept[row]));
    task.fingerprint = format!("{}, {examples} examples", task.fingerprint);
}

/// Keeps the first dev examples of a task.
pub fn limit_dev(task: &mut TaskData, examples: usize) {
    if examples < task.dev.len() {
        task.dev.truncate(examples);
        task.dev_fingerprint = format!("{}, {examples} examples", task.dev_fingerprint);
    }
}
