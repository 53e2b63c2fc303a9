//! Texts from data, concepts or other texts: what is to be said is given, how is not.

use std::borrow::Cow;

use super::{
    commonsense::{COMVE, choices_in_words},
    steps::distinct,
};
use crate::{
    Family::Generation,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Csv, Json, JsonLines, Lines, Xml, XmlFolder},
        record::{Problem, Record, text_of},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![
        common_gen(),
        webnlg(),
        dart(),
        e2e_nlg(),
        rnnlg("rnnlg_restaurant", "t2t/rnnlg/restaurant", [3_114, 1_039, 1_039]),
        rnnlg("rnnlg_hotel", "t2t/rnnlg/hotel", [3_223, 1_075, 1_075]),
        rnnlg("rnnlg_tv", "t2t/rnnlg/tv", [4_221, 1_407, 1_407]),
        rnnlg("rnnlg_laptop", "t2t/rnnlg/laptop", [7_944, 2_649, 2_649]),
        cos_e(),
        comve_explain(),
        disfl_qa(),
    ]
}

const BLEU_AND_ROUGE: &[Metric] = &[Metric::Bleu, Metric::RougeL];

/// A sentence with these words. Sets of words come once for each sentence.
fn common_gen() -> Definition {
    define("common_gen", Generation)
        .cite("Lin et al., 2020, arXiv:1911.03705")
        .folder("t2t/common_gen")
        .train("commongen.train.src_alpha.txt", Lines("concepts"), 39_069)
        .beside("sentence", "commongen.train.tgt.txt")
        .dev("commongen.dev.src_alpha.txt", Lines("concepts"), 993)
        .beside("sentence", "commongen.dev.tgt.txt")
        .test("commongen.test.src_alpha.txt", Lines("concepts"), 1_497)
        .beside("sentence", "commongen.test.tgt.txt")
        .references_follow_each_other()
        .keys(&["concepts"])
        .answer("sentence")
        .scored_by(BLEU_AND_ROUGE)
}

/// What triples of subject, property and object say.
fn webnlg() -> Definition {
    define("webnlg", Generation)
        .cite("Gardent et al., 2017")
        .folder("t2t/webnlg")
        .train("train", XmlFolder("entry"), 18_102)
        .dev("dev", XmlFolder("entry"), 870)
        .test("test", XmlFolder("entry"), 1_862)
        .step(triples_and_texts)
        .keys(&["triples"])
        .answers("texts")
        .scored_by(BLEU_AND_ROUGE)
}

/// What rows of tables say, as triples.
fn dart() -> Definition {
    define("dart", Generation)
        .cite("Nan et al., 2021, arXiv:2007.02871")
        .folder("t2t/dart")
        .train("dart-v1.1.1-full-train.xml", Xml("entry"), 62_659)
        .dev("dart-v1.1.1-full-dev.xml", Xml("entry"), 2_768)
        .test("dart-v1.1.1-full-test.xml", Xml("entry"), 5_097)
        .step(triples_and_texts)
        .keys(&["triples"])
        .answers("texts")
        .scored_by(BLEU_AND_ROUGE)
}

/// An entry has triples, and texts either beside attributes or in an element of their own. A few published
/// texts are empty: they say nothing and are no answers, and an entry with no other (two of WebNLG's development data)
/// asks for nothing and is no example.
fn triples_and_texts(record: Record) -> Result<Vec<Record>, Problem> {
    let mut triples = Vec::new();
    for set in record.nested("modifiedtripleset")? {
        triples.extend(set.texts("mtriple")?);
    }
    let mut texts = Vec::new();
    for lexicalization in record.list("lex")? {
        let text = match lexicalization.get("text").and_then(|text| text.get(0).or(Some(text))) {
            Some(text) => text_of(text),
            None => text_of(lexicalization),
        };
        texts.extend(text.map(Cow::into_owned).filter(|text| !text.is_empty()));
    }
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let triples = triples.join(" ; ").replace('_', " ");
    Ok(vec![record.with("triples", triples).with("texts", texts)])
}

/// What a list of a restaurant's properties says.
fn e2e_nlg() -> Definition {
    const COLUMNS: &[&str] = &["mr", "ref"];
    define("e2e_nlg", Generation)
        .cite("Novikova et al., 2017, arXiv:1706.09254")
        .folder("t2t/e2e_nlg")
        .train("trainset.csv", Csv(COLUMNS), 42_061)
        .dev("devset.csv", Csv(COLUMNS), 547)
        .test("testset_w_refs.csv", Csv(COLUMNS), 630)
        .references_follow_each_other()
        .key("meaning", "mr")
        .answer("ref")
        .scored_by(BLEU_AND_ROUGE)
}

/// What an assistant says for an act of dialogue. Records are lists: act, sentence, what a baseline says.
fn rnnlg(name: &'static str, folder: &'static str, [train, dev, test]: [usize; 3]) -> Definition {
    define(name, Generation)
        .cite("Wen et al., 2016, arXiv:1603.01232")
        .folder(folder)
        .train("train.json", Json, train)
        .dev("valid.json", Json, dev)
        .test("test.json", Json, test)
        .key("act", "0")
        .answer("1")
        .scored_by(BLEU_AND_ROUGE)
}

/// Why is this the answer? Questions and choices are those of CommonsenseQA.
fn cos_e() -> Definition {
    define("cos_e", Generation)
        .cite("Rajani et al., 2019, arXiv:1906.02361")
        .folder("t2t/cos_e")
        .train("cose_train_v1.11.jsonl", JsonLines, 9_741)
        .joined("id", "t2t/commonsense_qa/train.jsonl")
        .dev("cose_dev_v1.11.jsonl", JsonLines, 1_221)
        .joined("id", "t2t/commonsense_qa/valid.jsonl")
        .step(choices_in_words)
        .key("answer", "answerKey")
        .key("choices", "choices")
        .key("question", "question.stem")
        .answer("explanation.open-ended")
        .scored_by(&[Metric::RougeL, Metric::Bleu])
}

/// Why is a statement against common sense? Three reasons are accepted.
fn comve_explain() -> Definition {
    define("comve_explain", Generation)
        .cite("Wang et al., 2020, arXiv:2007.00236")
        .folder("t2t/comve")
        .train("train.csv", Csv(COMVE), 10_000)
        .dev("dev.csv", Csv(COMVE), 1_000)
        .test("test.csv", Csv(COMVE), 1_000)
        .step(three_reasons)
        .key("statement", "Incorrect Statement")
        .answer("reasons")
        .scored_by(BLEU_AND_ROUGE)
}

fn three_reasons(record: Record) -> Result<Vec<Record>, Problem> {
    let reasons = ["Right Reason1", "Right Reason2", "Right Reason3"];
    let reasons = reasons.iter().map(|field| Ok(record.text(field)?.into_owned()));
    let reasons = distinct(reasons.collect::<Result<Vec<_>, Problem>>()?);
    Ok(vec![record.with("reasons", reasons)])
}

/// What did someone mean to ask, who corrected themselves?
fn disfl_qa() -> Definition {
    define("disfl_qa", Generation)
        .cite("Gupta et al., 2021, arXiv:2106.04016")
        .folder("t2t/disfl_qa")
        .train("train.json", Json, 7_182)
        .dev("dev.json", Json, 1_000)
        .test("test.json", Json, 3_643)
        .key("question", "disfluent")
        .answer("original")
        .scored_by(&[Metric::ExactMatch, Metric::RougeL])
}
