//! What has to be called to make runs again, and the calls.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    Reproduction,
    arguments::{with_out, with_seed, without_out},
    checks::{check_files, check_program, warnings},
    fresh_folder::FreshFolder,
};
use crate::{
    Error, Result,
    compare_runs::{compare_again, find_runs},
    run_dir::{DataSource, Invocation, Manifest},
};

/// Calls that make runs again.
#[derive(Debug)]
pub struct Plan {
    runs: PathBuf,
    calls: Vec<Invocation>,
    out: FreshFolder,
    /// What is not as it was, in sentences.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Reads the manifests of the run in, or all runs below, a folder, and checks what they name. `out` is an empty or
    /// new folder, by default one beside the study; `program` stands in for the recorded one.
    ///
    /// # Errors
    /// A folder without runs, a run without manifest, a program that is gone, data or pretrained files that are gone or
    /// changed, or an output folder that is not empty.
    pub fn of(runs: &Path, out: Option<&Path>, program: Option<&Path>) -> Result<Self> {
        let root = runs.canonicalize().map_err(Error::io(runs))?;
        let folders: Vec<PathBuf> = find_runs(&root)?.iter().map(|run| root.join(run)).collect();
        let mut manifests: Vec<Manifest> =
            folders.iter().map(|folder| read_manifest(folder)).collect::<Result<_>>()?;
        manifests.sort_by(|a, b| a.started_at.cmp(&b.started_at));

        let here = std::env::current_dir().map_err(Error::io("."))?;
        let seeds: BTreeSet<u64> = manifests.iter().map(|manifest| manifest.seed).collect();
        let mut calls: Vec<Invocation> = Vec::new();
        let (mut notes, mut files, mut origins) = (Vec::new(), Vec::new(), Vec::new());
        for manifest in &manifests {
            let call = call(manifest, &here, program, &seeds)?;
            let sources = manifest.data.iter().chain(&manifest.init);
            files.extend(sources.map(|f: &DataSource| (call.working_folder.join(&f.path), f)));
            let origin = (&manifest.invocation, &manifest.git, &manifest.machine);
            if !origins.contains(&origin) {
                check_program(&call)?;
                notes.extend(warnings(manifest, &call));
                origins.push(origin);
            }
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
        check_files(&files)?;
        let out = FreshFolder::new(out, &folders[0])?;
        notes.sort();
        notes.dedup();
        Ok(Self { runs: runs.to_path_buf(), calls, out, warnings: notes })
    }

    /// The command lines, as a shell takes them.
    pub fn commands(&self) -> Vec<String> {
        let of = |call: &Invocation| call.command(&self.arguments(call));
        self.calls.iter().map(of).collect()
    }

    fn arguments(&self, call: &Invocation) -> Vec<String> {
        with_out(&call.arguments, self.out.path().to_string_lossy().into_owned())
    }

    /// Makes the runs and compares them. What the programs say goes to standard error.
    ///
    /// # Errors
    /// If a program fails or the runs can't be compared.
    pub fn run(self) -> Result<Reproduction> {
        for call in &self.calls {
            let status = Command::new(&call.program)
                .args(self.arguments(call))
                .current_dir(&call.working_folder)
                .stdin(Stdio::null())
                .stdout(io::stderr())
                .status()
                .map_err(Error::io(&call.program))?;
            if !status.success() {
                let problem = format!(
                    "failed with {status}, so the runs were not made again; its own message is above"
                );
                return Err(Error::File { path: call.program.clone(), problem });
            }
        }
        let diff = compare_again(&self.runs, self.out.path())?;
        let mut reproduction = Reproduction { diff, kept: None };
        reproduction.kept = self.out.close(!reproduction.is_exact());
        Ok(reproduction)
    }
}

fn read_manifest(run: &Path) -> Result<Manifest> {
    let path = run.join("manifest.json");
    if !path.is_file() {
        let problem = "has no manifest.json, which says how a run was made; name a run's folder, or a study's --out";
        return Err(Error::File { path: run.into(), problem: problem.into() });
    }
    let text = fs::read(&path).map_err(Error::io(&path))?;
    serde_json::from_slice(&text).map_err(|e| Error::File {
        path,
        problem: format!(
            "can't be read as a manifest ({e}); use the version of Taskgraft that wrote it, or restore the file"
        ),
    })
}

/// The call that makes a run again, but for the output folder.
fn call(
    manifest: &Manifest,
    here: &Path,
    program: Option<&Path>,
    seeds: &BTreeSet<u64>,
) -> Result<Invocation> {
    let recorded = manifest.invocation.clone();
    let recorded = recorded.or_else(|| Invocation::of_command(&manifest.command, here));
    let Some(mut call) = recorded else {
        let problem = "the manifest of a run holds no command, so the run can't be made again; name other runs";
        return Err(Error::Usage(problem.into()));
    };
    if let Some(program) = program {
        call.program = program.canonicalize().map_err(Error::io(program))?;
    }
    // That the program is another build is for the checks to say; here it would make two calls of one.
    call.program_sha256 = None;
    call.arguments = without_out(&call.arguments);
    if seeds.len() == 1 {
        call.arguments = with_seed(&call.arguments, manifest.seed);
    }
    Ok(call)
}
