//! Readers of data sets: GLUE, TARTAN with its texts, and every definition and format of the registry.

use proptest::prelude::*;
use taskgraft_tasks::{
    Result, Split, Task, TextCorpus,
    corpus::Corpora,
    glue::Glue,
    registry::{Presence, Registry, definitions},
    suite::Suite,
    tartan::Tartan,
};

use super::{
    damage::{cases, damaged, made_up, reads},
    folder, gzip,
};

const RTE: &str = "index\tsentence1\tsentence2\tlabel\n0\tA man sleeps.\tHe wakes.\tnot_entailment\n\
    1\tTwo cats ran.\tCats ran.\tentailment\n2\tSo it is.\tIs it?\tentailment\n";
const STSB: &str = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n\
    0\tg\tf\ty\t0\tn\tn\tA plane.\tAn air plane.\t4.25\n1\tg\tf\ty\t1\tn\tn\tA dog.\tA cat.\t0\n";
const TARTAN: &str = "{\"text\": \"We use [[ it ]].\", \"label\": \"Uses\", \"metadata\": {\"n\": 1}}\n\
    {\"label\": \"Background\", \"id\": 7, \"text\": \"It \\u00e9 is known.\"}\n";

const PIECES: &[&str] = &[
    "\n",
    "\t",
    ",",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    "a",
    "0",
    "1",
    "entailment",
    "index\tsentence1\tsentence2\tlabel\n",
    "\"text\":",
    "\"label\":",
    "\"question\":",
    "\"passage\":",
    "\"input\":\"a\",",
    "\"target\":[\"b\"],",
    "\"idx\":0,",
    "{\"text\": \"a\", \"label\": \"Uses\"}\n",
    "text,category\n",
    "<entry>",
    "</entry>",
    "<lex lid='1'>",
    "&amp;",
    "<!DOCTYPE a [<!ENTITY b \"cc\">]>",
    "&b;",
    "IN: walk OUT: W\n",
    "\r\n",
    "# ",
    "\\u0041",
    "\\",
];

/// All examples and sources of a task; what it takes to look at them belongs to the reading.
pub(super) fn look(task: Task) -> usize {
    let [train, dev, test] = [Split::Train, Split::Dev, Split::Test].map(|s| task.split(s).len());
    train + dev + test + task.sources.len()
}

fn glue(task: &str, train: &[u8], compressed: bool) -> Result<usize> {
    let (name, dev) = match task {
        "rte" => ("RTE", RTE),
        _ => ("STS-B", STSB),
    };
    let train = if compressed { gzip(train) } else { train.to_vec() };
    let file = format!("{name}/train.tsv{}", if compressed { ".gz" } else { "" });
    let dir = folder(&[(&file, &train), (&format!("{name}/dev.tsv"), dev.as_bytes())]);
    Glue::new(dir.path()).load(task).map(look)
}

fn tartan(train: &[u8]) -> Result<usize> {
    let dir = folder(&[
        ("citation_intent/train.jsonl", train),
        ("citation_intent/dev.jsonl", TARTAN.as_bytes()),
    ]);
    let suite = Tartan::new(dir.path());
    let own = suite.corpus("citation_intent", "task").map(|text| text.lines.len())?;
    Ok(own + suite.load("citation_intent").map(look)?)
}

fn corpus(text: &[u8], compressed: bool) -> Result<usize> {
    let text = if compressed { gzip(text) } else { text.to_vec() };
    let file = if compressed { "text.txt.gz" } else { "text.txt" };
    let dir = folder(&[(file, &text)]);
    TextCorpus::read("text", dir.path().join("text.txt")).map(|corpus| corpus.lines.len())
}

/// A task with this training file, and sound ones beside it where it needs some.
fn registry(task: &str, file: &str, contents: &[u8]) -> Result<usize> {
    let (_, _, beside) =
        SOUND.iter().find(|(name, (f, _), _)| (*name, *f) == (task, file)).unwrap_or(&NO_OTHERS);
    let mut files: Vec<(&str, &[u8])> = beside.iter().map(|(f, c)| (*f, c.as_bytes())).collect();
    files.push((file, contents));
    Registry::new(folder(&files).path()).load(task).map(look)
}

type Sound = (&'static str, (&'static str, &'static str), &'static [(&'static str, &'static str)]);

const NO_OTHERS: Sound = ("", ("", ""), &[]);

/// Tasks with a sound file: every format, and every step that calculates with what a file says.
const SOUND: &[Sound] = &[
    (
        "boolq",
        (
            "superglue/BoolQ/train.jsonl",
            "{\"question\": \"q\", \"passage\": \"p\", \"label\": true}\n\
        {\"question\": \"r\", \"passage\": \"p\", \"label\": false}\n",
        ),
        &[],
    ),
    (
        "record",
        (
            "superglue/ReCoRD/train.jsonl",
            "{\"passage\": {\"text\": \"Ann met Bo.\\n@highlight\\nBo left.\", \
        \"entities\": [{\"start\": 0, \"end\": 2}, {\"start\": 8, \"end\": 9}]}, \"qas\": [{\"query\": \
        \"@placeholder left.\", \"idx\": 3, \"answers\": [{\"text\": \"Bo\"}, {\"text\": \"Bob\"}]}]}\n",
        ),
        &[],
    ),
    (
        "wsc",
        (
            "superglue/WSC/train.jsonl",
            "{\"text\": \"Mark told Pete. He left.\", \"label\": true, \"target\": \
        {\"span1_text\": \"Mark\", \"span2_index\": 3, \"span2_text\": \"He\"}}\n",
        ),
        &[],
    ),
    (
        "multirc",
        (
            "superglue/MultiRC/train.jsonl",
            "{\"idx\": 0, \"passage\": {\"text\": \"<b>Sent 1: </b>He ran.\", \
        \"questions\": [{\"question\": \"Who?\", \"idx\": 7, \"answers\": [{\"text\": \"He\", \"label\": 1}]}]}}\n",
        ),
        &[],
    ),
    (
        "gap",
        (
            "t2t/gap/gap-development.tsv",
            "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\t\
        B-coref\tURL\nt-1\tAnn é met Bo and she left.\tshe\t17\tAnn\t0\tTRUE\tBo\t10\tFALSE\tu\n",
        ),
        &[],
    ),
    (
        "dream",
        (
            "t2t/dream/train.json",
            "[[[\"M: Hi.\", \"W: Hello.\"], [{\"question\": \"Who?\", \"choice\": [\"A man.\", \
        \"A cat.\", \"No one.\"], \"answer\": \"A man.\"}], \"1-2\"]]",
        ),
        &[],
    ),
    (
        "strategy_qa",
        ("t2t/strategy_qa/train.json", "[{\"question\": \"Is it?\", \"answer\": true}]"),
        &[],
    ),
    (
        "web_questions",
        (
            "t2t/web_questions/trainmodel.json",
            "[{\"qText\": \"who?\", \"answers\": [\"A\", \"B\"]},\n\
        {\"qText\": \"what?\", \"answers\": [\"C\"]}]",
        ),
        &[],
    ),
    (
        "clinc150",
        (
            "t2t/clinc150/data_full.json",
            "{\"val\": [[\"b\", \"y\"]], \"oos\": [], \"train\": [[\"how much\", \
        \"my_balance\"]], \"test\": [[\"c\", \"z\"]]}",
        ),
        &[],
    ),
    (
        "sgd",
        (
            "t2t/sgd/train/dialogues_001.json",
            "[{\"turns\": [{\"speaker\": \"USER\", \"utterance\": \"hi\", \"frames\": \
        [{\"service\": \"s\", \"state\": {\"active_intent\": \"Find\", \"slot_values\": {\"a\": [\"b\"]}}}]}]}]",
        ),
        &[],
    ),
    (
        "rnnlg_tv",
        (
            "t2t/rnnlg/tv/train.json",
            "####\n# by no one #\n[[\"inform(a=1)\", \"It is 1.\", \"one\"]]",
        ),
        &[],
    ),
    (
        "conjnli",
        (
            "t2t/conjnli/adversarial_train_15k.tsv",
            "Premise\tHypothesis\tLabel\nA \"b\"\t\tentailment\n",
        ),
        &[],
    ),
    ("goemotions", ("t2t/goemotions/train.tsv", "It hurts.\t3,25\tid1\nOh.\t27\tid2\n"), &[]),
    (
        "banking77",
        (
            "t2t/banking77/train.csv",
            "text,category\r\n\"Where, then?\nHere?\",card_arrival\r\nb,c\r\n",
        ),
        &[],
    ),
    ("dbpedia", ("t2t/dbpedia/train.csv", "0,\"A \"\"firm\"\"\"\n13,A book\n"), &[]),
    (
        "dart",
        (
            "t2t/dart/dart-v1.1.1-full-train.xml",
            "<?xml version=\"1.0\"?><b><entries><entry category=\"x\" eid=\"1\">\
        <modifiedtripleset><mtriple>a | b | c</mtriple></modifiedtripleset><lex lid=\"1\">A b.</lex></entry>\n\
        <entry><modifiedtripleset><mtriple>d</mtriple></modifiedtripleset><lex><text>D.</text></lex></entry></entries></b>",
        ),
        &[],
    ),
    (
        "snips",
        ("t2t/snips/train/seq.in", "play some jazz \nstop\n"),
        &[
            ("t2t/snips/train/seq.out", "O B-genre I-genre \nO\n"),
            ("t2t/snips/train/label", "PlayMusic\nStop\n"),
        ],
    ),
    (
        "snips",
        ("t2t/snips/train/seq.out", "O B-genre I-genre \nO\n"),
        &[
            ("t2t/snips/train/seq.in", "play some jazz \nstop\n"),
            ("t2t/snips/train/label", "PlayMusic\nStop\n"),
        ],
    ),
    (
        "gsm8k",
        ("t2t/gsm8k/train.jsonl", "{\"question\": \"1+1?\", \"answer\": \"So.\\n#### 2\"}\n"),
        &[],
    ),
    (
        "scan_simple",
        ("t2t/scan/tasks_train_simple.txt", "IN: walk OUT: WALK\nIN: run OUT: RUN\n"),
        &[],
    ),
    (
        "sim_m",
        (
            "t2t/sim_m/train.json",
            "[{\"turns\": [{\"user_utterance\": {\"text\": \"hi\"}, \"dialogue_state\": \
        [{\"slot\": \"time\", \"value\": \"6\"}]}]}]",
        ),
        &[],
    ),
    (
        "cos_e",
        (
            "t2t/cos_e/cose_train_v1.11.jsonl",
            "{\"id\": \"1\", \"explanation\": {\"open-ended\": \"so\"}}\n",
        ),
        &[(
            "t2t/commonsense_qa/train.jsonl",
            "{\"id\": \"1\", \"answerKey\": \"A\", \"question\": {\"stem\": \"s\", \
        \"choices\": [{\"label\": \"A\", \"text\": \"t\"}]}}\n",
        )],
    ),
    ("sst5", ("t2t/sst5/sst_train.txt", "__label__3\tIt is good.\n"), &[]),
];

/// A tar archive of one e-mail.
fn archive() -> Vec<u8> {
    let text = b"From me.\n@subject\nHello\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "train/one.subject", &text[..]).unwrap();
    builder.into_inner().unwrap()
}

fn emails(archive: &[u8], compressed: bool) -> Result<usize> {
    let archive = if compressed { gzip(archive) } else { archive.to_vec() };
    let file = if compressed { "t2t/aeslc/train.tar.gz" } else { "t2t/aeslc/train.tar" };
    Registry::new(folder(&[(file, &archive)]).path()).load("aeslc").map(look)
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn damaged_tables_of_glue(rte in damaged(RTE), stsb in damaged(STSB), compressed: bool) {
        reads("train.tsv", || glue("rte", &rte, compressed))?;
        reads("train.tsv", || glue("stsb", &stsb, compressed))?;
    }

    #[test]
    fn made_up_tables_of_glue(bytes in made_up(PIECES)) {
        reads("train.tsv", || glue("rte", &bytes, false))?;
        reads("train.tsv", || glue("stsb", &[STSB.as_bytes(), &bytes].concat(), true))?;
    }

    #[test]
    fn damaged_gzip(packed in damaged(gzip(RTE.as_bytes()))) {
        let dir = folder(&[("RTE/train.tsv.gz", &packed), ("RTE/dev.tsv", RTE.as_bytes())]);
        reads("train.tsv.gz", || Glue::new(dir.path()).load("rte").map(look))?;
    }

    #[test]
    fn lines_and_texts_of_tartan(sound in damaged(TARTAN), other in made_up(PIECES), compressed: bool) {
        reads("train.jsonl", || tartan(&sound))?;
        reads("train.jsonl", || tartan(&other))?;
        reads("text.txt", || corpus(&other, compressed))?;
    }

    #[test]
    fn damaged_archives(bytes in damaged(archive()), packed in damaged(gzip(&archive()))) {
        reads("train.tar", || emails(&bytes, false))?;
        reads("train.tar.gz", || emails(&bytes, true))?;
        let dir = folder(&[("t2t/aeslc/train.tar.gz", &packed)]);
        reads("train.tar.gz", || Registry::new(dir.path()).load("aeslc").map(look))?;
    }
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn damaged_files_of_every_format(all in SOUND.iter().map(|(_, (_, text), _)| damaged(*text)).collect::<Vec<_>>()) {
        for ((task, (file, _), _), contents) in SOUND.iter().zip(all) {
            // What is beside a file may be what is found to be wrong.
            let part = file.split('/').nth(1).unwrap();
            reads(part, || registry(task, file, &contents))?;
        }
    }

    #[test]
    fn made_up_files_of_every_definition(bytes in made_up(PIECES)) {
        for definition in definitions() {
            let dir = tempfile::tempdir().unwrap();
            let all = Registry::new(dir.path());
            let Presence::Missing { wants } = all.presence(&definition) else { continue };
            let file = wants.replace('*', "x");
            super::write(dir.path(), &file, &bytes);
            reads(dir.path().to_str().unwrap(), || all.load(definition.name).map(look))?;
        }
    }
}

#[test]
fn the_sound_files_are_sound() {
    for (task, (file, contents), _) in SOUND {
        assert!(registry(task, file, contents.as_bytes()).unwrap() > 0, "{task}");
    }
    assert!(emails(&archive(), true).unwrap() > 0);
}
