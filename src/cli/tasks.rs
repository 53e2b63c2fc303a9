//! `taskgraft tasks`: what tasks there are, what their examples look like, and what is wrong with data.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use taskgraft::{
    Error, Result,
    tasks::{
        Example, Split, Target, Task, TaskSpec, Text,
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
        /// task as text-to-text models see it; without it the task is a synthetic one.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Reads every task that DIR has and says what is wrong with it.
    Check {
        /// Folder of GLUE in its published layout, or one that holds `glue/`, `superglue/`, `t2t/` or `exmix/`.
        data: PathBuf,
    },
}

/// Runs a command; false if it found something wrong.
pub fn run(command: TasksCommand) -> Result<bool> {
    match command {
        TasksCommand::List { data } => list(data).map(|()| true),
        TasksCommand::Show { task, data } => show(&task, data).map(|()| true),
        TasksCommand::Check { data } if is_registry(&data) => Ok(check_registry(&data)),
        TasksCommand::Check { data } => Ok(check_glue(&data)),
    }
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
        Some(dir) => Glue::new(dir).load(name)?,
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
    println!("{}/{}: {}; {}", task.spec.suite, name, target(&task.spec), metrics(&task.spec));
    sizes(&task);
    let first = task.splits.keys().next().copied().unwrap_or(Split::Train);
    for example in task.split(first).iter().take(5) {
        println!("\n  {}", text(example).replace('\n', "\n  "));
        println!("  = {}", gold(&task.spec, example));
    }
    Ok(())
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
