//! Gradients: cosines with their ceilings, by task, by part of the trunk and over training; TAG's lookahead.

use std::collections::BTreeMap;

use super::{
    super::{Alignment, Measure, Planted, affinities::mean_cosine},
    mean, number, optional, over_tasks, percent, range,
};
use taskgraft::study::Settings;
use taskgraft::{
    observe::{Block, Observation, Scope, ScopeAlignment, after_start},
    report::{CurveFigure, FactTable, Figure, NamedLine, Section},
};

/// Which pairs of tasks.
type Wanted = Box<dyn Fn(usize, usize) -> bool>;

pub fn section(alignment: &Alignment, settings: &Settings) -> Option<Section> {
    alignment.observations.first()?;
    let named = |name: &str| alignment.measures.iter().find(|m| m.name == name);
    let mut figures = Vec::new();
    let mut heat_map = |measure: Option<&Measure>, title: (&str, &str), scale: bool| {
        let Some(measure) = measure else { return };
        let values = if scale { percent(&measure.values) } else { measure.values.clone() };
        figures.push(Figure::HeatMap(over_tasks(alignment, title, values, 2)));
    };
    let whole = format!("gradient cosine, {}", Scope::Whole);
    heat_map(named(&whole), ("Gradient cosines", "whole trunk; diagonal: noise ceiling"), false);
    heat_map(
        named("corrected gradient cosine"),
        ("Corrected cosines", "divided by the ceilings"),
        false,
    );
    heat_map(
        named("TAG lookahead"),
        ("TAG lookahead", "% of the row's loss taken away by a step of the column's task"),
        true,
    );
    figures.push(Figure::Curves(by_block(alignment)));
    figures.push(Figure::Curves(over_steps(alignment)));
    let probe = &settings.gradients;
    Some(Section {
        title: "Gradients".into(),
        text: vec![finding(alignment)],
        figures,
        tables: vec![by_task(alignment)],
        caption: format!(
            "Gradients of the tasks' losses in the trunk of the network for all tasks, dropout off, at {} steps of its \
             training, averaged over steps and seeds; the first step, at which heads are random, is in the plot over \
             training alone. A cosine is the mean of four between halves of {} × {} examples; \
             its ceiling is that of a task's own two halves. They are cosines of gradients, not of AdamW's steps. \
             Lookahead losses are of the half that the step was not taken on; step: {:?}.",
            probe.measurements, probe.batches, probe.batch_size, probe.step
        ),
    })
}

fn finding(alignment: &Alignment) -> String {
    let tasks = alignment.tasks.len();
    let pairs = tasks * (tasks - 1) / 2;
    let observations = after_start(&alignment.observations);
    let whole: Vec<&ScopeAlignment> =
        observations.iter().filter_map(|o| o.gradients.scope(Scope::Whole)).collect();
    let conflicts: usize = whole.iter().map(|s| s.conflicts).sum();
    let share = conflicts as f64 / (pairs * whole.len()).max(1) as f64;
    let off = |o: &Observation| cosines(o, Scope::Whole, |i, j| i != j);
    let own = |o: &Observation| cosines(o, Scope::Whole, |i, j| i == j);
    let all = |of: &dyn Fn(&Observation) -> Vec<f64>| {
        mean(&observations.iter().flat_map(|o| of(o)).collect::<Vec<_>>())
    };
    let condition =
        all(&|o| o.gradients.scope(Scope::Whole).and_then(|s| s.condition).into_iter().collect());
    format!(
        "Gradients of two tasks have a mean cosine of {}, two batches of one task {}; {}% of the observed pairs conflict, \
         and the mean condition number of the tasks' Gramian is {}.",
        optional(all(&off), 3),
        optional(all(&own), 3),
        number(100.0 * share, 0),
        optional(condition, 0)
    )
}

/// The cosines of an observation whose tasks are wanted.
fn cosines(
    observation: &Observation,
    scope: Scope,
    wanted: impl Fn(usize, usize) -> bool,
) -> Vec<f64> {
    let Some(scope) = observation.gradients.scope(scope) else { return vec![] };
    let rows = scope.cosines.iter().enumerate();
    let cells = rows.flat_map(|(i, row)| row.iter().enumerate().map(move |(j, c)| (i, j, *c)));
    cells.filter(|(i, j, _)| wanted(*i, *j)).filter_map(|(_, _, cosine)| cosine).collect()
}

/// Which pairs of tasks a line averages over.
fn kinds(alignment: &Alignment) -> Vec<(&'static str, Wanted)> {
    let ceiling: (&str, Wanted) = ("two batches of one task (ceiling)", Box::new(|i, j| i == j));
    if !alignment.is_planted {
        return vec![("two tasks", Box::new(|i, j| i != j)), ceiling];
    }
    let related = |alignment: &Alignment| {
        let names = alignment.tasks.clone();
        move |i: usize, j: usize| Planted::are_related(&names[i], &names[j])
    };
    let (same, other) = (related(alignment), related(alignment));
    vec![
        ("two tasks of one language", Box::new(move |i, j| i != j && same(i, j))),
        ("two tasks of two languages", Box::new(move |i, j| !other(i, j))),
        ceiling,
    ]
}

fn by_block(alignment: &Alignment) -> CurveFigure {
    let blocks: Vec<Block> = alignment.observations.first().map_or_else(Vec::new, |o| {
        let block = |s: &ScopeAlignment| match s.scope {
            Scope::Block(block) => Some(block),
            Scope::Whole | Scope::Matrices => None,
        };
        o.gradients.scopes.iter().filter_map(block).collect()
    });
    let layers = blocks.iter().filter(|b| matches!(b, Block::Layer(_))).count();
    let place = |block: &Block| match block {
        Block::Embeddings => 0,
        Block::Layer(index) => index + 1,
        Block::Pooler => layers + 1,
    };
    let tasks = alignment.tasks.len();
    let observations = after_start(&alignment.observations);
    let line = |(name, wanted): (&'static str, Wanted)| {
        let mut line = NamedLine { name: name.into(), points: vec![], band: vec![] };
        for block in &blocks {
            let pairs = (0..tasks).flat_map(|i| (0..=i).map(move |j| (i, j)));
            let wanted = pairs.filter(|&(i, j)| wanted(i, j));
            let of = |(i, j)| mean_cosine(&observations, Scope::Block(*block), i, j);
            let values: Vec<f64> = wanted.filter_map(of).collect();
            if let (Some(mean), Some((low, high))) = (mean(&values), range(&values)) {
                line.points.push((place(block) as f64, mean));
                line.band.push((place(block) as f64, low, high));
            }
        }
        line
    };
    CurveFigure {
        title: "By part of the trunk".into(),
        subtitle: format!("0: embeddings, {}: pooler; bands: lowest to highest pair", layers + 1),
        x_label: "layer".into(),
        y_label: "cosine".into(),
        lines: kinds(alignment).into_iter().map(line).collect(),
    }
}

fn over_steps(alignment: &Alignment) -> CurveFigure {
    let line = |(name, wanted): (&'static str, Wanted)| {
        let mut by_step: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for observation in &alignment.observations {
            let values = cosines(observation, Scope::Whole, &wanted);
            by_step.entry(observation.step).or_default().extend(values);
        }
        let point = |(step, values): (&u64, &Vec<f64>)| Some((*step as f64, mean(values)?));
        NamedLine {
            name: name.into(),
            points: by_step.iter().filter_map(point).collect(),
            band: vec![],
        }
    };
    CurveFigure {
        title: "Over training".into(),
        subtitle: "whole trunk, mean over pairs and seeds".into(),
        x_label: "step".into(),
        y_label: "cosine".into(),
        lines: kinds(alignment).into_iter().map(line).collect(),
    }
}

fn by_task(alignment: &Alignment) -> FactTable {
    let observations = after_start(&alignment.observations);
    let over = |of: &dyn Fn(&Observation) -> Option<f64>| {
        mean(&observations.iter().filter_map(|o| of(o)).collect::<Vec<_>>())
    };
    let whole = |o: &Observation| o.gradients.scope(Scope::Whole).cloned();
    let rows = alignment.tasks.iter().enumerate().map(|(task, name)| {
        let negative = |o: &Observation| {
            let others = cosines(o, Scope::Whole, |i, j| i == task && j != task);
            let count = others.iter().filter(|c| **c < 0.0).count();
            (!others.is_empty()).then(|| 100.0 * count as f64 / others.len() as f64)
        };
        vec![
            name.clone(),
            optional(over(&|o| Some(*whole(o)?.norms.get(task)?)), 3),
            optional(over(&|o| whole(o)?.ceiling(task)), 3),
            optional(over(&|o| mean(&cosines(o, Scope::Whole, |i, j| i == task && j != task))), 3),
            optional(over(&negative), 0),
            optional(over(&|o| o.losses.get(task).copied()), 3),
        ]
    });
    let header = [
        "Task",
        "Gradient norm",
        "Ceiling",
        "Mean cosine with others",
        "Negative cosines, %",
        "Loss",
    ];
    FactTable {
        title: "By task, means over observed steps".into(),
        header: header.map(String::from).to_vec(),
        rows: rows.collect(),
    }
}
