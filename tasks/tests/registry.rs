//! What the registry's definitions make of small files, and what it says of itself.

mod registry_support;

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use registry_support::{assert_says, folder, load, pairs, train, write};
use taskgraft_tasks::{
    Family, Split, TargetKind,
    metrics::Metric,
    registry::{Presence, Registry, definitions, markdown},
    suite::Suite,
    written::score_written,
};

#[test]
fn multirc_answers_to_one_question_are_a_group() {
    let passage = r#"{"idx": 0, "passage": {"text": "<b>Sent 1: </b>He ran.<br><b>Sent 2: </b>3 < 5.", "questions": [
        {"question": "<b>Who?</b>", "idx": 7, "answers": [{"text": "He", "label": 1}, {"text": "It", "label": 0}]}]}}"#;
    let line = passage.replace('\n', "");
    let task = load(&folder(&[("superglue/MultiRC/train.jsonl", &line)]), "multirc").unwrap();
    let expected = [
        ("multirc question: Who? answer: He paragraph: Sent 1: He ran. Sent 2: 3 < 5.", "True"),
        ("multirc question: Who? answer: It paragraph: Sent 1: He ran. Sent 2: 3 < 5.", "False"),
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
    let input = "record query: @placeholder left. entities: Ann, Bo passage: Ann met Bo. Bo left.";
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
    assert_eq!(score(["", "the"]), [(Metric::Wsc, 0.0)], "nothing judges nothing");
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
