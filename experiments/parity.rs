//! Compares this build with reference values: every case folder on every backend compiled in.
//!
//! `cargo run --release --example parity -- DIR…` prints a table and exits with 1 where a
//! quantity is further off than its tolerance or a case cannot be run; `--json` prints the whole
//! report for machines.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::tensor::Device;
use clap::Parser;
use serde::Serialize;
use taskgraft::{
    device::Backend,
    models::parity::{CaseReport, Verdict, run_case},
};

/// Compare trunks, heads and their gradients with reference values.
#[derive(Parser)]
#[command(name = "parity")]
struct Arguments {
    /// Folders with config.json, model.safetensors, inputs.safetensors and expected.safetensors
    #[arg(required = true, value_name = "DIR")]
    cases: Vec<PathBuf>,
    /// Run on this backend only
    #[arg(long)]
    backend: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// One case on one backend.
#[derive(Serialize)]
struct Outcome {
    path: PathBuf,
    backend: String,
    agrees: bool,
    #[serde(flatten)]
    report: Option<CaseReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Outcome {
    fn of(path: &Path, backend: &str, device: &Device) -> Self {
        let (report, error) = match run_case(path, device) {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            path: path.to_owned(),
            backend: backend.to_owned(),
            agrees: report.as_ref().is_some_and(CaseReport::agrees),
            report,
            error,
        }
    }
}

fn chosen(name: Option<&str>) -> taskgraft::Result<Vec<(Backend, Device)>> {
    let backends = match name {
        Some(name) => vec![name.parse()?],
        None => Backend::compiled_in(),
    };
    backends.into_iter().map(|backend| Ok((backend, backend.device()?))).collect()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let devices = match chosen(arguments.backend.as_deref()) {
        Ok(devices) => devices,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut outcomes = Vec::new();
    for path in &arguments.cases {
        for (name, device) in &devices {
            let outcome = Outcome::of(path, name.name(), device);
            if !arguments.json {
                print(&outcome);
            }
            outcomes.push(outcome);
        }
    }
    if arguments.json {
        match serde_json::to_string_pretty(&outcomes) {
            Ok(json) => println!("{json}"),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.agrees).count();
    if !arguments.json {
        println!("{} of {} agree", outcomes.len() - failed, outcomes.len());
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn print(outcome: &Outcome) {
    let path = outcome.path.display();
    let Some(report) = &outcome.report else {
        let error = outcome.error.as_deref().unwrap_or_default();
        println!("{path} on {}: cannot be run\n  {error}\n", outcome.backend);
        return;
    };
    println!("{path} ({}) on {}", report.architecture, outcome.backend);
    println!(
        "  {:<10} {:>7} {:>12} {:>10}  {:<8} furthest off",
        "quantity", "tensors", "difference", "tolerance", "verdict"
    );
    for (row, count) in report.worst_by_kind() {
        let limit = row.tolerance.limit();
        println!(
            "  {:<10} {count:>7} {:>12.2e} {limit:>10.0e}  {:<8} {}",
            row.kind(),
            row.difference,
            word(row.verdict),
            row.quantity
        );
    }
    for row in report.failures() {
        let note = row.note.as_deref().unwrap_or_default();
        println!("  differs: {} {:.2e} {note}", row.quantity, row.difference);
    }
    if !report.not_compared.is_empty() {
        println!("  not compared: {}", report.not_compared.join(", "));
    }
    println!();
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "agrees",
        Verdict::Differs => "DIFFERS",
    }
}
