//! Metrics of texts against values of `rouge_score`, sacreBLEU, NLTK and SQuAD's script.
//!
//! `metrics.json` is read from `$GOLDEN_DIR/numerics` where that variable is set, else from `tests/fixtures`. The
//! fixtures `text_metrics.json` and `porter.tsv` were made with rouge_score 0.1.2 on NLTK 3.10.4
//! (`RougeScorer(use_stemmer=True).score_multi`, `PorterStemmer().stem`) and sacrebleu 2.6.0 (`corpus_bleu`,
//! `corpus_chrf`, `Tokenizer13a`), all with their defaults; `sacrebleu.json` with sacrebleu 2.6.0 too
//! (`BLEU(tokenize="intl")`, `BLEU(tokenize="zh")`, `CHRF(word_order=2)`, each `corpus_score`).

use std::{env, fs, path::PathBuf};

use serde_json::Value;
use taskgraft_tasks::metrics::{
    Metric, bleu::bleu, porter::stem, rouge::Rouge, tokenize_13a, tokenize_intl, tokenize_zh,
};

const ROUGE: [(&str, Metric, Rouge); 4] = [
    ("rouge1", Metric::Rouge1, Rouge::N(1)),
    ("rouge2", Metric::Rouge2, Rouge::N(2)),
    ("rougeL", Metric::RougeL, Rouge::L),
    ("rougeLsum", Metric::RougeLsum, Rouge::Lsum),
];

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numerics")
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// The cases of `metrics.json` that have all of the keys.
fn golden(keys: &[&str]) -> Vec<Value> {
    let root = env::var_os("GOLDEN_DIR").map(|dir| PathBuf::from(dir).join("numerics"));
    let all = json(root.unwrap_or_else(fixtures).join("metrics.json"));
    let cases: Vec<Value> = all
        .as_object()
        .unwrap()
        .values()
        .filter(|case| keys.iter().all(|key| case.get(key).is_some()))
        .cloned()
        .collect();
    assert!(!cases.is_empty(), "no case has {keys:?}");
    cases
}

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

/// A list of references for each example, however many the file gives.
fn references(value: &Value) -> Vec<Vec<String>> {
    let each = value.as_array().unwrap().iter();
    each.map(|r| r.as_str().map_or_else(|| texts(r), |one| vec![one.into()])).collect()
}

fn assert_close(what: &str, got: f64, want: &Value) {
    let want = want.as_f64().unwrap();
    assert!((got - want).abs() <= 1e-9, "{what} is {got}, expected {want}");
}

fn assert_bleu(hypotheses: &[String], references: &[Vec<String>], case: &Value, of: [&str; 3]) {
    let got = bleu(hypotheses, references);
    assert_close("bleu", 100.0 * got.score, &case[of[0]]);
    for (got, want) in got.precisions.iter().zip(case[of[1]].as_array().unwrap()) {
        assert_close("precision", 100.0 * got, want);
    }
    assert_close("brevity penalty", got.brevity_penalty, &case[of[2]]);
    let by_name = Metric::Bleu.compute_texts(hypotheses, references).unwrap();
    assert_eq!(by_name, got.score);
}

fn assert_rouge(hypotheses: &[String], references: &[Vec<String>], per_example: &Value) {
    for (name, metric, rouge) in ROUGE {
        let mut sum = 0.0;
        for (at, (h, r)) in hypotheses.iter().zip(references).enumerate() {
            let got = rouge.best_f1(h, r);
            assert_close(&format!("{name} of example {at} ({h:?})"), got, &per_example[at][name]);
            sum += got;
        }
        let mean = Value::from(sum / hypotheses.len() as f64);
        assert_close(name, metric.compute_texts(hypotheses, references).unwrap(), &mean);
    }
}

#[test]
fn rouge_agrees_with_the_golden_values() {
    for case in golden(&["hypotheses", "references", "per_example"]) {
        let (h, r) = (texts(&case["hypotheses"]), references(&case["references"]));
        assert_rouge(&h, &r, &case["per_example"]);
        for (name, metric, _) in ROUGE {
            assert_close(name, metric.compute_texts(&h, &r).unwrap(), &case["mean"][name]);
        }
    }
}

#[test]
fn bleu_agrees_with_the_golden_values() {
    for case in golden(&["hypotheses", "references", "precisions", "bp"]) {
        let (h, r) = (texts(&case["hypotheses"]), references(&case["references"]));
        assert_bleu(&h, &r, &case, ["score", "precisions", "bp"]);
    }
}

#[test]
fn chrf_agrees_with_the_golden_values() {
    let of_chrf = |case: &Value| case.get("bp").is_none();
    for case in golden(&["hypotheses", "references", "score"]).into_iter().filter(of_chrf) {
        let (h, r) = (texts(&case["hypotheses"]), references(&case["references"]));
        assert_close("chrf", 100.0 * Metric::Chrf.compute_texts(&h, &r).unwrap(), &case["score"]);
    }
}

#[test]
fn squad_agrees_with_the_golden_values() {
    for case in golden(&["golds", "predictions", "exact_match", "f1"]) {
        let (p, g) = (texts(&case["predictions"]), references(&case["golds"]));
        for (metric, key) in [(Metric::SquadEm, "exact_match"), (Metric::SquadF1, "f1")] {
            assert_close(key, 100.0 * metric.compute_texts(&p, &g).unwrap(), &case[key]);
        }
    }
}

#[test]
fn several_references_symbols_and_other_scripts_agree_with_the_python_packages() {
    let all = json(fixtures().join("text_metrics.json"));
    let cases = all["cases"].as_array().unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let (h, r) = (texts(&case["hypotheses"]), references(&case["references"]));
        assert_rouge(&h, &r, &case["rouge"]);
        assert_bleu(&h, &r, case, ["bleu", "bleu_precisions", "bleu_bp"]);
        assert_close("chrf", 100.0 * Metric::Chrf.compute_texts(&h, &r).unwrap(), &case["chrf"]);
    }
}

#[test]
fn texts_are_cut_into_13a_tokens_as_sacrebleu_does() {
    let all = json(fixtures().join("text_metrics.json"));
    for pair in all["tokens_13a"].as_array().unwrap() {
        let text = pair[0].as_str().unwrap();
        assert_eq!(tokenize_13a::tokens(text), texts(&pair[1]), "{text:?}");
    }
}

#[test]
fn words_are_stemmed_as_nltk_does() {
    let table = read(fixtures().join("porter.tsv"));
    assert!(table.lines().count() > 1_000);
    for line in table.lines() {
        let (word, expected) = line.split_once('\t').unwrap();
        assert_eq!(stem(word), expected, "{word}");
    }
}

#[test]
fn bleu_of_other_tokens_and_chrf_with_words_agree_with_sacrebleu() {
    let all = json(fixtures().join("sacrebleu.json"));
    let cases = all["cases"].as_array().unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let (h, r) = (texts(&case["hypotheses"]), references(&case["references"]));
        for metric in [Metric::BleuIntl, Metric::BleuZh, Metric::ChrfPlusPlus] {
            let got = metric.compute_texts(&h, &r).unwrap();
            assert_close(metric.name(), 100.0 * got, &case[metric.name()]);
        }
    }
}

#[test]
fn texts_are_cut_into_intl_and_zh_tokens_as_sacrebleu_does() {
    let all = json(fixtures().join("sacrebleu.json"));
    for case in all["tokens"].as_array().unwrap() {
        let text = case[0].as_str().unwrap();
        assert_eq!(tokenize_intl::tokens(text.trim_end()), texts(&case[1]), "intl: {text:?}");
        assert_eq!(tokenize_zh::tokens(text.trim_end()), texts(&case[2]), "zh: {text:?}");
    }
}
