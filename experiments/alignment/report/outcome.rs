//! What came of training together, and what foresaw it: gains of pairs, planted relations, correlations and groups.

use super::{
    super::{Alignment, Choice, Measure, Planted, Prediction},
    mean, number, optional, over_tasks,
};
use taskgraft::{
    report::{FactTable, Figure, ScatterFigure, ScatterGroup, Section},
    stats::Summary,
};

/// Gains of pairs.
pub fn transfer(alignment: &Alignment) -> Option<Section> {
    let transfer = alignment.transfer.as_ref()?;
    let off = |i: usize, j: usize, gain: f64| (i != j).then_some(100.0 * gain);
    let rows = transfer.iter().enumerate();
    let values =
        rows.map(|(i, row)| row.iter().enumerate().map(|(j, gain)| off(i, j, *gain)).collect());
    let title = ("Transfer", "score × 100 that the row's task gains in the pair with the column's");
    let map = over_tasks(alignment, title, values.collect(), 1);
    Some(Section {
        title: "What pairs gain".into(),
        figures: vec![Figure::HeatMap(map)],
        caption: "Dev scores of the network for two tasks minus those of the network for one, means over seeds; every \
                  task is seen equally often in both, unless `steps` was set."
            .into(),
        ..Section::default()
    })
}

/// Whether measures put tasks of one language above others.
pub fn planted(alignment: &Alignment) -> Option<Section> {
    let names = &alignment.tasks;
    let related = |i: usize, j: usize| Planted::are_related(&names[i], &names[j]);
    let count = names.len();
    let pairs: Vec<(usize, usize)> = (0..count).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
    let has_both =
        [true, false].into_iter().all(|is| pairs.iter().any(|&(i, j)| related(i, j) == is));
    if !alignment.is_planted || !has_both {
        return None;
    }
    let row = |measure: &Measure| {
        let values = measure.of_pairs()?;
        let of = |is: bool| -> Vec<f64> {
            let mine = pairs.iter().zip(&values).filter(|((i, j), _)| related(*i, *j) == is);
            mine.map(|(_, value)| *value).collect()
        };
        let (close, far) = (of(true), of(false));
        let above = close.iter().flat_map(|c| far.iter().map(move |f| f64::from(c > f)));
        let share = mean(&above.collect::<Vec<_>>());
        Some(vec![
            measure.name.clone(),
            optional(mean(&close), 4),
            optional(mean(&far), 4),
            optional(share.map(|s| 100.0 * s), 0),
        ])
    };
    let header = ["Measure", "One language", "Two languages", "Ranked right, %"];
    Some(Section {
        title: "Planted relations".into(),
        text: vec![format!(
            "The built-in tasks speak two languages: {} of {} pairs share one. A measure of relatedness must put these \
             above the others; chance is 50%.",
            pairs.iter().filter(|&&(i, j)| related(i, j)).count(),
            pairs.len()
        )],
        tables: vec![FactTable {
            title: String::new(),
            header: header.map(String::from).to_vec(),
            rows: alignment.measures.iter().filter_map(row).collect(),
        }],
        caption: "Means over pairs, both directions averaged; ranked right: of all comparisons of a pair of one \
                  language with a pair of two."
            .into(),
        ..Section::default()
    })
}

/// Correlations of measures with gains.
pub fn prediction(alignment: &Alignment) -> Option<Section> {
    let first = alignment.predictions.first()?;
    let n = first.points.len();
    let (what, of) = match alignment.transfer {
        Some(_) => ("pairs of tasks", "the gain of a pair, both directions averaged"),
        None => ("tasks", "a task's gain in the network for all"),
    };
    let interval = |interval: Option<(f64, f64)>| match interval {
        Some((low, high)) => format!("{} to {}", number(low, 2), number(high, 2)),
        None => "–".into(),
    };
    let row = |p: &Prediction| {
        let (pearson, spearman) = (p.pearson.as_ref(), p.spearman.as_ref());
        vec![
            p.measure.clone(),
            optional(pearson.map(|c| c.r), 2),
            interval(pearson.and_then(|c| c.fisher95)),
            optional(spearman.map(|c| c.r), 2),
            interval(spearman.and_then(|c| c.fisher95)),
            interval(spearman.and_then(|c| c.bootstrap95)),
            optional(p.mantel.map(|m| m.p), 3),
        ]
    };
    let header = [
        "Measure",
        "Pearson",
        "95% (Fisher)",
        "Spearman",
        "95% (Fisher)",
        "95% (bootstrap)",
        "Mantel p",
    ];
    let main = alignment.measures.iter().filter(|m| m.is_main);
    let shown = main.filter_map(|m| alignment.predictions.iter().find(|p| p.measure == m.name));
    Some(Section {
        title: "Does alignment predict the gain?".into(),
        text: vec![format!(
            "Each measure against {of}, over {n} {what}. {}",
            if n < 8 { "So few say next to nothing: intervals that are not given do not exist." } else { "" }
        )],
        figures: shown.map(|p| Figure::Scatter(scatter(alignment, p))).collect(),
        tables: vec![FactTable {
            title: String::new(),
            header: header.map(String::from).to_vec(),
            rows: alignment.predictions.iter().map(row).collect(),
        }],
        caption: "Pairs share tasks, so that the intervals, which take them for independent, are too narrow. Mantel's p \
                  is the share of relabellings of the tasks with a rank correlation at least as high, over ordered \
                  pairs. No correction for the number of measures."
            .into(),
    })
}

fn scatter(alignment: &Alignment, prediction: &Prediction) -> ScatterFigure {
    let names = &alignment.tasks;
    let pairs = (0..names.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let points = || prediction.points.iter().map(|(x, y)| (*x, 100.0 * y));
    let group = |is: bool, name: &str| {
        let of = |(i, j): &(usize, usize)| Planted::are_related(&names[*i], &names[*j]) == is;
        let mine = pairs.clone().zip(points()).filter(|(pair, _)| of(pair));
        ScatterGroup { name: name.into(), points: mine.map(|(_, point)| point).collect() }
    };
    let is_of_pairs = alignment.transfer.is_some();
    let groups = match alignment.is_planted && is_of_pairs {
        true => vec![group(true, "one language"), group(false, "two languages")],
        false => vec![ScatterGroup { name: String::new(), points: points().collect() }],
    };
    let pearson =
        prediction.pearson.map_or_else(String::new, |c| format!("r = {}", number(c.r, 2)));
    ScatterFigure {
        title: prediction.measure.clone(),
        subtitle: pearson,
        x_label: "measured affinity".into(),
        y_label: "gain × 100".into(),
        groups,
    }
}

/// Groups by measure.
pub fn groups(alignment: &Alignment) -> Option<Section> {
    alignment.choices.first()?;
    let row = |choice: &Choice| {
        let measured = Summary::of(&choice.mean_gains);
        let spread = measured.and_then(|s| s.sd).map(|sd| 100.0 * sd);
        let predicted = match choice.is_on_scale {
            true => number(100.0 * choice.grouping.objective, 2),
            false => "–".into(),
        };
        vec![
            choice.measure.clone(),
            choice.grouping.to_string(),
            predicted,
            number(100.0 * choice.gain(), 2),
            optional(spread, 2),
        ]
    };
    let header = ["Chosen by", "Groups", "Predicted gain", "Measured gain", "s.d. over seeds"];
    Some(Section {
        title: "Groups".into(),
        text: vec![
            "The best groups under the budget by each measure, trained; gains are means over tasks of the score × 100 \
             in the network that serves the task, over its own network. A network for each task gains nothing by \
             definition."
                .into(),
        ],
        tables: vec![FactTable {
            title: String::new(),
            header: header.map(String::from).to_vec(),
            rows: alignment.choices.iter().map(row).collect(),
        }],
        caption: "Groups are the exact optimum of the mean over partners (the higher-order approximation). Only measured \
                  pair gains predict on the scale of the outcome."
            .into(),
        ..Section::default()
    })
}
