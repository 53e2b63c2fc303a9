//! Both forms of a task say the same, and built-in suites have their own words.

use std::sync::Arc;

use taskgraft_tasks::{
    Catalogue, Form, Split, Target, TargetKind, Task, TaskSpec, Text,
    registry::Registry,
    suite::Suite,
    synthetic::{EndTask, EndTaskConfig, Synthetic, SyntheticConfig, SyntheticText},
};

use crate::{
    data, message, of,
    registry_support::{assert_says, folder},
    written,
};

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
