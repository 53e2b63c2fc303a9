//! Epochs of tasks from files: seconds, tokens a second, memory and scores of every contestant.

use taskgraft::{
    report::{FactTable, Section},
    stats::quartiles,
};

use super::{
    super::{args::Args, contestant::Timed, glue::TASKS, job::Job, round::Round},
    cells::{NONE, mebibytes, not_available, version, words},
    ratios::ratio_table,
};

/// Epochs of tasks from files.
pub fn section(args: &Args, job: &Job, timed: &[Timed]) -> Section {
    let tasks = TASKS.map(|task| format!("{task}, s"));
    let scores = TASKS.map(|task| format!("{task}, score"));
    let header = [words(&["", "all, s", "range"]), tasks.to_vec()];
    let header = [header.concat(), words(&["tokens/s", "real", "peak memory"]), scores.to_vec()];
    let header = [header.concat(), words(&["version"])];
    let mut tables = vec![FactTable {
        title: String::new(),
        header: header.concat(),
        rows: timed.iter().map(epoch_row).collect(),
    }];
    tables.extend(ratio_table(timed));
    Section {
        title: job.title(args.size()),
        text: timed.iter().filter_map(not_available).collect(),
        figures: vec![],
        tables,
        caption: "Seconds from the files to the dev score: reading, tokenising, training, evaluation; medians over rounds, \
                  and the range of all. Imports and the start of the process are not counted. Batches of 32, each as wide \
                  as its longest text: of like lengths in Taskgraft, and in PyTorch as its row says; transformers' trainer \
                  draws them at random. Tokens are those trained on, padding not counted, over all seconds; “real” is their share of all \
                  computed. Pairs are trained on in one order. Scores: median over rounds, each a seed of its own."
            .into(),
    }
}

fn epoch_row(timed: &Timed) -> Vec<String> {
    let name = timed.contestant.name();
    let Ok((ready, rounds)) = &timed.outcome else { return vec![name, NONE.into()] };
    let median = |of: &dyn Fn(&Round) -> Option<f64>| {
        let values: Vec<f64> = rounds.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| quartiles(&values)[1])
    };
    let shown = |value: Option<f64>, digits: usize| {
        value.map_or(NONE.into(), |value| format!("{value:.digits$}"))
    };
    let times: Vec<f64> = rounds.iter().map(Round::time).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    let tokens = |round: &Round| {
        round.epochs.iter().fold((0, 0), |(a, b), epoch| (a + epoch.tokens, b + epoch.computed))
    };
    let rate = median(&|round| Some(tokens(round).0 as f64 / round.time()));
    let share = median(&|round| Some(100.0 * tokens(round).0 as f64 / tokens(round).1 as f64));
    let memory = rounds.iter().filter_map(|round| round.peak_memory).max();
    let mut row =
        vec![name, shown(median(&|round| Some(round.time())), 1), format!("{least:.1}–{most:.1}")];
    row.extend((0..TASKS.len()).map(|i| shown(median(&|round| round.seconds.get(i).copied()), 1)));
    row.push(shown(rate, 0));
    row.push(share.map_or(NONE.into(), |share| format!("{share:.0}%")));
    row.push(memory.map_or(NONE.into(), mebibytes));
    let score = |i: usize| median(&|round| round.epochs.get(i).map(|epoch| epoch.score));
    row.extend((0..TASKS.len()).map(|i| shown(score(i), 1)));
    row.push(version(ready));
    row
}
