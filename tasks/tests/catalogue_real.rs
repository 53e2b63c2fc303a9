//! The catalogue over published files, where they are: `TASKGRAFT_DATA` (a folder that holds `glue/`, `superglue/` and
//! `t2t/`), or `../shared/data` beside the workspace. Without them these tests print that they are skipped.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use taskgraft_tasks::{
    Catalogue, Form, Target, TargetKind, registry::Registry, suite::Suite, words::InWords,
};

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if ["glue", "superglue", "t2t", "tartan"].iter().all(|folder| data.join(folder).is_dir()) {
        return Some(data);
    }
    println!(
        "skipped: not all of glue, superglue, t2t, tartan in {}; set TASKGRAFT_DATA",
        data.display()
    );
    None
}

fn of(folders: &[PathBuf]) -> Catalogue {
    let mut catalogue = Catalogue::new();
    folders.iter().for_each(|dir| catalogue.add_folder(dir).unwrap());
    catalogue
}

#[test]
fn every_task_of_classes_scores_and_tags_loads_in_both_forms() {
    let Some(data) = data() else { return };
    let mut catalogue = of(&[data]);
    catalogue.max_examples(Some(300));
    let specs = catalogue.specs();
    let wrong: Vec<String> = specs
        .par_iter()
        .filter(|spec| !matches!(spec.kind, TargetKind::Text { .. }))
        .filter_map(|spec| {
            let name = spec.full_name();
            let [labelled, words] = [Form::Labelled, Form::InWords].map(|form| {
                let task =
                    catalogue.load(&name, form).map_err(|e| format!("{name} {form}: {e}"))?;
                task.check().map_err(|e| format!("{name} {form}: {e}"))?;
                let described =
                    catalogue.spec(&name, form).map_err(|e| format!("{name} {form}: {e}"))?;
                // A thinned task is not symmetric.
                match described.kind == task.spec.kind && described.metrics == task.spec.metrics {
                    true => Ok(task),
                    false => Err(format!("{name} {form}: {described:?} is not {:?}", task.spec)),
                }
            });
            let (labelled, words) = match (labelled, words) {
                (Ok(labelled), Ok(words)) => (labelled, words),
                (Err(problem), _) | (_, Err(problem)) => return Some(problem),
            };
            let written = match (&labelled.spec.kind, &words.spec.kind) {
                (TargetKind::Class { .. }, TargetKind::Text { stands_for: Some(kind) }) => {
                    match &**kind {
                        TargetKind::Class { labels } => labels.clone(),
                        other => return Some(format!("{name}: {other:?}")),
                    }
                }
                _ => Vec::new(),
            };
            if labelled.splits.keys().ne(words.splits.keys()) || labelled.splits.is_empty() {
                return Some(format!("{name}: other splits"));
            }
            for (split, examples) in &labelled.splits {
                let other = words.split(*split);
                let same =
                    |(one, other): (&taskgraft_tasks::Example, &taskgraft_tasks::Example)| {
                        let right = match (&one.target, other.answer()) {
                            (Some(Target::Class(class)), Some(answer)) => {
                                written[*class] == answer.text
                            }
                            (one, answer) => one.is_some() == answer.is_some(),
                        };
                        one.id == other.id
                            && right
                            && other.input().is_some_and(|input| !input.is_empty())
                    };
                if examples.len() != other.len() || !examples.iter().zip(other).all(same) {
                    return Some(format!("{name}: {split} differs between the forms"));
                }
            }
            None
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let labelled = specs.iter().filter(|s| !matches!(s.kind, TargetKind::Text { .. })).count();
    println!("{} tasks, {labelled} in both forms", specs.len());
    assert!(labelled > 45, "{labelled}");
}

#[test]
fn what_the_registry_reads_the_catalogue_reads_in_words() {
    let Some(data) = data() else { return };
    let registry = Registry::new(&data).with_max_examples(200);
    let mut catalogue = of(&[data]);
    catalogue.max_examples(Some(200));
    let names = registry.trainable();
    let wrong: Vec<&String> = names
        .par_iter()
        .filter(|name| {
            let read = registry.load(name).unwrap();
            let full = match name.as_str() {
                "rte" => "glue/rte",
                other => other,
            };
            let found = catalogue.load(full, Form::InWords).unwrap();
            found.splits != read.splits
                || found.spec.kind != read.spec.kind
                || found.spec.metrics != read.spec.metrics
                || found.spec.family != read.spec.family
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(names.len() > 50);
}

#[test]
fn folders_of_a_data_folder_can_be_given_alone_and_together() {
    let Some(data) = data() else { return };
    let [glue, t2t] = ["glue", "t2t"].map(|name| data.join(name));
    let count = |catalogue: &Catalogue, suite: &str| {
        catalogue.specs().iter().filter(|spec| spec.suite == suite).count()
    };
    let alone = of(std::slice::from_ref(&glue));
    let both = of(&[glue.clone(), t2t.clone()]);
    assert_eq!((count(&alone, "glue"), count(&alone, "t2t")), (10, 0));
    assert_eq!(alone.find("rte").unwrap().full_name(), "glue/rte");
    let whole = of(&[data.clone(), glue, t2t]);
    assert_eq!(count(&both, "t2t"), count(&whole, "t2t"));
    assert!(count(&whole, "t2t") > 50);
    let ambiguous = whole.find("rte").unwrap_err().to_string();
    assert!(ambiguous.contains("glue/rte or superglue/rte"), "{ambiguous}");
    assert!(whole.corpora_at_hand().contains(&"brown".to_owned()));
    assert!(whole.corpora("chemprot").unwrap().contains(&"domain.1x".to_owned()));
}

#[test]
fn tartans_tasks_in_words_have_their_names_before_them() {
    let Some(data) = data() else { return };
    let catalogue = of(&[data]);
    let labelled = catalogue.load("tartan/citation_intent", Form::Labelled).unwrap();
    let words = catalogue.load("tartan/citation_intent", Form::InWords).unwrap();
    assert_eq!(words.splits, InWords::of(&labelled).put(&labelled).unwrap().splits);
}
