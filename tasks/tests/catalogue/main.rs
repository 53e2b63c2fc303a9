//! The catalogue over small folders: what is recognised, how tasks are called, and what both forms say.

mod folders;
mod forms;
mod names;
#[path = "../registry_support/mod.rs"]
mod registry_support;

use std::path::Path;

use registry_support::folder;
use taskgraft_tasks::{Catalogue, Error, Example, Split, Task, TaskSpec};
use tempfile::TempDir;

const RTE: &str = "index\tsentence1\tsentence2\tlabel\n0\tA man sleeps.\tHe wakes.\tnot_entailment\n\
    1\tA man sleeps.\tHe rests.\tentailment\n";
const SUPER_RTE: &str =
    r#"{"premise": "A man sleeps.", "hypothesis": "He rests.", "label": "entailment"}"#;
const CITATION: &str = r#"{"text": "As in (1).", "label": "Uses"}"#;

fn data() -> TempDir {
    folder(&[
        ("glue/RTE/train.tsv", RTE),
        ("glue/RTE/dev.tsv", RTE),
        ("superglue/RTE/train.jsonl", SUPER_RTE),
        ("t2t/subjectivity/plot.tok.gt9.5000", &"He goes away .\n".repeat(12)),
        ("t2t/subjectivity/quote.tok.gt9.5000", &"It is moving .\n".repeat(12)),
        ("t2t/scitail/test.jsonl", SUPER_RTE),
        ("tartan/citation_intent/train.jsonl", CITATION),
        ("tartan/citation_intent/dev.jsonl", CITATION),
        ("corpus/brown/brown.txt", "One line .\n\nAnother .\n"),
        ("corpus/wikitext-2/test.txt", "Test .\n"),
        ("corpus/wikitext-2/valid.txt", "Valid .\n"),
        ("corpus/wikitext-2/README.txt", "No text.\n"),
    ])
}

fn of(folders: &[&Path]) -> Result<Catalogue, Error> {
    let mut catalogue = Catalogue::new();
    folders.iter().try_for_each(|dir| catalogue.add_folder(dir))?;
    Ok(catalogue)
}

fn names(specs: &[TaskSpec]) -> Vec<String> {
    specs.iter().map(TaskSpec::full_name).collect()
}

fn message<T>(result: Result<T, Error>) -> String {
    result.err().unwrap().to_string()
}

fn written(task: &Task, split: Split) -> Vec<(&str, &str)> {
    let pair = |e: &Example| e.input().is_some() && e.answer().is_some();
    assert!(task.split(split).iter().all(pair));
    registry_support::pairs(task, split)
}
