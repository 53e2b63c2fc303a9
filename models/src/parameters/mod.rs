//! What is common to all parameters: their path in the module tree, their depth from the input,
//! whether weight decay leaves them alone, how many matrices they hold, and their first values.

mod depth;
mod fused;
mod initialise;
mod path;

pub use depth::{Depth, depth_of, is_norm_or_bias};
pub use fused::fused_matrices;
pub use initialise::{Initial, initialise, initialise_each};
pub use path::ModulePath;
