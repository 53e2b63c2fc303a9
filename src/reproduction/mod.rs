//! Runs that are made again from their manifests, and compared with what they were.
//!
//! A manifest holds how the study's program was called. [`Plan::of`] checks that the program is there and that data and
//! pretrained files are what they were; [`Plan::run`] calls the program again with a fresh output folder, so that no
//! finished run is used again, and compares run by run. Only a program as a whole can be called: where all the runs
//! asked for have one seed, it runs that seed alone, but all methods and tasks. The environment is that of the caller,
//! not that of the first time.

mod arguments;
mod checks;
mod fresh_folder;
mod plan;

use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
};

pub use plan::Plan;

use crate::compare_runs::{Agreement, RunsDiff};

/// What came of making runs again.
#[derive(Clone, Debug)]
pub struct Reproduction {
    /// The runs as they were (A) and as they are now (B).
    pub diff: RunsDiff,
    /// Where the new runs are, unless they were equal and nobody asked for them.
    pub kept: Option<PathBuf>,
}

impl Reproduction {
    /// Whether all results that the old runs hold came out again; an old run may have ended early, and a new build may
    /// write settings down that the old one did not know.
    pub fn is_exact(&self) -> bool {
        self.diff.results() != Agreement::Different
    }
}

impl Display for Reproduction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            return write!(f, "reproduced: {}", self.diff.summary());
        }
        write!(f, "not reproduced: {}", self.diff.summary())?;
        let firsts = self.diff.runs.iter().filter_map(|run| Some((run, run.first_difference()?)));
        for (run, (series, at)) in firsts {
            let name = run.path_b.display();
            let (step, by) = (at.step, at.by());
            write!(f, "\n  {name} first differs at step {step}, in {series}, by {by:.3e}")?;
        }
        for run in &self.diff.only_a {
            let name = self.diff.a.join(run);
            write!(f, "\n  {} was not made: its command makes no such run now", name.display())?;
        }
        Ok(())
    }
}
