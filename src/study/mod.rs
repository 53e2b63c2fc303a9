//! Studies: recipes × seeds on the same tasks, compared.
//!
//! A [`Study`] is declared, run and reported. A recipe adds [`Stage`]s (trainings) to a [`Plan`] and says which of them
//! scores which task; equal stages are run once, finished ones are used again when the command is repeated, and what a
//! recipe chooses may depend on stages that are finished. All see the same data in an order that depends on the seed
//! alone.

mod args;
mod assign;
mod at_start;
mod compare;
mod dev_examples;
mod examples;
mod finished;
mod folders;
mod given;
mod interruptible;
mod lineage;
mod lineage_name;
mod network;
mod plan;
mod plan_table;
mod recipe;
mod report;
mod result;
mod runner;
mod running;
mod settings;
mod stage;
mod teaching;
mod tokeniser;
mod trunk_settings;
mod workbench;

use std::{path::PathBuf, sync::Arc};

use taskgraft_tasks::{Catalogue, Form, TargetKind, suite::Suite, synthetic::Synthetic};

pub use args::{FormName, Split, StudyArgs};
pub use assign::assign;
pub use finished::{Finished, FinishedRow};
pub use lineage::{Lineage, Student};
pub use plan::{Plan, Stages};
pub use recipe::{Recipe, Row, Scored};
pub use report::StudyReport;
pub use result::{StageResult, TaskRate};
pub use settings::{Denoiser, RepresentationProbe, Settings};
pub use stage::{Learns, OwnObjective, Planned, Source, Stage, StageKey, Start, TaskUse};
pub use trunk_settings::{TrunkKind, TrunkSettings};
pub use workbench::Workbench;

use self::interruptible::interruptible;
use crate::{
    Error, Result,
    observe::Observer,
    report::{Comparison, Section},
};

/// Makes sections of a report from a finished study.
type MakeSections<'s> = Box<dyn Fn(&Finished<'_>) -> Result<Vec<Section>> + 's>;
/// Makes an observer of a stage, whose files go to a folder; `None` where it is not looked at.
type MakeObserver<'s> =
    Box<dyn Fn(&Planned, &std::path::Path) -> Result<Option<Box<dyn Observer>>> + 's>;
/// Makes the suite of built-in tasks that the settings describe.
type MakeSuite = Box<dyn Fn(&Settings, &mut Catalogue) -> Result<()>>;

/// Recipes to be compared on tasks.
///
/// ```
/// use taskgraft::prelude::*;
///
/// # use {clap::Parser, std::ffi::OsStr};
/// # let out = tempfile::tempdir().map_err(Error::io("out"))?;
/// # let line = "mine --plain --seeds 1 --steps 2 --set trunk.hidden=32 --set synthetic.dev_size=20 --out";
/// # let args = StudyArgs::parse_from(line.split(' ').map(OsStr::new).chain([out.path().as_os_str()]));
/// let mut study = Study::new("mine", args)?; // or, in a program, `Study::from_args("mine")`
/// study.tasks(["sentiment", "entailment"])?;
/// study.recipe("Single", |plan| plan.each(plan.tasks(), |task| Stage::train([task])));
/// study.recipe("PCGrad", |plan| plan.together(Stage::train(plan.tasks()).method("pcgrad")));
/// let report = study.run()?;
/// assert_eq!(report.comparison.methods[1].name, "PCGrad");
/// report.report()?;
/// # Ok::<(), Error>(())
/// ```
pub struct Study<'s> {
    name: String,
    args: StudyArgs,
    /// The experiment's own settings, without the command line's.
    own: Settings,
    settings: Settings,
    built_in: MakeSuite,
    own_suites: Vec<Arc<dyn Suite>>,
    catalogue: Option<Catalogue>,
    columns: Vec<TaskUse>,
    vocabulary: Vec<TaskUse>,
    texts_of: Vec<TaskUse>,
    recipes: Vec<Recipe<'s>>,
    sections: Vec<MakeSections<'s>>,
    observers: Vec<MakeObserver<'s>>,
    notes: Vec<String>,
    methods_taken: bool,
    form: Form,
    split: Split,
    seeds: u64,
}

impl<'s> Study<'s> {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown setting, method or backend.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        args.lineages()?;
        let (form, split) = (Form::Labelled, args.score.unwrap_or_default());
        let built_in = |settings: &Settings, catalogue: &mut Catalogue| {
            Ok(catalogue.add(Arc::new(Synthetic::new(settings.synthetic.clone())?))?)
        };
        Ok(Self {
            name: name.into(),
            own: Settings::default(),
            settings: Settings::default(),
            built_in: Box::new(built_in),
            own_suites: vec![],
            catalogue: None,
            columns: vec![],
            vocabulary: vec![],
            texts_of: vec![],
            recipes: vec![],
            sections: vec![],
            observers: vec![],
            notes: vec![],
            methods_taken: false,
            form,
            split,
            seeds: 3,
            args,
        })
    }

    /// A study from the command line. Prints help or what was wrong, and exits, where clap says so.
    ///
    /// # Errors
    /// An unknown setting, method or backend.
    pub fn from_args(name: &str) -> Result<Self> {
        Self::new(name, <StudyArgs as clap::Parser>::parse())
    }

    /// Whether the study runs on data of the user's rather than built-in tasks.
    pub fn has_data(&self) -> bool {
        self.args.has_data() || !self.own_suites.is_empty()
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it.
    pub fn settings(&mut self, change: impl FnOnce(&mut Settings)) -> &mut Self {
        change(&mut self.own);
        self
    }

    /// Number of seeds, unless `--seeds` says otherwise.
    pub fn seeds(&mut self, seeds: u64) -> &mut Self {
        self.seeds = seeds;
        self
    }

    /// How tasks of classes, scores and tags meet a T5, unless `--form` says otherwise.
    pub fn form(&mut self, form: Form) -> &mut Self {
        self.form = form;
        self
    }

    /// What rows are scored on, unless `--score` says otherwise.
    pub fn score(&mut self, split: Split) -> &mut Self {
        self.split = self.args.score.unwrap_or(split);
        self
    }

    /// Adds tasks that a program makes or reads itself.
    pub fn suite(&mut self, suite: impl Suite + 'static) -> &mut Self {
        self.own_suites.push(Arc::new(suite));
        self
    }

    /// Sets what is added to the catalogue where no data are given, in place of the synthetic suite.
    pub fn built_in(
        &mut self,
        add: impl Fn(&Settings, &mut Catalogue) -> Result<()> + 'static,
    ) -> &mut Self {
        self.built_in = Box::new(add);
        self
    }

    /// All tasks at hand: those of `--data`, `--tasks-file` and [`suite`](Self::suite), or the built-in ones. The
    /// settings are final from here on.
    ///
    /// # Errors
    /// Settings or data that make no sense.
    pub fn catalogue(&mut self) -> Result<&Catalogue> {
        if self.catalogue.is_none() {
            self.settings = running::resolved(&self.own, &self.args)?;
            let mut catalogue = Catalogue::new();
            if !self.has_data() {
                (self.built_in)(&self.settings, &mut catalogue)?;
            }
            for dir in &self.args.data {
                catalogue.add_folder(dir)?;
            }
            for file in &self.args.tasks_file {
                catalogue.add_tasks_file(file)?;
            }
            for suite in &self.own_suites {
                catalogue.add(suite.clone())?;
            }
            catalogue.max_examples(self.settings.max_examples);
            self.catalogue = Some(catalogue);
        }
        self.catalogue.as_ref().ok_or(Error::Unfinished)
    }

    /// The settings with the command line's; final once the catalogue was asked for.
    ///
    /// # Errors
    /// As for [`catalogue`](Self::catalogue).
    pub fn resolved_settings(&mut self) -> Result<&Settings> {
        self.catalogue()?;
        Ok(&self.settings)
    }

    /// The tasks of the study, which are the table's columns: those of `--tasks`, or else those of `names` that the
    /// data hold, or else all at hand.
    ///
    /// # Errors
    /// An unknown task, or data that can't be read.
    pub fn tasks<N: AsRef<str>>(
        &mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Vec<TaskUse>> {
        let asked = self.args.tasks.clone();
        let has_files = !self.args.tasks_file.is_empty();
        let catalogue = self.catalogue()?;
        let chosen: Vec<String> = match asked.is_empty() {
            false => asked,
            true => {
                let usual = names.into_iter().map(|name| name.as_ref().to_string());
                let usual: Vec<String> = usual
                    .filter(|_| !has_files)
                    .filter_map(|name| running::usual_name(catalogue, &name))
                    .collect();
                if usual.is_empty() { running::labelled(catalogue) } else { usual }
            }
        };
        let tasks = running::uses(catalogue, &chosen)?;
        self.columns.clone_from(&tasks);
        if self.vocabulary.is_empty() {
            self.vocabulary.clone_from(&tasks);
        }
        Ok(tasks)
    }

    /// Sets the table's columns, where they are not the study's tasks.
    pub fn columns(&mut self, tasks: &[TaskUse]) -> &mut Self {
        self.columns = tasks.to_vec();
        self
    }

    /// Sets what a tokenizer is trained on where none is given, in place of the study's tasks.
    pub fn vocabulary(&mut self, of: &[TaskUse]) -> &mut Self {
        self.vocabulary = of.to_vec();
        self
    }

    /// Sets the tasks whose inputs are denoised where no texts are at hand.
    pub fn texts_of(&mut self, tasks: &[TaskUse]) -> &mut Self {
        self.texts_of = tasks.to_vec();
        self
    }

    /// Adds a row, unless there is one of this name: `make` adds stages to the plan of one seed and says which of them
    /// scores which task.
    pub fn recipe(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&mut Plan<'_>) -> Result<Row> + 's,
    ) -> &mut Self {
        let make = Box::new(make);
        let recipe = Recipe { name: name.into(), is_baseline: false, is_listed: true, make };
        // The same row is asked for again, by the experiment and by `--method`.
        if self.recipes.iter().all(|known| known.name != recipe.name) {
            self.recipes.push(recipe);
        }
        self
    }

    /// Makes the row that was added last one that others are tested against.
    pub fn baseline(&mut self) -> &mut Self {
        if let Some(last) = self.recipes.last_mut() {
            last.is_baseline = true;
        }
        self
    }

    /// Adds stages without a row in the table.
    pub fn unlisted(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&mut Plan<'_>) -> Result<Row> + 's,
    ) -> &mut Self {
        self.recipe(name, make);
        if let Some(last) = self.recipes.last_mut() {
            last.is_listed = false;
        }
        self
    }

    /// Adds a recipe by name.
    pub fn lineage(&mut self, lineage: Lineage, tasks: &[TaskUse]) -> &mut Self {
        let (name, is_baseline, tasks) =
            (lineage.to_string(), lineage.is_baseline(), tasks.to_vec());
        self.recipe(name, move |plan| lineage.plan(plan, &tasks));
        if is_baseline { self.baseline() } else { self }
    }

    /// Adds the recipes of the command line's `--method`.
    ///
    /// # Errors
    /// When no method has the name.
    pub fn lineages_of_args(&mut self, tasks: &[TaskUse]) -> Result<&mut Self> {
        self.methods_taken = true;
        for lineage in self.args.lineages()? {
            self.lineage(lineage, tasks);
        }
        Ok(self)
    }

    /// Says that the experiment does something of its own with `--method`, which is otherwise taken for recipes by
    /// name.
    pub fn takes_methods(&mut self) -> &mut Self {
        self.methods_taken = true;
        self
    }

    /// Adds sections of the report.
    pub fn section(
        &mut self,
        make: impl Fn(&Finished<'_>) -> Result<Vec<Section>> + 's,
    ) -> &mut Self {
        self.sections.push(Box::new(make));
        self
    }

    /// Looks at trainings: `make` is called for every stage that is trained, with the folder that its files go to.
    /// Trainings with and without observers are the same to the bit.
    pub fn observe(
        &mut self,
        make: impl Fn(&Planned, &std::path::Path) -> Result<Option<Box<dyn Observer>>> + 's,
    ) -> &mut Self {
        self.observers.push(Box::new(make));
        self
    }

    /// Adds a remark that a reader of the numbers needs.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Tasks of the catalogue by name, called by their short names where no two of them share one.
    ///
    /// # Errors
    /// An unknown task, or one that is named twice.
    pub fn uses(&mut self, names: &[String]) -> Result<Vec<TaskUse>> {
        running::uses(self.catalogue()?, names)
    }

    /// Runs what has not been run yet.
    ///
    /// # Errors
    /// Wrong arguments, data that are missing or malformed, a training that fails, files that can't be written.
    pub fn run(self) -> Result<StudyReport> {
        self.run_with(compare::compare)
    }

    /// The same with a table of the experiment's own.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and those of `table`.
    pub fn run_with(
        self,
        table: impl Fn(&Finished<'_>) -> Result<Comparison>,
    ) -> Result<StudyReport> {
        interruptible(|| self.run_all(&table))
    }

    fn out(&self) -> PathBuf {
        self.args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&self.name))
    }
}

/// Whether a task has labels, scores or tags, which a head can predict.
fn has_head(kind: &TargetKind) -> bool {
    matches!(kind, TargetKind::Class { .. } | TargetKind::Score { .. } | TargetKind::Tags { .. })
}
