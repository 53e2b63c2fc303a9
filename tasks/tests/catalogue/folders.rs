//! What is recognised in folders, and what is said of those in which nothing is.

use taskgraft_tasks::{Form, Presence, Split};

use crate::{
    RTE, data, message, names, of,
    registry_support::{assert_says, folder, write},
    written,
};

#[test]
fn a_data_folder_holds_suites_under_their_usual_names_and_texts() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let expected =
        ["glue/rte", "superglue/rte", "t2t/scitail", "t2t/subjectivity", "tartan/citation_intent"];
    assert_eq!(names(&catalogue.specs()), expected);
    let without_scitail =
        ["glue/rte", "superglue/rte", "t2t/subjectivity", "tartan/citation_intent"];
    assert_eq!(names(&catalogue.trainable()), without_scitail);
    assert!(matches!(
        catalogue.presence("scitail").unwrap(),
        Presence::EvaluationOnly { wants } if wants.ends_with("t2t/scitail/train.jsonl")
    ));
    assert_eq!(catalogue.corpora_at_hand(), ["brown", "wikitext-2"]);
    assert_eq!(catalogue.lines("brown").unwrap().lines, ["One line .", "Another ."]);
    let wikitext = catalogue.lines("wikitext-2").unwrap();
    assert_eq!(
        (wikitext.lines, wikitext.sources.len()),
        (vec!["Test .".into(), "Valid .".into()], 2)
    );
    assert_says(&message(catalogue.lines("browne")), &["unknown text `browne`", "`brown`"]);
}

#[test]
fn a_suites_own_folder_is_recognised_whatever_it_is_called() {
    let dir = data();
    for (folder, task) in [
        ("glue", "glue/rte"),
        ("superglue", "superglue/rte"),
        ("tartan", "tartan/citation_intent"),
        ("t2t", "t2t/scitail"),
    ] {
        let here = dir.path().join(folder);
        assert_eq!(names(&of(&[&here]).unwrap().specs())[0], task);
        let renamed = dir.path().join(format!("my-{folder}"));
        std::fs::rename(&here, &renamed).unwrap();
        assert_eq!(names(&of(&[&renamed]).unwrap().specs())[0], task);
        std::fs::rename(renamed, here).unwrap();
    }
    let corpus = of(&[&dir.path().join("corpus/wikitext-2")]).unwrap();
    assert_eq!((names(&corpus.specs()).len(), corpus.corpora_at_hand().len()), (0, 2));
}

#[test]
fn a_sets_of_one_folder_finds_the_file_that_it_shares_with_another_set() {
    let explanation = r#"{"id": "7", "explanation": {"open-ended": "It is."}}"#;
    let question = r#"{"id": "7", "answerKey": "A", "question": {"stem": "Why?", "choices": [
        {"label": "A", "text": "so"}]}}"#
        .replace('\n', "");
    let dir = folder(&[
        ("sets/cos_e/cose_train_v1.11.jsonl", explanation),
        ("sets/commonsense_qa/train.jsonl", &question),
    ]);
    let catalogue = of(&[&dir.path().join("sets")]).unwrap();
    let task = catalogue.load("cos_e", Form::InWords).unwrap();
    let expected = [("cos_e answer: A choices: (A) so question: Why?", "It is.")];
    assert_eq!(written(&task, Split::Train), expected);
}

#[test]
fn a_suite_may_be_spread_over_folders_that_share_no_task() {
    let dir = data();
    let other = folder(&[
        ("WNLI/train.tsv", RTE.replace("not_entailment", "0").replace("entailment", "1").as_str()),
        ("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n"),
    ]);
    let catalogue = of(&[&dir.path().join("glue"), other.path()]).unwrap();
    assert_eq!(names(&catalogue.specs()), ["glue/rte", "glue/wnli"]);
    assert_eq!(catalogue.load("wnli", Form::Labelled).unwrap().split(Split::Train).len(), 2);

    write(&other, "RTE/train.tsv", RTE.as_bytes());
    write(&other, "RTE/dev.tsv", RTE.as_bytes());
    let message = message(of(&[dir.path(), other.path()]));
    let first = dir.path().join("glue").display().to_string();
    assert_says(&message, &["`glue/rte`", &first, &other.path().display().to_string()]);
    let texts = folder(&[("corpus/brown.txt", "Other .\n")]);
    assert_says(
        &crate::message(of(&[dir.path(), texts.path()])),
        &["text `brown`", "corpus/brown"],
    );
}

#[test]
fn a_folder_given_twice_counts_once() {
    let dir = data();
    let catalogue =
        of(&[dir.path(), &dir.path().join("glue"), &dir.path().join("corpus")]).unwrap();
    assert_eq!(catalogue.specs().len(), 5);
    assert_eq!(catalogue.corpora_at_hand().len(), 2);
}

#[test]
fn a_folder_without_data_sets_is_told_what_was_looked_for() {
    let dir = folder(&[("a.xlsx", "x"), ("b/c.txt", "x")]);
    let says =
        ["no data set is recognised", "RTE/train.tsv", "citation_intent/train.jsonl", "a.xlsx, b"];
    assert_says(&message(of(&[dir.path()])), &says);
    assert_says(&message(of(&[&dir.path().join("none")])), &["none", "no such folder"]);
    let data = data();
    let above = data.path().join("glue");
    let says = ["folder above", "glue"];
    assert_says(&message(of(&[&above.join("RTE")])), &says);
    let empty = folder(&[]);
    assert_says(&message(of(&[empty.path()])), &["nothing is there"]);
}
