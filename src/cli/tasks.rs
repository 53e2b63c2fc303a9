//! `taskgraft tasks`: what tasks there are, what their examples look like, and what is wrong with data.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use taskgraft::{
    Error, Result,
    tasks::{
        Catalogue, Example, Form, Split, Target, Task, TaskSpec, Text, declared,
        glue::Glue,
        registry::{self, Presence, Registry},
        suite::Suite,
        synthetic::{Synthetic, SyntheticConfig, SyntheticText},
    },
};

#[derive(Subcommand)]
pub enum TasksCommand {
    /// Lists all tasks with family, target and metrics, and says whether their data are there.
    List {
        /// Folder of data that holds `glue/`, `superglue/`, `t2t/` or `exmix/`.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Shows sizes and first examples of a task.
    Show {
        /// Name of the task.
        task: String,
        /// Folder of GLUE in its published layout, or one that holds `glue/`, `superglue/`, `t2t/` or `exmix/`, for a
        /// task as text-to-text models see it; or another folder that experiments take. Without it the task is a
        /// synthetic one.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// TOML file that describes the task.
        #[arg(long, value_name = "FILE", conflicts_with = "data")]
        tasks_file: Option<PathBuf>,
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

/// Runs a command; false if it found something wrong.
pub fn run(command: TasksCommand) -> Result<bool> {
    match command {
        TasksCommand::List { data } => list(data).map(|()| true),
        TasksCommand::Show { task, tasks_file: Some(file), .. } => {
            let mut catalogue = Catalogue::new();
            catalogue.add_tasks_file(&file)?;
            show_task(&task, &catalogue.load(&task, Form::Labelled)?);
            Ok(true)
        }
        TasksCommand::Show { task, data, .. } => show(&task, data).map(|()| true),
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

fn list(data: Option<PathBuf>) -> Result<()> {
    println!("{:14} {:18} {:22} {:24} metrics", "suite", "task", "family", "target");
    let (synthetic, text) = (
        Synthetic::new(SyntheticConfig::default())?,
        SyntheticText::new(SyntheticConfig::default())?,
    );
    for suite in [&synthetic as &dyn Suite, &text, &Glue::new("")] {
        suite.specs().iter().for_each(|spec| line(spec, spec.family.name(), ""));
    }
    let registry = data.map(Registry::new);
    for (family, definitions) in registry::families() {
        for definition in definitions {
            let presence = registry.as_ref().map(|registry| registry.presence(&definition));
            let state = presence.map_or(String::new(), |presence| format!("  [{presence}]"));
            line(&definition.spec(), family.name(), &state);
        }
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

fn show(name: &str, data: Option<PathBuf>) -> Result<()> {
    let task = match data {
        Some(dir) if is_registry(&dir) => {
            let definition = Registry::new(&dir).definition(name)?;
            println!("{}, {}: {}", definition.name, definition.family, definition.citation);
            Registry::new(dir).load(name)?
        }
        Some(dir) if is_glue(&dir) || !dir.is_dir() => Glue::new(dir).load(name)?,
        Some(dir) => {
            let mut catalogue = Catalogue::new();
            catalogue.add_folder(&dir)?;
            catalogue.load(name, Form::Labelled)?
        }
        None => {
            let text = SyntheticText::new(SyntheticConfig::default())?;
            let synthetic = Synthetic::new(SyntheticConfig::default())?;
            let is_read = registry::definitions().iter().any(|d| d.name == name)
                || Glue::new("").spec(name).is_ok();
            match synthetic.specs().iter().any(|spec| spec.name == name) {
                true => synthetic.load(name)?,
                false if text.spec(name).is_err() && is_read => {
                    return Err(Error::Usage(format!(
                        "task `{name}` is read from files: give their folder with `--data DIR`"
                    )));
                }
                false => text.load(name)?,
            }
        }
    };
    show_task(name, &task);
    Ok(())
}

fn show_task(name: &str, task: &Task) {
    println!("{}/{}: {}; {}", task.spec.suite, name, target(&task.spec), metrics(&task.spec));
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
