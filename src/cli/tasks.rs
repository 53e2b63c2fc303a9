//! `taskgraft tasks`: what tasks there are, what their examples look like, and what is wrong with data.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use taskgraft::{
    Error, Result,
    tasks::{
        Catalogue, Example, Form, Split, Target, Task, TaskSpec, Text, declared,
        glue::Glue,
        registry::{self, Presence, Registry},
        suite::Suite,
        synthetic::{Synthetic, SyntheticConfig, SyntheticText},
        tagging::Tagging,
        tartan::Tartan,
    },
};

#[derive(Subcommand)]
pub enum TasksCommand {
    /// Lists tasks with family, target and metrics: those of the data that are given, or all that are known.
    List {
        #[command(flatten)]
        given: GivenData,
    },
    /// Shows sizes and first examples of a task; without data of a built-in one.
    Show {
        /// Name of the task, `suite/task` where several suites have it.
        task: String,
        #[command(flatten)]
        given: GivenData,
        /// Shows the task in words, as a text-to-text network sees it, where it has a labelled form too.
        #[arg(long)]
        words: bool,
    },
    /// Reads every task of a folder, or of a TOML file that describes data sets, and says what is wrong with it.
    Check {
        /// FILE.toml, or a folder that experiments take as `--data`.
        data: PathBuf,
    },
    /// Writes a first TOML description of a data set by looking at its file.
    New {
        /// CSV, TSV, JSON lines, JSON, Parquet or CoNLL columns, plain or gzipped.
        data: PathBuf,
    },
}

/// The data of a command, as experiments take them.
#[derive(Args)]
pub struct GivenData {
    /// Folder of data in a layout that experiments take, as often as needed.
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// TOML file that describes data sets of your own, as often as needed.
    #[arg(long, value_name = "FILE")]
    tasks_file: Vec<PathBuf>,
}

impl GivenData {
    /// What lies there; `None` if nothing was given.
    fn catalogue(&self) -> Result<Option<Catalogue>> {
        let mut catalogue = Catalogue::new();
        self.data.iter().try_for_each(|dir| catalogue.add_folder(dir))?;
        self.tasks_file.iter().try_for_each(|file| catalogue.add_tasks_file(file))?;
        Ok((!(self.data.is_empty() && self.tasks_file.is_empty())).then_some(catalogue))
    }
}

/// Runs a command; false if it found something wrong.
pub fn run(command: TasksCommand) -> Result<bool> {
    match command {
        TasksCommand::List { given } => list(&given).map(|()| true),
        TasksCommand::Show { task, given, words } => show(&task, &given, words).map(|()| true),
        TasksCommand::Check { data } if data.extension().is_some_and(|e| e == "toml") => {
            check_file(&data)
        }
        TasksCommand::Check { data } if is_registry(&data) => Ok(check_registry(&data)),
        TasksCommand::Check { data } if is_glue(&data) || !data.is_dir() => Ok(check_glue(&data)),
        TasksCommand::Check { data } => check_catalogue(&data),
        TasksCommand::New { data } => {
            print!("{}", declared::draft(&data)?);
            Ok(true)
        }
    }
}

/// Whether a folder has a task of GLUE.
fn is_glue(data: &Path) -> bool {
    let suite = Glue::new(data);
    let folders = suite.specs().into_iter().filter_map(|spec| suite.folder(&spec.name));
    folders.into_iter().any(|folder| folder.is_dir())
}

/// Checks the tasks that a TOML file describes.
fn check_file(file: &Path) -> Result<bool> {
    let checked = declared::check(file)?;
    checked.iter().for_each(|task| println!("{task}"));
    let wrong = checked.iter().filter(|task| task.outcome.is_err()).count();
    println!("{} tasks, {wrong} with problems", checked.len());
    Ok(wrong == 0)
}

/// Checks the tasks of a folder in any layout that experiments take.
fn check_catalogue(data: &Path) -> Result<bool> {
    let mut catalogue = Catalogue::new();
    catalogue.add_folder(data)?;
    let mut problems = 0;
    for spec in catalogue.specs() {
        let name = spec.full_name();
        let checked = catalogue.load(&name, Form::Labelled).and_then(|task| {
            let all: usize = task.splits.values().map(Vec::len).sum();
            Ok((all, task.splits.len(), task.check()?))
        });
        match checked {
            Ok((all, splits, remarks)) => {
                println!("{name:24} {all:>8} examples in {splits} splits");
                remarks.iter().for_each(|remark| println!("{:24} {remark}", ""));
            }
            Err(error) => {
                problems += 1;
                println!("{name:24} {error}");
            }
        }
    }
    Ok(problems == 0)
}

fn is_registry(data: &Path) -> bool {
    ["glue", "superglue", "t2t", "exmix"].iter().any(|folder| data.join(folder).is_dir())
}

fn list(given: &GivenData) -> Result<()> {
    println!("{:14} {:18} {:22} {:24} metrics", "suite", "task", "family", "target");
    let Some(catalogue) = given.catalogue()? else { return list_known() };
    catalogue.specs().iter().for_each(|spec| line(spec, spec.family.name(), ""));
    for text in catalogue.corpora_at_hand() {
        println!("{:14} {text:18} {:22} a text without labels", "corpus", "");
    }
    for dir in given.data.iter().filter(|dir| is_registry(dir)) {
        let registry = Registry::new(dir);
        for (family, definitions) in registry::families() {
            for definition in definitions {
                let presence = registry.presence(&definition);
                if matches!(presence, Presence::Missing { .. }) {
                    line(&definition.spec(), family.name(), &format!("  [{presence}]"));
                }
            }
        }
    }
    Ok(())
}

/// All tasks that have a reader, whether or not their data are there.
fn list_known() -> Result<()> {
    let (synthetic, text) = (
        Synthetic::new(SyntheticConfig::default())?,
        SyntheticText::new(SyntheticConfig::default())?,
    );
    let suites: [&dyn Suite; 5] =
        [&synthetic, &text, &Glue::new(""), &Tagging::new(""), &Tartan::new("")];
    for suite in suites {
        suite.specs().iter().for_each(|spec| line(spec, spec.family.name(), ""));
    }
    for (family, definitions) in registry::families() {
        definitions.iter().for_each(|definition| line(&definition.spec(), family.name(), ""));
    }
    Ok(())
}

fn line(spec: &TaskSpec, family: &str, state: &str) {
    let (target, metrics) = (target(spec), metrics(spec));
    println!("{:14} {:18} {family:22} {target:24} {metrics}{state}", spec.suite, spec.name);
}

fn target(spec: &TaskSpec) -> String {
    use taskgraft::tasks::TargetKind::{Class, Score, Tags, Text, Tokens};
    match &spec.kind {
        Class { labels } if labels.len() <= 3 => labels.join("|").chars().take(40).collect(),
        Class { labels } => format!("{} classes", labels.len()),
        Score { min, max } => format!("score {min} to {max}"),
        Tags { labels } => format!("{} tags", labels.len()),
        Tokens { vocabulary } => format!("tokens of {vocabulary}"),
        Text { .. } => format!("written, {}", registry::target(&spec.kind)),
    }
}

fn metrics(spec: &TaskSpec) -> String {
    spec.metrics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn show(name: &str, given: &GivenData, words: bool) -> Result<()> {
    let Some(catalogue) = given.catalogue()? else { return show_built_in(name) };
    let form = match (words, catalogue.forms(name)?.first()) {
        (false, Some(Form::Labelled)) => Form::Labelled,
        _ => Form::InWords,
    };
    let task = catalogue.load(name, form)?;
    let of_registry = registry::definitions().into_iter().find(|d| d.name == task.spec.name);
    if let Some(definition) = of_registry {
        println!("{}, {}: {}", definition.name, definition.family, definition.citation);
    }
    show_task(&task);
    Ok(())
}

fn show_built_in(name: &str) -> Result<()> {
    let text = SyntheticText::new(SyntheticConfig::default())?;
    let synthetic = Synthetic::new(SyntheticConfig::default())?;
    if synthetic.specs().iter().any(|spec| spec.name == name) {
        show_task(&synthetic.load(name)?);
    } else if text.spec(name).is_ok() {
        show_task(&text.load(name)?);
    } else if Glue::new("").spec(name).is_ok()
        || registry::definitions().iter().any(|definition| definition.name == name)
    {
        return Err(Error::Usage(format!(
            "task `{name}` is read from files: give their folder with `--data DIR`"
        )));
    } else {
        let mut built_in = Catalogue::new();
        built_in.add(Arc::new(synthetic))?;
        built_in.find(name)?;
    }
    Ok(())
}

fn show_task(task: &Task) {
    println!("{}: {}; {}", task.spec.full_name(), target(&task.spec), metrics(&task.spec));
    sizes(task);
    let first = task.splits.keys().next().copied().unwrap_or(Split::Train);
    for example in task.split(first).iter().take(5) {
        println!("\n  {}", text(example).replace('\n', "\n  "));
        println!("  = {}", gold(&task.spec, example));
    }
}

fn sizes(task: &Task) {
    for (split, examples) in &task.splits {
        let labelled = examples.iter().filter(|e| e.target.is_some()).count();
        println!("{split:16} {:>8} examples, {labelled} labelled", examples.len());
    }
}

fn text(example: &Example) -> String {
    match &example.text {
        Text::One(text) => text.clone(),
        Text::Two(a, b) => format!("{a}\n{b}"),
        Text::Words(words) => words.join(" "),
    }
}

fn gold(spec: &TaskSpec, example: &Example) -> String {
    use taskgraft::tasks::TargetKind::{Class, Tags};
    match (&spec.kind, &example.target) {
        (Class { labels }, Some(Target::Class(label))) => labels[*label].clone(),
        (Tags { labels }, Some(Target::Tags(tags))) => {
            tags.iter().map(|&t| labels[t].as_str()).collect::<Vec<_>>().join(" ")
        }
        (_, Some(Target::Score(score))) => score.to_string(),
        (_, Some(Target::Text(answer))) => match answer.accepted.len() {
            0 => format!("not {}", answer.text),
            1 => answer.text.clone(),
            _ => answer.accepted.join("\n  or "),
        },
        (_, None) => "(published without a target)".into(),
        (_, target) => format!("{target:?}"),
    }
}

fn check_registry(data: &Path) -> bool {
    let (mut trainable, mut problems, mut wanted) = (0, 0, 0);
    for checked in Registry::new(data).check() {
        println!("{}", checked.line());
        checked.remarks.iter().for_each(|remark| println!("{:18} {remark}", ""));
        problems += usize::from(checked.is_wrong());
        match checked.presence {
            Presence::Trainable if !checked.is_wrong() => trainable += 1,
            Presence::Missing { .. } => wanted += 1,
            _ => {}
        }
    }
    println!(
        "{trainable} tasks can be trained on, {wanted} are not there, {problems} have problems"
    );
    trainable > 0 && problems == 0
}

fn check_glue(data: &Path) -> bool {
    let suite = Glue::new(data);
    let (mut found, mut problems) = (0, 0);
    for spec in suite.specs() {
        if suite.folder(&spec.name).is_none_or(|folder| !folder.is_dir()) {
            println!("{:12} not there", spec.name);
            continue;
        }
        found += 1;
        match suite.load(&spec.name) {
            Ok(task) => {
                let all: usize = task.splits.values().map(Vec::len).sum();
                println!("{:12} {all:>8} examples in {} splits", spec.name, task.splits.len());
                match task.check() {
                    Ok(remarks) => remarks.iter().for_each(|remark| println!("{:12} {remark}", "")),
                    Err(error) => {
                        problems += 1;
                        println!("{:12} {error}", "");
                    }
                }
            }
            Err(error) => {
                problems += 1;
                println!("{:12} {error}", spec.name);
            }
        }
    }
    if found == 0 {
        println!(
            "{} holds no task: a GLUE folder holds one folder a task, as in RTE/train.tsv; a data folder holds `glue/`, \
             `superglue/`, `t2t/` or `exmix/`",
            data.display()
        );
    }
    found > 0 && problems == 0
}
