//! Is a text good or bad news about what it judges? Tasks beside GLUE's SST-2.

use super::steps::{label_of_file, parted, rename};
use crate::{
    Family::Sentiment,
    Split,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Folder, Json, Lines, Tsv},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![sst5(), imdb(), movie_reviews(), sentence_polarity(), yelp_review()]
}

const NEG_POS: &[(&str, &str)] = &[("neg", "negative"), ("pos", "positive")];

/// Sentences of film reviews, in five grades. Lines are `__label__3<tab>text`.
fn sst5() -> Definition {
    define("sst5", Sentiment)
        .cite("Socher et al., 2013")
        .folder("t2t/sst5")
        .train("sst_train.txt", Lines("line"), 8_544)
        .dev("sst_dev.txt", Lines("line"), 1_101)
        .test("sst_test.txt", Lines("line"), 2_210)
        .step(label_before_tab)
        .keys(&["sentence"])
        .labels(
            "label",
            &[
                ("1", "very negative"),
                ("2", "negative"),
                ("3", "neutral"),
                ("4", "positive"),
                ("5", "very positive"),
            ],
        )
        .scored_by(&[Metric::Accuracy])
}

fn label_before_tab(record: Record) -> Result<Vec<Record>, Problem> {
    let line = record.text("line")?.into_owned();
    let (label, sentence) = parted(&line, "\t")?;
    let (_, label) = parted(label, "__label__")?;
    Ok(vec![record.with("label", label).with("sentence", sentence)])
}

/// Reviews of films, of one or more paragraphs: samples of the published 25,000 and 25,000.
fn imdb() -> Definition {
    define("imdb", Sentiment)
        .cite("Maas et al., 2011")
        .folder("t2t/imdb")
        .train("train.tsv", Tsv(&["text", "label"]), 25_000)
        .train("train_subsample_10pct/dev.tsv", Tsv(&["text", "label"]), 2_500)
        .dev("dev.json", Json, 1_000)
        .test("test.json", Json, 1_000)
        .step(|record| Ok(vec![rename(record, "ori", "text")]))
        .keys(&["text"])
        .labels("label", &[("0", "negative"), ("1", "positive")])
        .scored_by(&[Metric::Accuracy])
}

/// Whole reviews, one a file, in folders `neg` and `pos`. Published without splits.
fn movie_reviews() -> Definition {
    define("movie_reviews", Sentiment)
        .cite("Pang and Lee, 2004, arXiv:cs/0409058")
        .folder("t2t/movie_reviews")
        .train("movie_reviews", Folder { extension: "txt" }, 2_000)
        .hold_out(Split::Dev, 10)
        .step(|record| label_of_file(record, &["neg", "pos"]))
        .keys(&["text"])
        .labels("label", NEG_POS)
        .scored_by(&[Metric::Accuracy])
}

/// Sentences of reviews, one a line, in a file for each label. Published without splits.
fn sentence_polarity() -> Definition {
    define("sentence_polarity", Sentiment)
        .cite("Pang and Lee, 2005, arXiv:cs/0506075")
        .folder("t2t/sentence_polarity")
        .train("rt-polarity.*", Lines("sentence"), 10_662)
        .hold_out(Split::Dev, 10)
        .step(|record| label_of_file(record, &["neg", "pos"]))
        .keys(&["sentence"])
        .labels("label", NEG_POS)
        .scored_by(&[Metric::Accuracy])
}

/// How many stars go with a review? Samples of the published 50,000 test reviews and of the training reviews.
fn yelp_review() -> Definition {
    define("yelp_review", Sentiment)
        .cite("Zhang et al., 2015, arXiv:1509.01626")
        .folder("t2t/yelp_review")
        .train("train.json", Json, 650_000)
        .dev("dev.json", Json, 0)
        .test("test.json", Json, 50_000)
        .step(|record| Ok(vec![rename(record, "ori", "text")]))
        .keys(&["text"])
        .labels(
            "label",
            &[
                ("0", "1 star"),
                ("1", "2 stars"),
                ("2", "3 stars"),
                ("3", "4 stars"),
                ("4", "5 stars"),
            ],
        )
        .scored_by(&[Metric::Accuracy])
}
