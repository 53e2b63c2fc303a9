//! The report: backends with what they are, operations with their errors, trainings with their losses.

mod backends;
mod cells;
mod operations;
mod trainings;

use taskgraft::{Error, Result, report::Comparison, study::StudyReport};

use super::{args::Args, part::Outcome, training::Network};

/// Prints and writes the report; whether all operations are within their bounds.
pub fn report(args: &Args, outcomes: &[Outcome]) -> Result<bool> {
    let mut sections = vec![backends::section(outcomes), operations::section(outcomes)];
    sections.extend(Network::ALL.map(|network| trainings::section(network, args, outcomes)));
    let beyond: Vec<String> = operations::measured(outcomes)
        .flat_map(|(part, operations)| {
            let beyond = operations.iter().filter(|operation| !operation.is_within());
            beyond.map(move |operation| format!("{} on {}", operation.name, part.name()))
        })
        .collect();
    let mut notes = Vec::new();
    if !beyond.is_empty() {
        notes.push(format!("Beyond their bounds: {}.", beyond.join(", ")));
    }
    let summary = format!(
        "The same operations and the same trainings, {} steps from seed {}, on every backend.",
        args.steps, args.seed
    );
    let comparison =
        Comparison { summary: Some(summary), notes, sections, ..Comparison::default() };
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out))?;
    let mut names: Vec<&str> = outcomes.iter().map(|(part, _)| part.backend.name()).collect();
    names.dedup();
    StudyReport::on(comparison, "portability", names.join(", "), &args.out).report()?;
    Ok(beyond.is_empty())
}
