//! Files that a run wrote and another process reads: scores, manifest, metrics, predictions of teachers.

use std::{collections::HashMap, fs, sync::OnceLock};

use proptest::prelude::*;
use safetensors::{Dtype, serialize, tensor::TensorView};
use sha2::{Digest, Sha256};
use taskgraft::{
    events::{JsonLines, read_json_lines},
    methods::predictions::{Predictions, Provenance},
    observe::Observation,
    run_dir::{Manifest, RunDir},
    study::StageResult,
    tasks::ExampleId,
};

use super::damage::{cases, damaged, made_up, reads};

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "\"config_digest\":",
    "\"digest\"",
    "\"finished_at\":\"\"",
    "\"scores\":",
    "\"step\":",
    "1",
    "\"split\":\"dev\"",
    "\"task\":null",
    "\"name\":\"loss\"",
    "\"value\":",
    "null",
    "\"ids\":",
    "\"outputs\":",
    "\"dtype\":\"F32\"",
    "\"shape\":[1,2]",
    "\"data_offsets\":[0,8]",
    "\u{2}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
];
const METRICS: &str = "{\"step\":1,\"split\":\"train\",\"task\":null,\"name\":\"loss\",\"value\":0.5}\n\
    {\"step\":2,\"split\":\"dev\",\"task\":\"rte\",\"name\":\"accuracy\",\"value\":null}\n";
const FINISHED: &str = "{\"config_digest\": \"digest\", \"finished_at\": \"now\", \"scores\": {\"scores\": [{\"task\": \"rte\", \
    \"metrics\": [[\"accuracy\", 0.5]]}], \"evaluations\": [[2, []]], \"steps\": 4, \"step_seconds\": 0.25, \"padding\": \
    {\"real\": 3, \"computed\": 5}, \"rates\": [], \"parameters\": 9}}";

fn manifest() -> Vec<u8> {
    let mut manifest = Manifest::begin(vec!["cpu".into()], "cpu", "Cpu", 7);
    manifest.tokenizer = Some("digest".into());
    serde_json::to_vec_pretty(&manifest).unwrap()
}

fn provenance() -> Provenance {
    Provenance { task: "rte".into(), teacher: "teacher".into(), data: "data".into() }
}

fn ids() -> [ExampleId; 3] {
    [0, 1, 2].map(ExampleId)
}

fn predictions() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let outputs = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        Predictions::new(&ids(), outputs, 2).save(&path, &provenance()).unwrap();
        fs::read(path).unwrap()
    })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn scores_and_manifests(finished in damaged(FINISHED), sound in damaged(manifest()), other in made_up(PIECES)) {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path()).unwrap();
        for bytes in [&finished, &other] {
            fs::write(run.finished_path(), &bytes.0).unwrap();
            reads("finished.json", || run.finished::<StageResult>("digest"))?;
        }
        for bytes in [&sound, &other] {
            fs::write(run.manifest_path(), &bytes.0).unwrap();
            reads("manifest.json", || run.read_manifest())?;
        }
        fs::create_dir(dir.path().join("observations")).unwrap();
        fs::write(dir.path().join("observations/step-1.json"), &other.0).unwrap();
        reads("step-1.json", || Observation::read_all(dir.path()))?;
    }

    #[test]
    fn metrics(sound in damaged(METRICS), other in made_up(PIECES), step: u64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.jsonl");
        for bytes in [&sound, &other] {
            fs::write(&path, &bytes.0).unwrap();
            let read = reads("metrics.jsonl", || read_json_lines(&path))?;
            let resumed = reads("metrics.jsonl", || JsonLines::resume(&path, step))?;
            prop_assert_eq!(read.is_some(), resumed.is_some());
        }
    }

    #[test]
    fn predictions_of_teachers(sound in damaged(predictions()), other in made_up(PIECES)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rte.safetensors");
        for bytes in [&sound, &other] {
            fs::write(&path, &bytes.0).unwrap();
            let read = reads("rte.safetensors", || Predictions::load(&path, &provenance(), ids()))?;
            prop_assert!(read.is_none_or(|read| ids().iter().all(|id| read.get(*id).unwrap().len() == read.width)));
        }
    }
}

#[test]
fn predictions_of_other_types_under_a_checksum_that_fits_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rte.safetensors");
    let types = [(Dtype::U32, Dtype::F16), (Dtype::U64, Dtype::F32), (Dtype::U32, Dtype::F64)];
    for (of_ids, of_outputs) in types {
        let bytes = |dtype: Dtype, count: usize| vec![0_u8; count * dtype.bitsize() / 8];
        let (ids_bytes, outputs) = (bytes(of_ids, 3), bytes(of_outputs, 6));
        let sum = Sha256::new().chain_update(&ids_bytes).chain_update(&outputs).finalize();
        let metadata = serde_json::json!({
            "format": "taskgraft-predictions-2", "task": "rte", "teacher": "teacher", "data": "data",
            "checksum": format!("{sum:x}"),
        });
        let metadata = HashMap::from([("predictions".to_string(), metadata.to_string())]);
        let tensors = [
            ("ids", TensorView::new(of_ids, vec![3], &ids_bytes).unwrap()),
            ("outputs", TensorView::new(of_outputs, vec![3, 2], &outputs).unwrap()),
        ];
        fs::write(&path, serialize(tensors, Some(metadata)).unwrap()).unwrap();
        let error = Predictions::load(&path, &provenance(), ids()).unwrap_err().to_string();
        assert!(error.contains("rte.safetensors") && error.contains("not U32 and F32"), "{error}");
    }
}
