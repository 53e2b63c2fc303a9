//! Classes, scores, tags and answers, and what is wrong with them.

use taskgraft_tasks::{Split, Target, Text, metrics::Metric};

use super::{assert_says, fixtures, labelled, labels, pairs, refusal, task};

const CLASS: &str = "train = \"a.csv\"\ndev = \"b.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n";
const ROWS: &[u8] = b"t,y\na,10\nb,9\nc,10\n";

#[test]
fn labels_that_are_numbers_are_sorted_by_size() {
    let task = task(&[("a.csv", ROWS), ("b.csv", ROWS)], CLASS);
    assert_eq!(labels(&task), ["9", "10"]);
    assert_eq!(task.spec.metrics, [Metric::Accuracy, Metric::MacroF1]);
}

#[test]
fn a_label_that_train_lacks_is_an_error_that_lists_labels() {
    let message = refusal(&[("a.csv", ROWS), ("b.csv", b"t,y\na,10\nb,11\n")], CLASS);
    assert_says(&message, &["b.csv:3", "column `y`", "unknown label `11`", "9, 10"]);
}

#[test]
fn labels_that_are_given_are_in_their_order() {
    let keys = format!("{CLASS}labels = [11, 10, 9]\nnames = {{ 11 = \"eleven\" }}\n");
    let task = task(&[("a.csv", ROWS), ("b.csv", b"t,y\na,11\n")], &keys);
    assert_eq!(labels(&task), ["eleven", "10", "9"]);
    assert_eq!(labelled(&task, Split::Dev), pairs(&[("a", "eleven")]));
}

#[test]
fn a_missing_label_is_an_error_but_in_test_rows() {
    let test: &[(&str, &[u8])] = &[
        ("a.csv", ROWS),
        ("b.csv", ROWS),
        ("c.csv", b"t,y\na,9\nb,-1\nc,\n"),
        ("d.csv", b"t\nx\n"),
    ];
    let with_empty = task(test, &format!("{CLASS}test = [\"c.csv\", \"d.csv\"]\n"));
    let expected = pairs(&[("a", "9"), ("b", "none"), ("c", "none"), ("x", "none")]);
    assert_eq!(labelled(&with_empty, Split::Test), expected);
    let message = refusal(&[("a.csv", ROWS), ("b.csv", b"t,y\na,\n")], CLASS);
    assert_says(&message, &["b.csv:2", "column `y` is empty"]);
    let message = refusal(&[("a.csv", b"t,y\na,1\nb,\n"), ("b.csv", ROWS)], CLASS);
    assert_says(&message, &["a.csv:3", "column `y` is empty"]);
}

#[test]
fn words_for_labels_that_are_not_there_are_an_error() {
    let keys = format!("{CLASS}names = {{ 8 = \"eight\" }}\n");
    let message = refusal(&[("a.csv", ROWS), ("b.csv", ROWS)], &keys);
    assert_says(&message, &["`names` has `8`", "9, 10"]);
}

#[test]
fn scores_are_numbers_of_their_scale() {
    let keys = "train = \"a.csv\"\ndev = \"a.csv\"\ntest = \"b.csv\"\ntext = \"{t}\"\npair = \"{u}\"\nsymmetric = true\n\
        score = { column = \"s\", min = 1, max = 5 }\n";
    let rows: &[u8] = b"t,u,s\na,b,1\nc,d,4.5\n";
    let scored = task(&[("a.csv", rows), ("b.csv", b"t,u,s\na,b,-1\nc,d,3\n")], keys);
    assert_eq!(scored.split(Split::Train)[1].target, Some(Target::Score(4.5)));
    assert_eq!(scored.split(Split::Test)[0].target, None);
    assert_eq!(scored.spec.metrics, [Metric::Pearson, Metric::Spearman]);
    assert_eq!(scored.swapped_pairs().unwrap()[0].text, Text::Two("b".into(), "a".into()));
    // Scores are read in double precision.
    let large = keys.replace("max = 5", "max = 1e9");
    let rows_of_large: &[u8] = b"t,u,s\na,b,16777217\nc,d,4.5\n";
    let exact = task(&[("a.csv", rows_of_large), ("b.csv", rows_of_large)], &large);
    assert_eq!(exact.split(Split::Train)[0].target, Some(Target::Score(16_777_217.0)));
    let rows_twice = b"t,u,s\na,b,1\nc,d,7\ne,f,much\n";
    let message = refusal(&[("a.csv", rows_twice), ("b.csv", rows)], keys);
    assert_says(&message, &["a.csv:3", "; line 4 has a problem, too"]);
    for wrong in ["5.5", "nan", "much", ""] {
        let rows = format!("t,u,s\na,b,1\nc,d,{wrong}\n");
        let message = refusal(&[("a.csv", rows.as_bytes()), ("b.csv", rows.as_bytes())], keys);
        assert_says(&message, &["a.csv:3", "column `s`", "from 1 to 5"]);
    }
}

#[test]
fn tags_in_csv_are_separated_by_spaces_and_iob1_becomes_bio() {
    let keys = "train = \"a.csv\"\ndev = \"a.csv\"\nwords = \"w\"\ntags = \"g\"\n";
    let tagged = task(&[("a.csv", b"w,g\na b c d e,I-X I-X B-X I-Y O\nf,O\n")], keys);
    assert_eq!(labels(&tagged), ["B-X", "B-Y", "I-X", "I-Y", "O"]);
    assert_eq!(tagged.split(Split::Train)[0].target, Some(Target::Tags(vec![0, 2, 0, 1, 4])));
    assert_eq!(tagged.spec.metrics, [Metric::SpanF1]);
    let message = refusal(&[("a.csv", b"w,g\na b,O B-X\nc d,O\n")], keys);
    assert_says(&message, &["a.csv:3", "1 tags for 2 words"]);
}

#[test]
fn tags_that_mark_no_spans_stay_and_are_scored_by_word() {
    let keys = "train = \"a.csv\"\ndev = \"a.csv\"\nwords = \"w\"\ntags = \"g\"\n";
    let tagged = task(&[("a.csv", b"w,g\nit ran,PRP VBD\n")], keys);
    assert_eq!(labels(&tagged), ["PRP", "VBD"]);
    assert_eq!(tagged.spec.metrics, [Metric::TagAccuracy]);
}

#[test]
fn an_answer_may_be_one_of_several() {
    let path = fixtures().join("tagged.parquet");
    let keys = format!("train = {path:?}\ndev = {path:?}\ninput = \"{{tokens}} who?\"\n");
    let written = task(&[], &format!("{keys}answer = \"{{answers}}\"\n"));
    let first = &written.split(Split::Train)[0];
    assert_eq!(first.input(), Some("Ann Lee sleeps who?"));
    let answer = first.answer().unwrap();
    assert_eq!((answer.text.as_str(), answer.accepted.len()), ("Ann", 2));
    assert_eq!(written.spec.metrics, [Metric::RougeL, Metric::ExactMatch]);
    let framed = task(&[], &format!("{keys}answer = \"({{answers}})\"\n"));
    assert_eq!(framed.split(Split::Train)[0].answer().unwrap().accepted, ["(Ann)", "(Ann Lee)"]);
}

#[test]
fn an_answer_that_is_empty_is_an_error_but_in_test_rows() {
    let keys = "train = \"a.jsonl\"\ndev = \"a.jsonl\"\ntest = \"b.jsonl\"\ninput = \"{q}\"\nanswer = \"{a}\"\n";
    let good: &[u8] = b"{\"q\": \"x\", \"a\": [\"y\"]}\n";
    let tested = task(&[("a.jsonl", good), ("b.jsonl", b"{\"q\": \"x\", \"a\": []}\n")], keys);
    assert_eq!(tested.split(Split::Test)[0].target, None);
    let bad: &[u8] = b"{\"q\": \"x\", \"a\": [\"y\"]}\n{\"q\": \"x\", \"a\": []}\n";
    assert_says(&refusal(&[("a.jsonl", bad), ("b.jsonl", good)], keys), &["a.jsonl:2", "empty"]);
}
