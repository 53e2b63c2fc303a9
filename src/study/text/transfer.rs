//! Which families of tasks help which: every pair of families is trained together, and every family alone.
//!
//! ExT5 (Aribandi et al., 2022, section 2): a batch holds as many examples of either family, and a pair is trained for
//! twice the steps of a family alone, so that each family sees as much. The table has a row for the family that was
//! trained beside and a column for the family that is scored; the diagonal is the family alone.

use std::{collections::BTreeMap, path::PathBuf};

use taskgraft_tasks::{
    Family,
    mixture::{Balance, Rate},
};

use super::{
    TextBench, TextRunner, TextSettings, TextSuite,
    runner::{Planned, Stage},
};
use crate::{
    Error, Result,
    evaluation::mean_score,
    report::{Comparison, Cost, MethodRow, SeedScores, TaskColumn},
    study::{StudyArgs, StudyReport, interruptible::interruptible, report::few},
    train::TaskData,
};

/// Families to be trained in pairs.
pub struct TransferStudy {
    name: String,
    args: StudyArgs,
    settings: TextSettings,
    seeds: u64,
}

/// One training: the places of one family or two, the seed, and what came of it.
struct Pair {
    places: (usize, usize),
    seed: u64,
    stage: Stage,
}

impl TransferStudy {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown backend.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        let settings = TextSettings::default();
        Ok(Self { name: name.into(), args, settings, seeds: 1 })
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it. A family alone is trained
    /// as `finetune` says.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut TextSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Number of seeds, unless `--seeds` says otherwise.
    #[must_use]
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// Runs what has not been run yet.
    ///
    /// # Errors
    /// Wrong arguments, data that are missing or malformed, a training that fails, files that can't be written.
    pub fn run(self) -> Result<StudyReport> {
        interruptible(|| self.run_all())
    }

    fn run_all(mut self) -> Result<StudyReport> {
        self.resolve()?;
        let backend = self.args.backend()?;
        let device = backend.device()?;
        let out = self.args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&self.name));
        let suite = TextSuite::new(self.args.data.as_deref(), &self.settings)?;
        let names =
            if self.args.tasks.is_empty() { suite.names() } else { self.args.tasks.clone() };
        let init = self.args.init.as_deref();
        // Fails now rather than after the data are read.
        crate::run_dir::RunDir::create(&out)?;
        let bench = TextBench::new(&suite, (&names, &[]), init, &self.settings, &device)?;
        let families = self.families(&bench)?;
        let runner = TextRunner {
            bench: &bench,
            settings: &self.settings,
            out: &out,
            backend,
            device: device.clone(),
            view: self.args.view(),
        };
        let seeds: Vec<u64> = (0..self.seeds).map(|s| s + self.args.first_seed).collect();
        let count = seeds.len() * families.len() * (families.len() + 1) / 2;
        println!("{}: {count} trainings on {backend}, in {}", self.name, out.display());
        let mut pairs: Vec<Pair> = Vec::new();
        for &seed in &seeds {
            for i in 0..families.len() {
                for j in i..families.len() {
                    let position = format!("[{}/{count}]", pairs.len() + 1);
                    let stage = train(&runner, &families, (i, j), seed, &position)?;
                    pairs.push(Pair { places: (i, j), seed, stage });
                }
            }
        }
        let mut comparison = compare(&families, &seeds, &pairs);
        if seeds.len() < 5 {
            comparison.notes.push(few(seeds.len()));
        }
        Ok(StudyReport::of(comparison, &self.name, (backend, &device), &out))
    }

    fn resolve(&mut self) -> Result<()> {
        self.args.refuse(&["--method", "--epochs"])?;
        let config = &mut self.settings.finetune;
        config.precision = self.args.precision.unwrap_or(config.precision);
        config.steps = self.args.steps.or(config.steps);
        for assignment in &self.args.set {
            self.settings.set(assignment)?;
        }
        self.seeds = self.args.seeds_or(self.seeds)?;
        match self.settings.finetune.steps {
            None => Err(Error::Usage("finetune.steps must be given".into())),
            Some(_) => Ok(()),
        }
    }

    /// Tasks with dev examples by family: ExMix's for data, the grammar's own otherwise.
    fn families(&self, bench: &TextBench) -> Result<Vec<(Family, Vec<TaskData>)>> {
        let mut families: BTreeMap<Family, Vec<TaskData>> = BTreeMap::new();
        for task in bench.mixture.iter().filter(|task| !task.dev.is_empty()) {
            let own = task.spec.family;
            let family = if self.args.data.is_some() { own.in_exmix() } else { own };
            families.entry(family).or_default().push(task.clone());
        }
        match families.len() {
            0 | 1 => Err(Error::Usage("transfer needs tasks of at least two families".into())),
            _ => Ok(families.into_iter().collect()),
        }
    }
}

/// Trains two families together, or one alone where both places are the same.
fn train(
    runner: &TextRunner<'_>,
    families: &[(Family, Vec<TaskData>)],
    (i, j): (usize, usize),
    seed: u64,
    position: &str,
) -> Result<Stage> {
    let places = if i == j { vec![i] } else { vec![i, j] };
    let names: Vec<&str> = places.iter().map(|&place| families[place].0.name()).collect();
    let settings = runner.settings;
    let (mut tasks, mut rates) = (Vec::new(), Vec::new());
    for &place in &places {
        let of_family = &families[place].1;
        let size = |task: &TaskData| task.size().min(settings.cap) as f64;
        let all: f64 = of_family.iter().map(size).sum();
        rates.extend(of_family.iter().map(|task| size(task) / all));
        tasks.extend(of_family.iter().cloned());
    }
    let mut config = settings.stage(&settings.finetune);
    config.steps = config.steps.map(|steps| steps * places.len() as u64);
    (config.mixture.rate, config.mixture.balance) = (Rate::Explicit(rates), Balance::Sampling);
    let label = format!("{position} {} seed {seed}", names.join(" + "));
    let planned = Planned {
        folder: runner.out.join(names.join("-and-")).join(format!("seed-{seed}")),
        label: &label,
        config,
        dropout: settings.finetune_dropout,
        tasks,
        pretraining: "",
        seed,
    };
    let start = || runner.bench.t5(seed, settings.finetune_dropout);
    Ok(runner.stage(&planned, start)?.0)
}

fn compare(families: &[(Family, Vec<TaskData>)], seeds: &[u64], pairs: &[Pair]) -> Comparison {
    let count = families.len();
    let cell = |row: usize, column: usize, seed: u64| {
        let places = (row.min(column), row.max(column));
        let pair = pairs.iter().find(|pair| pair.places == places && pair.seed == seed)?;
        let of_family = |name: &str| families[column].1.iter().any(|t| t.spec.name == name);
        let scores: Vec<_> =
            pair.stage.result.scores.iter().filter(|s| of_family(&s.task)).cloned().collect();
        Some(mean_score(&scores))
    };
    let row = |row: usize| MethodRow {
        name: format!("with {}", families[row].0),
        seeds: seeds
            .iter()
            .map(|&seed| SeedScores {
                seed,
                by_task: (0..count).map(|column| cell(row, column, seed)).collect(),
            })
            .collect(),
        cost: Some(cost(pairs, row, seeds.len())),
    };
    // The mean of a column over the families trained beside it, the family alone left out.
    let beside = |column: usize, seed: u64| {
        let others = (0..count).filter(|&row| row != column);
        let cells: Option<Vec<f64>> = others.map(|row| cell(row, column, seed)).collect();
        cells.map(|cells| cells.iter().sum::<f64>() / cells.len() as f64)
    };
    let means = MethodRow {
        name: "mean without the diagonal".into(),
        seeds: seeds
            .iter()
            .map(|&seed| SeedScores {
                seed,
                by_task: (0..count).map(|column| beside(column, seed)).collect(),
            })
            .collect(),
        cost: None,
    };
    let help = |row: usize| {
        let changes = seeds.iter().flat_map(|&seed| {
            let others = (0..count).filter(move |&column| column != row);
            others.filter_map(move |column| {
                Some(cell(row, column, seed)? / beside(column, seed)? - 1.0)
            })
        });
        let changes: Vec<f64> = changes.filter(|change| change.is_finite()).collect();
        changes.iter().sum::<f64>() / changes.len().max(1) as f64
    };
    let helps: Vec<String> =
        (0..count).map(|row| format!("{} {:+.1}%", families[row].0, 100.0 * help(row))).collect();
    let column = |(family, tasks): &(Family, Vec<TaskData>)| {
        let many =
            if tasks.len() == 1 { "1 task".into() } else { format!("{} tasks", tasks.len()) };
        TaskColumn { name: family.to_string(), metric: many }
    };
    Comparison {
        summary: Some(
            "Rows: the family trained beside; columns: the mean score of a family's tasks; on the diagonal, the family \
             alone for half the steps."
                .into(),
        ),
        tasks: families.iter().map(column).collect(),
        methods: (0..count).map(row).chain([means]).collect(),
        notes: vec![format!(
            "How a family changes the others' scores, against the mean of their columns without the diagonal: {}.",
            helps.join(", ")
        )],
        ..Comparison::default()
    }
}

/// What the trainings that a family took part in cost, a seed.
fn cost(pairs: &[Pair], family: usize, seeds: usize) -> Cost {
    let mine = pairs.iter().filter(|pair| pair.places.0 == family || pair.places.1 == family);
    let results: Vec<_> = mine.map(|pair| &pair.stage.result).collect();
    let seeds = seeds.max(1);
    Cost {
        seconds: results.iter().map(|r| r.step_seconds).sum::<f64>() / seeds as f64,
        steps: results.iter().map(|r| r.steps).sum::<u64>() / seeds as u64,
        memory: None,
    }
}
