//! The command line.
//!
//! Besides what a user gives, it carries what a part's own process is told: which part to measure, and the file for
//! what comes out.

use std::path::PathBuf;

use clap::Parser;

/// The same operations and trainings on every backend, compared.
#[derive(Clone, Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Args {
    /// Backends to compare, of those compiled in, separated by commas; the first that works is the reference. Without
    /// it, all that are compiled in.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub backends: Vec<String>,
    /// Steps of every training.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub steps: u64,
    /// Of first values, order of examples and dropout.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Folder for the report.
    #[arg(long, value_name = "DIR", default_value = "runs/portability")]
    pub out: PathBuf,
    /// Relative difference of a step's loss from the reference's that counts as parting from it.
    #[arg(long, value_name = "X", default_value_t = 1e-4)]
    pub tolerance: f64,
    /// Seconds that a part may take; one that takes longer is reported as not available.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub limit: u64,
    /// Measures a part in this process, and writes what comes out to `--result`.
    #[arg(long, value_name = "JSON", hide = true, requires = "result")]
    pub measure: Option<String>,
    #[arg(long, value_name = "FILE", hide = true, requires = "measure")]
    pub result: Option<PathBuf>,
}
