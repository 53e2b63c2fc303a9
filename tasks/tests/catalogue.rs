//! The catalogue over small folders: what is recognised, how tasks are called, and what both forms say.

mod registry_support;

use std::{path::Path, sync::Arc};

use registry_support::{assert_says, folder, write};
use taskgraft_tasks::{
    Catalogue, Error, Example, Form, Presence, Split, Target, TargetKind, Task, TaskSpec, Text,
    registry::Registry,
    suite::Suite,
    synthetic::{EndTask, EndTaskConfig, Synthetic, SyntheticConfig, SyntheticText},
};
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
    let pair = |e: &'_ Example| -> bool { e.input().is_some() && e.answer().is_some() };
    assert!(task.split(split).iter().all(pair));
    registry_support::pairs(task, split)
}

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
    assert_says(&self::message(of(&[dir.path(), texts.path()])), &["text `brown`", "corpus/brown"]);
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

#[test]
fn two_suites_of_one_name_are_an_error() {
    let synthetic = || Arc::new(Synthetic::new(SyntheticConfig::default()).unwrap());
    let mut catalogue = Catalogue::new();
    catalogue.add(synthetic()).unwrap();
    assert_says(&message(catalogue.add(synthetic())), &["two suites are called `synthetic`"]);
}

#[test]
fn a_label_task_of_the_registry_has_the_same_ids_and_labels_in_both_forms() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let labelled = catalogue.load("t2t/subjectivity", Form::Labelled).unwrap();
    let words = catalogue.load("t2t/subjectivity", Form::InWords).unwrap();
    assert_eq!(labelled.spec, catalogue.spec("subjectivity", Form::Labelled).unwrap());
    assert_eq!(words.spec, catalogue.spec("subjectivity", Form::InWords).unwrap());
    let TargetKind::Class { labels } = &labelled.spec.kind else { panic!("no labels") };
    assert_eq!(labels, &["objective", "subjective"]);
    let mut compared = 0;
    for (split, examples) in &labelled.splits {
        for (one, other) in examples.iter().zip(words.split(*split)) {
            let Some(Target::Class(class)) = one.target else { panic!("no class") };
            assert_eq!(
                (one.id, labels[class].as_str()),
                (other.id, other.answer().unwrap().text.as_str())
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 24);
    let first = &labelled.split(Split::Train)[0];
    assert_eq!(first.text, Text::One("He goes away .".into()));
}

#[test]
fn more_than_two_fields_follow_the_first_with_their_names() {
    let copa = r#"{"premise": "It rained.", "choice1": "Wet.", "choice2": "Dry.", "question": "effect", "label": 0}"#;
    let multirc = r#"{"idx": 0, "passage": {"text": "He ran.", "questions": [{"question": "Who?", "idx": 7, "answers":
        [{"text": "He", "label": 1}]}]}}"#
        .replace('\n', "");
    let dir = folder(&[("COPA/train.jsonl", copa), ("MultiRC/train.jsonl", &multirc)]);
    let catalogue = of(&[dir.path()]).unwrap();
    let task = catalogue.load("copa", Form::Labelled).unwrap();
    let rest = "choice2: Dry. premise: It rained. question: effect";
    assert_eq!(task.split(Split::Train)[0].text, Text::Two("Wet.".into(), rest.into()));
    // Which answers belong to one question is not known of labelled examples.
    let metrics = catalogue.spec("multirc", Form::Labelled).unwrap().metrics;
    assert_eq!(metrics.iter().map(ToString::to_string).collect::<Vec<_>>(), ["multirc_f1a"]);
    let kind = catalogue.spec("multirc", Form::Labelled).unwrap().kind;
    let gold = [Target::Class(1), Target::Class(0)];
    assert_eq!(metrics[0].compute(&kind, &gold, &gold).unwrap(), 1.0);
}

#[test]
fn glue_in_words_is_what_the_registry_reads() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let words = catalogue.load("glue/rte", Form::InWords).unwrap();
    let registry = Registry::new(dir.path()).load("rte").unwrap();
    assert_eq!(words.splits, registry.splits);
    assert_eq!(words.spec, TaskSpec { suite: "glue".into(), ..registry.spec });
    let first = ("rte sentence1: A man sleeps. sentence2: He wakes.", "not_entailment");
    assert_eq!(written(&words, Split::Train)[0], first);
    assert!(!matches!(catalogue.find("glue/rte").unwrap().kind, TargetKind::Text { .. }));
}

#[test]
fn a_task_of_another_suite_is_put_in_words_under_its_name() {
    let dir = data();
    let catalogue = of(&[dir.path()]).unwrap();
    let task = catalogue.load("citation_intent", Form::InWords).unwrap();
    assert_eq!(written(&task, Split::Dev), [("citation_intent sentence: As in (1).", "Uses")]);
    assert_eq!(catalogue.corpora("citation_intent").unwrap(), ["task"]);
    assert_eq!(catalogue.corpus("citation_intent", "task").unwrap().lines, ["As in (1)."]);
    assert_eq!(catalogue.corpora("glue/rte").unwrap(), [""; 0]);
    assert_says(
        &message(catalogue.corpus("glue/rte", "task")),
        &["glue/rte", "no unlabelled texts"],
    );
}

#[test]
fn a_form_that_a_task_lacks_is_refused() {
    let dir = folder(&[("t2t/scan/tasks_train_simple.txt", "IN: walk OUT: W\n")]);
    let catalogue = of(&[dir.path()]).unwrap();
    assert_eq!(catalogue.forms("scan_simple").unwrap(), [Form::InWords]);
    let says = ["t2t/scan_simple", "no labelled form", "in words"];
    assert_says(&message(catalogue.load("scan_simple", Form::Labelled)), &says);
    assert_says(&message(catalogue.spec("scan_simple", Form::Labelled)), &says);
}

#[test]
fn built_in_suites_have_their_own_words_and_their_tasks_both_forms() {
    let config =
        SyntheticConfig { rich: 30, moderate: 30, scarce: 30, dev_size: 10, ..Default::default() };
    let end_task = Arc::new(EndTask::new(EndTaskConfig::default()).unwrap());
    let mut catalogue = Catalogue::new();
    catalogue.add(Arc::new(Synthetic::new(config.clone()).unwrap())).unwrap();
    catalogue.add(Arc::new(SyntheticText::new(config).unwrap())).unwrap();
    catalogue.add_with_corpora(end_task.clone(), end_task).unwrap();
    let mut both = 0;
    for spec in catalogue.specs() {
        let name = spec.full_name();
        let task = catalogue.load(&name, Form::InWords).unwrap();
        assert_eq!(task.spec, catalogue.spec(&name, Form::InWords).unwrap(), "{name}");
        both += usize::from(catalogue.load(&name, Form::Labelled).is_ok());
    }
    assert_eq!(both, 6 + 3);
    let first = |name: &str| {
        let task = catalogue.load(name, Form::InWords).unwrap();
        written(&task, Split::Train)[0].0.to_owned()
    };
    // As the built-in text-to-text study reads them; the text suite has T5's keys.
    assert!(first("synthetic/tagging").starts_with("tagging sentence: "));
    assert!(first("synthetic/entailment").starts_with("entailment sentence1: "));
    assert!(first("synthetic_text/entailment").starts_with("entailment hypothesis: "));
    assert_eq!(catalogue.corpora("topic").unwrap()[0], "task");
}

#[test]
fn a_limit_keeps_what_the_registry_keeps() {
    let dir = data();
    let mut catalogue = of(&[dir.path()]).unwrap();
    catalogue.max_examples(Some(5));
    let ids = |task: Task| task.split(Split::Train).iter().map(|e| e.id.0).collect::<Vec<_>>();
    let registry = Registry::new(dir.path()).with_max_examples(5);
    let kept = ids(registry.load("subjectivity").unwrap());
    assert_eq!(kept.len(), 5);
    for form in [Form::Labelled, Form::InWords] {
        assert_eq!(ids(catalogue.load("subjectivity", form).unwrap()), kept);
    }
    catalogue.max_examples(None);
    assert_eq!(ids(catalogue.load("subjectivity", Form::Labelled).unwrap()).len(), 22);
}
