//! The report: operations with their errors, trainings with their losses, backends with what they are.

use super::{
    Args, Course, ErrorSummary, Measured, Network, OperationErrors, Part, Parting, Work,
    args::Outcome,
    compare::{parting, relative},
};
use crate::{
    Result,
    device::Backend,
    report::{Comparison, CurveFigure, FactTable, Figure, HeatMap, NamedLine, Section},
    study::{StudyReport, quartiles},
};

/// What stands where there is no number.
const NONE: &str = "–";

/// Prints and writes the report; whether all operations are within their bounds.
pub(super) fn report(args: &Args, outcomes: &[Outcome]) -> Result<bool> {
    let mut sections = vec![backends(outcomes), operations(outcomes)];
    sections.extend(Network::ALL.map(|network| training(network, args, outcomes)));
    let beyond: Vec<String> = measured_operations(outcomes)
        .flat_map(|(part, operations)| {
            let beyond = operations.iter().filter(|operation| !operation.is_within());
            beyond.map(move |operation| format!("{} on {}", operation.name, part.name()))
        })
        .collect();
    let mut notes = Vec::new();
    if !beyond.is_empty() {
        notes.push(format!("Beyond their bounds: {}.", beyond.join(", ")));
    }
    let summary = format!(
        "The same operations and the same trainings, {} steps from seed {}, on every backend.",
        args.steps, args.seed
    );
    let comparison =
        Comparison { summary: Some(summary), notes, sections, ..Comparison::default() };
    std::fs::create_dir_all(&args.out).map_err(crate::Error::io(&args.out))?;
    let mut names: Vec<&str> = outcomes.iter().map(|(part, _)| part.backend.name()).collect();
    names.dedup();
    StudyReport::on(comparison, "portability", names.join(", "), &args.out).report()?;
    Ok(beyond.is_empty())
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// Which backends there are, and how to have more.
fn backends(outcomes: &[Outcome]) -> Section {
    let row = |backend: Backend| {
        let of: Vec<&Outcome> = outcomes.iter().filter(|(p, _)| p.backend == backend).collect();
        let reason = of.iter().find_map(|(_, outcome)| outcome.as_ref().err());
        let state = match (backend.is_compiled_in(), of.is_empty(), reason) {
            (false, ..) => format!("not compiled in: add --features {backend}"),
            (true, true, _) => "not asked for".into(),
            (true, false, Some(reason)) => format!("not available: {reason}"),
            (true, false, None) => "measured".into(),
        };
        let fusion = if backend.fuses_operations() { "yes" } else { "no" };
        let same = if backend.is_deterministic() { "meant to" } else { "not promised" };
        let (device, products) = match reason {
            None if !of.is_empty() => {
                (backend.device_name().unwrap_or(NONE.into()), backend.bf16_products())
            }
            _ => (NONE.into(), NONE.into()),
        };
        vec![backend.name().into(), state, device, products, fusion.into(), same.into()]
    };
    let mut text = vec![];
    if Backend::compiled_in().len() == 1 {
        text.push(
            "Only one backend is compiled into this program, so that float32 is compared with bf16 alone. To compare \
             backends, compile more in: cargo run --release --example portability --features ndarray, or wgpu, cuda, metal, \
             vulkan, rocm, several with commas."
                .into(),
        );
    }
    Section {
        title: "Backends".into(),
        text,
        tables: vec![FactTable {
            title: String::new(),
            header: words(&[
                "backend",
                "state",
                "device",
                "bf16 products by",
                "fuses",
                "same bits again",
            ]),
            rows: Backend::ALL.map(row).into(),
        }],
        ..Section::default()
    }
}

fn measured_operations(
    outcomes: &[Outcome],
) -> impl Iterator<Item = (&Part, &Vec<OperationErrors>)> {
    outcomes.iter().filter_map(|(part, outcome)| match outcome {
        Ok(Measured::Operations(operations)) => Some((part, operations)),
        _ => None,
    })
}

fn operations(outcomes: &[Outcome]) -> Section {
    let all: Vec<_> = measured_operations(outcomes).collect();
    let tables = all.iter().map(|(part, operations)| FactTable {
        title: format!("On {}", part.name()),
        header: words(&[
            "operation",
            "pass",
            "values",
            "median",
            "largest",
            "relative",
            "bound",
            "beyond it",
        ]),
        rows: operations.iter().flat_map(operation_rows).collect(),
    });
    Section {
        title: "Operations".into(),
        text: vec![
            "Errors of every own operation against its plain definition in double precision on the host, in units in \
             the last place of float32."
                .into(),
        ],
        figures: largest_errors(&all).into_iter().collect(),
        tables: tables.collect(),
        caption: format!(
            "Values below 1/{:.0} of the largest of their tensor are measured as if they had that size, also for the \
             relative error. Backward: gradients of all inputs. Sizes are odd, and include texts without any key to \
             attend to and rows without label.",
            super::ulp::NEAR_ZERO.recip()
        ),
    }
}

/// The largest error of each operation on each backend, forward and backward side by side.
fn largest_errors(all: &[(&Part, &Vec<OperationErrors>)]) -> Option<Figure> {
    let (_, first) = all.first()?;
    let largest = |errors: &ErrorSummary| errors.largest.max(0.1).log10();
    let cells = |name: &str| -> Vec<Option<f64>> {
        let on = |operations: &Vec<OperationErrors>| {
            let of = operations.iter().find(|of| of.name == name);
            let backward = of.and_then(|of| of.backward.as_ref());
            [of.map(|of| largest(&of.forward)), backward.map(largest)]
        };
        all.iter().flat_map(|(_, operations)| on(operations)).collect()
    };
    let passes =
        |part: &Part| ["forward", "backward"].map(|pass| format!("{}, {pass}", part.name()));
    Some(Figure::HeatMap(HeatMap {
        title: "Largest error".into(),
        subtitle: "decimal logarithm, in units in the last place; −1 for a tenth or less".into(),
        rows: first.iter().map(|of| of.name.clone()).collect(),
        columns: all.iter().flat_map(|(part, _)| passes(part)).collect(),
        values: first.iter().map(|of| cells(&of.name)).collect(),
        decimals: 1,
    }))
}

fn operation_rows(operation: &OperationErrors) -> Vec<Vec<String>> {
    let row = |(name, pass): (&str, &str), errors: &ErrorSummary| {
        let is_within = errors.relative <= operation.bound;
        vec![
            name.into(),
            pass.into(),
            errors.values.to_string(),
            units(errors.median),
            units(errors.largest),
            exponential(errors.relative),
            exponential(operation.bound),
            if is_within { String::new() } else { errors.place.clone() },
        ]
    };
    let forward = row((&operation.name, "forward"), &operation.forward);
    let backward = operation.backward.as_ref().map(|errors| row(("", "backward"), errors));
    std::iter::once(forward).chain(backward).collect()
}

fn units(value: f64) -> String {
    match value {
        f64::MAX => "not a number".into(),
        v if v >= 1e5 => exponential(v),
        v if v >= 100.0 => format!("{v:.0}"),
        v => format!("{v:.2}"),
    }
}

fn exponential(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.1e}").replace('-', "−") }
}

fn training(network: Network, args: &Args, outcomes: &[Outcome]) -> Section {
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
