//! What T5's own code computes: judgements of WSC, and lengths of span corruption.
//!
//! The fixtures hold what the released functions give (google-research/text-to-text-transfer-transformer at commit
//! e081111): `wsc_simple` of `postprocessors.py`, `random_spans_helper` of `preprocessors.py`, and the counts of
//! `random_spans_noise_mask`, which TensorFlow computes in single precision and NumPy 2.4.6 did here.

use std::{fs, path::Path};

use serde_json::Value;
use taskgraft_tasks::{
    metrics::wsc,
    objectives::{Objective, SpanCorruption, T5Tokens, random_spans_lengths},
};

fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numerics");
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn rows<'a>(fixture: &'a Value, key: &str) -> &'a [Value] {
    let rows = fixture[key].as_array().unwrap();
    assert!(rows.len() > 20);
    rows
}

#[test]
fn wsc_is_judged_as_t5_judges_it() {
    let golden = fixture("wsc.json");
    for case in rows(&golden, "cases") {
        let (written, candidate) = (case[0].as_str().unwrap(), case[1].as_str().unwrap());
        let expected = match case[2].as_i64().unwrap() {
            -1 => None,
            judged => Some(judged == 1),
        };
        assert_eq!(wsc::names(written, candidate), expected, "{written:?} for {candidate:?}");
    }
}

#[test]
fn writing_nothing_is_never_right_in_wsc() {
    let gold = [true, false, false];
    assert_eq!(wsc::accuracy(&["", "the", " "], &["Bob", "Bob", "the"], &gold), 0.0);
    assert_eq!(wsc::accuracy(&["hat"], &["Bob's hat"], &[false]), 1.0);
}

#[test]
fn lengths_of_passages_are_those_of_t5s_helper() {
    let golden = fixture("spans.json");
    for row in rows(&golden, "lengths") {
        let (inputs, density) = (row[0].as_u64().unwrap() as usize, row[1].as_f64().unwrap());
        let found = random_spans_lengths(inputs, density, row[2].as_f64().unwrap()).unwrap();
        assert_eq!(
            [found.tokens as u64, found.targets as u64],
            [3, 4].map(|at| row[at].as_u64().unwrap()),
            "{row}"
        );
    }
}

#[test]
fn noise_is_counted_in_single_precision() {
    let golden = fixture("spans.json");
    for row in rows(&golden, "noise") {
        let [length, noise, spans] = [0, 3, 4].map(|at| row[at].as_u64().unwrap() as usize);
        let (density, mean_span) = (row[1].as_f64().unwrap(), row[2].as_f64().unwrap());
        let lengths =
            SpanCorruption { density, mean_span, tokens: T5Tokens::default() }.lengths(length);
        assert_eq!(lengths.inputs, length - noise + spans + 1, "{row}");
        assert_eq!(lengths.targets, noise + spans + 1, "{row}");
    }
}
