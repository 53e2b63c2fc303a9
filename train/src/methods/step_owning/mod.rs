//! Methods that need more than losses and a Gramian, and so own the step: one file each, with options, rule, state and
//! what makes the step's gradients.

mod auto_lambda;
mod entry;
mod excess_mtl;
mod graddrop;
mod modo_double;
mod other_batches;
mod trimmed_mean;

pub use entry::{Entry, StepOwning};

/// All of them, in the order of tables.
pub const STEP_OWNING: &[Entry] = &[
    Entry::of::<graddrop::GradDropConfig>(),
    Entry::of::<excess_mtl::ExcessMtlConfig>(),
    Entry::of::<auto_lambda::AutoLambdaConfig>(),
    Entry::of::<trimmed_mean::TrimmedMeanConfig>(),
    Entry::of::<modo_double::MoDoDoubleConfig>(),
];
