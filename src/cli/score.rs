//! `taskgraft score`: a metric of predictions in a file, without a network.
//!
//! Texts, labels and numbers come one a line; SQuAD's predictions and data sets come in their own JSON. Scores are
//! printed times 100, whatever the metric.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};
use taskgraft::{
    Error, Result,
    tasks::metrics::{
        Metric,
        line_files::{LineFile, references},
        line_scores::score_lines,
        squad_files::{self, Part},
    },
};

#[derive(Args)]
pub struct ScoreArgs {
    /// A metric, such as `bleu`, or a group: `rouge`, `squad`, `record`, `multirc`. Several with commas.
    #[arg(long = "metric", value_name = "NAME", required = true, value_delimiter = ',')]
    metrics: Vec<String>,
    /// One prediction a line, or SQuAD's `{"id": "text"}`.
    #[arg(long, value_name = "FILE")]
    predictions: PathBuf,
    /// One reference a line; repeat for more references of each example. Or one SQuAD data set, for `--metric squad`.
    #[arg(long, value_name = "FILE", required = true)]
    references: Vec<PathBuf>,
    /// Labels in their order, for metrics of labels: `f1` and `multirc` take the second as positive. Without it, the
    /// labels are all lines of predictions and references, sorted.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    labels: Vec<String>,
    /// The question of each example, one a line, for `multirc`.
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
    /// What stands for a line break within a text, such as `<n>`; ROUGE-Lsum takes lines for sentences.
    #[arg(long, value_name = "TEXT")]
    newline: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Default)]
struct Report {
    /// By name, in [0, 1] or [-1, 1].
    scores: Vec<(&'static str, f64)>,
    /// What was counted, as it is called in JSON and in words.
    counts: Vec<(&'static str, usize, &'static str)>,
}

/// Scores the files and prints what comes out.
pub fn run(args: &ScoreArgs) -> Result<()> {
    let mut metrics = Vec::new();
    for name in &args.metrics {
        metrics.extend(Metric::named(name)?);
    }
    let of_squad = |metric: &Metric| matches!(metric, Metric::SquadEm | Metric::SquadF1);
    let report = match args.references.as_slice() {
        [data_set] if metrics.iter().all(of_squad) && squad_files::is_data_set(data_set) => {
            of_data_set(args, data_set)?
        }
        _ => of_lines(args, &metrics)?,
    };
    report.print(args.json);
    Ok(())
}

fn of_data_set(args: &ScoreArgs, data_set: &std::path::Path) -> Result<Report> {
    let squad = squad_files::score(data_set, &args.predictions)?;
    let mut report = Report::default();
    let mut add = |part: &Part, names: [&'static str; 2], count, words| {
        report.scores.extend([(names[0], part.exact_match), (names[1], part.f1)]);
        report.counts.push((count, part.questions, words));
    };
    add(&squad.all, ["squad_em", "squad_f1"], "examples", "questions");
    if let Some([with, without]) = &squad.by_answer {
        add(with, ["has_answer_em", "has_answer_f1"], "has_answer", "with answer");
        add(without, ["no_answer_em", "no_answer_f1"], "no_answer", "without answer");
    }
    report.counts.push((
        "missing",
        squad.missing,
        "questions without prediction, counted as wrong",
    ));
    report.counts.push(("unknown", squad.unknown, "predictions for other questions, not counted"));
    report.counts.push((
        "repeated",
        squad.repeated,
        "predictions with a later one for the same question, not counted",
    ));
    Ok(report)
}

fn of_lines(args: &ScoreArgs, metrics: &[Metric]) -> Result<Report> {
    let read = |path: &PathBuf| LineFile::read(path, args.newline.as_deref());
    let predictions = read(&args.predictions)?;
    let files: Vec<LineFile> = args.references.iter().map(read).collect::<Result<_, _>>()?;
    for file in &files {
        predictions.same_length(file)?;
    }
    let mut report = Report::default();
    report.counts.push(("examples", predictions.lines.len(), "examples"));
    report.counts.push(("references", files.len(), "files of references"));
    let texts = references(&files)?;
    let groups = args.groups.as_ref().map(|path| groups(&read(path)?, &predictions)).transpose()?;
    if groups.is_none() && metrics.contains(&Metric::MultircEm) {
        return Err(Error::Usage(
            "metric `multirc_em` needs to know which answers belong to one question: give --groups FILE with a \
             question's name or number on each line"
                .into(),
        ));
    }
    let mut unparsable = None;
    for &metric in metrics {
        let value = if metric.compares_texts() {
            metric.compute_texts(&predictions.lines, &texts)?
        } else {
            let [gold] = files.as_slice() else {
                return Err(Error::Usage(format!(
                    "metric `{metric}` takes one file of references, but {} are given",
                    files.len()
                )));
            };
            of_labels_or_numbers(metric, &args.labels)?;
            let scored = score_lines(metric, &args.labels, &predictions, gold, groups.as_deref())?;
            unparsable = unparsable.max(Some(scored.unparsable));
            scored.value
        };
        report.scores.push((metric.name(), value));
    }
    let words = "predictions that could not be read, counted as wrong";
    report.counts.extend(unparsable.map(|count| ("unparsable", count, words)));
    Ok(report)
}

/// Refuses metrics that are of neither labels nor numbers, or lack the labels that they need.
fn of_labels_or_numbers(metric: Metric, labels: &[String]) -> Result<()> {
    match metric {
        Metric::TagAccuracy | Metric::SpanF1 => Err(Error::Usage(format!(
            "metric `{metric}` compares tags, which can't be read from lines; use `token_f1` to compare words"
        ))),
        Metric::F1 | Metric::MultircF1a if labels.len() < 2 => Err(Error::Usage(format!(
            "metric `{metric}` needs to know which label is positive: give --labels NEGATIVE,POSITIVE"
        ))),
        _ => Ok(()),
    }
}

/// Numbers for the names of groups.
fn groups(file: &LineFile, predictions: &LineFile) -> Result<Vec<u32>> {
    predictions.same_length(file)?;
    let mut known = BTreeMap::new();
    let number = |name: &String| {
        let next = known.len() as u32;
        *known.entry(name.clone()).or_insert(next)
    };
    Ok(file.lines.iter().map(number).collect())
}

impl Report {
    fn print(&self, as_json: bool) {
        if as_json {
            let scores = self.scores.iter().map(|(name, value)| (*name, json!(100.0 * value)));
            let scores: Map<String, Value> = scores.map(|(k, v)| (k.into(), v)).collect();
            let counts = self.counts.iter().map(|(name, count, _)| (*name, json!(count)));
            let mut all: Map<String, Value> = counts.map(|(k, v)| (k.into(), v)).collect();
            all.insert("scores".into(), scores.into());
            println!("{:#}", Value::from(all));
            return;
        }
        println!("{:16} {:>7}", "metric", "score");
        for (name, value) in &self.scores {
            println!("{name:16} {:>7.2}", 100.0 * value);
        }
        for (_, count, words) in self.counts.iter().filter(|(_, count, _)| *count > 0) {
            println!("{words}: {count}");
        }
    }
}
