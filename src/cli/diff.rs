//! `taskgraft diff`: what differs between two runs, or between the runs of two studies.

use std::path::PathBuf;

use clap::Args;
use taskgraft::{
    Error, Result,
    compare_runs::{Agreement, RunsDiff, compare},
};

#[derive(Args)]
pub struct DiffArgs {
    /// Folder of a run, or of a study's runs.
    run_a: PathBuf,
    /// The other one.
    run_b: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Compares and prints; false if something differs.
pub fn run(args: &DiffArgs) -> Result<bool> {
    let diff = compare(&args.run_a, &args.run_b)?;
    print(&diff, args.json)?;
    Ok(diff.agreement() == Agreement::Equal)
}

/// Prints a comparison as text or as JSON.
pub fn print(diff: &RunsDiff, as_json: bool) -> Result<()> {
    if !as_json {
        print!("{diff}");
        return Ok(());
    }
    let failed = |e| Error::Usage(format!("the comparison can't be written as JSON: {e}"));
    let mut json = serde_json::to_value(diff).map_err(failed)?;
    json["agreement"] = serde_json::to_value(diff.agreement()).map_err(failed)?;
    println!("{json:#}");
    Ok(())
}
