//! Trainings with their losses, side by side, and what they cost.

use taskgraft::{
    report::{CurveFigure, FactTable, Figure, NamedLine, Section},
    stats::quartiles,
};

use super::{
    super::{
        args::Args,
        compare::{Parting, parting, relative},
        part::{Measured, Outcome, Part, Work},
        training::{Course, Network},
    },
    cells::{NONE, words},
};

/// A row a part, with its losses against those of the first that works.
pub fn section(network: Network, args: &Args, outcomes: &[Outcome]) -> Section {
    let of_network =
        |part: &Part| matches!(part.work, Work::Training { network: n, .. } if n == network);
    let all: Vec<&Outcome> = outcomes.iter().filter(|(part, _)| of_network(part)).collect();
    let course = |outcome: &Result<Measured, String>| match outcome {
        Ok(Measured::Training(course)) => Some(course.clone()),
        _ => None,
    };
    let courses: Vec<(String, Course)> =
        all.iter().filter_map(|(part, outcome)| Some((part.name(), course(outcome)?))).collect();
    let reference = courses.first();
    let rows = all.iter().map(|(part, outcome)| match course(outcome) {
        Some(course) => {
            let parting =
                reference.map(|(_, r)| parting(&course.losses, &r.losses, args.tolerance));
            training_row(part.name(), &course, parting)
        }
        None => vec![part.name(), NONE.into()],
    });
    let mut header = words(&[
        "",
        "last loss",
        "last − ref.",
        "last quarter − ref.",
        "first other",
        "first beyond",
    ]);
    header.extend(words(&["steps/s", "peak memory", "on device"]));
    let table = FactTable { title: String::new(), header, rows: rows.collect() };
    let line = |points: &dyn Fn(&Course) -> Vec<f64>| -> Vec<NamedLine> {
        let one = |(name, course): &(String, Course)| NamedLine {
            name: name.clone(),
            points: (1..).map(f64::from).zip(points(course)).collect(),
            band: vec![],
        };
        courses.iter().map(one).collect()
    };
    let differences = |course: &Course| -> Vec<f64> {
        let Some((_, reference)) = reference else { return vec![] };
        let pairs = course.losses.iter().zip(&reference.losses);
        pairs.map(|(&loss, &other)| relative(loss, other).max(LEAST).log10()).collect()
    };
    let figure = |title: &str, subtitle: String, y: &str, lines| {
        Figure::Curves(CurveFigure {
            title: title.into(),
            subtitle,
            x_label: "step".into(),
            y_label: y.into(),
            lines,
        })
    };
    let figures = match reference {
        None => vec![],
        Some((name, _)) => vec![
            figure("Loss", "of each step's batch".into(), "loss", line(&|c| c.losses.clone())),
            figure(
                "Difference of the loss",
                format!("from {name}, relative; {LEAST:e} or less is drawn as that"),
                "decimal logarithm",
                line(&differences),
            ),
        ],
    };
    let who = reference.map_or("none that works", |(name, _)| name);
    Section {
        title: network.title().into(),
        text: all.iter().filter_map(|outcome| not_available(outcome)).collect(),
        figures,
        tables: vec![table],
        caption: format!(
            "The reference is {who}. First other: the first step whose loss is not the same number; first beyond: whose \
             relative difference is above {}. Steps a second: of the median step, its loss read back; peak memory: of \
             the whole process; on device: reserved by the backend, where it says.",
            args.tolerance
        ),
    }
}

/// Why there is nothing in a row.
fn not_available((part, outcome): &Outcome) -> Option<String> {
    let reason = outcome.as_ref().err()?;
    Some(format!("{} is not available: {reason}.", part.name()))
}

/// Differences below this are drawn as this.
const LEAST: f64 = 1e-9;

fn training_row(name: String, course: &Course, parting: Option<Parting>) -> Vec<String> {
    let loss = course.losses.last().map_or(NONE.into(), |loss| format!("{loss:.4}"));
    let mut row = vec![name, loss];
    let difference = |value: f64| if value == 0.0 { "0".into() } else { signed(value) };
    let step = |step: Option<usize>| step.map_or("never".into(), |step| step.to_string());
    match parting {
        Some(p) => row.extend([
            difference(p.last),
            difference(p.last_quarter),
            step(p.first_other),
            step(p.first_beyond),
        ]),
        None => row.extend([NONE; 4].map(String::from)),
    }
    let mebibytes = |bytes: Option<u64>| {
        bytes.map_or(NONE.into(), |bytes| format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20)))
    };
    row.push(format!("{:.1}", 1.0 / quartiles(&course.seconds)[1]));
    row.extend([mebibytes(course.host_memory), mebibytes(course.device_memory)]);
    row
}

fn signed(value: f64) -> String {
    format!("{value:+.1e}").replace('-', "−")
}
