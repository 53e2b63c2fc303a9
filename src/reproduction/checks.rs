//! Whether what a run was made from is still there: program, data, pretrained files, commit, machine.
//!
//! Changed or missing files make it pointless to begin and are errors; another commit or machine is a warning, for the
//! outcome itself will say whether it matters.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    Error, Result,
    run_dir::{DataSource, GitState, Invocation, Machine, Manifest, sha256_file},
};

/// Refuses files that are gone or have another content; all are named.
///
/// # Errors
/// If there are any.
pub fn check_files(files: &[(PathBuf, &DataSource)]) -> Result<()> {
    let distinct: BTreeSet<(&Path, &str)> =
        files.iter().map(|(path, file)| (path.as_path(), file.sha256.as_str())).collect();
    let problems: Vec<String> =
        distinct.into_iter().filter_map(|(p, sha)| problem(p, sha)).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{} the runs were made from changed since; put the old content back:\n  {}",
            if problems.len() == 1 { "a file that" } else { "files that" },
            problems.join("\n  ")
        ))),
    }
}

fn problem(path: &Path, recorded: &str) -> Option<String> {
    let path_shown = path.display();
    match sha256_file(path) {
        Err(error) => Some(error.to_string()),
        Ok(now) if now != recorded => {
            let (then, now) = (short(recorded), short(&now));
            Some(format!("{path_shown}: SHA-256 {now}… instead of {then}…"))
        }
        Ok(_) => None,
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Refuses a call whose program or folder is gone.
///
/// # Errors
/// If one of them is.
pub fn check_program(call: &Invocation) -> Result<()> {
    let problem = |path: &Path, problem: &str| {
        Err(Error::File { path: path.into(), problem: problem.into() })
    };
    if !call.working_folder.is_dir() {
        return problem(
            &call.working_folder,
            "the program that made the runs was called in this folder, which is gone; make it again",
        );
    }
    // A name without a folder is looked for by the system.
    let is_name = call.program.components().count() == 1;
    if !is_name && !call.working_folder.join(&call.program).is_file() {
        return problem(
            &call.program,
            "the program that made the runs is not there; build it again, or say where it is with --program",
        );
    }
    Ok(())
}

/// What is not as it was when a run was made, in sentences.
pub fn warnings(manifest: &Manifest, call: &Invocation) -> Vec<String> {
    let mut all = Vec::new();
    if manifest.machine != Machine::here() {
        let (then, now) = (&manifest.machine, Machine::here());
        all.push(format!("the machine is another: {then} then, {now} now"));
    }
    let recorded = manifest.invocation.as_ref().and_then(|call| call.program_sha256.as_ref());
    let now = sha256_file(&call.working_folder.join(&call.program)).ok();
    if recorded.is_some() && recorded == now.as_ref() {
        // The very same program: no change of the code since can matter.
        return all;
    }
    all.push(match recorded {
        Some(_) => "the program was built anew since".into(),
        None => "which build of the program made the runs is not on record".into(),
    });
    let git = GitState::of(&call.working_folder);
    let shown = |git: &Option<GitState>| git.as_ref().map_or("none".into(), GitState::to_string);
    if git != manifest.git {
        all.push(format!(
            "the commit is another: {} then, {} now",
            shown(&manifest.git),
            shown(&git)
        ));
    } else if git.is_some_and(|git| git.dirty) {
        all.push("the code had changes that no commit holds, then and now".into());
    }
    all
}
