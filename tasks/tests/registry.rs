//! Small files in the formats that the registry reads, sound and not.

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use taskgraft_tasks::{
    Error, ExampleId, Family, Split, TargetKind, Task,
    metrics::Metric,
    registry::{Presence, Registry, definitions, markdown},
    suite::Suite,
    written::score_written,
};
use tempfile::{TempDir, tempdir};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().unwrap();
    for (path, contents) in files {
        write(&dir, path, contents.as_bytes());
    }
    dir
}

fn write(dir: &TempDir, path: &str, contents: &[u8]) {
    let path = dir.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

fn load(dir: &TempDir, task: &str) -> Result<Task, Error> {
    Registry::new(dir.path()).load(task)
}

/// Inputs and target texts of a split.
fn pairs(task: &Task, split: Split) -> Vec<(&str, &str)> {
    let examples = task.split(split).iter();
    examples.map(|e| (e.input().unwrap(), e.answer().map_or("-", |a| &a.text))).collect()
}

fn train(files: &[(&str, &str)], task: &str) -> Vec<(String, String)> {
    let task = load(&folder(files), task).unwrap();
    pairs(&task, Split::Train).iter().map(|(i, t)| (i.to_string(), t.to_string())).collect()
}

fn message(files: &[(&str, &str)], task: &str) -> String {
    load(&folder(files), task).unwrap_err().to_string()
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

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
        let text = format!("{sound}\n{line}\n");
        let said = message(&[(BOOLQ, &text)], "boolq");
        assert_says(&said, &["train.jsonl:2: ", parts[0], parts[1]]);
    }
    assert_says(&message(&[(BOOLQ, "")], "boolq"), &["train.jsonl: empty file"]);
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
fn multirc_answers_to_one_question_are_a_group() {
    let passage = r#"{"idx": 0, "passage": {"text": "<b>Sent 1: </b>He ran.", "questions": [
        {"question": "Who?", "idx": 7, "answers": [{"text": "He", "label": 1}, {"text": "It", "label": 0}]}]}}"#;
    let line = passage.replace('\n', "");
    let task = load(&folder(&[("superglue/MultiRC/train.jsonl", &line)]), "multirc").unwrap();
    let expected = [
        ("multirc question: Who? answer: He paragraph: Sent 1: He ran.", "True"),
        ("multirc question: Who? answer: It paragraph: Sent 1: He ran.", "False"),
    ];
    assert_eq!(pairs(&task, Split::Train), expected);
    let groups: Vec<_> =
        task.split(Split::Train).iter().map(|e| e.answer().unwrap().group).collect();
    assert_eq!(groups, [Some(7), Some(7)]);
}

#[test]
fn record_learns_every_name_and_accepts_all_where_models_are_scored() {
    let line = r#"{"passage": {"text": "Ann met Bo.\n@highlight\nBo left.", "entities": [{"start": 0, "end": 2},
        {"start": 8, "end": 9}]}, "qas": [{"query": "@placeholder left.", "idx": 3,
        "answers": [{"text": "Bo"}, {"text": "Bob"}, {"text": "Bo"}]}]}"#
        .replace('\n', "");
    let files =
        [("superglue/ReCoRD/train.jsonl", line.as_str()), ("superglue/ReCoRD/val.jsonl", &line)];
    let task = load(&folder(&files), "record").unwrap();
    let input = "record query: @placeholder left. entities: Ann, Bo passage: Ann met Bo.. Bo left.";
    assert_eq!(pairs(&task, Split::Train), [(input, "Bo"), (input, "Bob")]);
    assert_eq!(task.split(Split::Dev)[0].answer().unwrap().accepted, ["Bo", "Bob"]);
}

#[test]
fn wsc_learns_from_referents_alone_and_scores_wrong_candidates_too() {
    let line = |label: bool, candidate: &str| {
        format!(
            r#"{{"text": "Mark told Pete. He left.", "label": {label},
            "target": {{"span1_text": "{candidate}", "span2_index": 3, "span2_text": "He"}}}}"#
        )
        .replace('\n', "")
    };
    let both = format!("{}\n{}\n", line(true, "Mark"), line(false, "Pete"));
    let files = [("superglue/WSC/train.jsonl", both.as_str()), ("superglue/WSC/val.jsonl", &both)];
    let task = load(&folder(&files), "wsc").unwrap();
    assert_eq!(pairs(&task, Split::Train), [("wsc: Mark told Pete. *He* left.", "Mark")]);
    let gold: Vec<_> = task.split(Split::Dev).iter().map(|e| e.answer().unwrap().clone()).collect();
    assert_eq!(gold.len(), 2);
    let score = |written: [&str; 2]| {
        score_written(&task.spec, &written.map(String::from), &gold).unwrap().metrics
    };
    assert_eq!(score(["the Mark", "mark"]), [(Metric::Wsc, 1.0)]);
    assert_eq!(score(["Pete", "Pete"]), [(Metric::Wsc, 0.0)]);
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
    assert_says(&emotion, &["train.tsv:1: ", "`28` is no emotion; expected 0 to 27"]);
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

#[test]
fn dialogue_states_are_sorted_and_follow_what_was_said() {
    let dialogues = r#"[{"turns": [{"user_utterance": {"text": "hi"}, "dialogue_state": []},
        {"system_utterance": {"text": "when ?"}, "user_utterance": {"text": "at 6"},
         "dialogue_state": [{"slot": "time", "value": "6"}, {"slot": "date", "value": "today"}]}]}]"#;
    let read = train(&[("t2t/sim_m/train.json", dialogues)], "sim_m");
    let expected = [
        ("sim_m dialogue: user: hi", "none"),
        ("sim_m dialogue: user: hi system: when ? user: at 6", "date: today; time: 6"),
    ];
    assert_eq!(read, expected.map(|(i, t)| (i.to_owned(), t.to_owned())));
}

#[test]
fn glue_tasks_are_put_in_t5s_words() {
    let header =
        "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";
    let stsb = format!("{header}0\tg\tf\ty\t0\tn\tn\tA plane.\tAn air plane.\t4.25\n");
    let rte = "index\tsentence1\tsentence2\tlabel\n0\tA man sleeps.\tHe wakes.\tnot_entailment\n";
    let dir = folder(&[
        ("glue/STS-B/train.tsv", stsb.as_str()),
        ("glue/STS-B/dev.tsv", &stsb),
        ("glue/RTE/train.tsv", rte),
        ("glue/RTE/dev.tsv", rte),
        ("glue/CoLA/train.tsv", "gj04\t1\t\tOne.\n"),
        ("glue/CoLA/dev.tsv", "gj04\t0\t*\tTwo the.\n"),
    ]);
    let read = |task: &str| {
        let task = load(&dir, task).unwrap();
        let (input, target) = pairs(&task, Split::Dev)[0];
        (input.to_owned(), target.to_owned())
    };
    let pair = |input: &str, target: &str| (input.to_owned(), target.to_owned());
    assert_eq!(read("stsb"), pair("stsb sentence1: A plane. sentence2: An air plane.", "4.2"));
    assert_eq!(
        read("rte"),
        pair("rte sentence1: A man sleeps. sentence2: He wakes.", "not_entailment")
    );
    assert_eq!(read("cola"), pair("cola sentence: Two the.", "unacceptable"));
    let spec = Registry::new(dir.path()).spec("stsb").unwrap();
    assert_eq!(spec, load(&dir, "stsb").unwrap().spec);
}

#[test]
fn wanted_tasks_are_read_from_the_common_layout() {
    let line = r#"{"input": "summarize: Long.", "target": ["Short.", "Brief."]}"#;
    let dir = folder(&[("exmix/samsum/train.jsonl", line)]);
    let registry = Registry::new(dir.path());
    let presence = |task| registry.presence(&registry.definition(task).unwrap());
    assert_eq!(presence("samsum"), Presence::Trainable);
    assert_eq!(
        presence("gigaword"),
        Presence::Missing { wants: "exmix/gigaword/train.jsonl".into() }
    );
    let task = registry.load("samsum").unwrap();
    assert_eq!(pairs(&task, Split::Train), [("summarize: Long.", "Short.")]);
    assert_eq!(registry.trainable(), ["samsum"]);
}

#[test]
fn data_that_are_not_there_are_named() {
    let dir = folder(&[("t2t/piqa/valid.jsonl", r#"{"goal": "g", "sol1": "a", "sol2": "b"}"#)]);
    write(&dir, "t2t/piqa/dev-labels.lst", b"1\n");
    let registry = Registry::new(dir.path());
    let piqa = registry.definition("piqa").unwrap();
    let wants = "t2t/piqa/train.jsonl".into();
    assert_eq!(registry.presence(&piqa), Presence::EvaluationOnly { wants });
    assert_eq!(
        pairs(&registry.load("piqa").unwrap(), Split::Dev),
        [("piqa goal: g sol1: a sol2: b", "sol2")]
    );
    assert_says(
        &registry.load("snips").unwrap_err().to_string(),
        &["seq.in", "no such file", "task `snips`"],
    );
    assert_says(
        &registry.load("snip").unwrap_err().to_string(),
        &["unknown task `snip`", "did you mean `snips`"],
    );
    let lines: Vec<String> = registry.check().map(|checked| checked.line()).collect();
    assert!(lines.iter().any(|line| {
        line.contains("dev 1 of 1838; to be trained on, it wants t2t/piqa/train.jsonl")
    }));
}

#[test]
fn a_limit_keeps_the_same_examples_of_every_larger_limit() {
    let text: String = (0..50).map(|i| format!("IN: walk {i} OUT: W{i}\n")).collect();
    let dir = folder(&[("t2t/scan/tasks_test_simple.txt", &text)]);
    let kept = |most| {
        let task = Registry::new(dir.path()).with_max_examples(most).load("scan_simple").unwrap();
        task.split(Split::Test).iter().map(|e| e.id.0).collect::<Vec<_>>()
    };
    let (few, many) = (kept(10), kept(20));
    assert_eq!((few.len(), many.len(), kept(99).len()), (10, 20, 50));
    assert!(few.is_sorted() && few.iter().all(|id| many.contains(id)));
    assert!(few.iter().any(|id| *id >= 25), "spread over the split: {few:?}");
}

#[test]
fn definitions_are_complete_and_their_names_differ() {
    let all = definitions();
    let names: BTreeSet<_> = all.iter().map(|d| d.name).collect();
    assert_eq!(names.len(), all.len());
    for definition in &all {
        let name = definition.name;
        assert!(!definition.citation.is_empty() && !definition.folder.is_empty(), "{name}");
        assert!(!definition.metrics.is_empty(), "{name}");
        let TargetKind::Text { stands_for } = definition.kind() else { panic!("{name}") };
        for metric in definition.metrics {
            let texts = metric.compares_texts() || *metric == Metric::Wsc;
            assert_eq!(stands_for.is_none(), texts, "{name}: {metric}");
        }
    }
    let families: BTreeSet<Family> = all.iter().map(|d| d.family.in_exmix()).collect();
    assert!(families.len() >= 8, "{families:?}");
}

#[test]
fn the_chapter_on_tasks_has_the_registrys_own_listing() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tasks.md");
    let chapter = fs::read_to_string(chapter).unwrap();
    let listing = markdown();
    if !chapter.contains(listing.trim_end()) {
        let mut out = std::io::stdout();
        writeln!(out, "{listing}").unwrap();
        panic!("docs/tasks.md has another listing than the registry; put in the one printed above");
    }
}
