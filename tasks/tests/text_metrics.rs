//! What metrics of texts do at their edges, on several references, and on texts that cannot be read.

use proptest::prelude::*;
use taskgraft_tasks::{
    Target, TargetKind,
    metrics::{Metric, bleu::bleu, parse::parse, squad::normalised, tokenize_13a},
};

fn text_metrics() -> impl Iterator<Item = Metric> {
    Metric::ALL.iter().copied().filter(|metric| metric.compares_texts())
}

fn score(metric: Metric, prediction: &str, references: &[&str]) -> f64 {
    let references = references.iter().map(|r| r.to_string()).collect();
    metric.compute_texts(&[prediction.to_string()], &[references]).unwrap()
}

fn yes_and_no() -> TargetKind {
    TargetKind::Class { labels: vec!["no".into(), "yes".into()] }
}

fn close(got: f64, want: f64) -> bool {
    (got - want).abs() < 1e-12
}

#[test]
fn squad_answers_are_compared_without_case_punctuation_and_articles() {
    assert_eq!(normalised("  The  U.S.\tNavy, an A-team "), "us navy ateam");
    assert_eq!(normalised("theatre and a an"), "theatre and");
    assert_eq!(normalised("¿A?"), "¿", "only ASCII punctuation goes");
    assert_eq!(score(Metric::SquadEm, "the Navy.", &["army", "Navy"]), 1.0);
    assert!(close(score(Metric::SquadF1, "big red dog", &["cat", "a red dog"]), 0.8));
}

/// SQuAD's script with Python 3.11: `\b` looks at letters and numbers by their category, so that circled letters and
/// marks on letters end a word, and superscripts do not.
#[test]
fn an_article_ends_where_pythons_words_end() {
    for (answer, expected) in [
        ("AⒶ", "ⓐ"),
        ("the\u{301} cat", "\u{301} cat"),
        ("a²", "a²"),
        ("aⅠ an①", "aⅰ an①"),
        ("an\u{93e} x", "\u{93e} x"),
        ("aª the‿", "aª ‿"),
        ("a_b a", "ab"),
        ("the’s", "’s"),
        ("ำa", "ำa"),
        ("½ a½", "½ a½"),
    ] {
        assert_eq!(normalised(answer), expected, "{answer:?}");
    }
}

#[test]
fn an_answer_without_words_agrees_only_with_another_one() {
    assert_eq!(score(Metric::SquadF1, "", &["the"]), 1.0);
    assert_eq!(score(Metric::SquadF1, "the", &["cat"]), 0.0);
    assert_eq!(score(Metric::TokenF1, " ", &[""]), 1.0);
    assert_eq!(score(Metric::TokenF1, "", &["the"]), 0.0);
}

#[test]
fn exact_match_and_token_f1_take_texts_as_they_stand() {
    assert_eq!(score(Metric::ExactMatch, " yes\n", &["yes"]), 1.0);
    assert_eq!(score(Metric::ExactMatch, "Yes", &["yes"]), 0.0);
    assert!(close(score(Metric::TokenF1, "The dog dog", &["the dog"]), 0.4));
}

#[test]
fn record_takes_the_best_of_several_entities() {
    let entities = ["Barack Obama", "Obama"];
    assert_eq!(score(Metric::RecordEm, "obama", &entities), 1.0);
    assert_eq!(score(Metric::RecordEm, "Michelle Obama", &entities), 0.0);
    assert!(close(score(Metric::RecordF1, "Michelle Obama", &entities), 2.0 / 3.0));
}

#[test]
fn rouge_lsum_takes_lines_for_sentences() {
    let (prediction, reference) = ("two three\nzero one", "zero one\ntwo three");
    assert_eq!(score(Metric::RougeLsum, prediction, &[reference]), 1.0);
    assert_eq!(score(Metric::RougeL, prediction, &[reference]), 0.5);
}

#[test]
fn full_stops_and_commas_between_digits_belong_to_the_number() {
    assert_eq!(tokenize_13a::tokens("1,000.5 is $3."), ["1,000.5", "is", "$", "3", "."]);
    assert_eq!(tokenize_13a::tokens("it's 3-4 pre-war"), ["it's", "3", "-", "4", "pre-war"]);
}

#[test]
fn bleu_of_texts_shorter_than_its_ngrams_is_zero() {
    assert_eq!(score(Metric::Bleu, "a b c", &["a b c"]), 0.0);
}

#[test]
fn bleu_punishes_short_predictions_by_the_nearest_reference_length() {
    let references = vec![vec!["a b c d e f".to_string(), "a b c d e f g h i".to_string()]];
    let score = bleu(&["a b c d e"], &references);
    assert!(close(score.brevity_penalty, (1.0 - 6.0_f64 / 5.0).exp()), "{score:?}");
    assert_eq!(score.precisions, [1.0; 4]);
}

#[test]
fn labels_and_numbers_are_read_as_they_stand_or_not_at_all() {
    let parsed = parse(&yes_and_no(), &[" yes ", "Yes", "no.", "", "no"]).unwrap();
    let class = |label| Some(Target::Class(label));
    assert_eq!(parsed.targets, [class(1), None, None, None, class(0)]);
    assert_eq!(parsed.unparsable(), 3);
    let range = TargetKind::Score { min: 0.0, max: 5.0 };
    let parsed = parse(&range, &["3.8", " 5 ", "nan", "inf", "five"]).unwrap();
    let number = |score| Some(Target::Score(score));
    assert_eq!(parsed.targets, [number(3.8), number(5.0), None, None, None]);
    let tags = TargetKind::Tags { labels: vec!["O".into()] };
    let message = parse(&tags, &["O"]).unwrap_err().to_string();
    assert!(message.contains("only labels and scores"), "{message}");
}

#[test]
fn what_cannot_be_read_is_wrong_in_every_metric() {
    let gold = [1, 0, 1, 0].map(Target::Class);
    let predictions = [Some(Target::Class(1)), None, None, Some(Target::Class(0))];
    let value = |metric: Metric| {
        metric.compute_parsed(&yes_and_no(), &predictions, &gold, Some(&[7, 7, 9, 9])).unwrap()
    };
    assert_eq!(value(Metric::Accuracy), 0.5);
    // As if both unread ones were the other label: one right, one missed, one too many.
    assert!(close(value(Metric::F1), 0.5));
    assert!(close(value(Metric::MultircF1a), 0.5));
    // Each label: one right, one missed; the extra label is not averaged over.
    assert!(close(value(Metric::MacroF1), 2.0 / 3.0));
    // The same over all labels, of which each is predicted or gold here.
    assert!(close(value(Metric::MacroF1All), 2.0 / 3.0));
    // sklearn.metrics.matthews_corrcoef([1, 0, 1, 0], [1, -1, -1, 0])
    assert!(close(value(Metric::Matthews), 0.447_213_595_499_957_9));
    assert_eq!(value(Metric::MultircEm), 0.0);
}

/// scikit-learn 1.9.1: `f1_score(gold, predicted, labels=range(3), average="macro", zero_division=0)`, as T5's
/// `mean_multiclass_f1` has it for CB.
#[test]
fn the_macro_average_over_all_labels_counts_those_that_do_not_occur() {
    let labels = ["entailment", "contradiction", "neutral"].map(String::from).to_vec();
    let kind = TargetKind::Class { labels };
    let of = |metric: Metric, predicted: &[usize], gold: &[usize]| {
        let targets =
            |classes: &[usize]| classes.iter().map(|c| Target::Class(*c)).collect::<Vec<_>>();
        metric.compute(&kind, &targets(predicted), &targets(gold)).unwrap()
    };
    let all = |predicted: &[usize], gold: &[usize]| of(Metric::MacroF1All, predicted, gold);
    assert!(close(all(&[0, 1, 1, 1], &[0, 0, 1, 1]), 0.488_888_888_888_888_93));
    assert!(close(all(&[0, 0, 1], &[0, 0, 1]), 2.0 / 3.0));
    assert_eq!(of(Metric::MacroF1, &[0, 0, 1], &[0, 0, 1]), 1.0);
}

#[test]
fn a_number_that_cannot_be_read_lies_below_the_scale() {
    let scale = TargetKind::Score { min: 0.0, max: 5.0 };
    let gold = [0.0, 2.0, 5.0].map(Target::Score);
    let with = |first| [first, Some(Target::Score(2.0)), Some(Target::Score(5.0))];
    let value = |predictions: &[Option<Target>]| {
        Metric::Pearson.compute_parsed(&scale, predictions, &gold, None).unwrap()
    };
    assert_eq!(value(&with(None)), value(&with(Some(Target::Score(-1.0)))));
}

#[test]
fn a_question_of_multirc_counts_if_all_its_answers_are_right() {
    let (p, g) = ([1, 0, 1, 1].map(Target::Class), [1, 0, 1, 0].map(Target::Class));
    let p = p.map(Some);
    let em = |groups| Metric::MultircEm.compute_parsed(&yes_and_no(), &p, &g, groups);
    assert_eq!(em(Some(&[0, 0, 1, 1])).unwrap(), 0.5);
    assert_eq!(em(Some(&[5, 0, 0, 5])).unwrap(), 0.5);
    for groups in [None, Some([0].as_slice())] {
        let message = em(groups).unwrap_err().to_string();
        assert!(message.contains("multirc_em") && message.contains("question"), "{message}");
    }
}

#[test]
fn metrics_of_texts_and_of_targets_are_not_mixed_up() {
    let says = |error: taskgraft_tasks::Error, part: &str| {
        assert!(error.to_string().contains(part), "{error}");
    };
    let (text, class) = (["yes".to_string()], [Target::Class(0)]);
    says(
        Metric::Rouge1.compute(&yes_and_no(), &class, &class).unwrap_err(),
        "`rouge1`: it compares texts",
    );
    says(
        Metric::Accuracy.compute_texts(&text, &[vec!["yes".into()]]).unwrap_err(),
        "`accuracy`: it compares labels",
    );
    says(Metric::Bleu.compute_texts(&text, &[]).unwrap_err(), "1 predictions for 0");
    says(Metric::Bleu.compute_texts(&[], &[]).unwrap_err(), "no examples");
    says(Metric::Bleu.compute_texts(&text, &[vec![]]).unwrap_err(), "example 0 has no reference");
}

#[test]
fn every_metric_has_the_same_name_everywhere() {
    for metric in Metric::ALL {
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        assert_eq!(metric.name().parse::<Metric>().unwrap(), *metric);
        assert_eq!(Metric::named(metric.name()).unwrap(), [*metric]);
    }
    assert_eq!(Metric::named("squad").unwrap(), [Metric::SquadEm, Metric::SquadF1]);
    assert_eq!(Metric::named("rouge").unwrap().len(), 4);
    let message = Metric::named("rogue").unwrap_err().to_string();
    assert!(message.contains("did you mean `rouge`?"), "{message}");
}

/// Texts with repeated words, symbols, other scripts and several lines; at least four words of letters, so that
/// every metric is defined on them.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-c]{1,5}",
        "[a-zA-Z0-9.,'-]{1,8}",
        Just("running".to_string()),
        Just("naïve — 日本".to_string()),
        Just("&quot;(x)\ny".to_string()),
    ];
    prop::collection::vec(word, 0..12)
        .prop_map(|words| format!("cat sat mat hat {}", words.join(" ")))
}

fn corpus() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    prop::collection::vec((text(), prop::collection::vec(text(), 1..4)), 1..8)
}

fn of_corpus(metric: Metric, corpus: &[(String, Vec<String>)]) -> f64 {
    let (predictions, references): (Vec<_>, Vec<_>) = corpus.iter().cloned().unzip();
    metric.compute_texts(&predictions, &references).unwrap()
}

proptest! {
    #[test]
    fn a_perfect_prediction_scores_one(mut corpus in corpus()) {
        for (prediction, references) in &mut corpus {
            *prediction = references[references.len() - 1].clone();
        }
        for metric in text_metrics() {
            let value = of_corpus(metric, &corpus);
            prop_assert!(close(value, 1.0), "{metric}: {value}");
        }
    }

    #[test]
    fn scores_stay_between_zero_and_one_and_empty_predictions_score_zero(mut corpus in corpus()) {
        for metric in text_metrics() {
            let value = of_corpus(metric, &corpus);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{metric}: {value}");
        }
        for (prediction, _) in &mut corpus {
            prediction.clear();
        }
        for metric in text_metrics() {
            prop_assert_eq!(of_corpus(metric, &corpus), 0.0, "{}", metric);
        }
    }

    #[test]
    fn any_text_has_a_finite_score(
        corpus in prop::collection::vec((".{0,30}", prop::collection::vec(".{0,30}", 1..3)), 1..5),
    ) {
        for metric in text_metrics() {
            prop_assert!(of_corpus(metric, &corpus).is_finite(), "{metric}");
        }
    }

    #[test]
    fn the_order_of_the_examples_does_not_matter(mut corpus in corpus(), by in 0_usize..8) {
        let before: Vec<f64> = text_metrics().map(|metric| of_corpus(metric, &corpus)).collect();
        let middle = by % corpus.len();
        corpus.rotate_left(middle);
        for (metric, before) in text_metrics().zip(before) {
            let after = of_corpus(metric, &corpus);
            prop_assert!(close(before, after), "{metric}: {before} and {after}");
        }
    }

    #[test]
    fn a_further_reference_never_hurts_what_takes_the_best(corpus in corpus(), more in text()) {
        let longer: Vec<_> = corpus
            .iter()
            .map(|(prediction, references)| {
                let all = references.iter().chain([&more]).cloned().collect();
                (prediction.clone(), all)
            })
            .collect();
        let of_corpora = |m: &Metric| ["bleu", "chrf"].iter().any(|name| m.name().starts_with(name));
        for metric in text_metrics().filter(|metric| !of_corpora(metric)) {
            let (before, after) = (of_corpus(metric, &corpus), of_corpus(metric, &longer));
            prop_assert!(after >= before - 1e-12, "{metric}: {before} and {after}");
        }
    }
}
