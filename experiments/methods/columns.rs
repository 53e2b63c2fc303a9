//! What comparisons of multi-task methods show beside scores: Δm, passes of a step, time and memory.
//!
//! Δm (Maninis et al., 2019) is the mean over tasks of the relative gain on single-task training, in percent; all of
//! the metrics here are better when higher. It is undefined where a single-task score is not above zero.

use taskgraft::{
    report::{Column, Comparison, ExtraColumn, MethodRow},
    study::{Lineage, Student},
};

/// Δm of a method against another, in percent, from mean scores over seeds.
pub fn relative_gain(
    comparison: &Comparison,
    method: &MethodRow,
    against: &MethodRow,
) -> Option<f64> {
    let mean = |row: &MethodRow, task| {
        let scores = row.scores(Column::Task(task));
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let gains: Option<Vec<f64>> = (0..comparison.tasks.len())
        .map(|task| {
            let (ours, theirs) = (mean(method, task)?, mean(against, task)?);
            (theirs > 0.0).then(|| 100.0 * (ours - theirs) / theirs)
        })
        .collect();
    gains.filter(|g| !g.is_empty()).map(|gains| gains.iter().sum::<f64>() / gains.len() as f64)
}

/// Adds columns for the rows of the comparison, of which `lineages` are known by their names: Δm against `single`,
/// forward and backward passes of a step, time of a step and peak memory over those of `reference`.
pub fn add(comparison: &mut Comparison, lineages: &[Lineage], single: &str, reference: &str) {
    let tasks = comparison.tasks.len();
    let row = |name: &str| comparison.methods.iter().find(|row| row.name == name);
    let (against, reference) = (row(single), row(reference));
    let per_step = |row: &MethodRow| row.cost.map(|c| c.seconds / c.steps.max(1) as f64);
    let memory = |row: &MethodRow| row.cost.and_then(|c| c.memory).map(|bytes| bytes as f64);
    let gain = |row: &MethodRow| {
        let gain = relative_gain(comparison, row, against?)?;
        Some(format!("{gain:+.1}%"))
    };
    let ratio = |row: &MethodRow, of: &dyn Fn(&MethodRow) -> Option<f64>| {
        Some(format!("{:.2}", of(row)? / of(reference?)?))
    };
    let column =
        |name: &str, unit: &str, cell: &dyn Fn(&MethodRow) -> Option<String>| ExtraColumn {
            name: name.into(),
            unit: unit.into(),
            cells: comparison.methods.iter().map(cell).collect(),
        };
    let lineage = |row: &MethodRow| {
        let name = row.name.trim_end_matches(", matched time");
        let known = lineages.iter().find(|lineage| lineage.to_string() == name).cloned();
        known.or_else(|| name.parse().ok())
    };
    let passes = comparison.methods.iter().map(|row| passes(&lineage(row)?, tasks)).collect();
    let columns = vec![
        column("Δm", &format!("against {single}"), &gain),
        ExtraColumn { name: "passes".into(), unit: "forward + backward".into(), cells: passes },
        column("time", "of a step", &|row| ratio(row, &per_step)),
        column("memory", "at the peak", &|row| ratio(row, &memory)),
    ];
    comparison.extra.extend(columns);
    if let Some(reference) = reference {
        let note = format!("Time and memory are relative to {}.", reference.name);
        comparison.notes.push(note);
    }
}

/// Passes of one optimiser step.
fn passes(lineage: &Lineage, tasks: usize) -> Option<String> {
    let (forward, backward) = match (&lineage.student, &lineage.weighting) {
        (Student::Single, _) | (_, None) => (1, 1),
        (_, Some(weighting)) => weighting.passes().ok()?.of(tasks),
    };
    Some(format!("{forward} + {backward}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskgraft::{
        methods::TaskWeighting,
        report::{Cost, SeedScores, TaskColumn},
    };

    fn row(lineage: &Lineage, scores: [f64; 2], seconds: f64) -> MethodRow {
        let by_task = scores.map(Some).to_vec();
        MethodRow {
            name: lineage.to_string(),
            seeds: vec![SeedScores { seed: 0, by_task }],
            cost: Some(Cost { seconds, steps: 10, memory: Some(1 << 20) }),
        }
    }

    #[test]
    fn columns_are_relative_to_single_task_training_and_to_the_reference() {
        let weighted = |name| Lineage::multi().weighted(TaskWeighting::named(name));
        let lineages = [Lineage::single(), weighted("equal"), weighted("famo")];
        let task = |name: &str| TaskColumn { name: name.into(), metric: "accuracy".into() };
        let mut comparison = Comparison {
            tasks: vec![task("a"), task("b")],
            methods: vec![
                row(&lineages[0], [0.5, 0.8], 1.0),
                row(&lineages[1], [0.6, 0.8], 2.0),
                row(&lineages[2], [0.5, 0.4], 3.0),
            ],
            ..Default::default()
        };
        let equal = lineages[1].to_string();
        add(&mut comparison, &lineages, "Single", &equal);
        let cells = |index: usize| -> Vec<&str> {
            comparison.extra[index].cells.iter().map(|c| c.as_deref().unwrap()).collect()
        };
        assert_eq!(cells(0), ["+0.0%", "+10.0%", "-25.0%"]);
        assert_eq!(cells(1), ["1 + 1", "2 + 2", "4 + 2"]);
        assert_eq!(cells(2), ["0.50", "1.00", "1.50"]);
        assert_eq!(cells(3), ["1.00"; 3]);
    }

    #[test]
    fn a_gain_on_nothing_is_undefined() {
        let comparison = Comparison {
            tasks: vec![TaskColumn { name: "a".into(), metric: "matthews".into() }],
            ..Default::default()
        };
        let of = |score| MethodRow {
            name: String::new(),
            seeds: vec![SeedScores { seed: 0, by_task: vec![Some(score)] }],
            cost: None,
        };
        assert_eq!(relative_gain(&comparison, &of(0.5), &of(0.0)), None);
    }
}
