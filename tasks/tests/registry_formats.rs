//! Small files in the formats that the registry reads, sound and not.

mod registry_support;

use flate2::{Compression, write::GzEncoder};
use registry_support::{assert_says, folder, load, message, pairs, train, write};
use taskgraft_tasks::{ExampleId, Split};
use tempfile::tempdir;

const BOOLQ: &str = "superglue/BoolQ/train.jsonl";

#[test]
fn json_lines_become_inputs_with_sorted_keys_and_words_for_labels() {
    let line = r#"{"question": "is it wet", "passage": "It rained.", "idx": 0, "label": true}"#;
    let read = train(&[(BOOLQ, line)], "boolq");
    assert_eq!(read, [("boolq passage: It rained. question: is it wet".into(), "True".into())]);
}

#[test]
fn problems_in_json_lines_have_file_line_and_expectation() {
    let sound = r#"{"question": "q", "passage": "p", "label": false}"#;
    for (line, parts) in [
        (
            r#"{"question": "q", "passage": "p", "label": "maybe"}"#,
            ["unknown label `maybe`", "false, true"],
        ),
        (r#"{"question": "q", "label": true}"#, ["no field `passage`", "found"]),
        (
            r#"{"question": ["q"], "passage": "p", "label": true}"#,
            ["field `question` is", "expected a text"],
        ),
        ("[1]", ["not a JSON object", "[1]"]),
        ("", ["blank line", "expected a JSON object"]),
    ] {
        let text = format!("{sound}\n{line}\n{sound}\n");
        let said = message(&[(BOOLQ, &text)], "boolq");
        assert_says(&said, &["train.jsonl:2: ", parts[0], parts[1]]);
    }
    for empty in ["", "\n", " \n\n"] {
        assert_says(&message(&[(BOOLQ, empty)], "boolq"), &["train.jsonl: empty file"]);
    }
}

#[test]
fn blank_lines_at_the_end_of_objects_or_rows_are_no_error() {
    let object = r#"{"question": "q", "passage": "p", "label": false}"#;
    let row = "Premise\tHypothesis\tLabel\na\tb\tneutral";
    for end in ["", "\n", "\n\n", "\r\n \r\n"] {
        assert_eq!(train(&[(BOOLQ, &format!("{object}{end}"))], "boolq").len(), 1, "{end:?}");
        let rows = format!("{row}{end}");
        assert_eq!(train(&[("t2t/conjnli/adversarial_train_15k.tsv", &rows)], "conjnli").len(), 1);
    }
}

#[test]
fn an_integer_that_64_bits_cannot_hold_is_an_error_with_its_place() {
    let line = r#"{"question": "q", "passage": "p", "label": false, "idx": 18446744073709551616}"#;
    let said = message(&[(BOOLQ, &format!("{}\n{line}\n", line.replace("616", "615")))], "boolq");
    assert_says(&said, &["train.jsonl:2: ", "18446744073709551616", "64 bits", "as a text"]);
    let list = "[{\"qText\": \"who?\", \"answers\": [\"A\"]},\n{\"qText\": -9223372036854775809, \"answers\": [\"A\"]}]";
    let said = message(&[("t2t/web_questions/trainmodel.json", list)], "web_questions");
    assert_says(&said, &["trainmodel.json:2: ", "-9223372036854775809"]);
}

#[test]
fn test_data_may_lack_targets_but_training_data_may_not() {
    let line = r#"{"question": "q", "passage": "p"}"#;
    let sound = r#"{"question": "q", "passage": "p", "label": true}"#;
    let task =
        load(&folder(&[(BOOLQ, sound), ("superglue/BoolQ/test.jsonl", line)]), "boolq").unwrap();
    assert_eq!(pairs(&task, Split::Test), [("boolq passage: p question: q", "-")]);
    assert_says(&message(&[(BOOLQ, line)], "boolq"), &["train.jsonl:1: no field `label`"]);
}

#[test]
fn json_documents_are_lists_objects_or_a_field_of_one() {
    let list = r#"[{"qText": "who?", "answers": ["A", "B"]},
                   {"qText": "what?", "answers": ["C"]}]"#;
    let read = train(&[("t2t/web_questions/trainmodel.json", list)], "web_questions");
    assert_eq!(read[0], ("web_questions question: who?".into(), "A".into()));

    let object = r#"{"k1": {"original": "who?", "disfluent": "what no who?"}}"#;
    let read = train(&[("t2t/disfl_qa/train.json", object)], "disfl_qa");
    assert_eq!(read, [("disfl_qa question: what no who?".into(), "who?".into())]);

    let field = r#"{"val": [["b", "y"]], "oos": [], "train": [["how much", "my_balance"]], "test": [["c", "z"]]}"#;
    let read = train(&[("t2t/clinc150/data_full.json", field)], "clinc150");
    assert_eq!(read, [("clinc150 text: how much".into(), "my balance".into())]);

    let comments = "####\n# by no one #\n[[\"inform(a=1)\", \"It is 1.\", \"one\"]]";
    let read = train(&[("t2t/rnnlg/tv/train.json", comments)], "rnnlg_tv");
    assert_eq!(read, [("rnnlg_tv act: inform(a=1)".into(), "It is 1.".into())]);
}

#[test]
fn problems_in_json_documents_have_the_line_of_their_record() {
    let path = "t2t/web_questions/trainmodel.json";
    for (text, parts) in [
        (
            "[{\"qText\": \"a\", \"answers\": [\"b\"]},\n{\"qText\": \"a\"}]",
            ["json:2: ", "no field `answers`"],
        ),
        ("[{\"qText\": \"a\", \"answers\": []}]", ["json:1: ", "empty list"]),
        ("[{\"qText\": \"a\", \"answers\": [\"b\"]}\n\n{}]", ["json:3: ", "expected `,`"]),
        ("[\n3]", ["json:2: ", "expected a JSON object or list; found 3"]),
        ("\n\"x\"", ["json:2: ", "expected a JSON list or object"]),
        ("[{\"qText\": \"a\",\n oops}]", ["json:2: ", "not sound JSON"]),
        ("[]", ["json: ", "no records"]),
    ] {
        assert_says(&message(&[(path, text)], "web_questions"), &parts);
    }
    let clinc = r#"{"train": [["a", "b"]]}"#;
    let said = message(&[("t2t/clinc150/data_full.json", clinc)], "clinc150");
    assert_says(&said, &["data_full.json:1: ", "the field `val`"]);
}

#[test]
fn tables_are_read_with_and_without_header_and_quotes() {
    let tsv = "Premise\tHypothesis\tLabel\nA \"b\"\t\tentailment\n";
    let read = train(&[("t2t/conjnli/adversarial_train_15k.tsv", tsv)], "conjnli");
    assert_eq!(read, [("conjnli hypothesis:  premise: A \"b\"".into(), "entailment".into())]);

    let bare = "It hurts.\t3,25\tid1\n";
    let read = train(&[("t2t/goemotions/train.tsv", bare)], "goemotions");
    assert_eq!(read, [("goemotions text: It hurts.".into(), "annoyance, sadness".into())]);

    let csv = "text,category\r\n\"Where, then?\nHere?\",card_arrival\r\n";
    let read = train(&[("t2t/banking77/train.csv", csv)], "banking77");
    assert_eq!(read, [("banking77 text: Where, then?\nHere?".into(), "card arrival".into())]);
}

#[test]
fn problems_in_tables_have_file_line_and_expectation() {
    let tsv = |text: &str| message(&[("t2t/conjnli/adversarial_train_15k.tsv", text)], "conjnli");
    assert_says(&tsv("Premise\tLabel\na\tb\n"), &[".tsv:1: ", "expected a header", "Hypothesis"]);
    assert_says(
        &tsv("Premise\tHypothesis\tLabel\na\tb\n"),
        &[".tsv:2: ", "expected 3 tab-separated", "found 2"],
    );
    assert_says(&tsv("Premise\tHypothesis\tLabel\n"), &["no rows"]);
    assert_says(
        &tsv("Premise\tHypothesis\tLabel\na\tb\tyes\n"),
        &[".tsv:2: ", "unknown label `yes`"],
    );

    let csv = |text: &str| message(&[("t2t/banking77/train.csv", text)], "banking77");
    assert_says(&csv("text,intent\na,b\n"), &[".csv:1: ", "no column `category`"]);
    assert_says(
        &csv("text,category\na,b\nc\n"),
        &[".csv:3: ", "comma-separated columns (text, category)"],
    );
    let emotion = message(&[("t2t/goemotions/train.tsv", "a\t28\tb\n")], "goemotions");
    assert_says(
        &emotion,
        &["train.tsv:1: ", "unknown emotion `28`; expected a number from 0 to 27"],
    );
}

#[test]
fn files_of_as_many_lines_belong_together() {
    let files = [
        ("t2t/snips/train/seq.in", "play some jazz \nstop\n"),
        ("t2t/snips/train/seq.out", "O B-genre I-genre \nO\n"),
        ("t2t/snips/train/label", "PlayMusic\nStop\n"),
    ];
    let expected = [
        ("snips text: play some jazz", "PlayMusic; genre: some jazz"),
        ("snips text: stop", "Stop; none"),
    ];
    let task = load(&folder(&files), "snips").unwrap();
    assert_eq!(pairs(&task, Split::Train), expected);
    assert_eq!(task.sources.len(), 3);

    let short = [files[0], files[1], ("t2t/snips/train/label", "PlayMusic\n")];
    assert_says(&message(&short, "snips"), &["train/label", "1 lines; expected 2", "seq.in"]);
    assert_says(
        &message(&files[..2], "snips"),
        &["train/label", "no such file", "seq.in needs it"],
    );
    let torn = [files[0], ("t2t/snips/train/seq.out", "O\nO\n"), files[2]];
    assert_says(&message(&torn, "snips"), &["seq.in:1: ", "3 words but 1 tags"]);
}

#[test]
fn files_are_joined_by_the_names_of_their_records() {
    let question = r#"{"id": "q1", "answerKey": "B", "question": {"stem": "Where?",
        "choices": [{"label": "A", "text": "here"}, {"label": "B", "text": "there"}]}}"#
        .replace('\n', "");
    let explained =
        |id: &str| format!(r#"{{"id": "{id}", "explanation": {{"open-ended": "It is."}}}}"#);
    let files = |id: &str| [explained(id), question.clone()];
    let [why, what] = files("q1");
    let paths = ["t2t/cos_e/cose_train_v1.11.jsonl", "t2t/commonsense_qa/train.jsonl"];
    let read = train(&[(paths[0], &why), (paths[1], &what)], "cos_e");
    assert_eq!(
        read,
        [("cos_e answer: B choices: (A) here (B) there question: Where?".into(), "It is.".into())]
    );
    let [why, what] = files("q2");
    let said = message(&[(paths[0], &why), (paths[1], &what)], "cos_e");
    assert_says(&said, &["cose_train_v1.11.jsonl:1: ", "has the `id` \"q2\""]);
}

#[test]
fn folders_and_archives_of_them_are_the_same() {
    let mail = "Hello.\n\n@subject\nGreeting\n\n@ann0\nhello\n";
    let plain = folder(&[("t2t/aeslc/dev/a.subject", mail), ("t2t/aeslc/dev/read.me", "no")]);
    let packed = tempdir().unwrap();
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    archive
        .append_path_with_name(plain.path().join("t2t/aeslc/dev/a.subject"), "dev/a.subject")
        .unwrap();
    write(&packed, "t2t/aeslc/dev.tar.gz", &archive.into_inner().unwrap().finish().unwrap());
    for dir in [&plain, &packed] {
        let task = load(dir, "aeslc").unwrap();
        assert_eq!(pairs(&task, Split::Dev), [("aeslc email: Hello.", "Greeting")]);
        assert_eq!(task.split(Split::Dev)[0].answer().unwrap().accepted, ["Greeting", "hello"]);
        assert_eq!(task.sources.len(), 1);
    }
    write(&packed, "t2t/aeslc/dev.tar.gz", b"no archive");
    assert_says(
        &load(&packed, "aeslc").unwrap_err().to_string(),
        &["dev.tar.gz", "not a sound gzip file"],
    );
    write(&plain, "t2t/aeslc/dev/b.subject", b"Hello.");
    assert_says(
        &load(&plain, "aeslc").unwrap_err().to_string(),
        &["b.subject:1: ", "expected `\n@subject\n`"],
    );
}

#[test]
fn xml_entries_have_a_training_example_for_each_text() {
    let xml = "<?xml version=\"1.0\"?>\n<benchmark><entries>\n<entry category=\"A\">\
        <modifiedtripleset><mtriple>A_b | c | \"d\"</mtriple><mtriple>e | f | g</mtriple></modifiedtripleset>\
        <lex lid=\"1\"><text>One.</text><template>T</template></lex><lex lid=\"2\"><text>Two &amp; 2.</text></lex></entry>\n\
        <entry><modifiedtripleset><mtriple>h | i | j</mtriple></modifiedtripleset><lex lid=\"1\"/></entry></entries></benchmark>";
    let sound = xml.replace("<lex lid=\"1\"/>", "<lex lid=\"1\">Three.</lex>");
    let task = load(
        &folder(&[("t2t/webnlg/train/1/A.xml", &sound), ("t2t/webnlg/dev/A.xml", &sound)]),
        "webnlg",
    )
    .unwrap();
    let input = "webnlg triples: A b | c | \"d\" ; e | f | g";
    let expected = [(input, "One."), (input, "Two & 2."), ("webnlg triples: h | i | j", "Three.")];
    assert_eq!(pairs(&task, Split::Train), expected);
    assert_eq!(task.split(Split::Dev).len(), 2);
    assert_eq!(task.split(Split::Dev)[0].answer().unwrap().accepted, ["One.", "Two & 2."]);
    let path = "t2t/webnlg/train/A.xml";
    let empty = train(&[(path, xml)], "webnlg");
    assert_eq!(empty.len(), 2, "an entry without any text is no example");
    let none = xml.replace("<lex lid=\"1\"/>", "");
    assert_says(&message(&[(path, &none)], "webnlg"), &["A.xml:4: ", "no field `lex`"]);
    let unsound = message(&[(path, "<a>\n</b>")], "webnlg");
    assert_says(&unsound, &["A.xml:2: ", "not sound XML"]);
}

#[test]
fn a_pattern_stands_for_all_files_of_the_names_in_order() {
    let neg = "bad\n".repeat(10);
    let files = [
        ("t2t/sentence_polarity/rt-polarity.neg", neg.as_str()),
        ("t2t/sentence_polarity/rt-polarity.pos", "good\n"),
    ];
    let task = load(&folder(&files), "sentence_polarity").unwrap();
    assert_eq!(task.split(Split::Train).len(), 10);
    assert_eq!(pairs(&task, Split::Train)[9], ("sentence_polarity sentence: good", "positive"));
    // The tenth of ten is held out, and numbered anew.
    assert_eq!(pairs(&task, Split::Dev), [("sentence_polarity sentence: bad", "negative")]);
    let ids: Vec<ExampleId> = task.split(Split::Train).iter().map(|e| e.id).collect();
    assert_eq!(ids, (0..10).map(ExampleId).collect::<Vec<_>>());
}

#[test]
fn references_that_follow_each_other_are_one_example_to_score() {
    let files = [
        ("t2t/common_gen/commongen.dev.src_alpha.txt", "a b\na b\nc d"),
        ("t2t/common_gen/commongen.dev.tgt.txt", "A B.\nB A.\nC D."),
        ("t2t/common_gen/commongen.train.src_alpha.txt", "a b\na b\n"),
        ("t2t/common_gen/commongen.train.tgt.txt", "A B.\nB A.\n"),
    ];
    let task = load(&folder(&files), "common_gen").unwrap();
    assert_eq!(task.split(Split::Train).len(), 2);
    let accepted: Vec<_> =
        task.split(Split::Dev).iter().map(|e| e.answer().unwrap().accepted.clone()).collect();
    assert_eq!(accepted, [vec!["A B.", "B A."], vec!["C D."]]);
}
