//! What all stages of a study share: tasks and texts, the tokenizer, and the network that trainings start from.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    path::Path,
    rc::Rc,
};

use burn::tensor::Device;
use taskgraft_models::Trunk;
use taskgraft_tasks::{
    Catalogue, ExampleId, Form, Split, TargetKind, Task, TaskSpec, TextCorpus,
    cache::FeatureCache,
    mixture::{Balance, Rate},
    text::Encoded,
};

use super::{
    Settings, TaskUse, examples,
    given::Given,
    stage::{Learns, Source},
    tokeniser::{Sides, Tokeniser},
};
use crate::{
    Error, Result,
    run_dir::DataSource,
    signals,
    train::{TaskData, TrainConfig},
};

/// Tasks, texts and trunk of a study.
pub struct Workbench {
    pub catalogue: Catalogue,
    pub settings: Settings,
    pub device: Device,
    /// The pretrained network, or what is made in its place.
    pub given: Given,
    /// Where the tokens of text-to-text examples from files are kept.
    pub cache: Option<FeatureCache>,
    /// How tasks meet the network where nothing is said.
    form: Form,
    /// What a tokenizer is trained on where none is given, in order.
    vocabulary: Vec<TaskUse>,
    /// Tasks whose inputs are the texts to be denoised where no texts are at hand.
    texts_of: Vec<TaskUse>,
    loaded: RefCell<BTreeMap<(String, Form), Rc<Task>>>,
    corpora: RefCell<BTreeMap<String, Rc<Vec<TextCorpus>>>>,
    tokeniser: OnceCell<Tokeniser>,
    made: RefCell<BTreeMap<String, Rc<TaskData>>>,
}

impl Workbench {
    /// Tasks of a catalogue, with the network in `init` or one that is made from scratch. No data are read yet.
    ///
    /// # Errors
    /// A network that can't be read, or is of no kind that is known.
    pub fn new(
        catalogue: Catalogue,
        settings: &Settings,
        init: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let given = Given::new(init, settings)?;
        given.check_lengths(settings)?;
        given.check_network(settings, device)?;
        let bench = Self {
            catalogue,
            settings: settings.clone(),
            device: device.clone(),
            given,
            cache: None,
            form: Form::Labelled,
            vocabulary: vec![],
            texts_of: vec![],
            loaded: RefCell::default(),
            corpora: RefCell::default(),
            tokeniser: OnceCell::new(),
            made: RefCell::default(),
        };
        // Known now: a given tokenizer that does not belong to its network.
        if init.is_some() {
            bench.tokeniser()?;
        }
        Ok(bench)
    }

    /// Keeps the tokens of text-to-text examples from files in a folder.
    #[must_use]
    pub fn with_cache(mut self, dir: &Path) -> Self {
        self.cache = Some(FeatureCache::new(dir));
        self
    }

    /// Sets how tasks meet the network where nothing is said; an encoder predicts by heads alone.
    #[must_use]
    pub fn with_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Sets what a tokenizer is trained on where none is given.
    ///
    /// # Errors
    /// An unknown task.
    pub fn with_vocabulary(mut self, of: &[TaskUse]) -> Result<Self> {
        self.vocabulary = self.all_resolved(of)?;
        Ok(self)
    }

    /// Sets the tasks whose inputs are denoised where no texts are at hand.
    ///
    /// # Errors
    /// An unknown task.
    pub fn with_texts_of(mut self, of: &[TaskUse]) -> Result<Self> {
        self.texts_of = self.all_resolved(of)?;
        Ok(self)
    }

    fn all_resolved(&self, tasks: &[TaskUse]) -> Result<Vec<TaskUse>> {
        tasks.iter().map(|task| self.resolved(task.clone())).collect()
    }

    /// A task with its form: its own, or the study's; what is a text can only be written.
    ///
    /// # Errors
    /// An unknown task.
    pub fn resolved(&self, mut task: TaskUse) -> Result<TaskUse> {
        if let (Source::Task(name), Learns::Targets, None) = (&task.source, &task.learns, task.form)
        {
            task.form = Some(match self.spec(name)?.kind {
                TargetKind::Text { .. } => Form::InWords,
                _ => self.form,
            });
        }
        Ok(task)
    }

    /// The labelled description of a task.
    ///
    /// # Errors
    /// An unknown task.
    pub fn spec(&self, name: &str) -> Result<TaskSpec> {
        Ok(self.catalogue.find(name)?)
    }

    /// A task with its data, as it is before it is tokenised.
    ///
    /// # Errors
    /// An unknown task, or data that are missing or malformed.
    pub fn task(&self, task: &TaskUse) -> Result<Rc<Task>> {
        let Source::Task(name) = &task.source else {
            return Err(Error::Usage(format!(
                "`{}` is an unlabelled text, but a task is needed here; `taskgraft tasks list` shows them",
                task.name
            )));
        };
        let form = task.form.unwrap_or_default();
        let key = (name.clone(), form);
        if let Some(known) = self.loaded.borrow().get(&key) {
            return Ok(known.clone());
        }
        signals::check("while data were read")?;
        let mut loaded = self.catalogue.load(name, form)?;
        loaded.spec.name.clone_from(&task.name);
        // What is not called symmetric is trained on as it stands.
        loaded.spec.symmetric &= self.settings.both_orders && form == Form::Labelled;
        if let (Some(most), Some(dev)) = (self.settings.max_dev, loaded.splits.get_mut(&Split::Dev))
        {
            *dev = examples::spread(dev, most);
        }
        let loaded = Rc::new(loaded);
        self.loaded.borrow_mut().insert(key, loaded.clone());
        Ok(loaded)
    }

    /// The texts that a text's lines come from.
    ///
    /// # Errors
    /// An unknown text, or files that can't be read.
    pub fn texts(&self, task: &TaskUse) -> Result<Rc<Vec<TextCorpus>>> {
        let key = format!("{:?}", task.source);
        if let Some(known) = self.corpora.borrow().get(&key) {
            return Ok(known.clone());
        }
        let texts = match &task.source {
            Source::Task(name) => {
                return Err(Error::Usage(format!(
                    "`{name}` is a task, but an unlabelled text is needed here; name a text"
                )));
            }
            Source::Text { of: Some(of), name, share } => {
                vec![self.catalogue.corpus(of, name)?.fraction(*share, 0)?]
            }
            Source::Text { of: None, name, share } => {
                vec![self.catalogue.lines(name)?.fraction(*share, 0)?]
            }
            Source::Texts => self.all_texts()?,
        };
        let texts = Rc::new(texts);
        self.corpora.borrow_mut().insert(key, texts.clone());
        Ok(texts)
    }

    fn all_texts(&self) -> Result<Vec<TextCorpus>> {
        let names = self.catalogue.corpora_at_hand();
        if !names.is_empty() {
            return names.iter().map(|name| Ok(self.catalogue.lines(name)?)).collect();
        }
        if self.texts_of.is_empty() {
            return Err(Error::Usage(
                "there are no texts to denoise: add `--data DIR` with a folder corpus/ of .txt or .txt.gz files".into(),
            ));
        }
        let tasks: Vec<Rc<Task>> =
            self.texts_of.iter().map(|task| self.task(task)).collect::<Result<_>>()?;
        Ok(vec![examples::inputs_as_text(&tasks)?])
    }

    /// Training examples of a task.
    ///
    /// # Errors
    /// As for [`task`](Self::task); a text's number is known only once it is tokenised.
    pub fn size(&self, task: &TaskUse) -> Result<usize> {
        let loaded = self.task(task)?;
        let rows = loaded.split(Split::Train).len();
        let copies = if loaded.spec.symmetric { 2 } else { 1 };
        let all = rows * copies;
        if loaded.spec.kind.is_text() {
            return Ok(all);
        }
        Ok(self.settings.train_examples.map_or(all, |most| all.min(most / copies * copies)))
    }

    /// Makes the rates of a stage those of its tasks, where these have some.
    ///
    /// # Errors
    /// If only some of them have one.
    pub fn resolve_rates(&self, tasks: &[TaskUse], train: &mut TrainConfig) -> Result<()> {
        let rates: Vec<f64> = tasks.iter().filter_map(|task| task.rate).collect();
        if rates.is_empty() {
            return Ok(());
        }
        if let (true, Some(task)) =
            (rates.len() < tasks.len(), tasks.iter().find(|task| task.rate.is_none()))
        {
            return Err(Error::Usage(format!(
                "task `{}` has no rate, but others of its stage have one; give a rate to all or to none",
                task.name
            )));
        }
        (train.mixture.rate, train.mixture.balance) = (Rate::Explicit(rates), Balance::Sampling);
        Ok(())
    }

    /// The tokenizer: the given network's, or one that is trained on the study's texts when it is first asked for.
    ///
    /// # Errors
    /// Files that can't be read, or texts that no tokenizer can be trained on.
    pub fn tokeniser(&self) -> Result<&Tokeniser> {
        if let Some(known) = self.tokeniser.get() {
            return Ok(known);
        }
        let made = Tokeniser::new(self)?;
        self.given.check_tokeniser(&made)?;
        Ok(self.tokeniser.get_or_init(|| made))
    }

    /// Calls `each` with the texts that a tokenizer is trained on, in order.
    pub(super) fn vocabulary_texts(&self, sides: Sides) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for task in &self.vocabulary {
            match task.source {
                Source::Task(_) => texts.extend(examples::texts_of(&*self.task(task)?, sides)),
                _ => {
                    for corpus in self.texts(task)?.iter() {
                        texts.extend(corpus.lines.iter().cloned());
                    }
                }
            }
        }
        Ok(texts)
    }

    /// A task as the network sees it, with all its dev examples.
    ///
    /// # Errors
    /// Data that are missing or malformed, or can't be tokenised.
    pub fn data(&self, task: &TaskUse) -> Result<Rc<TaskData>> {
        let plain = TaskUse { rate: None, scored: true, halves_dev: false, ..task.clone() };
        let key = format!("{plain:?}");
        if let Some(known) = self.made.borrow().get(&key) {
            return Ok(known.clone());
        }
        signals::check("while texts were tokenised")?;
        let mut data = examples::encode(self, &plain)?;
        if let Some(most) = self.settings.train_examples {
            examples::limit_train(&mut data, most);
        }
        if let Some(most) = self.settings.dev_examples {
            examples::limit_dev(&mut data, most);
        }
        let data = Rc::new(data);
        self.made.borrow_mut().insert(key, data.clone());
        Ok(data)
    }

    /// A task as a stage trains it, and the half of its dev examples that is kept from evaluation, if one is.
    ///
    /// # Errors
    /// As for [`data`](Self::data).
    pub fn data_for_stage(&self, task: &TaskUse) -> Result<(TaskData, Option<Vec<Encoded>>)> {
        let mut data = (*self.data(task)?).clone();
        if !task.scored {
            data.dev.clear();
            data.dev_fingerprint.clear();
            return Ok((data, None));
        }
        let half = task.halves_dev.then(|| examples::split_off_half(&mut data.dev));
        Ok((data, half))
    }

    /// The training examples of a task in words, tokenised as its dev examples are.
    ///
    /// # Errors
    /// As for [`data`](Self::data).
    pub fn train_inputs(&self, task: &TaskUse) -> Result<Vec<Encoded>> {
        let loaded = self.task(task)?;
        examples::encode_split(self, &loaded.spec, loaded.split(Split::Train))
    }

    /// Dev examples of a task, those of the ids or all, as if they were training examples.
    ///
    /// # Errors
    /// As for [`data`](Self::data).
    pub fn dev_to_train_on(&self, task: &TaskUse, ids: Option<&[ExampleId]>) -> Result<TaskData> {
        let mut loaded = (*self.task(task)?).clone();
        let mut dev = loaded.split(Split::Dev).to_vec();
        dev.retain(|example| ids.is_none_or(|ids| ids.contains(&example.id)));
        loaded.splits.insert(Split::Train, dev);
        examples::targets(&loaded, task.form.unwrap_or_default(), self.tokeniser()?, self)
    }

    /// The test examples of a task, tokenised; none where they have no targets.
    ///
    /// # Errors
    /// Data that are missing or malformed, or can't be tokenised.
    pub fn test(&self, task: &TaskUse) -> Result<Vec<Encoded>> {
        let loaded = self.task(task)?;
        let test = loaded.split(Split::Test);
        if test.is_empty() || test.iter().any(|example| example.target.is_none()) {
            return Ok(vec![]);
        }
        examples::encode_split(self, &loaded.spec, test)
    }

    /// Files that the tasks of a stage were read from.
    pub fn sources(&self, tasks: &[TaskUse]) -> Result<Vec<DataSource>> {
        let mut sources = Vec::new();
        for task in tasks {
            match task.source {
                Source::Task(_) => sources.extend(self.task(task)?.sources.iter().cloned()),
                _ => {
                    let texts = self.texts(task)?;
                    sources.extend(texts.iter().flat_map(|text| text.sources.iter().cloned()));
                }
            }
        }
        let source = |s: taskgraft_tasks::SourceFile| DataSource {
            path: s.path,
            bytes: s.bytes,
            sha256: s.sha256,
        };
        Ok(sources.into_iter().map(source).collect())
    }

    /// The trunk that a training with this seed starts from.
    ///
    /// # Errors
    /// If the given network can't be read.
    pub fn trunk(&self, seed: u64, dropout: Option<f64>) -> Result<Trunk> {
        self.given.trunk(self.tokeniser()?, &self.settings, (seed, dropout), &self.device)
    }
}
