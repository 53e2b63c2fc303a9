//! Every own operation of the networks beside its plain definition in double precision on the host.
//!
//! [`Operation`] computes on a device what a function of a tape defines; [`measure`] gives the errors of its value
//! and of its gradients. The other files list operations by their kind. Sizes are odd on purpose, and some rows have
//! nothing to attend to.

mod attention;
mod dense;
mod errors;
mod losses;
mod operation;
mod optimisers;
mod rows;
mod vectors;

pub use errors::{ErrorSummary, OperationErrors, measure};
pub use operation::Operation;

/// All operations, those of one name behind each other.
pub fn all() -> Vec<Operation> {
    let parts = [
        dense::operations(),
        rows::operations(),
        attention::operations(),
        losses::operations(),
        vectors::operations(),
        optimisers::operations(),
    ];
    parts.into_iter().flatten().collect()
}
