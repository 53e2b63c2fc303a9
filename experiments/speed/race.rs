//! The rounds: every contestant of a work in turn, forwards and backwards.

use std::time::Duration;

use taskgraft::{Error, Result, device::Backend};

use super::{
    args::Args,
    contestant::{Contestant, Timed},
    job::Job,
    peak::{Peaks, peak},
    report::report,
    round::Round,
    running::Running,
    serve::serve,
};

/// Times, prints and writes the report.
///
/// # Errors
/// Arguments that make no sense, a device that fails, or files that can't be written.
pub fn run(args: &Args) -> Result<()> {
    if let Some(text) = &args.serve {
        let contestant: Contestant = serde_json::from_str(text)
            .map_err(|e| Error::Usage(format!("`--serve` takes a contestant as JSON: {e}")))?;
        return serve(&contestant);
    }
    if args.rounds == 0 || args.steps == 0 || args.precision.is_empty() || args.work.is_empty() {
        let problem = "nothing would be timed: give at least one round, step, precision and work";
        return Err(Error::Usage(problem.into()));
    }
    let jobs = args.work.iter().map(|name| args.job(name)).collect::<Result<Vec<_>>>()?;
    let backend = match &args.backend {
        Some(name) => name.parse()?,
        None => Backend::default_choice()?,
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global();
    threads.map_err(|e| Error::Usage(format!("`--threads {}`: {e}", args.threads)))?;
    let device = backend.device()?;
    let mut peaks = Peaks::new();
    for &precision in &args.precision {
        peaks.push((precision, peak(precision, &device)?));
    }
    let mut all = Vec::new();
    for job in jobs {
        let timed = race(args.contestants(&job, backend), args)?;
        all.push((job, timed));
    }
    report(args, backend, &peaks, &all)
}

/// Starts all contestants, and has them take steps in turn: in every other round in the other order, so that none is
/// always behind the same.
fn race(contestants: Vec<Contestant>, args: &Args) -> Result<Vec<Timed>> {
    let limit = Duration::from_secs(args.limit);
    let Some(job) = contestants.first().map(|contestant| contestant.job.clone()) else {
        return Ok(vec![]);
    };
    let [rounds, turns, steps] = args.rounds(&job);
    let mut all = Vec::new();
    for contestant in contestants {
        let running = Running::start(&contestant, limit)?;
        let running = running.and_then(|mut running| {
            // The first steps allocate, compile and tune; an epoch has a beginning of its own.
            if let Job::Steps(_) = job {
                running.round(steps, limit)?;
            }
            Ok(running)
        });
        let state = running.as_ref().map_or_else(|reason| reason.as_str(), |_| "ready");
        println!("{}, {}: {state}", contestant.job.name(), contestant.name());
        all.push((contestant, running, vec![]));
    }
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..all.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        let mut parts: Vec<Vec<Round>> = vec![vec![]; all.len()];
        for _ in 0..turns {
            for &index in &order {
                let (_, running, _) = &mut all[index];
                let Ok(process) = running else { continue };
                match process.round(steps, limit) {
                    Ok(part) => parts[index].push(part),
                    Err(reason) => *running = Err(reason),
                }
            }
        }
        for ((_, _, taken), parts) in all.iter_mut().zip(parts) {
            taken.extend(parts.into_iter().reduce(Round::and));
        }
        println!("round {} of {rounds}", round + 1);
    }
    let timed = all.into_iter().map(|(contestant, running, taken)| Timed {
        contestant,
        outcome: running.map(|process| (process.ready.clone(), taken)),
    });
    Ok(timed.collect())
}
