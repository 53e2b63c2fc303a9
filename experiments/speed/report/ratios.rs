//! Ratios of times within rounds, which leave out what slows the machine down for a while.

use taskgraft::{report::FactTable, stats::quartiles};

use super::{
    super::{
        contestant::{Framework, Timed},
        round::Round,
    },
    cells::NONE,
};

/// Ours by row, theirs by column; `None` where there is nobody to compare with.
pub fn ratio_table(timed: &[Timed]) -> Option<FactTable> {
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
fn ratios(a: &[Round], b: &[Round]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a.time() / b.time()).collect()
}

fn spread(values: &[f64]) -> String {
    let [low, median, high] = quartiles(values);
    format!("{median:.2} ({low:.2}–{high:.2})")
}

#[cfg(test)]
mod tests {
    use super::{super::super::round::Epoch, *};

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
