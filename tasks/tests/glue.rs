//! Reading of small files in GLUE's layout, sound and not.

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use taskgraft_tasks::{
    Error, ExampleId, Split, Target, TargetKind, Task, Text, glue::Glue, metrics::Metric,
    suite::Suite,
};
use tempfile::{TempDir, tempdir};

const RTE: &str = "index\tsentence1\tsentence2\tlabel\n\
    0\tA man sleeps.\tHe is \"awake.\tnot_entailment\n\
    1\tTwo cats ran.\tCats ran.\tentailment\n";
const STSB: &str = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n\
    0\tg\tf\ty\t0\tn\tn\tA plane.\tAn air plane.\t4.25\n";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempdir().unwrap();
    for (path, contents) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    dir
}

fn load(dir: &TempDir, task: &str) -> Result<Task, Error> {
    Glue::new(dir.path()).load(task)
}

fn message(dir: &TempDir, task: &str) -> String {
    load(dir, task).unwrap_err().to_string()
}

/// The message for RTE with this training file.
fn rte_message(train: &str) -> String {
    message(&folder(&[("RTE/train.tsv", train.as_bytes()), ("RTE/dev.tsv", RTE.as_bytes())]), "rte")
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn rows_become_examples_and_quotes_are_text() {
    let dir = folder(&[("RTE/train.tsv", RTE.as_bytes()), ("RTE/dev.tsv", RTE.as_bytes())]);
    let task = load(&dir, "rte").unwrap();
    assert_eq!(task.splits.keys().copied().collect::<Vec<_>>(), [Split::Train, Split::Dev]);
    let first = &task.split(Split::Train)[0];
    assert_eq!(first.id, ExampleId(0));
    assert_eq!(first.text, Text::Two("A man sleeps.".into(), "He is \"awake.".into()));
    assert_eq!(first.target, Some(Target::Class(1)));
}

#[test]
fn gzip_byte_order_mark_and_carriage_returns_make_no_difference() {
    let windows = format!("\u{feff}{}", RTE.replace('\n', "\r\n"));
    let packed = gzip(windows.as_bytes());
    let dir = folder(&[("RTE/train.tsv.gz", &packed), ("RTE/dev.tsv", RTE.as_bytes())]);
    let task = load(&dir, "rte").unwrap();
    assert_eq!(task.split(Split::Train), task.split(Split::Dev));
    assert_eq!(task.sources[0].bytes, packed.len() as u64);
    assert!(task.sources[0].path.ends_with("RTE/train.tsv.gz"));
}

#[test]
fn sources_carry_the_hash_of_the_file_on_disk() {
    let train = b"gj04\t1\t\tOne sentence.\n";
    let dir = folder(&[("CoLA/train.tsv", train), ("CoLA/dev.tsv", train)]);
    let sources = load(&dir, "cola").unwrap().sources;
    assert_eq!(
        sources[0].sha256,
        "03bcc286dbb4e402fcc131f1644650a7f768bf64ce862f7b00d710c21a2e0b47"
    );
}

#[test]
fn cola_has_a_header_in_its_test_file_only() {
    let dir = folder(&[
        ("CoLA/train.tsv", b"gj04\t1\t\tOne.\ngj04\t0\t*\tTwo."),
        ("CoLA/dev.tsv", b"gj04\t1\t\tOne.\n"),
        ("CoLA/test.tsv", b"index\tsentence\n0\tThree.\n"),
    ]);
    let task = load(&dir, "cola").unwrap();
    assert_eq!(task.split(Split::Train).len(), 2);
    assert_eq!(task.split(Split::Train)[1].target, Some(Target::Class(0)));
    let test = &task.split(Split::Test)[0];
    assert_eq!((&test.text, &test.target), (&Text::One("Three.".into()), &None));
}

#[test]
fn mnli_has_two_development_sets_and_its_own_label_order() {
    let row = |columns: usize, label: &str| {
        let mut row: Vec<String> = (0..columns).map(|i| format!("c{i}")).collect();
        row[columns - 1] = label.into();
        row.join("\t")
    };
    let start = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t\
        sentence1_parse\tsentence2_parse\tsentence1\tsentence2";
    let train = format!("{start}\tlabel1\tgold_label\n{}\n", row(12, "neutral"));
    let labels = "label1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label";
    let dev = |label| format!("{start}\t{labels}\n{}\n", row(16, label));
    let test = format!("{start}\n{}\n", row(10, "c9"));
    let dir = folder(&[
        ("MNLI/train.tsv", train.as_bytes()),
        ("MNLI/dev_matched.tsv", dev("contradiction").as_bytes()),
        ("MNLI/dev_mismatched.tsv", dev("entailment").as_bytes()),
        ("MNLI/test_mismatched.tsv", test.as_bytes()),
    ]);
    let task = load(&dir, "mnli").unwrap();
    let class = |split| task.split(split)[0].target.clone();
    assert_eq!(class(Split::Train), Some(Target::Class(2)));
    assert_eq!(class(Split::Dev), Some(Target::Class(0)));
    assert_eq!(class(Split::DevMismatched), Some(Target::Class(1)));
    assert_eq!(class(Split::TestMismatched), None);
    assert!(task.split(Split::Test).is_empty());
    assert_eq!(task.split(Split::TestMismatched)[0].text, Text::Two("c8".into(), "c9".into()));
}

#[test]
fn the_diagnostic_set_is_a_test_set_without_labels() {
    let dir = folder(&[("diagnostic/diagnostic.tsv", b"index\tsentence1\tsentence2\n0\ta\tb\n")]);
    let task = load(&dir, "diagnostic").unwrap();
    assert_eq!(task.splits.keys().copied().collect::<Vec<_>>(), [Split::Test]);
    assert_eq!(task.split(Split::Test)[0].target, None);
    assert_eq!(task.spec.kind.outputs(), 3);
}

const MSR: &str = "\u{feff}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n\
    1\t10\t11\ta\tb\n0\t12\t13\tc\td\n1\t14\t15\te\tf\n";

#[test]
fn mrpc_takes_the_rows_listed_in_dev_ids_as_its_development_set() {
    let dir = folder(&[
        ("MRPC/msr_paraphrase_train.txt", MSR.as_bytes()),
        ("MRPC/dev_ids.tsv", b"12\t13\n"),
        ("MRPC/msr_paraphrase_test.txt", MSR.as_bytes()),
    ]);
    let task = load(&dir, "mrpc").unwrap();
    let ids = |split| task.split(split).iter().map(|e| e.id.0).collect::<Vec<_>>();
    assert_eq!(ids(Split::Train), [0, 1]);
    assert_eq!(task.split(Split::Train)[1].text, Text::Two("e".into(), "f".into()));
    assert_eq!(ids(Split::Dev), [0]);
    assert_eq!(task.split(Split::Dev)[0].target, Some(Target::Class(0)));
    assert_eq!(task.split(Split::Test).len(), 3);
    assert_eq!(task.sources.len(), 3);
}

#[test]
fn mrpc_dev_ids_that_the_corpus_lacks_are_an_error() {
    let dir = folder(&[
        ("MRPC/msr_paraphrase_train.txt", MSR.as_bytes()),
        ("MRPC/dev_ids.tsv", b"12\t13\n13\t12\n"),
    ]);
    let message = message(&dir, "mrpc");
    assert!(message.contains("dev_ids.tsv:2: expected a pair with ids 13 and 12 in"), "{message}");
}

#[test]
fn missing_files_are_named_with_what_would_also_do() {
    let dir = folder(&[("MRPC/dev_ids.tsv", b"12\t13\n"), ("RTE/train.tsv", RTE.as_bytes())]);
    let mrpc = message(&dir, "mrpc");
    assert!(mrpc.contains("MRPC/train.tsv: no such file, nor `train.tsv.gz`"), "{mrpc}");
    assert!(mrpc.contains("`msr_paraphrase_train.txt` with `dev_ids.tsv`"), "{mrpc}");
    let rte = message(&dir, "rte");
    assert!(rte.contains("RTE/dev.tsv: no such file") && rte.contains("dev split"), "{rte}");
    let cola = message(&dir, "cola");
    assert!(cola.contains("CoLA: no such folder"), "{cola}");
}

#[test]
fn too_few_or_too_many_columns_are_an_error_with_file_and_line() {
    let few = rte_message(&format!("{RTE}2\tOnly one sentence.\tentailment\n"));
    assert!(few.contains("RTE/train.tsv:4: expected 4 tab-separated columns"), "{few}");
    assert!(few.contains("(index, sentence1, sentence2, label); found 3"), "{few}");
    let many = rte_message(&format!("{RTE}2\ta\tb\tentailment\tentailment\n"));
    assert!(many.contains("train.tsv:4:") && many.contains("found 5"), "{many}");
    let blank = rte_message(&format!("{RTE}\n2\ta\tb\tentailment\n"));
    assert!(blank.contains("train.tsv:4:") && blank.contains("found 1"), "{blank}");
}

#[test]
fn all_bad_lines_are_told_at_once() {
    // Questions with a line break, as in QQP's first release, fall into two lines.
    let broken =
        format!("{RTE}2\ta\n\"\tb\tentailment\n3\tc\td\tentailment\n4\te\n\"\tf\tentailment\n");
    let message = rte_message(&broken);
    assert!(message.contains("train.tsv:4: expected 4"), "{message}");
    assert!(message.ends_with("; 3 more lines have problems: 5, 7, 8"), "{message}");
    let labels =
        rte_message(&format!("{RTE}2\ta\tb\tmaybe\n3\ta\tb\tentailment\n4\ta\tb\tperhaps\n"));
    assert!(labels.contains("train.tsv:4: ") && labels.contains("`maybe`"), "{labels}");
    assert!(labels.ends_with("; line 6 has a problem, too"), "{labels}");
    let many = rte_message(&format!("{RTE}{}", "x\n".repeat(1_000)));
    assert!(many.contains("; 999 more lines have problems: 5, 6,") && many.len() < 400, "{many}");
}

#[test]
fn an_unknown_label_is_an_error_that_lists_the_known_ones() {
    let message = rte_message(&RTE.replace("\tentailment", "\tneutral"));
    assert!(
        message.contains(
            "RTE/train.tsv:3: column label: unknown label `neutral`; \
             known labels: entailment, not_entailment"
        ),
        "{message}"
    );
}

#[test]
fn scores_must_be_numbers_within_their_scale() {
    let with = |score| {
        let train = STSB.replace("4.25", score);
        folder(&[("STS-B/train.tsv", train.as_bytes()), ("STS-B/dev.tsv", STSB.as_bytes())])
    };
    let task = load(&with("5"), "stsb").unwrap();
    assert_eq!(task.split(Split::Train)[0].target, Some(Target::Score(5.0)));
    for score in ["5.1", "-0.5", "NaN", "inf"] {
        let message = message(&with(score), "stsb");
        assert!(message.contains("train.tsv:2: column score"), "{message}");
        assert!(message.contains("is outside 0 to 5"), "{message}");
    }
    let message = message(&with("high"), "stsb");
    assert!(message.contains("`high` is not a number; expected a score from 0 to 5"), "{message}");
}

#[test]
fn the_scored_stsb_test_file_may_name_its_sources() {
    let test = "g\tf\ty\t1\t2.5\ta\tb\ng\tf\ty\t2\t0.0\tc\td\tsource one\tsource two\n";
    let files = |test: &str| {
        folder(&[
            ("STS-B/train.tsv", STSB.as_bytes()),
            ("STS-B/dev.tsv", STSB.as_bytes()),
            ("STS-B/sts-test.tsv", test.as_bytes()),
        ])
    };
    let task = load(&files(test), "stsb").unwrap();
    assert_eq!(task.split(Split::Test)[0].target, Some(Target::Score(2.5)));
    assert_eq!(task.split(Split::Test)[1].text, Text::Two("c".into(), "d".into()));
    let message = message(&files(&test.replace("\tsource two", "")), "stsb");
    assert!(message.contains("sts-test.tsv:2: expected 7 tab-separated columns"), "{message}");
    assert!(message.contains("or 9 (also source1, source2); found 8"), "{message}");
}

#[test]
fn a_missing_or_other_header_is_an_error() {
    let missing = rte_message(RTE.split_once('\n').unwrap().1);
    assert!(
        missing.contains(
            "train.tsv:1: expected a header with columns index, sentence1, sentence2, label; found 0, A man"
        ),
        "{missing}"
    );
    let other = rte_message(&RTE.replace("sentence1", "premise"));
    assert!(other.contains("found index, premise, sentence2, label"), "{other}");
}

#[test]
fn files_without_rows_are_an_error() {
    let empty = rte_message("");
    assert!(empty.contains("RTE/train.tsv: empty file; expected rows of columns index"), "{empty}");
    let header_only = rte_message("index\tsentence1\tsentence2\tlabel\n");
    assert!(header_only.contains("RTE/train.tsv: no rows after the header"), "{header_only}");
}

#[test]
fn damaged_gzip_files_are_an_error_that_says_how() {
    let with = |train: &[u8]| {
        message(&folder(&[("RTE/train.tsv.gz", train), ("RTE/dev.tsv", RTE.as_bytes())]), "rte")
    };
    let whole = gzip(RTE.repeat(50).as_bytes());
    let truncated = with(&whole[..whole.len() / 2]);
    assert!(truncated.contains("RTE/train.tsv.gz: gzip data end too early"), "{truncated}");
    assert!(truncated.contains("seems truncated"), "{truncated}");
    let no_checksum = with(&whole[..whole.len() - 4]);
    assert!(no_checksum.contains("seems truncated"), "{no_checksum}");
    let not_gzip = with(RTE.as_bytes());
    assert!(not_gzip.contains("not a sound gzip file"), "{not_gzip}");
}

#[test]
fn text_that_is_not_utf8_is_an_error_at_its_line() {
    let mut train = RTE.as_bytes().to_vec();
    train.extend(b"2\tcaf\xe9\tb\tentailment\n");
    let dir = folder(&[("RTE/train.tsv", &train), ("RTE/dev.tsv", RTE.as_bytes())]);
    let message = message(&dir, "rte");
    assert!(message.contains("RTE/train.tsv:4: not UTF-8; expected UTF-8 text"), "{message}");
}

#[test]
fn an_unknown_task_names_the_nearest_one() {
    let glue = Glue::new("/nowhere");
    for (name, nearest) in [("rtee", "rte"), ("STS-B", "stsb"), ("qli", "qnli")] {
        let expected = format!("unknown task `{name}`; did you mean `{nearest}`?");
        for message in [glue.load(name).unwrap_err(), glue.load_all(&["rte", name]).unwrap_err()] {
            assert!(message.to_string().starts_with(&expected), "{message}");
        }
    }
    let message = glue.load_all(&["rte", "rte"]).unwrap_err().to_string();
    assert_eq!(message, "task `rte` is asked for twice; name it once");
}

#[test]
fn specs_say_labels_and_metrics_without_any_data() {
    let glue = Glue::new(Path::new("/nowhere"));
    let names: Vec<_> = glue.specs().into_iter().map(|spec| spec.name).collect();
    let all = "cola sst2 mrpc stsb qqp mnli qnli rte wnli diagnostic";
    assert_eq!(names.join(" "), all);
    assert_eq!(glue.spec("cola").unwrap().metrics, [Metric::Matthews]);
    assert_eq!(glue.spec("stsb").unwrap().metrics, [Metric::Spearman, Metric::Pearson]);
    assert_eq!(glue.spec("mrpc").unwrap().metrics, [Metric::Accuracy, Metric::F1]);
    assert_eq!(glue.spec("stsb").unwrap().kind, TargetKind::Score { min: 0.0, max: 5.0 });
    let symmetric = glue.specs().into_iter().filter(|spec| spec.symmetric);
    assert_eq!(symmetric.map(|spec| spec.name).collect::<Vec<_>>(), ["mrpc", "stsb"]);
}

#[test]
fn swapped_pairs_have_ids_beyond_those_of_the_rows() {
    let dir = folder(&[
        ("MRPC/train.tsv", MSR.as_bytes()),
        ("MRPC/dev.tsv", MSR.as_bytes()),
        ("RTE/train.tsv", RTE.as_bytes()),
        ("RTE/dev.tsv", RTE.as_bytes()),
    ]);
    let mut mrpc = load(&dir, "mrpc").unwrap();
    let swapped = mrpc.swapped_pairs().unwrap();
    assert_eq!(swapped.iter().map(|e| e.id.0).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(swapped[1].text, Text::Two("d".into(), "c".into()));
    assert_eq!(swapped[1].target, Some(Target::Class(0)));
    assert!(load(&dir, "rte").unwrap().swapped_pairs().unwrap().is_empty());

    mrpc.splits.get_mut(&Split::Train).unwrap().remove(0);
    let message = mrpc.swapped_pairs().unwrap_err().to_string();
    assert!(message.contains("example 2 of 2 rows"), "{message}");
}
