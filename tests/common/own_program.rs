//! A test program that is also the program it tests: called with a mark in its environment, it is a study's program
//! with a command line of its own; called without, it runs its tests. It does without libtest, whose arguments are
//! others.

use std::{env, ffi::OsStr, process::Command};

const AS_PROGRAM: &str = "TASKGRAFT_TEST_AS_PROGRAM";

/// The program's `main`.
pub fn run(
    program: fn() -> taskgraft::Result<()>,
    tests: &[(&str, fn())],
) -> taskgraft::Result<()> {
    if env::var_os(AS_PROGRAM).is_some() {
        return program();
    }
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    Ok(())
}

/// A call of this program as the study's.
pub fn as_study() -> Command {
    marked(env::current_exe().unwrap())
}

/// A call of a program that may call this one as the study's.
pub fn marked(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env(AS_PROGRAM, "1");
    command
}
