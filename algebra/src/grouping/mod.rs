//! Which tasks to train together: affinities between tasks, and the best groups under a budget.
//!
//! An [`Affinity`] says how much each task helps each other one: TAG's lookahead averages (Fifty et al.
//! 2021), gradient cosines, CKA, or measured gains of pairs. [`GroupScores`] turns it into what every
//! task is worth in every group by the higher-order approximation of Standley et al. (2020), the mean
//! over partners, and takes measured values where there are some. [`GroupScores::best_groups`] then finds
//! the best set of at most B groups, exactly for up to 16 tasks and by local search for more;
//! [`best_groups`] does both. Training the groups and comparing with the prediction is done elsewhere.

mod affinity;
mod around;
mod error;
mod local;
mod lookahead;
mod scores;
mod search;
mod task_set;

pub use affinity::{Affinity, PairGain};
pub use error::Error;
pub use lookahead::{LookaheadMean, lookahead_affinity};
pub use scores::{GroupScores, LAST_RESORT, Singletons};
pub use search::{Grouping, best_groups};
pub use task_set::{MOST_EXACT, MOST_TASKS, TaskSet};
