//! Published data sets by tables of a file of tasks, where they are: `TASKGRAFT_DATA`, or `../shared/data` beside the
//! workspace. Without them this test prints that it is skipped.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{
    Split,
    declared::{Declared, check, draft},
    glue::Glue,
    suite::Suite,
};

use super::folder;

const TASKS: &str = r#"
[tweet_emotion]
train = { text = "DATA/t2t/tweet_emotion/train_text.txt", label = "DATA/t2t/tweet_emotion/train_labels.txt" }
dev = { text = "DATA/t2t/tweet_emotion/val_text.txt", label = "DATA/t2t/tweet_emotion/val_labels.txt" }
test = { text = "DATA/t2t/tweet_emotion/test_text.txt", label = "DATA/t2t/tweet_emotion/test_labels.txt" }
text = "{text}"
label = "label"
names = { 0 = "anger", 1 = "joy", 2 = "optimism", 3 = "sadness" }

[slots]
train = { words = "DATA/t2t/snips/train/seq.in", tags = "DATA/t2t/snips/train/seq.out" }
dev = { words = "DATA/t2t/snips/valid/seq.in", tags = "DATA/t2t/snips/valid/seq.out" }
test = { words = "DATA/t2t/snips/test/seq.in", tags = "DATA/t2t/snips/test/seq.out" }
words = "words"
tags = "tags"

[rte]
train = "DATA/glue/RTE/train.tsv"
dev = "DATA/glue/RTE/dev.tsv"
test = "DATA/glue/RTE/test.tsv"
text = "{sentence1}"
pair = "{sentence2}"
label = "label"

[banking77]
train = "DATA/t2t/banking77/train.csv"
dev = { hold_out = 0.1 }
test = "DATA/t2t/banking77/test.csv"
text = "{text}"
label = "category"

[e2e]
train = "DATA/t2t/e2e_nlg/devset.csv"
dev = { hold_out = 0.1 }
test = "DATA/t2t/e2e_nlg/testset_w_refs.csv"
input = "describe: {mr}"
answer = "{ref}"
metrics = ["bleu"]

[conll2000]
format = "conll"
train = "DATA/tagging/conll2000/train.txt"
dev = { hold_out = 0.1 }
test = "DATA/tagging/conll2000/test.txt"
words = "0"
tags = "2"
"#;

#[test]
fn published_sets_are_read_whole() {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if !data.join("t2t").is_dir() || !data.join("glue").is_dir() {
        println!("skipped: no data sets in {}; set TASKGRAFT_DATA", data.display());
        return;
    }
    let tasks = TASKS.replace("DATA", &data.to_string_lossy());
    let dir = folder(&[("own.toml", tasks.as_bytes())]);
    let file = dir.path().join("own.toml");
    for checked in check(&file).unwrap() {
        println!("{checked}");
        assert!(checked.outcome.is_ok(), "{checked}");
    }
    let declared = Declared::read(&file).unwrap();
    // Rows as the published files have them.
    for (task, train_and_dev, test) in [
        ("tweet_emotion", 3_257 + 374, 1_421),
        ("slots", 13_084 + 700, 700),
        ("rte", 2_490 + 277, 3_000),
        ("banking77", 10_003, 3_080),
        ("e2e", 4_672, 4_693),
        ("conll2000", 8_936, 2_012),
    ] {
        let task = declared.load(task).unwrap();
        let [train, dev, tested] =
            [Split::Train, Split::Dev, Split::Test].map(|s| task.split(s).len());
        assert_eq!((train + dev, tested), (train_and_dev, test), "{}", task.spec.name);
    }
    let own = declared.load("rte").unwrap();
    let glue = Glue::new(data.join("glue")).load("rte").unwrap();
    assert_eq!(own.splits, glue.splits);
    assert_eq!(own.spec.kind, glue.spec.kind);

    for set in ["t2t/banking77/train.csv", "t2t/e2e_nlg/devset.csv", "glue/RTE/train.tsv"] {
        let text = draft(&data.join(set)).unwrap();
        println!("{text}");
        let file = dir.path().join("draft.toml");
        std::fs::write(&file, &text).unwrap();
        let drafted = Declared::read(&file).unwrap_or_else(|error| panic!("{error}\n{text}"));
        drafted.load(&drafted.specs()[0].name).unwrap();
    }
}
