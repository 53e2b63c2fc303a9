//! Examples are compiled: each item of the prelude has one in its doc comment, and the book's blocks are doctests.

use std::{
    fs,
    path::{Path, PathBuf},
};

const LIBRARY: &str = include_str!("../src/lib.rs");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The texts of all files below a folder whose names end so.
fn texts(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Whether a source defines the type or trait and shows an example that runs: above it, or on one of its methods, since
/// clap prints what stands above arguments in their help.
fn has_example(source: &str, name: &str) -> bool {
    let example = |text: &str| {
        let fences = text.lines().map(str::trim).filter(|line| line.starts_with("/// ```"));
        fences.step_by(2).any(|opening| opening == "/// ```")
    };
    let methods = format!("\nimpl {name} {{");
    let mut methods = source.split(&methods).skip(1).filter_map(|body| body.split("\n}").next());
    let defines = |line: &str| {
        ["struct", "enum", "trait", "type"].iter().any(|kind| {
            let rest = line.strip_prefix(&format!("pub {kind} {name}"));
            rest.is_some_and(|rest| rest.starts_with([' ', '<', ':', ';', '(']))
        })
    };
    source.split("\n\n").any(|part| {
        let is_defined = part.lines().any(defines);
        is_defined && (example(part) || methods.any(example))
    })
}

#[test]
fn every_item_of_the_prelude_has_an_example_that_runs() {
    let (_, prelude) = LIBRARY.split_once("pub mod prelude {").unwrap();
    let (prelude, _) = prelude.split_once("\n}").unwrap();
    let words = prelude.split(|c: char| !c.is_alphanumeric() && c != '_');
    let names: Vec<&str> = words.filter(|word| word.starts_with(char::is_uppercase)).collect();
    assert!(names.contains(&"Study"), "{names:?}");
    let crates = ["src", "tasks/src", "algebra/src", "models/src", "train/src"];
    let sources: Vec<_> = crates.iter().flat_map(|dir| texts(&root().join(dir), ".rs")).collect();
    let shown = |name: &&str| sources.iter().any(|(_, source)| has_example(source, name));
    let bare: Vec<&str> = names.into_iter().filter(|name| !shown(name)).collect();
    assert!(bare.is_empty(), "without an example that runs in the doc comment: {bare:?}");
}

#[test]
fn every_chapter_with_rust_is_a_doctest() {
    let mut chapters = texts(&root().join("docs"), ".md");
    let readme = root().join("README.md");
    chapters.push((readme.clone(), fs::read_to_string(readme).unwrap()));
    for (path, text) in chapters {
        let fences: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("```")).collect();
        let opening: Vec<&str> = fences.iter().step_by(2).copied().collect();
        assert!(!opening.contains(&""), "{}: a block has no language", path.display());
        let name = path.strip_prefix(root()).unwrap().display();
        let is_rust = opening.iter().any(|language| language.starts_with("rust"));
        let is_listed = LIBRARY.contains(&format!("\"../{name}\""));
        assert_eq!(
            is_rust, is_listed,
            "{name}: has Rust: {is_rust}; is in `mod book`: {is_listed}"
        );
    }
}
