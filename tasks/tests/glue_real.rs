//! GLUE's published files, where they are: `TASKGRAFT_DATA` (a folder that holds `glue/`), or `../shared/data` beside
//! the workspace. Without them these tests print that they are skipped.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{Split, Target, Task, TaskSpec, Text, glue::Glue, suite::Suite};

fn glue() -> Option<Glue> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let dir = data.join("glue");
    if dir.is_dir() {
        return Some(Glue::new(dir));
    }
    println!("skipped: no GLUE in {}; set TASKGRAFT_DATA", data.display());
    None
}

fn rows(task: &Task) -> Vec<(Split, usize)> {
    task.splits.iter().map(|(split, examples)| (*split, examples.len())).collect()
}

#[test]
fn every_published_row_is_read() {
    use Split::{Dev, Test, Train};
    let Some(glue) = glue() else { return };
    let expected: [(&str, &[(Split, usize)]); 10] = [
        ("cola", &[(Train, 8_551), (Dev, 1_043), (Test, 1_063)]),
        ("sst2", &[(Train, 67_349), (Dev, 872), (Test, 1_821)]),
        ("mrpc", &[(Train, 3_668), (Dev, 408), (Test, 1_725)]),
        ("stsb", &[(Train, 5_749), (Dev, 1_500), (Test, 1_379)]),
        ("qqp", &[(Train, 31_869), (Dev, 1_000)]),
        ("mnli", &[(Train, 9_999), (Dev, 9_815)]),
        ("qnli", &[(Train, 19_476), (Dev, 5_463), (Test, 5_463)]),
        ("rte", &[(Train, 2_490), (Dev, 277), (Test, 3_000)]),
        ("wnli", &[(Train, 635), (Dev, 71), (Test, 146)]),
        ("diagnostic", &[(Test, 1_104)]),
    ];
    for (name, counts) in expected {
        let task = glue.load(name).unwrap();
        assert_eq!(rows(&task), counts, "{name}");
        for examples in task.splits.values() {
            assert!(examples.iter().enumerate().all(|(i, e)| e.id.0 as usize == i), "{name}");
        }
    }
}

#[test]
fn label_counts_are_those_published() {
    let Some(glue) = glue() else { return };
    for (name, counts) in [("cola", [2_528, 6_023]), ("sst2", [29_780, 37_569])] {
        let task = glue.load(name).unwrap();
        let of = |class| {
            let is = |e: &&_| matches!(e, taskgraft_tasks::Example { target: Some(Target::Class(c)), .. } if *c == class);
            task.split(Split::Train).iter().filter(is).count()
        };
        assert_eq!([of(0), of(1)], counts, "{name}");
    }
}

#[test]
fn mrpc_official_split_agrees_with_the_files_that_glue_makes() {
    let Some(glue) = glue() else { return };
    let official = glue.load("mrpc").unwrap();

    // The same folder without the corpus: train.tsv lacks one of the official rows, dev.tsv is whole.
    let copy = tempfile::tempdir().unwrap();
    let folder = copy.path().join("MRPC");
    std::fs::create_dir(&folder).unwrap();
    for file in ["train.tsv.gz", "dev.tsv", "test.tsv.gz"] {
        std::fs::copy(glue.dir().join("MRPC").join(file), folder.join(file)).unwrap();
    }
    let made = Glue::new(copy.path()).load("mrpc").unwrap();
    assert_eq!(official.split(Split::Dev), made.split(Split::Dev));
    assert_eq!(made.split(Split::Train).len(), 3_667);
    assert_eq!(texts(&official, Split::Test), texts(&made, Split::Test));
    assert!(official.split(Split::Test).iter().all(|e| e.target.is_some()));
    assert!(made.split(Split::Test).iter().all(|e| e.target.is_none()));
}

#[test]
fn stsb_scored_test_file_has_the_rows_of_the_published_one() {
    let Some(glue) = glue() else { return };
    let scored = glue.load("stsb").unwrap();
    let copy = tempfile::tempdir().unwrap();
    let folder = copy.path().join("STS-B");
    std::fs::create_dir(&folder).unwrap();
    for file in ["train.tsv.gz", "dev.tsv.gz", "test.tsv.gz"] {
        std::fs::copy(glue.dir().join("STS-B").join(file), folder.join(file)).unwrap();
    }
    let unscored = Glue::new(copy.path()).load("stsb").unwrap();
    // A few rows differ in trailing spaces.
    let trimmed = |text: &Text| match text {
        Text::Two(a, b) => [a.trim_end().to_owned(), b.trim_end().to_owned()],
        other => panic!("not a pair: {other:?}"),
    };
    let (ours, theirs) = (texts(&scored, Split::Test), texts(&unscored, Split::Test));
    assert!(ours.into_iter().map(trimmed).eq(theirs.into_iter().map(trimmed)));
    assert!(scored.split(Split::Test).iter().all(|e| e.target.is_some()));
}

#[test]
fn swapped_pairs_double_mrpc_and_stsb_to_the_sizes_in_bam() {
    let Some(glue) = glue() else { return };
    for (name, doubled) in [("mrpc", 7_336), ("stsb", 11_498), ("rte", 2_490)] {
        let task = glue.load(name).unwrap();
        let train = task.split(Split::Train).len();
        assert_eq!(train + task.swapped_pairs().unwrap().len(), doubled, "{name}");
    }
}

#[test]
fn sources_are_recorded_with_their_hashes() {
    let Some(glue) = glue() else { return };
    let task = glue.load("rte").unwrap();
    assert_eq!(task.sources.len(), 3);
    for source in &task.sources {
        assert_eq!(source.bytes, std::fs::metadata(&source.path).unwrap().len());
        assert_eq!(source.sha256.len(), 64);
    }
    let TaskSpec { suite, .. } = task.spec;
    assert_eq!(suite, "glue");
}

fn texts(task: &Task, split: Split) -> Vec<&Text> {
    task.split(split).iter().map(|e| &e.text).collect()
}
