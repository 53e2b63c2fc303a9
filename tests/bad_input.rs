//! Wrong arguments, data and checkpoints: each is an error before training that says where and what to do.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use common::{assert_says, failure, files, networks, run_lineages};
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use taskgraft::{prelude::*, study::StudyReport};

mod common;

/// Runs one network for all tasks.
fn multi(out: &Path, more: &[&str]) -> Result<StudyReport> {
    run_lineages("bad", out, more, [Lineage::multi()])
}

/// The message of a study with these arguments, which must fail before any training.
#[track_caller]
fn refusal(more: &[&str]) -> String {
    let out = tempfile::tempdir().unwrap();
    let message = failure(multi(out.path(), more));
    // What a run is made from may be on record, but nothing of a training.
    let records = ["config.json", "manifest.json", ".lock"];
    let is_record = |path: &PathBuf| records.iter().any(|name| path.ends_with(name));
    let trained: Vec<_> = files(out.path()).into_iter().filter(|path| !is_record(path)).collect();
    assert!(trained.is_empty(), "{trained:?}");
    message
}

fn tool(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_taskgraft")).args(arguments).output().unwrap()
}

/// What the tool complains of, on either stream.
#[track_caller]
fn complaint(arguments: &[&str]) -> String {
    let output = tool(arguments);
    assert!(!output.status.success(), "`taskgraft {}` should have failed", arguments.join(" "));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn an_unknown_task_names_the_nearest() {
    assert_says(&refusal(&["--tasks", "sentimant"]), &["sentimant", "did you mean `sentiment`?"]);
    let message = complaint(&["tasks", "show", "entailmant"]);
    assert_says(&message, &["entailmant", "did you mean `entailment`?"]);
    let message = complaint(&["tasks", "show", "scicite"]);
    assert_says(&message, &["scicite", "--data DIR", "--tasks-file FILE.toml"]);
    let message = complaint(&["tasks", "show", "mrpc"]);
    assert_says(&message, &["mrpc", "--data DIR"]);
    assert_says(&refusal(&["--tasks", "tagging,tagging"]), &["tagging", "twice"]);
}

#[test]
fn the_tool_lists_every_task() {
    let output = tool(&["tasks", "list"]);
    assert!(output.status.success());
    let list = String::from_utf8(output.stdout).unwrap();
    assert_says(&list, &["rte", "mnli", "stsb", "sentiment", "tagging", "matthews"]);
}

#[test]
fn an_unknown_backend_names_the_nearest() {
    assert_says(&refusal(&["--backend", "vulcan"]), &["vulcan", "did you mean `vulkan`?"]);
}

#[test]
#[cfg(not(feature = "rocm"))]
fn a_backend_that_is_not_compiled_in_names_the_feature() {
    let message = refusal(&["--backend", "rocm"]);
    assert_says(&message, &["`rocm` is not compiled in", "--features rocm"]);
}

#[test]
fn an_unknown_setting_names_the_nearest() {
    assert_says(&refusal(&["--set", "wramup=0.1"]), &["wramup", "did you mean `warmup`?"]);
    assert_says(&refusal(&["--set", "multi.clipp=1"]), &["clipp", "did you mean `multi.clip`?"]);
    assert_says(&refusal(&["--set", "lr=fast"]), &["lr=fast"]);
    assert_says(&refusal(&["--set", "lr"]), &["expected KEY=VALUE"]);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    assert_says(&refusal(&["--seeds", "0"]), &["at least one seed"]);
    assert_says(&refusal(&["--set", "steps=0"]), &["multi.steps", "1 or more"]);
    assert_says(
        &refusal(&["--set", "accumulation=3"]),
        &["`mixture.batch_size` is 8", "accumulation"],
    );
    assert_says(&refusal(&["--set", "lr=-1"]), &["lr` is -1", "above 0"]);
    assert_says(&refusal(&["--set", "mixture.batch_size=0"]), &["atch"]);
}

#[test]
fn an_out_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::write(&taken, "a file").unwrap();
    let run = multi(&taken, &[]);
    assert_says(&failure(run), &["taken", "is a file"]);
    let below = taken.join("below");
    let run = multi(&below, &[]);
    assert_says(&failure(run), &["taken", "not writable"]);
    assert_eq!(fs::read_to_string(&taken).unwrap(), "a file");
}

#[test]
#[cfg(unix)]
fn an_out_that_is_not_writable_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.path().join("anyway"), "").is_ok() {
        return; // Permissions don't bind the superuser.
    }
    let run = multi(folder.path(), &[]);
    assert_says(&failure(run), &["not writable"]);
}

/// An encoder of 64 positions with its tokenizer, in Hugging Face's layout.
fn pretrained(folder: &Path) {
    networks::pretrained("bert", folder);
}

/// Passes the tensors of `model.safetensors` through `change`, which gets names, shapes and bytes.
fn change_tensors(
    folder: &Path,
    change: impl FnOnce(&mut BTreeMap<String, (Vec<usize>, Vec<u8>)>),
) {
    let path = folder.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let of = |(name, view): (String, TensorView<'_>)| {
        (name, (view.shape().to_vec(), view.data().to_vec()))
    };
    let mut tensors: BTreeMap<_, _> = file.tensors().into_iter().map(of).collect();
    change(&mut tensors);
    let views = tensors.iter().map(|(name, (shape, data))| {
        (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap())
    });
    fs::write(&path, serialize(views, None).unwrap()).unwrap();
}

#[test]
fn a_pretrained_encoder_without_tokenizer_is_refused() {
    let init = tempfile::tempdir().unwrap();
    pretrained(init.path());
    let init_argument = ["--init", init.path().to_str().unwrap()];
    for name in ["tokenizer.json", "vocab.txt"] {
        let _ = fs::remove_file(init.path().join(name));
    }
    assert_says(&refusal(&init_argument), &["tokenizer.json", "vocab.txt"]);
    assert_says(&refusal(&["--init", "no/such/folder"]), &["no/such/folder"]);
}

#[test]
fn a_length_beyond_the_encoders_positions_is_refused() {
    let init = tempfile::tempdir().unwrap();
    pretrained(init.path());
    let init = init.path().to_str().unwrap();
    let message = refusal(&["--init", init, "--set", "max_length=65"]);
    assert_says(&message, &["`max_length` is 65", "64 positions"]);
}

#[test]
fn tensors_that_are_missing_left_over_or_of_another_shape_are_listed() {
    let init = tempfile::tempdir().unwrap();
    pretrained(init.path());
    change_tensors(init.path(), |tensors| {
        let missing = "encoder.layer.0.attention.self.query.weight";
        tensors.remove(missing).unwrap();
        let misshapen = tensors.get_mut("encoder.layer.0.output.dense.weight").unwrap();
        misshapen.0.reverse();
        let copy = tensors["encoder.layer.0.output.dense.bias"].clone();
        tensors.insert("encoder.layer.1.output.dense.bias".into(), copy);
    });
    let wanted = [
        "model.safetensors",
        "missing: encoder.layer.0.attention.self.query.weight",
        "shape: encoder.layer.0.output.dense.weight is [128, 32], expected [32, 128]",
        "left over: encoder.layer.1.output.dense.bias",
    ];
    assert_says(&refusal(&["--init", init.path().to_str().unwrap()]), &wanted);
}

#[test]
fn poisoned_weights_are_refused_and_named() {
    let init = tempfile::tempdir().unwrap();
    pretrained(init.path());
    change_tensors(init.path(), |tensors| {
        let bias = tensors.get_mut("encoder.layer.0.output.dense.bias").unwrap();
        bias.1[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let wanted =
        ["model.safetensors", "not finite: 1 of the values of encoder.layer.0.output.dense.bias"];
    assert_says(&refusal(&["--init", init.path().to_str().unwrap()]), &wanted);
}

#[test]
fn a_truncated_checkpoint_is_refused() {
    let init = tempfile::tempdir().unwrap();
    pretrained(init.path());
    let path = init.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_says(&refusal(&["--init", init.path().to_str().unwrap()]), &["model.safetensors"]);
    fs::remove_file(&path).unwrap();
    assert_says(&refusal(&["--init", init.path().to_str().unwrap()]), &["model.safetensors"]);
}

const HEADER: &str = "index\tsentence1\tsentence2\tlabel\n";

/// A folder of GLUE with RTE alone.
fn rte(train: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("RTE")).unwrap();
    fs::write(folder.path().join("RTE/train.tsv"), train).unwrap();
    let dev = format!("{HEADER}0\tA cat sleeps.\tA cat.\tentailment\n");
    fs::write(folder.path().join("RTE/dev.tsv"), dev).unwrap();
    folder
}

/// What the study, and the tool's check, say of a folder of GLUE.
#[track_caller]
fn glue_refusal(folder: &Path, parts: &[&str]) {
    let data = folder.to_str().unwrap();
    assert_says(&refusal(&["--data", data, "--tasks", "rte"]), parts);
    assert_says(&complaint(&["tasks", "show", "rte", "--data", data]), parts);
    assert_says(&complaint(&["tasks", "check", data]), parts);
}

#[test]
fn a_line_with_too_few_columns_is_refused_with_its_number() {
    let train = format!("{HEADER}0\tA dog runs.\tA dog.\tentailment\n1\tA dog runs.\n");
    glue_refusal(rte(&train).path(), &["RTE/train.tsv:3", "column"]);
}

#[test]
fn an_unknown_label_is_refused_with_its_line_and_the_known_ones() {
    let train = format!("{HEADER}0\tA dog runs.\tA dog.\tentails\n");
    glue_refusal(rte(&train).path(), &["RTE/train.tsv:2", "entails", "not_entailment"]);
}

#[test]
fn an_empty_file_is_refused() {
    glue_refusal(rte("").path(), &["RTE/train.tsv", "empty"]);
    glue_refusal(rte(HEADER).path(), &["RTE/train.tsv"]);
}

#[test]
fn a_truncated_gzip_file_is_refused() {
    let folder = rte("");
    fs::remove_file(folder.path().join("RTE/train.tsv")).unwrap();
    // A header, and the start of a stored block that claims 100 bytes.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 100, 0, 155, 255];
    gzip.extend(HEADER.as_bytes());
    fs::write(folder.path().join("RTE/train.tsv.gz"), gzip).unwrap();
    glue_refusal(folder.path(), &["RTE/train.tsv.gz", "gzip"]);
}

#[test]
fn a_folder_or_file_that_is_not_there_is_refused() {
    let folder = rte("");
    fs::remove_file(folder.path().join("RTE/train.tsv")).unwrap();
    glue_refusal(folder.path(), &["RTE/train.tsv", "no such file"]);
    fs::remove_dir_all(folder.path().join("RTE")).unwrap();
    let data = folder.path().to_str().unwrap();
    assert_says(
        &refusal(&["--data", data, "--tasks", "rte"]),
        &["no data set is recognised", "RTE/"],
    );
    assert_says(&complaint(&["tasks", "check", data]), &["no data set is recognised"]);
}

#[test]
fn data_that_are_sound_but_odd_are_remarked_on() {
    let row = "A dog runs.\tA dog.\tentailment\n";
    let folder = rte(&format!("{HEADER}0\t{row}1\t{row}2\t\tA dog.\tentailment\n"));
    let output = tool(&["tasks", "check", folder.path().to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let wanted = [
        "all 3 train examples have the target `entailment`",
        "1 of 3 (33.3%) train texts are blank",
    ];
    assert_says(&said, &wanted);
}
