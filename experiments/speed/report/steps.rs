//! Steps: seconds, tokens a second, memory and the share of the peak of every contestant.

use taskgraft::{
    report::{FactTable, Section},
    stats::quartiles,
};

use super::{
    super::{args::Args, contestant::Timed, peak::Peaks, round::Round, work::Work},
    cells::{NONE, mebibytes, not_available, version, words},
    ratios::ratio_table,
};

/// All steps of a work.
pub fn section(args: &Args, peaks: &Peaks, work: Work, timed: &[Timed]) -> Section {
    let size = args.size();
    let rows = timed.iter().map(|one| row(args, peaks, work, one)).collect();
    let header = words(&[
        "",
        "s/step",
        "quartiles",
        "tokens/s",
        "of peak",
        "peak memory",
        "loss",
        "version",
    ]);
    let mut tables = vec![FactTable { title: String::new(), header, rows }];
    tables.extend(ratio_table(timed));
    Section {
        title: work.title(size),
        text: timed.iter().filter_map(not_available).collect(),
        figures: vec![],
        tables,
        caption: format!(
            "Seconds: median over all steps of all rounds, and its quartiles. A step: {}; {} tokens, none of them padding; \
             {:.1} GFLOP of matrix products. Ratios: Taskgraft's time over the other's in the same round, median and \
             quartiles over rounds; below 1, Taskgraft is faster.",
            if work.is_inference() {
                "reading and writing a batch"
            } else {
                "forward, backward, clipping, update"
            },
            work.tokens(size),
            work.operations(size) / 1e9
        ),
    }
}

fn seconds(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().flat_map(|round| round.seconds.iter().copied()).collect()
}

fn row(args: &Args, peaks: &Peaks, work: Work, timed: &Timed) -> Vec<String> {
    let name = timed.contestant.name();
    let (ready, rounds) = match &timed.outcome {
        Ok(outcome) => outcome,
        Err(_) => return vec![name, NONE.into()],
    };
    let [low, median, high] = quartiles(&seconds(rounds));
    let of_peak = peaks.iter().find(|(precision, _)| *precision == timed.contestant.precision);
    let of_peak = of_peak.map(|(_, peak)| work.operations(args.size()) / median / peak);
    let memory = rounds.iter().filter_map(|round| round.peak_memory).max();
    vec![
        name,
        format!("{median:.4}"),
        format!("{low:.4}–{high:.4}"),
        format!("{:.0}", work.tokens(args.size()) as f64 / median),
        of_peak.map_or(NONE.into(), |share| format!("{:.0}%", 100.0 * share)),
        memory.map_or(NONE.into(), mebibytes),
        rounds.last().and_then(|round| round.loss).map_or(NONE.into(), |loss| format!("{loss:.3}")),
        version(ready),
    ]
}
