//! The report: seconds, tokens a second, memory and the share of the peak of every contestant, and ratios within rounds.

use taskgraft_models::kernels::Precision;

use super::{
    Args, Framework, Job, Ready, Round, Work,
    args::{Peaks, Timed},
    glue::TASKS,
};
use crate::{
    Error, Result,
    device::Backend,
    report::{Comparison, FactTable, Section},
    study::{StudyReport, quartiles},
};

/// What stands where there is no number.
const NONE: &str = "–";

pub(super) fn report(
    args: &Args,
    backend: Backend,
    peaks: &Peaks,
    all: &[(Job, Vec<Timed>)],
) -> Result<()> {
    let of = |(job, timed): &(Job, Vec<Timed>)| match job {
        Job::Steps(work) => section(args, peaks, *work, timed),
        Job::Glue(_) => epochs(args, job, timed),
    };
    let mut sections: Vec<Section> = all.iter().map(of).collect();
    sections.push(peak_section(backend, peaks));
    let threads = match args.threads {
        0 => "All threads".into(),
        1 => "1 thread".into(),
        n => format!("{n} threads"),
    };
    let mut notes = vec![];
    if args.quick {
        notes.push("Tiny networks: these times mean nothing.".into());
    }
    if args.against.is_none() {
        notes.push("Taskgraft alone: `--against PYTHON` times PyTorch beside it.".into());
    }
    if all.iter().any(|(_, timed)| timed.iter().any(|t| t.outcome.is_err())) {
        notes.push(
            "Some contestants could not be timed; the text above their table says why.".into(),
        );
    }
    let comparison = Comparison {
        summary: Some(format!("{threads}, contestants in turn.")),
        notes,
        sections,
        ..Comparison::default()
    };
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out))?;
    StudyReport::on(comparison, "speed", backend.to_string(), &args.out).report()
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn section(args: &Args, peaks: &Peaks, work: Work, timed: &[Timed]) -> Section {
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

/// Epochs of tasks from files.
fn epochs(args: &Args, job: &Job, timed: &[Timed]) -> Section {
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

fn version(ready: &Ready) -> String {
    format!("{}, {:.1} M parameters", ready.version, ready.parameters as f64 / 1e6)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Why there is nothing in a row.
fn not_available(timed: &Timed) -> Option<String> {
    let reason = timed.outcome.as_ref().err()?;
    Some(format!("{} is not available: {reason}.", timed.contestant.name()))
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

/// Ours by row, theirs by column; `None` where there is nobody to compare with.
fn ratio_table(timed: &[Timed]) -> Option<FactTable> {
    let is_ours = |one: &&Timed| matches!(one.contestant.framework, Framework::Taskgraft { .. });
    let (ours, theirs): (Vec<&Timed>, Vec<&Timed>) = timed.iter().partition(is_ours);
    if theirs.is_empty() {
        return None;
    }
    let names = theirs.iter().map(|one| one.contestant.name());
    let row = |ours: &&Timed| {
        let cells = theirs.iter().map(|theirs| match (&ours.outcome, &theirs.outcome) {
            (Ok((_, a)), Ok((_, b))) => spread(&ratios(a, b)),
            _ => NONE.into(),
        });
        std::iter::once(ours.contestant.name()).chain(cells).collect()
    };
    Some(FactTable {
        title: "Ratios".into(),
        header: std::iter::once("over".to_string()).chain(names).collect(),
        rows: ours.iter().map(row).collect(),
    })
}

/// The first's time over the second's, round by round.
pub(super) fn ratios(a: &[Round], b: &[Round]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a.time() / b.time()).collect()
}

fn spread(values: &[f64]) -> String {
    let [low, median, high] = quartiles(values);
    format!("{median:.2} ({low:.2}–{high:.2})")
}

fn peak_section(backend: Backend, peaks: &Peaks) -> Section {
    let row = |(precision, peak): &(Precision, f64)| {
        let (name, by) = match precision {
            Precision::F32 => ("float32", NONE.to_string()),
            Precision::Bf16 => ("bf16", backend.bf16_products()),
        };
        vec![name.into(), format!("{:.0}", peak / 1e9), by]
    };
    Section {
        title: "Peak".into(),
        tables: vec![FactTable {
            title: String::new(),
            header: words(&["products", "GFLOP/s", "by"]),
            rows: peaks.iter().map(row).collect(),
        }],
        caption: "Measured before the rounds: the fastest large product of Taskgraft's own kernel, with as many threads. What \
                  is “of peak” above is a share of this, for every framework."
            .into(),
        ..Section::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Epoch, *};

    #[test]
    fn ratios_are_taken_within_rounds() {
        let round = |seconds: &[f64]| Round {
            seconds: seconds.to_vec(),
            peak_memory: None,
            loss: None,
            epochs: vec![],
        };
        let slow_then_quick = [round(&[4.0, 4.0, 9.0]), round(&[2.0, 2.0, 1.0])];
        let other = [round(&[8.0, 8.0, 8.0]), round(&[4.0, 1.0, 5.0])];
        assert_eq!(ratios(&slow_then_quick, &other), [0.5, 0.5]);
        assert_eq!(spread(&[0.5, 0.5, 0.7]), "0.50 (0.50–0.60)");
    }

    #[test]
    fn rounds_of_epochs_are_compared_by_all_their_time() {
        let round = |seconds: [f64; 2]| Round {
            seconds: seconds.into(),
            peak_memory: None,
            loss: None,
            epochs: vec![Epoch { score: 50.0, tokens: 90, computed: 100 }; 2],
        };
        assert_eq!(ratios(&[round([1.0, 9.0])], &[round([15.0, 5.0])]), [0.5]);
        let both = round([1.0, 9.0]).and(round([2.0, 3.0]));
        assert_eq!((both.seconds.len(), both.epochs.len(), both.time()), (4, 4, 15.0));
    }
}
