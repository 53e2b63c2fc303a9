//! The report: a section for each work, with every contestant and the ratios within rounds, and what the machine can do
//! at best.

mod cells;
mod epochs;
mod ratios;
mod steps;

use taskgraft::{
    Error, Result,
    device::Backend,
    models::kernels::Precision,
    report::{Comparison, FactTable, Section},
    study::StudyReport,
};

use self::cells::{NONE, words};
use super::{args::Args, contestant::Timed, job::Job, peak::Peaks};

/// Prints and writes the report.
///
/// # Errors
/// If it can't be written.
pub fn report(
    args: &Args,
    backend: Backend,
    peaks: &Peaks,
    all: &[(Job, Vec<Timed>)],
) -> Result<()> {
    let of = |(job, timed): &(Job, Vec<Timed>)| match job {
        Job::Steps(work) => steps::section(args, peaks, *work, timed),
        Job::Glue(_) => epochs::section(args, job, timed),
    };
    let mut sections: Vec<Section> = all.iter().map(of).collect();
    sections.push(peak_section(backend, peaks));
    let threads = match args.threads {
        0 => "All threads".into(),
        1 => "1 thread".into(),
        n => format!("{n} threads"),
    };
    let mut notes = vec![];
    if args.quick {
        notes.push("Tiny networks: these times mean nothing.".into());
    }
    if args.against.is_none() {
        notes.push("Taskgraft alone: `--against PYTHON` times PyTorch beside it.".into());
    }
    if all.iter().any(|(_, timed)| timed.iter().any(|t| t.outcome.is_err())) {
        notes.push(
            "Some contestants could not be timed; the text above their table says why.".into(),
        );
    }
    let comparison = Comparison {
        summary: Some(format!("{threads}, contestants in turn.")),
        notes,
        sections,
        ..Comparison::default()
    };
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out))?;
    StudyReport::on(comparison, "speed", backend.to_string(), &args.out).report()
}

fn peak_section(backend: Backend, peaks: &Peaks) -> Section {
    let row = |(precision, peak): &(Precision, f64)| {
        let (name, by) = match precision {
            Precision::F32 => ("float32", NONE.to_string()),
            Precision::Bf16 => ("bf16", backend.bf16_products()),
        };
        vec![name.into(), format!("{:.0}", peak / 1e9), by]
    };
    Section {
        title: "Peak".into(),
        tables: vec![FactTable {
            title: String::new(),
            header: words(&["products", "GFLOP/s", "by"]),
            rows: peaks.iter().map(row).collect(),
        }],
        caption: "Measured before the rounds: the fastest large product of Taskgraft's own kernel, with as many threads. What \
                  is “of peak” above is a share of this, for every framework."
            .into(),
        ..Section::default()
    }
}
