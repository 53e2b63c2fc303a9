//! TARTAN's published files, where they are: `TASKGRAFT_DATA` (a folder that holds `tartan/`), or `../shared/data`
//! beside the workspace. Without them these tests print that they are skipped.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{Split, Target, TargetKind, corpus::Corpora, suite::Suite, tartan::Tartan};

fn tartan() -> Option<Tartan> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let dir = data.join("tartan");
    if dir.is_dir() {
        return Some(Tartan::new(dir));
    }
    println!("skipped: no TARTAN in {}; set TASKGRAFT_DATA", data.display());
    None
}

#[test]
fn every_published_example_is_read() {
    let Some(tartan) = tartan() else { return };
    for (name, counts) in [
        ("citation_intent", [1_688, 114, 139]),
        ("sciie", [3_219, 455, 974]),
        ("chemprot", [4_169, 2_427, 3_469]),
        ("hyperpartisan", [516, 64, 65]),
    ] {
        let task = tartan.load(name).unwrap();
        let rows = [Split::Train, Split::Dev, Split::Test].map(|split| task.split(split).len());
        assert_eq!(rows, counts, "{name}");
        assert_eq!(task.sources.len(), 3, "{name}");
    }
}

#[test]
fn label_counts_are_those_published() {
    let Some(tartan) = tartan() else { return };
    let counts: [(&str, &[(&str, usize)]); 4] = [
        (
            "citation_intent",
            &[
                ("Background", 867),
                ("Uses", 317),
                ("CompareOrContrast", 305),
                ("Motivation", 76),
                ("Extends", 63),
                ("Future", 60),
            ],
        ),
        (
            "sciie",
            &[
                ("USED-FOR", 1_690),
                ("CONJUNCTION", 400),
                ("EVALUATE-FOR", 313),
                ("HYPONYM-OF", 298),
                ("PART-OF", 179),
                ("FEATURE-OF", 173),
                ("COMPARE", 166),
            ],
        ),
        ("chemprot", &[("INHIBITOR", 1_642), ("AGONIST-INHIBITOR", 4)]),
        ("hyperpartisan", &[("false", 329), ("true", 187)]),
    ];
    for (name, counts) in counts {
        let task = tartan.load(name).unwrap();
        let TargetKind::Class { labels } = &task.spec.kind else { panic!("classes") };
        for (label, count) in counts {
            let class = labels.iter().position(|known| known == label).unwrap();
            let train = task.split(Split::Train).iter();
            let found = train.filter(|e| e.target == Some(Target::Class(class))).count();
            assert_eq!(found, *count, "{name} {label}");
        }
    }
}

/// Lines that are not blank, and words.
#[test]
fn texts_have_the_lines_and_words_counted_in_the_release() {
    let Some(tartan) = tartan() else { return };
    for (task, text, lines, words) in [
        ("citation_intent", "task", 1_688, 70_928),
        ("citation_intent", "domain.1x", 1_688 - 29, 151_343),
        ("sciie", "task", 3_219, 104_265),
        ("sciie", "domain.1x", 3_219 - 58, 253_639),
        ("chemprot", "task", 4_169, 129_963),
        ("chemprot", "domain.1x", 4_169 - 186, 515_043),
        ("hyperpartisan", "task", 516, 276_670),
    ] {
        let corpus = tartan.corpus(task, text).unwrap();
        assert_eq!(corpus.lines.len(), lines, "{task} {text}");
        let counted: usize = corpus.lines.iter().map(|l| l.split_whitespace().count()).sum();
        assert_eq!(counted, words, "{task} {text}");
    }
}

#[test]
fn hyperpartisan_is_published_without_domain_text() {
    let Some(tartan) = tartan() else { return };
    assert_eq!(tartan.corpora("hyperpartisan").unwrap(), ["task"]);
    let message = tartan.corpus("hyperpartisan", "domain.1x").unwrap_err().to_string();
    assert!(message.contains("no domain text is in this folder"), "{message}");
}
