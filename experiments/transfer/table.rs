//! The table of transfer: a row for the family that was trained beside, a column for the family that is scored.

use taskgraft::{
    evaluation::{TaskScores, mean_score},
    prelude::*,
    report::{Comparison, Cost, MethodRow, SeedScores, TaskColumn},
    study::{StageKey, StageResult},
};

use super::{Tasks, name_of};

/// Scores of families in the networks of pairs.
struct Table<'a> {
    finished: &'a Finished<'a>,
    families: &'a [Tasks],
}

/// Gathers what the trainings of all pairs left behind.
///
/// # Errors
/// If their files can't be read.
pub fn table(finished: &Finished<'_>, families: &[Tasks]) -> Result<Comparison> {
    let count = families.len();
    let table = Table { finished, families };
    let seeds = |of: &dyn Fn(usize, u64) -> Option<f64>| -> Vec<SeedScores> {
        let of_seed = |&seed: &u64| SeedScores {
            seed,
            by_task: (0..count).map(|column| of(column, seed)).collect(),
        };
        finished.seeds.iter().map(of_seed).collect()
    };
    let row = |row: usize| -> Result<MethodRow> {
        let cells = seeds(&|column, seed| table.cell(row, column, seed));
        let name = format!("with {}", families[row].0);
        Ok(MethodRow { name, seeds: cells, cost: Some(table.cost(row)?) })
    };
    let means = MethodRow {
        name: "mean without the diagonal".into(),
        seeds: seeds(&|column, seed| table.beside(column, seed)),
        cost: None,
    };
    let helps: Vec<String> = (0..count)
        .map(|row| format!("{} {:+.1}%", families[row].0, 100.0 * table.help(row)))
        .collect();
    let column = |(family, tasks): &Tasks| {
        let many =
            if tasks.len() == 1 { "1 task".into() } else { format!("{} tasks", tasks.len()) };
        TaskColumn { name: family.to_string(), metric: many }
    };
    let rows: Result<Vec<MethodRow>> = (0..count).map(row).chain([Ok(means)]).collect();
    Ok(Comparison {
        tasks: families.iter().map(column).collect(),
        methods: rows?,
        notes: vec![format!(
            "How a family changes the others' scores, against the mean of their columns without the diagonal: {}.",
            helps.join(", ")
        )],
        ..Comparison::default()
    })
}

impl Table<'_> {
    /// The training of two families with a seed.
    fn pair(&self, a: usize, b: usize, seed: u64) -> Option<&StageResult> {
        let (low, high) = (a.min(b), a.max(b));
        let pair = match low == high {
            true => vec![self.families[low].clone()],
            false => vec![self.families[low].clone(), self.families[high].clone()],
        };
        let row = self.finished.row(&name_of(&pair))?;
        let (_, of_seed) = row.by_seed.iter().find(|(of, _)| *of == seed)?;
        let key: &StageKey = of_seed.all_stages().first()?;
        self.finished.result(key).ok()
    }

    /// The mean score of a family's tasks in the network of it and another.
    fn cell(&self, row: usize, column: usize, seed: u64) -> Option<f64> {
        let of_family = |name: &str| self.families[column].1.iter().any(|t| t.name == name);
        let scores = &self.pair(row, column, seed)?.scores;
        let scores: Vec<TaskScores> =
            scores.iter().filter(|s| of_family(&s.task)).cloned().collect();
        Some(mean_score(&scores))
    }

    /// The mean of a column over the families trained beside it, the family alone left out.
    fn beside(&self, column: usize, seed: u64) -> Option<f64> {
        let others = (0..self.families.len()).filter(|&row| row != column);
        let cells: Option<Vec<f64>> = others.map(|row| self.cell(row, column, seed)).collect();
        cells.map(|cells| cells.iter().sum::<f64>() / cells.len() as f64)
    }

    /// How a family changes the others' scores, as a share of the mean of their columns.
    fn help(&self, row: usize) -> f64 {
        let changes = self.finished.seeds.iter().flat_map(|&seed| {
            let others = (0..self.families.len()).filter(move |&column| column != row);
            others.filter_map(move |column| {
                Some(self.cell(row, column, seed)? / self.beside(column, seed)? - 1.0)
            })
        });
        let changes: Vec<f64> = changes.filter(|change| change.is_finite()).collect();
        changes.iter().sum::<f64>() / changes.len().max(1) as f64
    }

    /// What the trainings that a family took part in cost, a seed.
    fn cost(&self, family: usize) -> Result<Cost> {
        let (mut seconds, mut steps) = (0.0, 0);
        for &seed in &self.finished.seeds {
            for other in 0..self.families.len() {
                let missing = || {
                    Error::Usage("a pair of families was not trained; every pair is needed".into())
                };
                let result = self.pair(family, other, seed).ok_or_else(missing)?;
                (seconds, steps) = (seconds + result.step_seconds, steps + result.steps);
            }
        }
        let seeds = self.finished.seeds.len().max(1);
        Ok(Cost { seconds: seconds / seeds as f64, steps: steps / seeds as u64, memory: None })
    }
}
