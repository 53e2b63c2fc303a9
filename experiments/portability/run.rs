//! The order of work: parts one after another, each in a process of its own, then the report.
//!
//! A process of its own makes a backend that cannot start, or that brings its process down, a line of the report. It
//! makes memory that part's alone, and it lets Burn decide on fusion, which it does when a process starts.

use std::{fs, process::Command, time::Duration};

use taskgraft::{Error, Result, device::Backend, process::run_within};

use super::{
    args::Args,
    part::{Measured, Outcome, Part},
    report::report,
};

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
