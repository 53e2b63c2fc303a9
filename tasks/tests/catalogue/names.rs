//! How tasks are called, and what is said of names that no task at hand has.

use std::sync::Arc;

use taskgraft_tasks::{
    Catalogue, Presence,
    synthetic::{Synthetic, SyntheticConfig},
};

use crate::{data, message, of, registry_support::assert_says};

#[test]
fn a_short_name_of_two_suites_needs_the_full_one() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    assert_says(&message(catalogue.find("rte")), &["`rte`", "glue/rte or superglue/rte"]);
    assert_eq!(catalogue.find("glue/rte").unwrap().suite, "glue");
    assert_eq!(catalogue.find("super_rte").unwrap().full_name(), "superglue/rte");
    assert_eq!(catalogue.find("subjectivity").unwrap().full_name(), "t2t/subjectivity");
}

#[test]
fn an_unknown_task_is_told_how_to_be_brought() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let says =
        ["unknown task `subjectivty`", "did you mean `subjectivity`", "--data DIR", "--tasks-file"];
    assert_says(&message(catalogue.find("subjectivty")), &says);
    let says = ["unknown task `scicite`", "no task is at hand", "--tasks-file FILE.toml"];
    assert_says(&message(Catalogue::new().find("scicite")), &says);
}

#[test]
fn a_known_task_without_data_names_the_file_that_is_wanted() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let cola = dir.path().join("glue/CoLA/train.tsv");
    assert_says(
        &message(catalogue.find("cola")),
        &["data are not there", &cola.display().to_string()],
    );
    assert!(matches!(catalogue.presence("cola").unwrap(), Presence::Missing { .. }));
    let nothing = Catalogue::new();
    let says = ["DIR/glue/RTE/train.tsv", "DIR/superglue/RTE/train.jsonl", "--data"];
    assert_says(&message(nothing.find("rte")), &says);
    assert_says(&message(nothing.find("squad")), &["DIR/t2t/squad/train-v1.1.json"]);
}

#[test]
fn two_suites_of_one_name_are_an_error() {
    let synthetic = || Arc::new(Synthetic::new(SyntheticConfig::default()).unwrap());
    let mut catalogue = Catalogue::new();
    catalogue.add(synthetic()).unwrap();
    assert_says(&message(catalogue.add(synthetic())), &["two suites are called `synthetic`"]);
}
