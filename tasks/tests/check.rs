//! What is wrong with the examples of a task, and what is only odd.

use std::collections::BTreeMap;

use taskgraft_tasks::{
    Example, ExampleId, Family, Split, Target, TargetKind, Task, TaskSpec, Text, metrics::Metric,
};

fn kind(labels: &[&str]) -> TargetKind {
    TargetKind::Class { labels: labels.iter().map(|label| label.to_string()).collect() }
}

fn one(id: u32, text: &str, target: Target) -> Example {
    Example { id: ExampleId(id), text: Text::One(text.into()), target: Some(target) }
}

fn classes(labels: &[usize]) -> Vec<Example> {
    let text = |id: u32| format!("text {id}");
    (0..).zip(labels).map(|(id, label)| one(id, &text(id), Target::Class(*label))).collect()
}

fn task(kind: TargetKind, metric: Metric, train: Vec<Example>, dev: Vec<Example>) -> Task {
    let spec = TaskSpec {
        name: "mine".into(),
        suite: "own".into(),
        family: Family::Classification,
        kind,
        metrics: vec![metric],
        symmetric: false,
    };
    let splits = BTreeMap::from([(Split::Train, train), (Split::Dev, dev)]);
    Task { spec, splits, sources: vec![] }
}

fn yes_and_no(train: &[usize], dev: &[usize]) -> Task {
    task(kind(&["no", "yes"]), Metric::Matthews, classes(train), classes(dev))
}

#[track_caller]
fn assert_refused(task: &Task, parts: &[&str]) {
    let message = task.check().unwrap_err().to_string();
    parts.iter().for_each(|part| assert!(message.contains(part), "`{part}` not in: {message}"));
}

#[test]
fn sound_data_give_no_remark() {
    assert_eq!(yes_and_no(&[0, 1, 1], &[1, 0]).check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_label_out_of_range_is_an_error_with_split_and_example() {
    assert_refused(&yes_and_no(&[0, 1, 2], &[1, 0]), &["`mine`", "train example 2", "2 labels"]);
    assert_refused(&yes_and_no(&[0, 1], &[1, 9]), &["dev example 1", "label 9"]);
}

#[test]
fn an_id_given_twice_is_an_error() {
    let mut twice = yes_and_no(&[0, 1], &[1, 0]);
    twice.splits.get_mut(&Split::Train).unwrap()[1].id = ExampleId(0);
    assert_refused(&twice, &["train example 0", "twice"]);
}

#[test]
fn a_missing_target_and_one_of_another_kind_are_errors() {
    let mut task = yes_and_no(&[0, 1], &[1, 0]);
    task.splits.get_mut(&Split::Dev).unwrap()[1].target = None;
    assert_refused(&task, &["dev example 1", "no target"]);
    task.splits.get_mut(&Split::Dev).unwrap()[1].target = Some(Target::Score(1.0));
    assert_refused(&task, &["not of its task's kind"]);
    // Test data are published without targets.
    task.splits.remove(&Split::Dev);
    let test = Example { target: None, ..one(0, "a", Target::Class(0)) };
    task.splits.insert(Split::Test, vec![test]);
    assert!(task.check().is_ok());
}

#[test]
fn scores_that_are_not_finite_or_off_the_scale_are_errors() {
    for score in [f64::NAN, f64::INFINITY, 5.5, -0.1] {
        let examples = vec![one(0, "a", Target::Score(score)), one(1, "b", Target::Score(1.0))];
        let scale = TargetKind::Score { min: 0.0, max: 5.0 };
        assert_refused(
            &task(scale, Metric::Pearson, examples, vec![]),
            &["train example 0", "0 to 5"],
        );
    }
}

#[test]
fn tags_that_are_not_one_a_word_are_an_error() {
    let tagged = |tags: Vec<usize>| Example {
        id: ExampleId(0),
        text: Text::Words(vec!["a".into(), "b".into()]),
        target: Some(Target::Tags(tags)),
    };
    let tags = TargetKind::Tags { labels: vec!["O".into()] };
    let of = |example: Example| task(tags.clone(), Metric::TagAccuracy, vec![example], vec![]);
    assert!(of(tagged(vec![0, 0])).check().is_ok());
    assert_refused(&of(tagged(vec![0])), &["1 tags for 2 words"]);
    assert_refused(&of(tagged(vec![0, 1])), &["the label 1", "1 labels"]);
}

#[test]
fn one_label_only_is_remarked_on() {
    let remarks = yes_and_no(&[1, 1, 1], &[1, 1]).check().unwrap();
    assert_eq!(
        remarks[0],
        "all 3 train examples have the target `yes`: there is nothing to tell apart"
    );
    assert!(
        remarks[1].contains("all 2 dev examples")
            && remarks[1].contains("matthews is 0 by definition")
    );
    let accuracy = task(kind(&["no", "yes"]), Metric::Accuracy, classes(&[0, 1]), classes(&[1, 1]));
    assert!(accuracy.check().unwrap()[0].contains("one answer is always right"));
}

#[test]
fn labels_unseen_in_training_are_named() {
    let three = kind(&["a", "b", "c"]);
    let task = task(three, Metric::Accuracy, classes(&[0, 1, 0]), classes(&[0, 2]));
    assert_eq!(task.check().unwrap(), ["labels of dev examples that no train example has: c"]);
}

#[test]
fn blank_texts_are_counted() {
    let mut task = yes_and_no(&[0, 1, 1, 0], &[1, 0]);
    task.splits.get_mut(&Split::Train).unwrap()[2].text = Text::Two("a".into(), " \n".into());
    assert_eq!(task.check().unwrap(), ["1 of 4 (25.0%) train texts are blank"]);
}

#[test]
fn rows_that_are_there_again_are_counted() {
    let mut task = yes_and_no(&[0, 1, 1, 0, 1], &[1, 0]);
    let train = task.splits.get_mut(&Split::Train).unwrap();
    // The text of example 1 three times more, once with another label.
    for again in [2, 3, 4] {
        train[again].text = train[1].text.clone();
    }
    assert_eq!(
        task.check().unwrap(),
        ["2 of 5 (40.0%) train examples repeat the text and target of an earlier one"]
    );
}

#[test]
fn a_name_that_leaves_its_folder_is_refused() {
    for name in ["../x", "a/b", "a\\b", "", "..", ".hidden", "a\n"] {
        let mut task = yes_and_no(&[0, 1], &[1, 0]);
        task.spec.name = name.into();
        assert_refused(&task, &["is called", "without slashes"]);
    }
}
