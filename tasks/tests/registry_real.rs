//! The registry over published files, where they are: `TASKGRAFT_DATA` (a folder that holds `glue/`, `superglue/` and
//! `t2t/`), or `../shared/data` beside the workspace. Without them these tests print that they are skipped.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use taskgraft_tasks::{
    Answer, Split, Task,
    registry::{Presence, Registry, definitions},
    suite::Suite,
    written::score_written,
};

fn registry() -> Option<Registry> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if ["glue", "superglue", "t2t"].iter().all(|folder| data.join(folder).is_dir()) {
        return Some(Registry::new(data));
    }
    println!("skipped: not all of glue, superglue, t2t in {}; set TASKGRAFT_DATA", data.display());
    None
}

/// Examples of training, development and test data. Where data are published without a development set, one in 10 or
/// 20 of the first number is held out for it.
#[rustfmt::skip]
const SIZES: [(&str, [usize; 3]); 75] = [
    ("cola", [8_551, 1_043, 1_063]), ("sst2", [67_349, 872, 1_821]), ("mrpc", [3_668, 408, 1_725]),
    ("qqp", [31_869, 1_000, 0]), ("stsb", [5_749, 1_500, 1_379]), ("mnli", [9_999, 9_815, 0]),
    ("qnli", [19_476, 5_463, 5_463]), ("rte", [2_490, 277, 3_000]), ("wnli", [635, 71, 146]),
    ("boolq", [32, 3_270, 3_245]), ("cb", [250, 56, 250]), ("copa", [400, 100, 500]),
    ("multirc", [27_243, 4_848, 9_693]), ("record", [44, 32, 0]), ("super_rte", [2_490, 277, 3_000]),
    ("wic", [5_428, 638, 1_400]), ("wsc", [259, 104, 146]),
    ("snli", [8_999, 9_842, 0]), ("conjnli", [15_000, 623, 1_000]), ("anli", [0, 0, 3_200]), ("scitail", [0, 0, 2_126]),
    ("sst5", [8_544, 1_101, 2_210]), ("imdb", [2_500, 1_000, 1_000]), ("movie_reviews", [2_000, 200, 0]),
    ("sentence_polarity", [10_662, 1_066, 0]), ("yelp_review", [0, 1_000, 1_000]), ("yahoo_answers", [0, 1_000, 1_000]),
    ("ag_news", [10_001, 500, 7_600]), ("dbpedia", [14_000, 700, 0]), ("subjectivity", [10_000, 1_000, 0]),
    ("goemotions", [43_410, 5_426, 5_427]), ("tweet_emotion", [3_257, 374, 1_421]),
    ("tweet_hate", [9_000, 1_000, 2_970]),
    ("commonsense_qa", [9_741, 1_221, 1_140]), ("csqa2", [9_264, 2_541, 2_473]), ("openbookqa", [4_957, 500, 500]),
    ("winogrande", [10_234, 1_267, 1_767]), ("comve", [10_000, 1_000, 1_000]), ("creak", [10_176, 1_371, 1_371]),
    ("piqa", [0, 1_838, 3_084]), ("social_iqa", [0, 1_954, 0]), ("cosmos_qa", [0, 2_985, 0]),
    ("gsm8k", [7_473, 373, 1_319]),
    ("web_questions", [2_834, 755, 2_032]), ("nq_open", [0, 3_610, 0]), ("trivia_qa", [0, 0, 1_000]), ("strategy_qa", [2_061, 229, 0]),
    ("squad", [0, 0, 1_190]), ("subjqa", [4_607, 513, 1_721]), ("dream", [6_116, 2_040, 2_041]),
    ("gap", [2_000, 454, 2_000]),
    ("banking77", [10_003, 1_000, 3_080]), ("clinc150", [15_000, 3_000, 4_500]), ("sim_m", [1_973, 627, 1_364]),
    ("sgd", [2_967, 825, 768]),
    ("atis", [4_478, 500, 893]), ("snips", [13_084, 700, 700]), ("scan_simple", [16_728, 836, 4_182]),
    ("scan_jump", [14_670, 733, 7_706]), ("cogs", [24_155, 3_000, 3_000]),
    ("aeslc", [14_436, 1_960, 1_906]), ("scitldr", [1_992, 619, 618]), ("dialogsum", [0, 500, 500]),
    ("xsum", [0, 0, 1_000]),
    ("common_gen", [39_069, 993, 1_497]), ("webnlg", [18_102, 870, 1_862]), ("dart", [0, 2_768, 5_097]),
    ("e2e_nlg", [0, 547, 630]), ("rnnlg_restaurant", [3_114, 1_039, 1_039]), ("rnnlg_hotel", [3_223, 1_075, 1_075]),
    ("rnnlg_tv", [4_221, 1_407, 1_407]), ("rnnlg_laptop", [7_944, 2_649, 2_649]),
    ("cos_e", [9_741, 1_221, 0]), ("comve_explain", [10_000, 1_000, 1_000]), ("disfl_qa", [7_182, 1_000, 3_643]),
];

fn held_out(task: &str) -> bool {
    let held_out = [
        "movie_reviews",
        "sentence_polarity",
        "ag_news",
        "dbpedia",
        "subjectivity",
        "gsm8k",
        "banking77",
        "scan_simple",
        "scan_jump",
    ];
    held_out.contains(&task)
}

/// The gold answers, as if a model had written them.
fn gold(task: &Task, split: Split) -> Vec<Answer> {
    task.split(split).iter().filter_map(|example| example.answer().cloned()).collect()
}

#[test]
fn every_task_has_its_published_sizes_and_scores_its_own_answers_as_right() {
    let Some(registry) = registry() else { return };
    let there = |name: &str| {
        let definition = registry.definition(name).unwrap();
        !matches!(registry.presence(&definition), Presence::Missing { .. })
    };
    let wrong: Vec<String> = SIZES
        .par_iter()
        .filter(|(name, sizes)| there(name) || *sizes != [0; 3])
        .filter_map(|(name, sizes)| {
            let task = match registry.load(name) {
                Ok(task) => task,
                Err(error) => return Some(format!("{name}: {error}")),
            };
            let mut read = [Split::Train, Split::Dev, Split::Test].map(|s| task.split(s).len());
            if held_out(name) {
                read[0] += read[1];
            }
            if read != *sizes {
                return Some(format!("{name}: read {read:?}, expected {sizes:?}"));
            }
            let empty =
                |split| task.split(split).iter().any(|e| e.input().is_none_or(str::is_empty));
            if [Split::Train, Split::Dev, Split::Test].into_iter().any(empty) {
                return Some(format!("{name}: an example has no input"));
            }
            let mut answers = gold(&task, Split::Dev);
            // Names other than the candidate are right where the candidate is wrong.
            answers.retain(|answer| !answer.accepted.is_empty());
            answers.truncate(200);
            let written: Vec<String> = answers.iter().map(|answer| answer.text.clone()).collect();
            if answers.is_empty() {
                return None;
            }
            let scores = match score_written(&task.spec, &written, &answers) {
                Ok(scores) => scores,
                Err(error) => return Some(format!("{name}: {error}")),
            };
            // The first metric: others need not be 1, as ROUGE-2 of a text of one word is not.
            let right = (scores.metrics[0].1 - 1.0).abs() < 1e-6;
            let one_class = answers.iter().all(|answer| answer.text == answers[0].text);
            (!right && !one_class).then(|| format!("{name}: {:?}", scores.metrics))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn more_than_fifty_tasks_of_eight_families_can_be_trained_on() {
    let Some(registry) = registry() else { return };
    let trainable = registry.trainable();
    assert!(trainable.len() > 50, "{} tasks", trainable.len());
    let mut families: Vec<_> = definitions()
        .iter()
        .filter(|d| trainable.contains(&d.name.to_owned()))
        .map(|d| d.family.in_exmix())
        .collect();
    families.sort();
    families.dedup();
    assert!(families.len() >= 8, "{families:?}");
}

/// The shares are those that T5's `wsc_simple` and `_wsc_inputs` give on SuperGLUE's development set.
#[test]
fn published_wsc_is_put_in_words_and_scored_as_t5_does() {
    let Some(registry) = registry() else { return };
    let task = registry.load("wsc").unwrap();
    let dev = task.split(Split::Dev);
    let pronouns: Vec<String> = dev
        .iter()
        .map(|example| example.input().unwrap().split('*').nth(1).unwrap().to_owned())
        .collect();
    let gold = gold(&task, Split::Dev);
    let score =
        |written: &[String]| score_written(&task.spec, written, &gold).unwrap().metrics[0].1;
    assert_eq!(score(&vec![String::new(); dev.len()]), 0.0);
    assert!((score(&pronouns) - 50.0 / 104.0).abs() < 1e-12, "{}", score(&pronouns));
    assert!(dev[42].input().unwrap().contains("want to use *it* , but"));
    let train = task.split(Split::Train)[60].input().unwrap();
    assert!(train.ends_with("\"Good for *him* ,\" he said."), "{train}");
}

/// As T5's `record` has them: full stops stand twice where an article has them so, and not where a highlight follows.
#[test]
fn published_articles_of_record_get_no_second_full_stop() {
    let Some(registry) = registry() else { return };
    let task = registry.load("record").unwrap();
    let inputs: Vec<&str> = [Split::Train, Split::Dev]
        .into_iter()
        .flat_map(|split| task.split(split))
        .filter_map(|example| example.input())
        .collect();
    assert_eq!(inputs.len(), 76);
    assert_eq!(inputs.iter().filter(|input| input.contains(".. ")).count(), 3);
    assert!(inputs.iter().all(|input| !input.contains("\". ") && !input.contains("@highlight")));
}
