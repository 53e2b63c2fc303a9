//! Operations with their errors, forward and backward.

use taskgraft::report::{FactTable, Figure, HeatMap, Section};

use super::{
    super::{
        operations::{ErrorSummary, OperationErrors},
        part::{Measured, Outcome, Part},
        ulp::NEAR_ZERO,
    },
    cells::{exponential, words},
};

/// What was measured of operations.
pub fn measured(outcomes: &[Outcome]) -> impl Iterator<Item = (&Part, &Vec<OperationErrors>)> {
    outcomes.iter().filter_map(|(part, outcome)| match outcome {
        Ok(Measured::Operations(operations)) => Some((part, operations)),
        _ => None,
    })
}

/// A table a backend, and all of their largest errors in one figure.
pub fn section(outcomes: &[Outcome]) -> Section {
    let all: Vec<_> = measured(outcomes).collect();
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
            NEAR_ZERO.recip()
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
