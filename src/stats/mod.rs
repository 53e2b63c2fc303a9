//! Statistics for comparing methods: what a handful of seeds, or the examples of a dev set, can
//! and cannot say.
//!
//! Over seeds: [`Summary`], [`welch_t`], [`paired_t`], and the exact rank tests
//! [`mann_whitney_exact`] and [`wilcoxon_exact`]. Over examples: [`PairedBootstrap`]. Over many
//! comparisons: [`holm`]. Over pairs of tasks: [`CorrelationKind`] and [`mantel`]. Every function returns `None`
//! where the question has no answer (one seed has no standard deviation and no p-value); none of them returns NaN for
//! finite input.

mod bootstrap;
mod correction;
mod correlation;
mod mantel;
mod rank;
mod summary;
mod t_test;

pub use bootstrap::{BootstrapError, BootstrapResult, PairedBootstrap, Resampled};
pub use correction::holm;
pub use correlation::{Correlation, CorrelationKind};
pub use mantel::{MOST_EXACT, MantelTest, mantel};
pub use rank::{RankTest, mann_whitney_exact, wilcoxon_exact};
pub use summary::{Summary, quartiles};
pub use t_test::{TTest, paired_t, welch_interval95, welch_t};
