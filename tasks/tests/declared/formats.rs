//! Each format gives the rows that are in its files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use taskgraft_tasks::{Split, Target, Text, declared::Declared, suite::Suite};

use super::{assert_says, fixtures, ids, labelled, labels, pairs, refusal, task};

const TEXT: &str = "dev = \"a.csv\"\ntext = \"{text}\"\nlabel = \"label\"\n";

#[test]
fn a_task_is_the_same_from_parquet_and_from_tsv() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("glue.toml");
    let table = |extension: &str| {
        let path = |split| fixtures().join(format!("rte_{split}.{extension}"));
        format!(
            "[{extension}]\ntrain = {:?}\ndev = {:?}\ntest = {:?}\ntext = \"{{sentence1}}\"\npair = \"{{sentence2}}\"\n\
             label = \"label\"\nfamily = \"entailment\"\n",
            path("train"),
            path("dev"),
            path("test")
        )
    };
    std::fs::write(&file, table("tsv") + &table("parquet")).unwrap();
    let declared = Declared::read(&file).unwrap();
    let [tsv, parquet] = ["tsv", "parquet"].map(|task| declared.load(task).unwrap());
    assert_eq!(tsv.splits, parquet.splits);
    assert_eq!(tsv.spec.kind, parquet.spec.kind);
    assert_eq!(labels(&tsv), ["entailment", "not_entailment"]);
    let sizes = [Split::Train, Split::Dev, Split::Test].map(|split| tsv.split(split).len());
    assert_eq!(sizes, [12, 4, 4]);
    assert!(tsv.split(Split::Test).iter().all(|example| example.target.is_none()));
    let Text::Two(first, second) = &tsv.split(Split::Train)[3].text else { panic!() };
    assert_eq!(first, "The dog says \"no\" near the café.");
    assert_eq!(second, "A dog says \"no\".");
}

#[test]
fn quotes_commas_and_line_ends_in_cells_of_csv_are_text() {
    let csv = "text,label\r\n\"He said \"\"no\"\", then\nleft\",bad\r\nplain,good\r\n";
    let task = task(&[("a.csv", csv.as_bytes())], &format!("train = \"a.csv\"\n{TEXT}"));
    let expected = pairs(&[("He said \"no\", then\nleft", "bad"), ("plain", "good")]);
    assert_eq!(labelled(&task, Split::Train), expected);
    assert_eq!(labels(&task), ["bad", "good"]);
    assert_eq!(ids(&task, Split::Train), [0, 1]);
}

#[test]
fn a_quote_that_is_not_closed_is_an_error_with_its_row() {
    let csv = "label,text\nbad,one\ngood,\"two\nbad,three\n";
    let message = refusal(&[("a.csv", csv.as_bytes())], &format!("train = \"a.csv\"\n{TEXT}"));
    assert_says(&message, &["a.csv:3", "not closed"]);
}

#[test]
fn without_quoting_a_quote_is_a_character() {
    let csv = "text,label\n\"one,bad\ntwo,good\n";
    let keys = format!("train = \"a.csv\"\nquoting = false\n{TEXT}");
    let task = task(&[("a.csv", csv.as_bytes())], &keys);
    assert_eq!(labelled(&task, Split::Train), pairs(&[("\"one", "bad"), ("two", "good")]));
}

#[test]
fn columns_without_a_header_are_numbered() {
    let keys =
        "train = \"a.tsv\"\ndev = \"a.tsv\"\nheader = false\ntext = \"{1}: {2}\"\nlabel = \"0\"\n";
    let task = task(&[("a.tsv", b"yes\ta\t\"b\nno\tc\td\n")], keys);
    assert_eq!(labelled(&task, Split::Train), pairs(&[("a: \"b", "yes"), ("c: d", "no")]));
}

#[test]
fn a_row_of_another_width_is_an_error_with_file_and_row() {
    let csv = b"text,label\na,bad\nb,good,more\n";
    let message = refusal(&[("a.csv", csv)], &format!("train = \"a.csv\"\n{TEXT}"));
    assert_says(&message, &["a.csv:3", "2 comma-separated columns", "found 3"]);
}

#[test]
fn latin1_and_gzip_are_read() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"text,label\ncaf\xe9,bad\nna\xefve,good\n").unwrap();
    let files: &[(&str, &[u8])] = &[("a.csv.gz", &gzip.finish().unwrap())];
    let keys = format!("train = \"a.csv.gz\"\nencoding = \"latin1\"\n{TEXT}");
    let task = task(files, &keys);
    assert_eq!(labelled(&task, Split::Dev), pairs(&[("café", "bad"), ("naïve", "good")]));
    let plain = [("a.csv", b"text,label\ncaf\xe9,bad\nb,good\n".as_slice())];
    let message = refusal(&plain, &format!("train = \"a.csv\"\n{TEXT}"));
    assert_says(&message, &["a.csv:2", "UTF-8", "encoding = \"latin1\""]);
}

#[test]
fn json_lines_have_nested_fields_and_lists() {
    let lines = b"{\"q\": {\"stem\": \"who\"}, \"tokens\": [\"a\", \"b\"], \"y\": true}\n\
        {\"q\": {\"stem\": \"what\"}, \"tokens\": [], \"y\": false}\n";
    let keys =
        "train = \"a.jsonl\"\ndev = \"a.jsonl\"\ntext = \"{q.stem} {{{tokens}}}\"\nlabel = \"y\"\n";
    let task = task(&[("a.jsonl", lines)], keys);
    assert_eq!(
        labelled(&task, Split::Train),
        pairs(&[("who {a b}", "true"), ("what {}", "false")])
    );
}

#[test]
fn a_json_document_is_a_list_of_objects_or_an_object_of_them() {
    let keys = "train = \"a.json\"\ndev = \"b.json\"\ntext = \"{t}\"\nlabel = \"y\"\n";
    let list = b"[\n {\"t\": \"one\", \"y\": 1},\n {\"t\": \"two\", \"y\": 0}]";
    let object = b"{\"0\": {\"t\": \"three\", \"y\": 0}}";
    let task = task(&[("a.json", list), ("b.json", object)], keys);
    assert_eq!(labelled(&task, Split::Train), pairs(&[("one", "1"), ("two", "0")]));
    assert_eq!(labelled(&task, Split::Dev), pairs(&[("three", "0")]));
    let wrong = b"[\n {\"t\": \"one\", \"y\": 1},\n {\"t\": \"two\"}]";
    let message = refusal(&[("a.json", wrong), ("b.json", object)], keys);
    assert_says(&message, &["a.json:3", "no field `y`"]);
}

#[test]
fn conll_sentences_end_at_blank_lines_and_documents_are_passed_over() {
    let text = b"-DOCSTART- -X- O\n\nAnn NNP B-PER\nLee NNP I-PER\nran VBD O\n\n\n-DOCSTART- -X- O\n\nSo RB O\n";
    let keys = "train = \"a.conll\"\ndev = \"a.conll\"\nwords = \"0\"\ntags = \"2\"\n";
    let task = task(&[("a.conll", text)], keys);
    let train = task.split(Split::Train);
    assert_eq!(train.len(), 2);
    assert_eq!(train[0].text, Text::Words(["Ann", "Lee", "ran"].map(String::from).into()));
    assert_eq!(labels(&task), ["B-PER", "I-PER", "O"]);
    assert_eq!(train[0].target, Some(Target::Tags(vec![0, 1, 2])));
    assert_eq!(train[1].target, Some(Target::Tags(vec![2])));
    let message = refusal(&[("a.conll", b"a X O\nb O\n")], keys);
    assert_says(&message, &["a.conll:2", "expected 3 columns"]);
}

#[test]
fn files_side_by_side_are_columns() {
    let files: &[(&str, &[u8])] = &[
        ("train_text.txt", b"so angry\n\nwhat a joy\n"),
        ("train_labels.txt", b"0\n0\n1\n"),
        ("val_text.txt", b"fine\n"),
        ("val_labels.txt", b"1\n"),
    ];
    let keys = "train = { text = \"train_text.txt\", label = \"train_labels.txt\" }\n\
        dev = { text = \"val_text.txt\", label = \"val_labels.txt\" }\n\
        text = \"{text}\"\nlabel = \"label\"\nnames = { 0 = \"anger\", 1 = \"joy\" }\n";
    let train = task(files, keys);
    let expected = pairs(&[("so angry", "anger"), ("", "anger"), ("what a joy", "joy")]);
    assert_eq!(labelled(&train, Split::Train), expected);
    assert_eq!(train.sources.len(), 4);

    let mut uneven = files.to_vec();
    uneven[1].1 = b"0\n1\n";
    assert_says(&refusal(&uneven, keys), &["train_labels.txt", "2 lines", "3 in train_text.txt"]);
    let mut unknown = files.to_vec();
    unknown[3].1 = b"7\n";
    assert_says(&refusal(&unknown, keys), &["val_labels.txt:1", "`7`", "anger, joy"]);
}

#[test]
fn a_pattern_takes_lines_apart() {
    let keys = "train = \"a.txt\"\ndev = \"a.txt\"\nencoding = \"latin1\"\nformat = \"lines\"\n\
        pattern = '(?P<coarse>[A-Z]+):\\w+ (?P<question>.*)'\ntext = \"{question}\"\nlabel = \"coarse\"\n";
    let task = task(&[("a.txt", b"HUM:ind Who is Fianc\xe9 ?\nLOC:city Where ?\n")], keys);
    assert_eq!(labels(&task), ["HUM", "LOC"]);
    assert_eq!(labelled(&task, Split::Train)[1].0, "Where ?");
    let message = refusal(&[("a.txt", b"HUM:ind Who ?\nLOC: Where ?\n")], keys);
    assert_says(&message, &["a.txt:2", "does not match `LOC: Where ?`"]);
}

#[test]
fn parquet_gives_lists_numbers_structs_and_names_of_labels() {
    let path = fixtures().join("tagged.parquet");
    let files = format!("train = {path:?}\ndev = {path:?}\n");
    let tagged = task(&[], &format!("{files}words = \"tokens\"\ntags = \"ner_tags\"\n"));
    assert_eq!(labels(&tagged), ["B-PER", "I-PER", "O"]);
    assert_eq!(tagged.split(Split::Train)[0].target, Some(Target::Tags(vec![0, 1, 2])));
    let keys =
        "text = \"{meta.source}: {tokens}\"\nscore = { column = \"score\", min = 0, max = 5 }\n";
    let scored = task(&[], &format!("{files}{keys}"));
    let first = &scored.split(Split::Train)[0];
    assert_eq!(first.text, Text::One("a book: Ann Lee sleeps".into()));
    assert_eq!(first.target, Some(Target::Score(3.8)));
}
