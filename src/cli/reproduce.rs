//! `taskgraft reproduce`: makes runs again from their manifests and says whether they come out the same.

use std::path::PathBuf;

use clap::Args;
use taskgraft::{Result, compare_runs::Agreement, reproduction::Plan};

use super::diff::print;

#[derive(Args)]
pub struct ReproduceArgs {
    /// Folder of a run, or of a study's runs.
    run: PathBuf,
    /// Empty or new folder for the new runs, which stay; without it they go to a folder beside the study, which stays
    /// only if they differ.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The experiment's program, where it no longer is where the manifest says.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Prints the comparison as JSON.
    #[arg(long)]
    json: bool,
}

/// Makes the runs again; false if they differ.
pub fn run(args: &ReproduceArgs) -> Result<bool> {
    let plan = Plan::of(&args.run, args.out.as_deref(), args.program.as_deref())?;
    plan.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    plan.commands().iter().for_each(|command| eprintln!("running: {command}"));
    let reproduction = plan.run()?;
    let is_exact = reproduction.is_exact();
    if args.json || reproduction.diff.agreement() == Agreement::Different {
        print(&reproduction.diff, args.json)?;
    }
    if !args.json {
        println!("{reproduction}");
    }
    if let Some(kept) = &reproduction.kept {
        eprintln!("the new runs are in {}", kept.display());
    }
    Ok(is_exact)
}
