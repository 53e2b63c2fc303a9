//! The command line, and the order of work: parts one after another, each in a process, then the report.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use clap::Parser;

use super::{Measured, Part, report::report};
use crate::{Error, Result, device::Backend, process::run_within};

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
    measure: Option<String>,
    #[arg(long, value_name = "FILE", hide = true, requires = "measure")]
    result: Option<PathBuf>,
}

/// What came of a part: the reason where it is not available.
pub(super) type Outcome = (Part, Result<Measured, String>);

/// Measures, prints and writes the report; whether all operations are within their bounds on all backends that work.
///
/// # Errors
/// A backend that is unknown or not compiled in, or files that can't be written.
pub fn run(args: &Args) -> Result<bool> {
    if let (Some(part), Some(result)) = (&args.measure, &args.result) {
        let part: Part = serde_json::from_str(part)
            .map_err(|e| Error::Usage(format!("`--measure` takes a part as JSON: {e}")))?;
        let measured = part.measure((args.seed, args.steps))?;
        let text = serde_json::to_vec(&measured).map_err(|e| Error::Training(e.to_string()))?;
        fs::write(result, text).map_err(Error::io(result))?;
        return Ok(true);
    }
    if args.steps == 0 {
        return Err(Error::Usage("`--steps 0` trains nothing; give at least 1".into()));
    }
    let backends: Vec<Backend> = match &args.backends[..] {
        [] => Backend::compiled_in(),
        names => names.iter().map(|name| name.parse()).collect::<Result<_>>()?,
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for backend in backends {
        let mut broken = None;
        for part in Part::all(backend) {
            let outcome = match &broken {
                Some(reason) => Err(String::clone(reason)),
                None => in_a_process(part, args)?,
            };
            let state = outcome.as_ref().map_or_else(|reason| reason.as_str(), |_| "measured");
            println!("{part}: {state}");
            // A backend whose first part fails is not asked again.
            if let (Err(reason), true) =
                (&outcome, outcomes.iter().all(|(p, _)| p.backend != backend))
            {
                broken = Some(reason.clone());
            }
            outcomes.push((part, outcome));
        }
    }
    report(args, &outcomes)
}

/// Measures a part in a process of its own.
fn in_a_process(part: Part, args: &Args) -> Result<Result<Measured, String>> {
    let program = std::env::current_exe()
        .map_err(|e| Error::Training(format!("this program can't be found: {e}")))?;
    let folder = tempfile::tempdir().map_err(Error::io(std::env::temp_dir()))?;
    let result = folder.path().join("result.json");
    let part_text = serde_json::to_string(&part).map_err(|e| Error::Training(e.to_string()))?;
    let mut command = Command::new(program);
    command.args(["--measure", &part_text, "--result"]).arg(&result);
    command.args(["--seed", &args.seed.to_string(), "--steps", &args.steps.to_string()]);
    command.env("RUST_BACKTRACE", "0").envs(part.fusion.variable());
    if let Err(reason) = run_within(&mut command, Duration::from_secs(args.limit))? {
        return Ok(Err(reason));
    }
    let text = fs::read(&result).map_err(Error::io(&result))?;
    let problem = |e: serde_json::Error| Error::File { path: result, problem: e.to_string() };
    Ok(Ok(serde_json::from_slice(&text).map_err(problem)?))
}
