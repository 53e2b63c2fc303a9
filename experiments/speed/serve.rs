//! A contestant of ours, in this process.
//!
//! It says in a line of JSON that it is [`Ready`], and then, for each number it reads on a line, takes that many steps,
//! or trains on that many tasks, and says in a line how long each took ([`Round`]). It ends with its input.

use std::io::Write;

use serde::Serialize;
use taskgraft::{
    Error, Result,
    run_dir::{locked_version, peak_memory},
};

use super::{
    contestant::{Contestant, Framework},
    doing::Doing,
    round::{Ready, Round},
};

/// Takes steps of a contestant of ours in this process, as told on standard input.
///
/// # Errors
/// If the device fails, or standard output is closed.
pub fn serve(contestant: &Contestant) -> Result<()> {
    let Framework::Taskgraft { backend } = &contestant.framework else {
        return Err(Error::Usage("`--serve` takes only contestants of Taskgraft".into()));
    };
    let mut doing = Doing::new(&contestant.job, contestant.size, contestant.precision, *backend)?;
    let version = format!("Burn {}", locked_version("burn").unwrap_or("unknown"));
    say(&Ready { version, parameters: doing.parameters()? as u64 })?;
    let mut number = 0;
    for line in std::io::stdin().lines() {
        let line = line.map_err(Error::io("standard input"))?;
        let count: usize = line.trim().parse().map_err(|_| {
            Error::Usage(format!("`{line}` on standard input is not a number of steps"))
        })?;
        let mut round = Round { seconds: vec![], peak_memory: None, loss: None, epochs: vec![] };
        for _ in 0..count {
            let done = doing.next(number)?;
            round.seconds.push(done.seconds);
            round.loss = done.loss;
            round.epochs.extend(done.epoch);
            number += 1;
        }
        round.peak_memory = peak_memory();
        say(&round)?;
    }
    Ok(())
}

fn say<T: Serialize>(what: &T) -> Result<()> {
    let text = serde_json::to_string(what).map_err(|e| Error::Training(e.to_string()))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Error::io("standard output"))
}
