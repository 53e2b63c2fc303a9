//! The cache of tokenised features: what is in it, when it is made, and what happens when processes meet or die.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use taskgraft_tasks::{
    Error, SourceFile,
    cache::{CacheKey, FeatureCache, Features, Origin},
    mixture::TextToTextSource,
    objectives::{Documents, Lengths},
    text::{T5Tokenizer, TextPair},
};

const LIMIT: Lengths = Lengths { inputs: 12, targets: 5 };

fn texts() -> Vec<String> {
    let words = ["one", "two", "three", "four", "five"];
    (0..50).map(|i| (0..i % 9).map(|j| words[(i + j) % 5]).collect::<Vec<_>>().join(" ")).collect()
}

fn pairs() -> Vec<TextPair> {
    let texts = texts();
    let pair = |(i, input): (usize, &String)| TextPair {
        input: input.clone(),
        target: texts[(i + 7) % 50].clone(),
    };
    texts.iter().enumerate().map(pair).collect()
}

fn tokenizer() -> &'static T5Tokenizer {
    static TOKENIZER: OnceLock<T5Tokenizer> = OnceLock::new();
    let train = || {
        let texts = texts();
        T5Tokenizer::train(texts.iter().map(String::as_str), 140, 100).unwrap()
    };
    TOKENIZER.get_or_init(train)
}

fn key() -> CacheKey {
    CacheKey::new("suite/task train").texts(&pairs())
}

/// Features of the pairs, and whether they had to be tokenised.
fn open(dir: &Path) -> (Features<2>, bool) {
    let mut asked = false;
    let features = FeatureCache::new(dir).pairs(key(), "task", tokenizer(), LIMIT, || {
        asked = true;
        Ok(pairs())
    });
    (features.unwrap(), asked)
}

fn assert_right(features: &Features<2>) {
    let expected = tokenizer().encode_pairs(&pairs(), LIMIT).unwrap();
    assert_eq!(features.records(), expected.len());
    for (at, example) in expected.iter().enumerate() {
        let key = taskgraft_tasks::objectives::DrawKey::new(0, 0, 0);
        assert_eq!(features.example(at, key).unwrap(), *example);
        assert_eq!(features.lengths(at), example.lengths());
    }
}

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
}

#[test]
fn pairs_are_tokenised_once_and_found_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let (made, asked) = open(dir.path());
    assert!(asked && *made.origin() == Origin::Made);
    assert_right(&made);
    let (found, asked) = open(dir.path());
    assert!(!asked && *found.origin() == Origin::Found);
    assert_right(&found);
    assert!(files(dir.path(), ".part").is_empty());
}

#[test]
fn documents_are_read_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::new(dir.path());
    let features =
        cache.documents(CacheKey::new("text"), "text", tokenizer(), || Ok(texts())).unwrap();
    let expected = tokenizer().encode_texts(&texts()).unwrap();
    assert_eq!(features.count(), expected.len());
    for (at, document) in expected.iter().enumerate() {
        assert_eq!(Documents::length(&features, at), document.len());
        let part = document.len() / 3..document.len();
        assert_eq!(Documents::tokens(&features, at, part.clone()), document[part]);
    }
}

#[test]
fn whatever_the_tokens_follow_from_has_files_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::new(dir.path());
    let source = |sha256: &str| SourceFile { path: "a".into(), bytes: 1, sha256: sha256.into() };
    let other = T5Tokenizer::train(["one two three four"; 9].into_iter(), 140, 100).unwrap();
    let longer = Lengths { targets: 6, ..LIMIT };
    let small = pairs()[..9].to_vec();
    let variants = [
        (CacheKey::new("a"), tokenizer(), LIMIT),
        (CacheKey::new("b"), tokenizer(), LIMIT),
        (CacheKey::new("a").sources(&[source("12")]), tokenizer(), LIMIT),
        (CacheKey::new("a").sources(&[source("1"), source("2")]), tokenizer(), LIMIT),
        (CacheKey::new("a").texts(&small), tokenizer(), LIMIT),
        (CacheKey::new("a").texts(&small[1..]), tokenizer(), LIMIT),
        (CacheKey::new("a"), &other, LIMIT),
        (CacheKey::new("a"), tokenizer(), longer),
    ];
    for (key, tokenizer, limit) in variants.clone() {
        let made = cache.pairs(key, "task", tokenizer, limit, || Ok(small.clone())).unwrap();
        assert_eq!(*made.origin(), Origin::Made);
    }
    for (key, tokenizer, limit) in variants {
        let found = cache.pairs(key, "task", tokenizer, limit, || unreachable!()).unwrap();
        assert_eq!(*found.origin(), Origin::Found);
    }
}

#[test]
fn a_mistake_while_making_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::new(dir.path());
    let failed = cache.features::<2>(key(), "task", |writer| {
        writer.push(&[vec![1, 2], vec![3]])?;
        Err(Error::Invalid("no more".into()))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no more");
    assert!(files(dir.path(), ".part").is_empty() && files(dir.path(), ".features").is_empty());
}

fn assert_made_anew(damage: impl FnOnce(&mut Vec<u8>)) {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let path = files(dir.path(), ".features").remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let sound = bytes.clone();
    damage(&mut bytes);
    assert_ne!(bytes, sound);
    fs::write(&path, bytes).unwrap();
    let (features, asked) = open(dir.path());
    assert!(asked && matches!(features.origin(), Origin::MadeAnew { .. }));
    assert_right(&features);
    assert_eq!(fs::read(&path).unwrap(), sound, "the same file again");
    assert!(!open(dir.path()).1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_file_with_an_altered_byte_is_made_anew(place: prop::sample::Index, bit in 0u8..8) {
        assert_made_anew(|bytes| {
            let at = place.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
        });
    }

    #[test]
    fn a_file_cut_short_is_made_anew(place: prop::sample::Index) {
        assert_made_anew(|bytes| bytes.truncate(place.index(bytes.len())));
    }
}

#[test]
fn a_file_with_something_behind_it_is_made_anew() {
    assert_made_anew(|bytes| bytes.push(0));
}

#[test]
fn the_file_of_another_key_is_not_taken_for_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::new(dir.path());
    cache.pairs(CacheKey::new("a"), "a", tokenizer(), LIMIT, || Ok(pairs())).unwrap();
    let of_a = files(dir.path(), ".features").remove(0);
    let (_, asked) = open(dir.path());
    assert!(asked);
    let mine = files(dir.path(), ".features").into_iter().find(|path| *path != of_a).unwrap();
    fs::copy(of_a, &mine).unwrap();
    let (features, asked) = open(dir.path());
    assert!(asked && matches!(features.origin(), Origin::MadeAnew { .. }));
}

#[test]
fn of_threads_that_want_the_same_features_one_makes_them() {
    let dir = tempfile::tempdir().unwrap();
    let asked = AtomicUsize::new(0);
    let work = || {
        let features =
            FeatureCache::new(dir.path()).pairs(key(), "task", tokenizer(), LIMIT, || {
                asked.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(100));
                Ok(pairs())
            });
        assert_right(&features.unwrap());
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Where a process started by a test keeps its cache, and whether it stops half-way.
const DIR: &str = "TASKGRAFT_TEST_CACHE";
const HALF: &str = "TASKGRAFT_TEST_HALF";

#[test]
#[ignore = "run by other tests, as a process of its own"]
fn process() {
    let dir = PathBuf::from(std::env::var(DIR).expect("started by a test"));
    let cache = FeatureCache::new(&dir);
    let features = cache.features::<2>(key().with("process", &[]), "task", |writer| {
        let started = dir.join(format!("{}.started", std::process::id()));
        fs::write(started, "").unwrap();
        let examples = tokenizer().encode_pairs(&pairs(), LIMIT).unwrap();
        for example in examples {
            writer.push(&[example.inputs, example.targets])?;
            std::thread::sleep(Duration::from_millis(4));
            if std::env::var_os(HALF).is_some() {
                std::thread::sleep(Duration::from_secs(60));
            }
        }
        Ok(())
    });
    assert_right(&features.unwrap());
}

fn start(dir: &Path, half: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "process"]).env(DIR, dir);
    if half {
        command.env(HALF, "1");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait_for_file(dir: &Path, ending: &str) {
    for _ in 0..2000 {
        if !files(dir, ending).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no file *{ending} after 20 seconds");
}

#[test]
fn of_processes_that_want_the_same_features_one_makes_them() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..3).map(|_| start(dir.path(), false)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(files(dir.path(), ".started").len(), 1);
    assert_eq!(files(dir.path(), ".features").len(), 1);
}

#[test]
fn what_a_killed_process_leaves_is_removed_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut killed = start(dir.path(), true);
    wait_for_file(dir.path(), ".part");
    wait_for_file(dir.path(), ".started");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(files(dir.path(), ".part").len(), 1, "killed half-way");
    assert!(files(dir.path(), ".features").is_empty());
    assert!(start(dir.path(), false).wait().unwrap().success());
    assert!(files(dir.path(), ".part").is_empty());
    assert_eq!(files(dir.path(), ".features").len(), 1);
}
