//! Checkpoints: one folder a step, complete or absent.
//!
//! burn-train saves model, optimiser and schedule through three checkpointers on threads of their own. Ours share a
//! folder under a temporary name; whoever writes the last of the three adds `state.json`, with the checksums of the
//! others, and renames the folder to `step-N`: the rename comes last. The last two checkpoints are kept, and the best
//! ones that they name. A checkpoint whose checksums are wrong is passed over, with a warning, for the one before it.
//! Where one can't be written, the training stops, and those that are there stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use burn::train::checkpoint::{
    Checkpoint, Checkpointer, CheckpointerError, CheckpointingAction, CheckpointingStrategy,
};
use burn::train::metric::store::EventStoreClient;
use burn::{
    optim::{OptimizerRecord, lr_scheduler::LrSchedulerRecord},
    store::ModuleRecord,
};
use serde::{Deserialize, Serialize};
use taskgraft_tasks::mixture::PaddingWaste;

use super::combine::NamedTensor;
use crate::{
    Error, Result,
    evaluation::TaskScores,
    files::{sha256_file, sync_folder, write_atomic},
};

const PARTS: [&str; 3] = ["model", "optimiser", "schedule"];
/// The tensors of a method that has some.
const METHOD: &str = "method.safetensors";

/// What a checkpoint knows beside its tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckpointState {
    /// Steps done.
    pub step: u64,
    /// Digest of the run's resolved config.
    pub config: String,
    /// Step and mean dev score of the best evaluation so far.
    pub best: Option<(u64, f64)>,
    /// Evaluations since the best one.
    pub evaluations_since_best: usize,
    /// Step and scores of every evaluation so far.
    pub evaluations: Vec<(u64, Vec<TaskScores>)>,
    pub waste: PaddingWaste,
    /// Time spent in training steps so far.
    pub step_seconds: f64,
    /// Steps left out so far, since a loss or gradient was not finite.
    #[serde(default)]
    pub skipped: u64,
    /// State of the method that makes a step's gradients; null where it has none.
    #[serde(default)]
    pub method: serde_json::Value,
    /// SHA-256 of the files beside this one.
    pub files: BTreeMap<String, String>,
}

/// The checkpoints of one run.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    /// States of the checkpoints that are being written, by step: their writers may lag behind the training by more
    /// than one checkpoint.
    pending: Arc<Mutex<BTreeMap<u64, CheckpointState>>>,
    failure: Arc<Mutex<Failure>>,
}

/// That a checkpoint could not be written, which ends all writing.
#[derive(Debug, Default)]
struct Failure {
    happened: bool,
    /// Why, until it is told.
    reason: Option<Error>,
}

impl Checkpoints {
    /// Keeps checkpoints in `folder`; what a killed process left half-written there is removed.
    ///
    /// # Errors
    /// If the folder can't be made or read.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            if path.extension().is_some_and(|e| e == "partial") {
                fs::remove_dir_all(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(Self { folder: folder.into(), pending: Arc::default(), failure: Arc::default() })
    }

    /// Says what the `state.json` of the checkpoint at the state's step will hold, and writes the method's tensors, if
    /// it has any.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn announce(&self, state: CheckpointState, tensors: Vec<NamedTensor>) -> Result<()> {
        let step = state.step;
        self.try_announce(state, tensors).map_err(|error| {
            let _ = fs::remove_dir_all(self.folder.join(format!("step-{step}.partial")));
            self.failed(step, &error)
        })
    }

    fn try_announce(&self, state: CheckpointState, tensors: Vec<NamedTensor>) -> Result<()> {
        let mut files = BTreeMap::new();
        if !tensors.is_empty() {
            let partial = self.folder.join(format!("step-{}.partial", state.step));
            fs::create_dir_all(&partial).map_err(Error::io(&partial))?;
            let path = partial.join(METHOD);
            NamedTensor::save(&tensors, &path)?;
            files.insert(METHOD.to_string(), sha256_file(&path)?);
        }
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(state.step, CheckpointState { files, ..state });
        Ok(())
    }

    /// The method's tensors in a checkpoint; none where it has none.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn method_tensors(&self, step: u64) -> Result<Vec<NamedTensor>> {
        let path = self.path(step).join(METHOD);
        if path.exists() { NamedTensor::load(&path) } else { Ok(vec![]) }
    }

    /// The last complete checkpoint of a run with the given config; where the best weights will be asked for, of those
    /// whose best ones are complete too.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn last(&self, config: &str, with_best: bool) -> Result<Option<CheckpointState>> {
        for step in self.steps()?.into_iter().rev() {
            let verified = self.verify(step).and_then(|state| match state.best {
                Some((best, _)) if with_best && best != step => self.verify(best).map(|_| state),
                _ => Ok(state),
            });
            match verified {
                Ok(state) if state.config == config => return Ok(Some(state)),
                Ok(_) => {}
                Err(error) => eprintln!("warning: {error}; trying the checkpoint before it"),
            }
        }
        Ok(None)
    }

    /// The three checkpointers that burn-train wants.
    pub fn parts(&self) -> [CheckpointPart; 3] {
        PARTS.map(|name| CheckpointPart { name, checkpoints: self.clone() })
    }

    fn path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step}"))
    }

    fn steps(&self) -> Result<Vec<u64>> {
        let mut steps = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(Error::io(&self.folder))? {
            let name = entry.map_err(Error::io(&self.folder))?.file_name();
            let name = name.to_string_lossy();
            steps.extend(name.strip_prefix("step-").and_then(|s| s.parse::<u64>().ok()));
        }
        steps.sort_unstable();
        Ok(steps)
    }

    fn read_state(&self, step: u64) -> Result<CheckpointState> {
        let path = self.path(step).join("state.json");
        let text = fs::read(&path).map_err(Error::io(&path))?;
        serde_json::from_slice(&text)
            .map_err(|e| Error::File { path, problem: format!("is not a checkpoint's state: {e}") })
    }

    /// Reads a checkpoint's state after checking its files.
    ///
    /// # Errors
    /// If it isn't there, or not as it was written.
    pub fn verify(&self, step: u64) -> Result<CheckpointState> {
        let folder = self.path(step);
        let damaged = |problem: String| Error::File { path: folder.clone(), problem };
        let state = self.read_state(step)?;
        if state.step != step {
            return Err(damaged(format!(
                "state.json is of step {}, in the folder of step {step}",
                state.step
            )));
        }
        let parts = PARTS.iter().map(|part| format!("{part}.bpk"));
        let others = state.files.keys().filter(|file| *file == METHOD).cloned();
        for file in parts.chain(others) {
            let sum = sha256_file(&folder.join(&file)).map_err(|e| damaged(e.to_string()))?;
            if state.files.get(&file) != Some(&sum) {
                return Err(damaged(format!("{file} was altered after writing")));
            }
        }
        // A sum tells what happened to a file, not who wrote it; burn-train panics on a file that holds something else than a record.
        let [model, optimiser, schedule] = PARTS.map(|part| folder.join(format!("{part}.bpk")));
        let readable = ModuleRecord::load(model)
            .map(drop)
            .and_then(|()| OptimizerRecord::load(optimiser).map(drop))
            .and_then(|()| LrSchedulerRecord::load(schedule).map(drop));
        readable.map_err(|e| damaged(e.to_string()))?;
        Ok(state)
    }

    /// The first failure to write a checkpoint; there is one at most.
    pub fn take_failure(&self) -> Option<Error> {
        self.failure().reason.take()
    }

    fn failure(&self) -> MutexGuard<'_, Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes one part, and completes the checkpoint if it is the last.
    fn save<R: Checkpoint>(&self, name: &str, step: u64, record: R) -> Result<()> {
        let partial = self.folder.join(format!("step-{step}.partial"));
        fs::create_dir_all(&partial).map_err(Error::io(&partial))?;
        let file = format!("{name}.bpk");
        let path = partial.join(&file);
        record.save(path.clone()).map_err(|e| Error::File {
            path: path.clone(),
            problem: format!("can't be written: {e}"),
        })?;
        fs::File::open(&path).and_then(|f| f.sync_all()).map_err(Error::io(&path))?;
        let sum = sha256_file(&path)?;

        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let state = pending.entry(step).or_default();
        state.files.insert(file, sum);
        if PARTS.iter().any(|part| !state.files.contains_key(&format!("{part}.bpk"))) {
            return Ok(());
        }
        let Some(state) = pending.remove(&step) else { return Ok(()) };
        let path = partial.join("state.json");
        let json = serde_json::to_vec_pretty(&state).map_err(|e| Error::File {
            path: path.clone(),
            problem: format!("can't be written: {e}"),
        })?;
        write_atomic(&path, &json)?;
        self.sync_metrics()?;
        let done = self.path(step);
        self.remove(&done)?;
        fs::rename(&partial, &done).map_err(Error::io(&done))?;
        sync_folder(&self.folder).map_err(Error::io(&self.folder))?;
        // This one is whole, and the training can go on.
        if let Err(error) = self.prune(&state, step) {
            eprintln!("warning: an old checkpoint could not be removed: {error}");
        }
        Ok(())
    }

    /// What was measured up to a checkpoint is on disk before the checkpoint is.
    fn sync_metrics(&self) -> Result<()> {
        let path = self.folder.with_file_name("metrics.jsonl");
        match fs::File::open(&path) {
            Ok(file) => file.sync_all().map_err(Error::io(path)),
            Err(_) => Ok(()), // Trainings that are observed only in memory have none.
        }
    }

    /// Removes all checkpoints but the last two and the best ones that they name; one that can't be removed keeps no
    /// other one.
    fn prune(&self, state: &CheckpointState, step: u64) -> Result<()> {
        let steps = self.steps()?;
        let before = steps.iter().copied().filter(|s| *s < step).max();
        let mut kept = BTreeSet::from([step]);
        kept.extend(before);
        kept.extend(state.best.map(|(best, _)| best));
        if let Some(before) = before {
            let best = self.read_state(before).ok().and_then(|state| state.best);
            kept.extend(best.map(|(best, _)| best));
        }
        let others = steps.iter().filter(|step| !kept.contains(step));
        others.map(|step| self.remove(&self.path(*step))).fold(Ok(()), Result::and)
    }

    /// Removes a checkpoint, under a name that is not a checkpoint's: it is never there in part.
    fn remove(&self, checkpoint: &Path) -> Result<()> {
        if !checkpoint.exists() {
            return Ok(());
        }
        let removed = checkpoint.with_extension("removed.partial");
        fs::rename(checkpoint, &removed).map_err(Error::io(checkpoint))?;
        fs::remove_dir_all(&removed).map_err(Error::io(removed))
    }

    /// Keeps the first failure, for the training to stop at. Once there is one, every writer that comes to its end
    /// removes what is half-written of its step: the last of them leaves nothing.
    fn settle(&self, step: u64, saved: Result<()>) {
        let mut failure = self.failure();
        if let (Err(error), false) = (saved, failure.happened) {
            *failure = Failure { happened: true, reason: Some(self.failed(step, &error)) };
        }
        if failure.happened {
            // Under the writers' lock, and with its parts forgotten: nobody completes what is being removed.
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.remove(&step);
            let _ = fs::remove_dir_all(self.folder.join(format!("step-{step}.partial")));
        }
    }

    fn failed(&self, step: u64, error: &Error) -> Error {
        let last = self.steps().ok().and_then(|steps| steps.last().copied());
        let last = match last {
            Some(last) => format!("the one of step {last} is whole"),
            None => "there is none before it".into(),
        };
        let problem = format!(
            "the checkpoint of step {step} could not be written: {error}; {last}. Make room and run the same command \
             to go on"
        );
        Error::File { path: self.folder.clone(), problem }
    }
}

/// One of the three records of a checkpoint.
#[derive(Clone, Debug)]
pub struct CheckpointPart {
    name: &'static str,
    checkpoints: Checkpoints,
}

impl<R: Checkpoint> Checkpointer<R> for CheckpointPart {
    fn save(&self, step: usize, record: R) -> Result<(), CheckpointerError> {
        let step = step as u64;
        let failed = self.checkpoints.failure().happened;
        // An error here would be a panic in burn-train's thread; the training loop asks for it.
        let saved = if failed { Ok(()) } else { self.checkpoints.save(self.name, step, record) };
        self.checkpoints.settle(step, saved);
        Ok(())
    }

    fn delete(&self, _step: usize) -> Result<(), CheckpointerError> {
        Ok(()) // Old checkpoints are removed once a new one is complete.
    }

    fn restore(&self, step: usize) -> Result<R, CheckpointerError> {
        R::load(self.checkpoints.path(step as u64).join(format!("{}.bpk", self.name)))
    }
}

/// Saves whenever the training strategy asks for a checkpoint.
pub struct WhenAsked;

impl CheckpointingStrategy for WhenAsked {
    fn checkpointing(
        &mut self,
        _step: usize,
        _store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        vec![CheckpointingAction::Save]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_checkpoint_that_stays_keeps_no_other_one() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(folder.path()).unwrap();
        for step in [2, 4, 6, 8] {
            fs::create_dir(checkpoints.path(step)).unwrap();
        }
        // What was left of an earlier try is in the way of the first.
        fs::create_dir_all(folder.path().join("step-2.removed.partial/something")).unwrap();
        let error = checkpoints.prune(&CheckpointState::default(), 8).unwrap_err();
        assert!(error.to_string().contains("step-2"), "{error}");
        assert_eq!(checkpoints.steps().unwrap(), [2, 6, 8]);
    }
}
