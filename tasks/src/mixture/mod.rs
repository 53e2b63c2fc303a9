//! Mixtures: which examples of which tasks make up which training batch.
//!
//! A [`MixtureConfig`] says how tasks are weighed ([`Rate`]), how that is brought about ([`Balance`]), whether a batch
//! may hold several tasks ([`Composition`]) and how far ahead examples may be sorted by length. A [`MixturePlan`] is
//! the outcome for given task sizes, lengths, seed and number of steps: a pure function from the step to the batch.
//! It holds no position and no generator, so any number of threads may ask for batches in any order, and a run that
//! is resumed at step k sees what it would have seen. [`TextToTextBatches`] makes such batches of text-to-text tasks,
//! whose examples may share rows ([`LayoutConfig`]).

mod collate;
mod layout;
mod ordered;
mod packing;
mod permutation;
mod plan;
mod rate;
mod stream;
mod text_to_text;
mod text_to_text_batch;
mod waste;

pub use collate::{TokenBatch, collate};
pub use layout::{LayoutConfig, Widths};
pub use ordered::{OrderedPrefetch, ordered_prefetch};
pub use packing::pack;
pub use permutation::{hash, permute};
pub use plan::{BatchPlan, Composition, Draw, MixtureConfig, MixturePlan, TaskLengths};
pub use rate::{Balance, Rate, TaskBalance, balance};
pub use text_to_text::{TextToTextBatches, TextToTextSource, TextToTextTask};
pub use text_to_text_batch::{NO_TARGET, Placed, TextToTextBatch, TokenRows};
pub use waste::{PaddingWaste, RealisedRates};
