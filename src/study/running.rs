//! A study from declaration to report: settings, tasks, plan, stages, comparison.

use std::{cell::RefCell, collections::BTreeMap};

use taskgraft_models::kernels::Precision;
use taskgraft_tasks::{Catalogue, Form};

use super::{
    Finished, FinishedRow, FormName, Plan, Row, Settings, StageKey, StageResult, Study, StudyArgs,
    StudyReport, TaskUse, Workbench,
    folders::Folders,
    has_head,
    plan::Stages,
    plan_table,
    report::{announce_precision, few, number_of_seeds, summary},
    runner::Runner,
};
use crate::{Error, Result, device::Backend, report::Comparison, run_dir::RunDir};

/// An experiment's settings with the command line's.
pub fn resolved(own: &Settings, args: &StudyArgs) -> Result<Settings> {
    let mut settings = own.clone();
    if let Some(epochs) = args.epochs.filter(|epochs| !(epochs.is_finite() && *epochs > 0.0)) {
        return Err(Error::Usage(format!(
            "`--epochs {epochs}`: the passes over the training data must be a number above 0"
        )));
    }
    for config in settings.all_sections() {
        config.precision = args.precision.unwrap_or(config.precision);
    }
    for (name, config) in &mut settings.sections {
        if name == "finetune" {
            // The last stage has a length of its own.
            continue;
        }
        if let Some(epochs) = args.epochs {
            (config.epochs, config.steps) = (epochs, None);
        }
        config.steps = args.steps.or(config.steps);
    }
    for assignment in &args.set {
        settings.set(assignment)?;
    }
    settings.check()?;
    Ok(settings)
}

/// Names of the tasks at hand that heads can predict; of all, where there are none.
pub fn labelled(catalogue: &Catalogue) -> Vec<String> {
    let specs = catalogue.specs();
    let full = |spec: &taskgraft_tasks::TaskSpec| match catalogue.find(&spec.name) {
        Ok(_) => spec.name.clone(),
        Err(_) => format!("{}/{}", spec.suite, spec.name),
    };
    let heads: Vec<String> = specs.iter().filter(|spec| has_head(&spec.kind)).map(full).collect();
    if heads.is_empty() { specs.iter().map(full).collect() } else { heads }
}

/// A usual task by the name that tells it apart: of several of that name, GLUE's.
pub fn usual_name(catalogue: &Catalogue, name: &str) -> Option<String> {
    let of_glue = format!("glue/{name}");
    [name.to_string(), of_glue].into_iter().find(|name| catalogue.find(name).is_ok())
}

/// Tasks by name, called by their short names where no two of them share one.
///
/// # Errors
/// An unknown task, or one that is named twice.
pub fn uses(catalogue: &Catalogue, names: &[String]) -> Result<Vec<TaskUse>> {
    let specs = names.iter().map(|name| Ok(catalogue.find(name)?)).collect::<Result<Vec<_>>>()?;
    let mut tasks: Vec<TaskUse> = Vec::new();
    for (name, spec) in names.iter().zip(&specs) {
        let shared = specs.iter().filter(|other| other.name == spec.name).count() > 1;
        let called = if shared { name.replace('/', ".") } else { spec.name.clone() };
        if tasks.iter().any(|task| task.name == called) {
            return Err(Error::Usage(format!("task `{name}` is asked for twice; name it once")));
        }
        tasks.push(TaskUse { name: called, ..TaskUse::of(name.clone()) });
    }
    Ok(tasks)
}

impl<'s> Study<'s> {
    pub(super) fn run_all(
        mut self,
        table: &dyn Fn(&Finished<'_>) -> Result<Comparison>,
    ) -> Result<StudyReport> {
        let backend = self.args.backend()?;
        let device = backend.device()?;
        let out = self.out();
        self.catalogue()?;
        let seeds = self.args.seeds_or(self.seeds)?;
        let seeds: Vec<u64> = (0..seeds).map(|seed| seed + self.args.first_seed).collect();
        if self.columns.is_empty() {
            self.tasks([""; 0])?;
        }
        if !self.methods_taken {
            let tasks = self.columns.clone();
            self.lineages_of_args(&tasks)?;
        }
        if self.recipes.is_empty() {
            let problem =
                "a study needs at least one recipe; add one in the experiment, or with `--method`";
            return Err(Error::Usage(problem.into()));
        }
        let catalogue = self.catalogue.take().unwrap_or_default();
        if !self.args.plan {
            // Fails now rather than after the data are read.
            RunDir::create(&out)?;
        }
        let init = self.args.init.as_deref();
        let bench = Workbench::new(catalogue, &self.settings, init, &device)?
            .with_cache(&out.join("features"))
            .with_form(match self.args.form {
                Some(FormName::Words) => Form::InWords,
                Some(FormName::Labelled) => Form::Labelled,
                None => self.form,
            })
            .with_vocabulary(&self.vocabulary)?
            .with_texts_of(&self.texts_of)?;
        let runner = Runner {
            bench: &bench,
            folders: Folders::of(&out),
            backend,
            view: self.args.view(),
            digests: RefCell::default(),
            observers: &self.observers,
        };
        let mut done = BTreeMap::new();
        let (mut stages, mut rows) = self.plan(&runner, &seeds, &done)?;
        if self.args.plan {
            plan_table::print(&self.name, &runner, &stages, &out)?;
            if rows.is_none() {
                println!("more stages are chosen once these are finished");
            }
            return Ok(StudyReport::of_plan(&out));
        }
        self.announce(&bench, stages.iter().count(), (seeds.len(), backend));
        loop {
            let left: Vec<_> = stages.iter().filter(|s| !done.contains_key(&s.key)).collect();
            let count = done.len() + left.len();
            for planned in left {
                crate::signals::check("between two trainings")?;
                let position = format!("[{}/{count}]", done.len() + 1);
                let result = runner.run(planned, &stages, &position)?;
                done.insert(planned.key.clone(), result);
            }
            if rows.is_some() {
                break;
            }
            (stages, rows) = self.plan(&runner, &seeds, &done)?;
        }
        let finished = Finished {
            runner: &runner,
            stages: &stages,
            done: &done,
            columns: &self.columns,
            split: self.split,
            rows: rows.unwrap_or_default(),
            seeds,
            out: out.clone(),
        };
        let mut comparison = table(&finished)?;
        comparison.summary = Some(summary(&self.settings, &bench.given.describe(&self.settings)));
        if finished.seeds.len() < 5 {
            comparison.notes.push(few(finished.seeds.len()));
        }
        comparison.notes.extend(self.notes.iter().cloned());
        for section in &self.sections {
            comparison.sections.extend(section(&finished)?);
        }
        Ok(StudyReport::new(comparison, &self.name, (backend, &device), &out))
    }

    /// All stages that recipes ask for, and the rows if none of the recipes waits.
    fn plan(
        &self,
        runner: &Runner<'_>,
        seeds: &[u64],
        done: &BTreeMap<StageKey, StageResult>,
    ) -> Result<(Stages, Option<Vec<FinishedRow>>)> {
        let mut stages = Stages::default();
        let mut waits = false;
        let mut by_recipe: Vec<Vec<(u64, Row)>> = self.recipes.iter().map(|_| vec![]).collect();
        for &seed in seeds {
            for (recipe, rows) in self.recipes.iter().zip(&mut by_recipe) {
                let mut plan = Plan {
                    runner,
                    settings: &self.settings,
                    stages: &mut stages,
                    done,
                    seeds,
                    seed,
                    recipe: &recipe.name,
                    columns: &self.columns,
                };
                match (recipe.make)(&mut plan) {
                    Ok(row) => rows.push((seed, row)),
                    Err(Error::Unfinished) => waits = true,
                    Err(error) => return Err(error),
                }
            }
        }
        if waits {
            if stages.iter().all(|stage| done.contains_key(&stage.key)) {
                let problem = "a recipe waits for a stage that is not in its plan; add the stage in the recipe";
                return Err(Error::Usage(problem.into()));
            }
            return Ok((stages, None));
        }
        let row = |(recipe, by_seed): (&super::Recipe<'_>, Vec<(u64, Row)>)| FinishedRow {
            name: by_seed
                .first()
                .and_then(|(_, row)| row.called.clone())
                .unwrap_or_else(|| recipe.name.clone()),
            is_baseline: recipe.is_baseline,
            is_listed: recipe.is_listed,
            by_seed,
        };
        Ok((stages, Some(self.recipes.iter().zip(by_recipe).map(row).collect())))
    }

    fn announce(&self, bench: &Workbench, stages: usize, (seeds, backend): (usize, Backend)) {
        let sizes: Vec<String> = self
            .columns
            .iter()
            .filter_map(|task| {
                let dev = bench.task(task).ok()?.split(taskgraft_tasks::Split::Dev).len();
                Some(format!("{} {}/{dev}", task.name, bench.size(task).ok()?))
            })
            .collect();
        println!(
            "{}: {} recipes × {} = {stages} trainings on {backend}, in {}",
            self.name,
            self.recipes.iter().filter(|recipe| recipe.is_listed).count(),
            number_of_seeds(seeds as u64),
            self.out().display()
        );
        println!("examples for training and dev: {}", sizes.join(", "));
        let is_bf16 = |config: &crate::train::TrainConfig| config.precision == Precision::Bf16;
        if self.settings.sections.values().any(is_bf16) {
            announce_precision(backend);
        }
    }
}
