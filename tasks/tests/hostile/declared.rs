//! Readers of declared tasks: the file of tasks itself, and data files of every format.

use proptest::prelude::*;
use taskgraft_tasks::{
    Result,
    declared::{Declared, check, draft},
    suite::Suite,
    tagging::Tagging,
};

use super::{
    damage::{cases, damaged, made_up, reads},
    folder,
    suites::look,
};

const CLASS: &str = "text = \"{text}\"\nlabel = \"label\"\n";
const PARQUET: &[u8] = include_bytes!("../fixtures/declared/tagged.parquet");
const RTE: &[u8] = include_bytes!("../fixtures/declared/rte_train.parquet");

/// A file of each format, and the keys of a task on it.
const SOUND: &[(&str, &[u8], &str)] = &[
    ("a.csv", b"text,label\n\"one, \"\"two\"\"\n\",good\nthree,bad\nfour,bad\n", CLASS),
    ("a.tsv", b"text\tlabel\n\"one\tgood\nthree\tbad\nfour\tbad\n", CLASS),
    (
        "a.jsonl",
        b"{\"text\": [\"one\", \"two\"], \"label\": 1}\n{\"text\": \"three\", \"label\": 0}\n",
        CLASS,
    ),
    (
        "a.json",
        b"[{\"text\": \"one\", \"label\": 1},\n {\"text\": \"three\", \"label\": 0}]",
        CLASS,
    ),
    ("a.conll", b"-DOCSTART- O\n\nAnn B-X\nLee I-X\n\nis O\n", "words = \"0\"\ntags = \"1\"\n"),
    (
        "a.txt",
        b"HUM:ind Who ?\nLOC:city Where ?\n",
        "pattern = '(?P<label>[A-Z]+):\\w+ (?P<text>.*)'\ntext = \"{text}\"\nlabel = \"label\"\n",
    ),
    ("a.parquet", PARQUET, "words = \"tokens\"\ntags = \"ner_tags\"\n"),
    ("b.parquet", RTE, "text = \"{sentence1}\"\npair = \"{sentence2}\"\nlabel = \"label\"\n"),
    (
        "c.parquet",
        PARQUET,
        "text = \"{meta.source} {answers}\"\nscore = { column = \"score\", min = 0, max = 5 }\n",
    ),
];

const FILE: &str = "[reviews]\nformat = \"csv\"\ntrain = [\"a.csv\"]\ndev = { hold_out = 0.5 }\ntext = \"{text}\"\n\
    label = \"label\"\nlabels = [\"bad\", \"good\"]\nnames = { bad = \"no\" }\nmetrics = [\"f1\"]\nquoting = true\n\
    [numbers]\ntrain = { text = \"a.csv\", label = \"a.csv\" }\ndev = \"a.csv\"\nscore = { column = \"label\", min = 0, max = 5 }\n";

const PIECES: &[&str] = &[
    "\n",
    "\t",
    ",",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    " = ",
    "text",
    "label",
    "[mine]\n",
    "train = \"a.csv\"\n",
    "dev = { hold_out = 0.5 }\n",
    "text = \"{text}\"\n",
    "label = \"label\"\n",
    "text,label\n",
    "\"text\": \"a\",",
    "\"label\": 1",
    "O",
    "B-X",
    "-DOCSTART-",
    "PAR1",
    "HUM:ind a\n",
    "\r\n",
];

fn task(file: &str, contents: &[u8], keys: &str) -> Result<usize> {
    let table = format!("[mine]\ntrain = \"{file}\"\ndev = \"{file}\"\n{keys}");
    let dir = folder(&[(file, contents), ("own.toml", table.as_bytes())]);
    Declared::read(&dir.path().join("own.toml"))?.load("mine").map(look)
}

/// A declaration on a sound file, or what is wrong with it.
fn tasks(contents: &[u8]) -> Result<usize> {
    let dir = folder(&[(SOUND[0].0, SOUND[0].1), ("own.toml", contents)]);
    let file = dir.path().join("own.toml");
    check(&file).map(|all| all.iter().map(|checked| checked.to_string().len()).sum::<usize>())?;
    let declared = Declared::read(&file)?;
    let specs = declared.specs();
    specs.iter().map(|spec| declared.load(&spec.name).map(look)).sum()
}

/// The folder is named by every message, whichever of its files is wrong.
fn drafted(file: &str, contents: &[u8]) -> Result<usize> {
    let dir = folder(&[(file, contents)]);
    draft(&dir.path().join(file)).map(|text| text.len())
}

fn tagging(train: &[u8]) -> Result<usize> {
    let sound = b"a X O B-Disease\n";
    let dir = folder(&[("NCBI-disease/train.txt", train), ("NCBI-disease/dev.txt", sound)]);
    Tagging::new(dir.path()).load("ncbi_disease").map(look)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn damaged_files_of_every_declared_format(
        all in SOUND.iter().map(|(_, bytes, _)| damaged(*bytes)).collect::<Vec<_>>(),
    ) {
        for ((file, _, keys), contents) in SOUND.iter().zip(all) {
            // Too few labels, or columns that are not there, are told of the task.
            reads("/", || task(file, &contents, keys))?;
            reads(file, || drafted(file, &contents))?;
        }
    }

    #[test]
    fn made_up_files_of_every_declared_format(bytes in made_up(PIECES)) {
        for (file, _, keys) in SOUND {
            reads("/", || task(file, &bytes, keys))?;
            reads(file, || drafted(file, &bytes))?;
        }
        reads("train.txt", || tagging(&bytes))?;
    }

    #[test]
    fn damaged_and_made_up_files_of_tasks(sound in damaged(FILE), other in made_up(PIECES)) {
        reads("/", || tasks(&sound))?;
        reads("/", || tasks(&other))?;
    }
}

#[test]
fn the_sound_declared_files_are_sound() {
    for (file, contents, keys) in SOUND {
        assert!(task(file, contents, keys).unwrap() > 0, "{file}");
    }
    assert!(tagging(b"a\tX\tO\tI-Disease\nb\tX\tO\tO\n").unwrap() > 0);
}

#[test]
fn a_page_that_claims_gigabytes_is_refused() {
    // The first page begins behind the magic number: its kind, and its size unpacked as a Thrift number.
    assert_eq!((RTE[4], RTE[6]), (0x15, 0x15));
    let bomb = [&RTE[..7], &[0xfe, 0xff, 0xff, 0xff, 0x0f], &RTE[12..]].concat();
    let keys = format!("{}labels = [\"entailment\", \"not_entailment\"]\n", SOUND[7].2);
    let message = task("b.parquet", &bomb, &keys).unwrap_err().to_string();
    assert!(message.contains("b.parquet") && message.contains("2147483647 bytes"), "{message}");
}
