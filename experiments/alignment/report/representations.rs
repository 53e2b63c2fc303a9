//! Representations: similarity by layer with controls, between tasks, and by every index.

use super::super::affinities::index_words;
use super::{
    super::{Alignment, Planted, Relation, Similarity},
    optional, over_tasks,
};
use taskgraft::report::{CurveFigure, FactTable, Figure, NamedLine, Section};
use taskgraft::study::Settings;

type Wanted = Box<dyn Fn(Relation) -> bool>;

pub fn section(alignment: &Alignment, settings: &Settings) -> Option<Section> {
    let main = &alignment.similarities.first()?.index;
    let mut figures = Vec::new();
    for similarity in alignment.similarities.iter().filter(|s| s.index == *main) {
        figures.push(Figure::Curves(curves(alignment, similarity)));
    }
    for similarity in alignment.similarities.iter().filter(|s| s.index == *main) {
        let title = format!("Similarity of tasks, {}", index_words(&similarity.index));
        let subtitle =
            format!("{}, mean over layers; diagonal: two seeds of one task", similarity.pooling);
        let values = similarity.matrix(alignment.tasks.len());
        let map = over_tasks(alignment, (&title, &subtitle), values, 3);
        figures.push(Figure::HeatMap(map));
    }
    let per_task = settings.representations.per_task;
    Some(Section {
        title: "Representations".into(),
        text: vec![finding(alignment)],
        figures,
        tables: vec![table(alignment)],
        caption: format!(
            "Hidden states of at most {per_task} dev examples of each task, pooled; every network sees all of them. \
             Where there are several seeds, networks of different tasks have different seeds, as the ceiling's have. \
             Biased indices and CCA rise where texts are few for the width of the network; the shuffled control shows \
             by how much."
        ),
    })
}

fn kinds(alignment: &Alignment) -> Vec<(&'static str, Wanted)> {
    let between = |related: bool| -> Wanted {
        let names = alignment.tasks.clone();
        Box::new(move |relation| match relation {
            Relation::Tasks(i, j) => Planted::are_related(&names[i], &names[j]) == related,
            _ => false,
        })
    };
    let mut all: Vec<(&'static str, Wanted)> = match alignment.is_planted {
        true => vec![
            ("two tasks of one language", between(true)),
            ("two tasks of two languages", between(false)),
        ],
        false => vec![("two tasks", Box::new(|r| matches!(r, Relation::Tasks(..))))],
    };
    all.push(("one task, two seeds (ceiling)", Box::new(|r| matches!(r, Relation::Seeds(_)))));
    all.push(("one task and all tasks", Box::new(|r| matches!(r, Relation::Multi(_)))));
    all.push(("one task and its start", Box::new(|r| matches!(r, Relation::Start(_)))));
    all.push(("one task and random values", Box::new(|r| matches!(r, Relation::Random(_)))));
    all.push(("shuffled texts (null)", Box::new(|r| matches!(r, Relation::Shuffled(_)))));
    all
}

fn curves(alignment: &Alignment, similarity: &Similarity) -> CurveFigure {
    let first = similarity.pooling.first_layer();
    let line = |(name, wanted): (&'static str, Wanted)| {
        let curves = similarity.curves(wanted);
        let depth = curves.first().map_or(0, |curve| curve.len());
        let mut line = NamedLine { name: name.into(), points: vec![], band: vec![] };
        for layer in 0..depth {
            let values: Vec<f64> = curves.iter().map(|curve| curve[layer]).collect();
            let at = (first + layer) as f64;
            if let (Some(mean), Some((low, high))) = (super::mean(&values), super::range(&values)) {
                line.points.push((at, mean));
                if name.starts_with("two tasks") {
                    line.band.push((at, low, high));
                }
            }
        }
        line
    };
    let lines = kinds(alignment).into_iter().map(line).filter(|line| !line.points.is_empty());
    CurveFigure {
        title: format!("Similarity by layer, {}", index_words(&similarity.index)),
        subtitle: format!("{}; bands: lowest to highest pair", similarity.pooling),
        x_label: "layer".into(),
        y_label: "similarity".into(),
        lines: lines.collect(),
    }
}

fn finding(alignment: &Alignment) -> String {
    let Some(main) = alignment.similarities.first() else { return String::new() };
    let two = main.mean(|r| matches!(r, Relation::Tasks(..)));
    let seeds = main.mean(|r| matches!(r, Relation::Seeds(_)));
    let ceiling = match seeds {
        Some(seeds) => format!("networks of one task with two seeds {seeds:.3}"),
        None => "with one seed there is no ceiling to read it against".into(),
    };
    format!(
        "By {} of {}, networks of two tasks have a similarity of {} over all layers; {ceiling}.",
        index_words(&main.index),
        main.pooling,
        optional(two, 3)
    )
}

fn table(alignment: &Alignment) -> FactTable {
    let kinds = kinds(alignment);
    let names = kinds.iter().map(|(name, _)| name.to_string());
    let rows = alignment.similarities.iter().map(|similarity| {
        let name = format!("{}, {}", index_words(&similarity.index), similarity.pooling);
        let cells = kinds.iter().map(|(_, wanted)| optional(similarity.mean(wanted), 3));
        std::iter::once(name).chain(cells).collect()
    });
    FactTable {
        title: "By index, means over layers and networks".into(),
        header: std::iter::once("Index".to_string()).chain(names).collect(),
        rows: rows.collect(),
    }
}
