//! A teacher's outputs on its training set, stored once and read by its students.
//!
//! BAM writes logits (classes) or scores by example id, after training, with dropout off. The file is a safetensors
//! file with two tensors, `ids` [examples] and `outputs` [examples, width], whose metadata says which task, which
//! teacher run and which data they belong to, and holds a checksum. A student states what it expects; any mismatch is
//! an error, never a silent misalignment. Tagging outputs, which have a row per word, are not stored.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use sha2::{Digest, Sha256};
use taskgraft_tasks::ExampleId;

use crate::{Error, Result, files::write_atomic};

const FORMAT: &str = "taskgraft-predictions-2";
/// The one entry of the file's metadata: of several, a hash map would write another order each time.
const ENTRY: &str = "predictions";

/// What a predictions file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    pub task: String,
    /// Digest of the teacher run's resolved config.
    pub teacher: String,
    /// Digest of the examples that were predicted: ids, texts and targets.
    pub data: String,
}

/// Outputs by example id.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Numbers per example: labels of a class task, 1 for a score.
    pub width: usize,
    by_id: HashMap<ExampleId, usize>,
    outputs: Vec<f32>,
}

impl Predictions {
    /// Takes `outputs`, `width` numbers for each of `ids`.
    ///
    /// # Panics
    /// If the lengths don't fit.
    pub fn new(ids: &[ExampleId], outputs: Vec<f32>, width: usize) -> Self {
        assert_eq!(ids.len() * width, outputs.len(), "one row of outputs for every id");
        Self { width, by_id: ids.iter().copied().zip(0..).collect(), outputs }
    }

    /// The outputs for one example.
    pub fn get(&self, id: ExampleId) -> Option<&[f32]> {
        self.by_id.get(&id).map(|row| &self.outputs[row * self.width..][..self.width])
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn save(&self, path: &Path, provenance: &Provenance) -> Result<()> {
        let mut rows: Vec<_> = self.by_id.iter().collect();
        rows.sort_unstable();
        let ids: Vec<u8> = rows.iter().flat_map(|(id, _)| id.0.to_le_bytes()).collect();
        let outputs: Vec<u8> = rows
            .iter()
            .flat_map(|(_, row)| &self.outputs[**row * self.width..][..self.width])
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let checksum = checksum(&ids, &outputs);
        let metadata = BTreeMap::from([
            ("format", FORMAT),
            ("task", &provenance.task),
            ("teacher", &provenance.teacher),
            ("data", &provenance.data),
            ("checksum", &checksum),
        ]);
        let metadata = serde_json::to_string(&metadata)
            .map_err(|e| problem(path, format!("can't be encoded: {e}")))?;
        let metadata = HashMap::from([(ENTRY.to_string(), metadata)]);
        let bad = |e: safetensors::SafeTensorError| problem(path, format!("can't be encoded: {e}"));
        let tensors = [
            ("ids", TensorView::new(Dtype::U32, vec![rows.len()], &ids).map_err(bad)?),
            (
                "outputs",
                TensorView::new(Dtype::F32, vec![rows.len(), self.width], &outputs).map_err(bad)?,
            ),
        ];
        Ok(write_atomic(path, &serialize(tensors, Some(metadata)).map_err(bad)?)?)
    }

    /// Reads a file that must belong to `expected` and hold exactly the examples `ids`.
    ///
    /// # Errors
    /// A file that is missing, damaged, of another task, teacher or data set, or with other examples.
    pub fn load(
        path: &Path,
        expected: &Provenance,
        ids: impl IntoIterator<Item = ExampleId>,
    ) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let damaged = |e: safetensors::SafeTensorError| problem(path, format!("damaged: {e}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let metadata = header.metadata().as_ref().and_then(|all| all.get(ENTRY));
        let metadata: BTreeMap<String, String> =
            metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        check_metadata(path, &metadata, expected)?;
        let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let (id_tensor, out_tensor) =
            (file.tensor("ids").map_err(damaged)?, file.tensor("outputs").map_err(damaged)?);
        if metadata.get("checksum") != Some(&checksum(id_tensor.data(), out_tensor.data())) {
            return Err(problem(
                path,
                "its checksum is wrong: it was altered after writing".into(),
            ));
        }
        let types = [id_tensor.dtype(), out_tensor.dtype()];
        if types != [Dtype::U32, Dtype::F32] {
            return Err(problem(path, format!("its tensors are {types:?}, not U32 and F32")));
        }
        let &[rows, width] = out_tensor.shape() else {
            return Err(problem(path, format!("`outputs` has shape {:?}", out_tensor.shape())));
        };
        let word = |b: &[u8]| [b[0], b[1], b[2], b[3]];
        let stored: Vec<ExampleId> = id_tensor
            .data()
            .chunks_exact(4)
            .map(|b| ExampleId(u32::from_le_bytes(word(b))))
            .collect();
        if stored.len() != rows {
            return Err(problem(path, format!("{} ids for {rows} rows", stored.len())));
        }
        let outputs =
            out_tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(word(b))).collect();
        let predictions = Self::new(&stored, outputs, width);
        predictions.check_ids(path, ids)?;
        Ok(predictions)
    }

    fn check_ids(&self, path: &Path, ids: impl IntoIterator<Item = ExampleId>) -> Result<()> {
        let mut wanted = 0;
        for id in ids {
            wanted += 1;
            if !self.by_id.contains_key(&id) {
                return Err(problem(path, format!("no prediction for example {}", id.0)));
            }
        }
        if wanted != self.len() {
            let held = self.len();
            return Err(problem(path, format!("it holds {held} examples, the data {wanted}")));
        }
        Ok(())
    }
}

fn check_metadata(
    path: &Path,
    found: &BTreeMap<String, String>,
    expected: &Provenance,
) -> Result<()> {
    let wanted = [
        ("format", FORMAT, "not a file of teacher predictions"),
        ("task", &expected.task, "of another task"),
        ("teacher", &expected.teacher, "of another teacher"),
        ("data", &expected.data, "of other data"),
    ];
    for (key, want, complaint) in wanted {
        match found.get(key) {
            Some(value) if value == want => {}
            Some(value) => {
                let hint = "delete it to have it written again";
                let text = format!("{complaint}: {key} is `{value}`, wanted `{want}`; {hint}");
                return Err(problem(path, text));
            }
            None => return Err(problem(path, format!("{complaint}: its metadata lacks `{key}`"))),
        }
    }
    Ok(())
}

fn checksum(ids: &[u8], outputs: &[u8]) -> String {
    let digest = Sha256::new().chain_update(ids).chain_update(outputs).finalize();
    format!("{digest:x}")
}

fn problem(path: &Path, problem: String) -> Error {
    Error::Predictions { path: path.into(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance() -> Provenance {
        Provenance { task: "rte".into(), teacher: "abc".into(), data: "def".into() }
    }

    fn ids() -> Vec<ExampleId> {
        [4, 0, 9].map(ExampleId).to_vec()
    }

    fn written() -> (tempfile::TempDir, std::path::PathBuf, Predictions) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rte.safetensors");
        let predictions = Predictions::new(&ids(), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2);
        predictions.save(&path, &provenance()).unwrap();
        (dir, path, predictions)
    }

    #[test]
    fn the_same_predictions_are_the_same_bytes() {
        let (first, second) = (written(), written());
        assert_eq!(fs::read(first.1).unwrap(), fs::read(second.1).unwrap());
    }

    #[test]
    fn what_was_written_is_read_by_id() {
        let (_dir, path, _) = written();
        let read = Predictions::load(&path, &provenance(), ids()).unwrap();
        assert_eq!(read.get(ExampleId(4)), Some(&[1.0, 2.0][..]));
        assert_eq!(read.get(ExampleId(9)), Some(&[5.0, 6.0][..]));
        assert_eq!(read.get(ExampleId(1)), None);
    }

    #[test]
    fn a_file_of_another_teacher_data_set_or_task_is_an_error() {
        let (_dir, path, _) = written();
        for (provenance, word) in [
            (Provenance { teacher: "x".into(), ..provenance() }, "another teacher"),
            (Provenance { data: "x".into(), ..provenance() }, "other data"),
            (Provenance { task: "mrpc".into(), ..provenance() }, "another task"),
        ] {
            let message = Predictions::load(&path, &provenance, ids()).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn other_examples_are_an_error() {
        let (_dir, path, _) = written();
        for ids in [vec![4, 0], vec![4, 0, 8], vec![4, 0, 9, 10]] {
            let ids = ids.into_iter().map(ExampleId);
            assert!(Predictions::load(&path, &provenance(), ids).is_err());
        }
    }

    #[test]
    fn every_altered_or_missing_byte_is_noticed() {
        let (_dir, path, predictions) = written();
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            if let Ok(read) = Predictions::load(&path, &provenance(), ids()) {
                assert_eq!(read, predictions, "byte {at}");
            }
            fs::write(&path, &good[..at]).unwrap();
            assert!(Predictions::load(&path, &provenance(), ids()).is_err(), "cut at {at}");
        }
    }
}
