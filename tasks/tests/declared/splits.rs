//! Files of splits, the part that is held out, and the texts that belong to a task.

use std::collections::BTreeMap;

use taskgraft_tasks::{Example, Split, Task, Text, corpus::Corpora, suite::Suite};

use super::{assert_says, declared, ids, refusal, task};

const HELD: &str = "train = \"a.csv\"\ndev = { hold_out = 0.2 }\ntext = \"{t}\"\nlabel = \"y\"\n";

fn rows(count: usize) -> Vec<u8> {
    let row = |i: usize| format!("text {},{}\n", i * 7, i % 2);
    ("t,y\n".to_owned() + &(0..count).map(row).collect::<String>()).into_bytes()
}

/// The split of each text.
fn sides(task: &Task) -> BTreeMap<String, Split> {
    let text = |example: &Example| match &example.text {
        Text::One(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let sides = task.splits.iter();
    sides.flat_map(|(split, all)| all.iter().map(move |example| (text(example), *split))).collect()
}

#[test]
fn what_is_held_out_stays_when_rows_are_added() {
    let few = task(&[("a.csv", &rows(200))], HELD);
    let more = task(&[("a.csv", &rows(300))], HELD);
    let (few_sides, more_sides) = (sides(&few), sides(&more));
    assert_eq!(few_sides.len(), 200);
    assert!(few_sides.iter().all(|(text, split)| more_sides[text] == *split));
    assert!((20..60).contains(&few.split(Split::Dev).len()), "{}", few.split(Split::Dev).len());
}

#[test]
fn ids_of_what_is_held_out_are_row_numbers() {
    let held = task(&[("a.csv", &rows(50))], HELD);
    for split in [Split::Train, Split::Dev] {
        for example in held.split(split) {
            assert_eq!(example.text, Text::One(format!("text {}", example.id.0 * 7)));
        }
    }
}

#[test]
fn pairs_of_a_symmetric_task_can_be_swapped_after_holding_out() {
    let keys = HELD.replace("\"{t}\"", "\"{t}\"\npair = \"{y}\"\nsymmetric = true");
    let held = task(&[("a.csv", &rows(50))], &keys);
    let train = held.split(Split::Train).len();
    assert_eq!(ids(&held, Split::Train), (0..train as u32).collect::<Vec<_>>());
    assert_eq!(held.swapped_pairs().unwrap().len(), train);
}

#[test]
fn equal_texts_are_on_one_side() {
    let mut twice = rows(60);
    twice.extend(&rows(60)[4..]);
    let held = task(&[("a.csv", &twice)], HELD);
    let seen: usize = held.splits.values().map(Vec::len).sum();
    assert_eq!(seen, 120);
    // As many examples as twice the texts on each side: none has a copy on the other.
    for split in [Split::Train, Split::Dev] {
        let texts = sides(&held).values().filter(|side| **side == split).count();
        assert_eq!(held.split(split).len(), 2 * texts);
    }
}

#[test]
fn a_share_that_leaves_nothing_is_an_error() {
    let keys = HELD.replace("0.2", "0.000001");
    let message = refusal(&[("a.csv", &rows(5))], &keys);
    assert_says(&message, &["own.toml", "task `mine`", "5 rows", "0 for development"]);
}

#[test]
fn rows_of_several_files_are_numbered_through() {
    let keys = "train = [\"a.csv\", \"b.csv\"]\ndev = \"a.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n";
    let task = task(&[("a.csv", &rows(3)), ("b.csv", &rows(2))], keys);
    assert_eq!(ids(&task, Split::Train), [0, 1, 2, 3, 4]);
    assert_eq!(task.sources.len(), 3);
}

#[test]
fn a_task_has_its_own_text_and_a_declared_corpus() {
    let files: &[(&str, &[u8])] =
        &[("a.csv", b"t,y\n\"one\nline\",1\ntwo,0\n"), ("c.txt", b"domain\n\ntext\n")];
    let keys =
        "train = \"a.csv\"\ndev = \"a.csv\"\ntext = \"{t}\"\nlabel = \"y\"\ncorpus = \"c.txt\"\n";
    let (_dir, declared) = declared(files, keys);
    let declared = declared.unwrap();
    assert_eq!(declared.corpora("mine").unwrap(), ["task", "corpus"]);
    assert_eq!(declared.corpus("mine", "task").unwrap().lines, ["one line", "two"]);
    assert_eq!(declared.corpus("mine", "corpus").unwrap().lines, ["domain", "text"]);
    let message = declared.corpus("mine", "copus").unwrap_err().to_string();
    assert_says(&message, &["did you mean `corpus`"]);
    assert_eq!(declared.name(), "own");
}
