//! Tasks that are in ExMix, or said to be, and that have no definition of their own: data that could not be had.
//!
//! ExMix has 107 tasks. Those here are the ones that the paper's study of families names, that others confirm, or that
//! are likely (benchmarks of which other parts are known to be in it); the full list was not to be had either. All
//! are wanted in one layout: `exmix/NAME/train.jsonl`, and `dev.jsonl` and `test.jsonl` beside it, plain or gzip, each
//! line an object with the strings `input` and `target` (or a list of targets, all of which are accepted). Put there,
//! a task is like any other.

use crate::{
    Family::{
        self, Arithmetic, Classification, ClosedBook, Commonsense, Dialogue, Entailment,
        Generation, Paraphrase, ReadingComprehension, SemanticParsing, Summarization,
    },
    metrics::Metric::{self, Bleu, ExactMatch, Rouge1, Rouge2, RougeL, SquadEm, SquadF1},
    registry::{Definition, definition::define, format::Format::JsonLines},
};

/// Name, family, who made it, how many training examples it has (0: not known), metrics.
macro_rules! wanted {
    ($($name:literal, $family:expr, $citation:literal, $train:literal, $metrics:expr;)*) => {
        vec![$(in_common_layout($name, $family, $citation, concat!("exmix/", $name), $train, $metrics)),*]
    };
}

const ROUGE: &[Metric] = &[RougeL, Rouge1, Rouge2];
const BLEU: &[Metric] = &[Bleu, RougeL];
const SQUAD: &[Metric] = &[SquadF1, SquadEm];

#[rustfmt::skip]
pub(super) fn all() -> Vec<Definition> {
    wanted![
        "cnn_dailymail", Summarization, "See et al., 2017, arXiv:1704.04368", 287_227, ROUGE;
        "wiki_lingua", Summarization, "Ladhak et al., 2020, arXiv:2010.03093", 99_020, ROUGE;
        "samsum", Summarization, "Gliwa et al., 2019, arXiv:1911.12237", 14_732, ROUGE;
        "gigaword", Summarization, "Rush et al., 2015, arXiv:1509.00685", 3_803_957, ROUGE;
        "newsroom", Summarization, "Grusky et al., 2018, arXiv:1804.11283", 995_041, ROUGE;
        "wikihow", Summarization, "Koupaee and Wang, 2018, arXiv:1810.09305", 157_252, ROUGE;
        "billsum", Summarization, "Kornilova and Eidelman, 2019, arXiv:1910.00523", 0, ROUGE;
        "reddit_tifu", Summarization, "Kim et al., 2019, arXiv:1811.00783", 0, ROUGE;
        "wizard_of_wikipedia", Dialogue, "Dinan et al., 2019, arXiv:1811.01241", 148_357, BLEU;
        "dialoglue_top", Dialogue, "Gupta et al., 2018, arXiv:1810.07942", 0, &[ExactMatch];
        "personachat", Dialogue, "Zhang et al., 2018, arXiv:1801.07243", 0, BLEU;
        "circa", Dialogue, "Louis et al., 2020, arXiv:2010.03450", 0, &[ExactMatch];
        "abductive_nli", Entailment, "Bhagavatula et al., 2020, arXiv:1908.05739", 0, &[ExactMatch];
        "doc_nli", Entailment, "Yin et al., 2021, arXiv:2106.09449", 0, &[ExactMatch];
        "fever", Entailment, "Thorne et al., 2018, arXiv:1803.05355", 0, &[ExactMatch];
        "vitamin_c", Entailment, "Schuster et al., 2021, arXiv:2103.08541", 0, &[ExactMatch];
        "paws", Paraphrase, "Zhang et al., 2019, arXiv:1904.01130", 0, &[ExactMatch];
        "civil_comments", Classification, "Borkan et al., 2019, arXiv:1903.04561", 0, &[ExactMatch];
        "trec", Classification, "Li and Roth, 2002", 0, &[ExactMatch];
        "gpt2_output", Classification, "OpenAI, 2019", 0, &[ExactMatch];
        "ukp_argument", Classification, "Stab et al., 2018, arXiv:1802.05758", 0, &[ExactMatch];
        "geoquery", SemanticParsing, "Zelle and Mooney, 1996", 0, &[ExactMatch];
        "funql", SemanticParsing, "Guo et al., 2020", 0, &[ExactMatch];
        "hellaswag", Commonsense, "Zellers et al., 2019, arXiv:1905.07830", 0, &[ExactMatch];
        "hotpot_qa", ClosedBook, "Yang et al., 2018, arXiv:1809.09600", 90_447, SQUAD;
        "eli5", ClosedBook, "Fan et al., 2019, arXiv:1907.09190", 0, ROUGE;
        "tweet_qa", ReadingComprehension, "Xiong et al., 2019, arXiv:1907.06292", 0, BLEU;
        "narrative_qa", ReadingComprehension, "Kočiský et al., 2018, arXiv:1712.07040", 65_494, ROUGE;
        "drop", ReadingComprehension, "Dua et al., 2019, arXiv:1903.00161", 0, SQUAD;
        "news_quiz_qa", Generation, "Lelkes et al., 2021, arXiv:2102.09094", 0, ROUGE;
        "totto", Generation, "Parikh et al., 2020, arXiv:2004.14373", 120_761, BLEU;
        "wiki_auto", Generation, "Jiang et al., 2020, arXiv:2005.02324", 0, BLEU;
        "shakespeare", Generation, "Jhamtani et al., 2017, arXiv:1707.01161", 0, BLEU;
        "style_ptb", Generation, "Lyu et al., 2021, arXiv:2104.05196", 0, BLEU;
        "mathematics", Arithmetic, "Saxton et al., 2019, arXiv:1904.01557", 0, &[ExactMatch];
    ]
}

fn in_common_layout(
    name: &'static str,
    family: Family,
    citation: &'static str,
    folder: &'static str,
    train: usize,
    metrics: &'static [Metric],
) -> Definition {
    define(name, family)
        .cite(citation)
        .folder(folder)
        .train("train.jsonl", JsonLines, train)
        .dev("dev.jsonl", JsonLines, 0)
        .test("test.jsonl", JsonLines, 0)
        .prefix("")
        .key("", "input")
        .answer("target")
        .scored_by(metrics)
}
