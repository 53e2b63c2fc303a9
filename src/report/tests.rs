//! Reports of an invented comparison: the tables' cells, and that the page holds what it should.

use super::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const NAMES: [&str; 8] = ["RTE", "MRPC", "CoLA", "STS-B", "SST-2", "QNLI", "QQP", "MNLI"];
const METRICS: [&str; 4] = ["accuracy", "F1", "Matthews", "Spearman"];

/// Invented numbers with a seed; five methods of which the last is a little better.
pub(super) fn invented(tasks: usize, seeds: u64, long_names: bool) -> Comparison {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut noise = move |scale: f64| scale * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
    let methods = ["Single", "Multi", "Single→Single", "Multi→Multi", "Single→Multi"];
    let name_of = |task: usize| match long_names {
        true => format!("{}-with-a-rather-long-name", NAMES[task]),
        false => NAMES[task].to_owned(),
    };
    let mut comparison = Comparison {
        title: "Born-again multi-task training".into(),
        summary: Some(format!("Five methods, {tasks} tasks, seeds: {seeds} (invented numbers).")),
        baselines: vec!["Single".into(), "Multi".into()],
        notes: vec!["RTE has 277 dev examples: one example is 0.4 points.".into()],
        provenance: Provenance {
            command: "cargo run --release --example bam -- --seeds 3".into(),
            commit: Some("0123456789ab (modified)".into()),
            machine: "An Invented Processor, 2 threads, linux x86_64".into(),
            backend: "flex on cpu".into(),
            date: "2025-01-01T00:00:00Z".into(),
            version: "taskgraft 0.1.0, burn 0.22.1".into(),
        },
        ..Comparison::default()
    };
    for task in 0..tasks {
        comparison.tasks.push(TaskColumn { name: name_of(task), metric: METRICS[task % 4].into() });
    }
    for (index, method) in methods.iter().enumerate() {
        let name = match (long_names, index) {
            (true, 4) => "Single→Multi→Single→Multi with λ constant at one half".to_owned(),
            _ => (*method).to_owned(),
        };
        let steps = if method.ends_with("Multi") || index == 1 { 900 } else { 240 };
        let mut row = MethodRow {
            name: name.clone(),
            seeds: Vec::new(),
            cost: Some(Cost {
                seconds: 40.0 + 31.0 * index as f64,
                steps: steps * 4,
                memory: None,
            }),
        };
        for seed in 0..seeds {
            let scores = (0..tasks).map(|task| {
                let level = 0.62 + 0.04 * task as f64 + 0.012 * index as f64;
                Some(level + noise(0.015))
            });
            row.seeds.push(SeedScores { seed, by_task: scores.collect() });
            for task in 0..=tasks {
                let curve = |split: &str,
                             name: &str,
                             every: u64,
                             value: &mut dyn FnMut(f64) -> f64| Curve {
                    method: row.name.clone(),
                    seed,
                    split: split.into(),
                    task: (task > 0).then(|| name_of(task - 1)),
                    name: name.into(),
                    points: (1..=steps / every)
                        .map(|i| ((i * every) as f64, value((i * every) as f64 / steps as f64)))
                        .collect(),
                };
                let mut loss = |x: f64| 0.25 + 0.5 * (-4.0 * x).exp() + noise(0.2);
                let curve_of_loss = curve("train", "loss", 3, &mut loss);
                if task == 0 || index == 0 || index == 2 {
                    comparison.curves.push(curve_of_loss);
                }
                if task > 0 {
                    let level = 0.1 + 0.012 * index as f64;
                    let mut score = |x: f64| 0.55 + level * (1.0 - (-3.0 * x).exp()) + noise(0.02);
                    let metric = METRICS[(task - 1) % 4];
                    comparison.curves.push(curve("dev", metric, 60, &mut score));
                }
            }
        }
        if index >= 2 {
            comparison.schedules.push(Schedule {
                method: name,
                name: "λ (weight of the gold label)".into(),
                points: vec![(0.0, 0.0), (steps as f64, 1.0)],
            });
        }
        comparison.methods.push(row);
    }
    comparison.mixture = Some(MixtureTable {
        rule: "size^0.75".into(),
        rows: (0..tasks)
            .map(|task| MixtureRow {
                task: name_of(task),
                examples: 2490 * (task as u64 + 1),
                requested: 0.1 + 0.05 * task as f64,
                realised: 0.103 + 0.049 * task as f64,
            })
            .collect(),
        padding: vec![PaddingWaste { name: "Multi".into(), share: 0.082 }],
    });
    comparison.test_over_seeds();
    comparison
}

#[test]
fn the_page_is_self_contained_and_shows_every_method_and_task() {
    for (tasks, seeds, long_names) in [(4, 3, false), (8, 3, true), (4, 1, false), (1, 2, false)] {
        let comparison = invented(tasks, seeds, long_names);
        let page = render_html(&comparison).unwrap();
        for name in comparison.methods.iter().map(|m| &m.name) {
            assert!(page.contains(name.as_str()), "{name}");
        }
        for forbidden in ["<script", "<link", "src=", "@import", "url(", "NaN"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http"));
        if let Some(folder) = std::env::var_os("REPORT_DIR") {
            let name = format!("report-{tasks}x{seeds}.html");
            std::fs::write(std::path::Path::new(&folder).join(name), page).unwrap();
        }
    }
}

#[test]
fn terminal_columns_line_up_and_fit_the_width() {
    let comparison = invented(8, 3, false);
    let style = TerminalStyle { bold: false, width: Some(100) };
    let text = render_terminal(&comparison, style);
    if std::env::var_os("REPORT_DIR").is_some() {
        println!("{text}\n{}", render_markdown(&invented(2, 3, false)));
    }
    let width = |line: &str| unicode_width::UnicodeWidthStr::width(line);
    assert!(text.lines().all(|line| width(line) <= 100), "{text}");
    assert!(text.contains("Single→Multi") && text.contains(" ± "));
    let bold = TerminalStyle { bold: true, width: None };
    assert!(render_terminal(&comparison, bold).contains("\x1b[1m"));
}

#[test]
fn one_seed_is_shown_without_deviation_or_p_values() {
    let comparison = invented(4, 1, false);
    let text = render_terminal(&comparison, TerminalStyle::default());
    assert!(!text.contains('±') && !text.contains('*'), "{text}");
    assert!(text.contains("one seed"));
    assert!(!render_markdown(&comparison).contains("Holm"));
}

#[test]
fn marks_follow_the_p_values_of_welchs_test() {
    let mut comparison = invented(1, 3, false);
    let set = |row: &mut MethodRow, scores: [f64; 3]| {
        for (seed, score) in row.seeds.iter_mut().zip(scores) {
            seed.by_task = vec![Some(score)];
        }
    };
    set(&mut comparison.methods[0], [0.600, 0.601, 0.602]);
    set(&mut comparison.methods[1], [0.700, 0.60, 0.65]);
    set(&mut comparison.methods[4], [0.700, 0.701, 0.702]);
    comparison.test_over_seeds();
    let column = Column::Task(0);
    assert_eq!(comparison.marks("Single→Multi", column), "***");
    assert_eq!(comparison.marks("Multi", column), "");
    assert_eq!(comparison.marks("Single", column), "");
    let test = SignificanceTest::WelchOverSeeds;
    let entry = comparison.p_value("Single→Multi", "Single", column, test).unwrap();
    assert!(entry.holm.unwrap() > entry.p.unwrap());
    assert!((entry.difference - 0.1).abs() < 1e-12);
}

#[test]
fn a_bootstrap_marks_the_table_where_seeds_cannot() {
    let mut comparison = invented(2, 1, false);
    let result = crate::stats::BootstrapResult {
        difference: 0.02,
        interval95: (0.01, 0.03),
        p: 0.004,
        undefined: 0,
    };
    comparison.add_bootstrap("Multi", "Single", Column::Task(0), &result);
    let text = render_terminal(&comparison, TerminalStyle::default());
    assert!(text.contains("**") && text.contains("bootstrap"), "{text}");
}

#[test]
fn a_missing_score_is_a_dash_and_takes_the_seeds_average_with_it() {
    let mut comparison = invented(2, 1, false);
    comparison.methods[0].seeds[0].by_task[1] = None;
    assert!(comparison.methods[0].scores(Column::Average).is_empty());
    let text = render_markdown(&comparison);
    let row = text.lines().find(|l| l.starts_with("| Single |")).unwrap();
    assert_eq!(row.matches('–').count(), 2, "{row}");
}

#[test]
fn scores_that_do_not_match_the_tasks_are_an_error_that_names_the_method() {
    let mut comparison = invented(2, 1, false);
    comparison.methods[1].seeds[0].by_task.pop();
    let error = render_html(&comparison).unwrap_err().to_string();
    assert!(error.contains("Multi, seed 0 has 1 scores for 2 tasks"), "{error}");
}

#[test]
fn a_comparison_reads_back_from_its_json() {
    let comparison = invented(2, 2, false);
    let text = serde_json::to_string(&comparison).unwrap();
    let read: Comparison = serde_json::from_str(&text).unwrap();
    assert_eq!(read.methods.len(), comparison.methods.len());
    assert_eq!(render_markdown(&read), render_markdown(&comparison));
}
