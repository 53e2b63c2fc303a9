//! The tagging sets: how their published layout is read, on small files and, where they are, on the real ones
//! (`TASKGRAFT_DATA`, a folder that holds `tagging/`; without it the latter are skipped).

use std::{
    fs,
    path::{Path, PathBuf},
};

use taskgraft_tasks::{
    Split, Target, TargetKind, Task, metrics::Metric, suite::Suite, tagging::Tagging,
};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    dir
}

fn tags(task: &Task, split: Split, at: usize) -> Vec<&str> {
    let TargetKind::Tags { labels } = &task.spec.kind else { panic!() };
    match &task.split(split)[at].target {
        Some(Target::Tags(tags)) => tags.iter().map(|tag| labels[*tag].as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn iob1_becomes_bio() {
    let text = "-DOCSTART- -X- -X- O\n\nWe PRP O O\nuse VBP O O\nmaximum NN O I-Method\nentropy NN O I-Method\n\
        models NNS O B-Method\n\n";
    let dir = folder(&[("sciie/train.txt", text), ("sciie/dev.txt", text)]);
    let task = Tagging::new(dir.path()).load("sciie_ner").unwrap();
    assert_eq!(tags(&task, Split::Dev, 0), ["O", "O", "B-Method", "I-Method", "B-Method"]);
    assert_eq!(task.split(Split::Test), []);
}

#[test]
fn a_tenth_of_conll2000_is_held_out() {
    let sentence = |i: usize| format!("Word{i} NN B-NP\nran VBD B-VP\n\n");
    let text: String = (0..400).map(sentence).collect();
    let dir = folder(&[("conll2000/train.txt", &text), ("conll2000/test.txt", &sentence(9))]);
    let task = Tagging::new(dir.path()).load("conll2000").unwrap();
    let (train, dev) = (task.split(Split::Train).len(), task.split(Split::Dev).len());
    assert_eq!(train + dev, 400);
    assert!((20..60).contains(&dev), "{dev}");
    assert_eq!(tags(&task, Split::Test, 0), ["B-NP", "B-VP"]);
}

#[test]
fn a_set_whose_folder_is_not_there_is_an_error() {
    let dir = folder(&[]);
    let suite = Tagging::new(dir.path());
    let error = suite.load("ncbi_disease").unwrap_err().to_string();
    assert!(error.contains("NCBI-disease: no such folder"), "{error}");
    assert_eq!(suite.folder("ncbi_disease").unwrap(), dir.path().join("NCBI-disease"));
    assert_eq!(suite.folder("conll2003"), None);
    assert!(suite.load("conll2003").unwrap_err().to_string().contains("`conll2000`"));
}

#[test]
fn a_tag_of_no_known_type_is_an_error_with_its_sentence() {
    let (good, bad) = ("a X O B-Disease\n", "a X O B-Disease\n\nb X O B-Drug\n");
    let dir = folder(&[("NCBI-disease/train.txt", bad), ("NCBI-disease/dev.txt", good)]);
    let error = Tagging::new(dir.path()).load("ncbi_disease").unwrap_err().to_string();
    assert!(error.contains("train.txt:3") && error.contains("`B-Drug`"), "{error}");
}

#[test]
fn the_published_sets_have_as_many_sentences_as_are_told() {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let dir = data.join("tagging");
    if !dir.is_dir() {
        println!("skipped: no tagging sets in {}; set TASKGRAFT_DATA", data.display());
        return;
    }
    let suite = Tagging::new(dir);
    // As many sentences as the files have; of CoNLL-2000 a tenth of 8,936 is held out.
    for (name, sizes) in [
        ("conll2000", [8_936, 0, 2_012]),
        ("ncbi_disease", [5_424, 923, 940]),
        ("bc5cdr", [3_942, 3_949, 4_139]),
        ("sciie_ner", [1_861, 275, 551]),
    ] {
        let task = suite.load(name).unwrap();
        let [mut train, mut dev, test] =
            [Split::Train, Split::Dev, Split::Test].map(|split| task.split(split).len());
        if name == "conll2000" {
            assert!((700..1_100).contains(&dev), "{dev}");
            (train, dev) = (train + dev, 0);
        }
        assert_eq!([train, dev, test], sizes, "{name}");
        // Published sets repeat sentences; nothing else is odd about them.
        let remarks = task.check().unwrap();
        assert!(remarks.iter().all(|remark| remark.contains("repeat")), "{name}: {remarks:?}");
        let gold: Vec<Target> =
            task.split(Split::Dev).iter().map(|example| example.target.clone().unwrap()).collect();
        assert_eq!(Metric::SpanF1.compute(&task.spec.kind, &gold, &gold).unwrap(), 1.0);
    }
}
