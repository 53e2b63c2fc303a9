//! What metrics do at their edges, and conlleval's way of reading spans.

use proptest::prelude::*;
use taskgraft_tasks::{
    Target, TargetKind,
    metrics::{Metric, percent},
};

fn classes(count: usize) -> TargetKind {
    TargetKind::Class { labels: (0..count).map(|label| label.to_string()).collect() }
}

fn scores() -> TargetKind {
    TargetKind::Score { min: 0.0, max: 5.0 }
}

const TAGS: [&str; 5] = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"];

fn tagging() -> TargetKind {
    TargetKind::Tags { labels: TAGS.map(String::from).to_vec() }
}

fn sentence(tags: &str) -> Target {
    Target::Tags(tags.split(' ').map(|tag| TAGS.iter().position(|t| *t == tag).unwrap()).collect())
}

fn span_f1(predictions: &[&str], gold: &[&str]) -> f64 {
    let read = |sentences: &[&str]| sentences.iter().map(|s| sentence(s)).collect::<Vec<_>>();
    Metric::SpanF1.compute(&tagging(), &read(predictions), &read(gold)).unwrap()
}

fn scored(values: &[f64]) -> Vec<Target> {
    values.iter().copied().map(Target::Score).collect()
}

fn message(metric: Metric, kind: &TargetKind, predictions: &[Target], gold: &[Target]) -> String {
    metric.compute(kind, predictions, gold).unwrap_err().to_string()
}

#[test]
fn a_span_counts_only_with_its_type_and_both_ends_right() {
    assert_eq!(span_f1(&["B-PER I-PER O B-LOC"], &["B-PER I-PER O B-LOC"]), 1.0);
    assert_eq!(span_f1(&["B-PER O O B-LOC"], &["B-PER I-PER O B-LOC"]), 0.5);
    assert_eq!(span_f1(&["B-LOC I-LOC O B-LOC"], &["B-PER I-PER O B-LOC"]), 0.5);
}

#[test]
fn spans_are_averaged_over_spans_and_not_over_sentences() {
    let f1 = span_f1(&["B-PER O B-LOC", "B-PER O O"], &["B-PER O B-LOC", "O O B-LOC"]);
    assert!((f1 - 4.0 / 6.0).abs() < 1e-15, "{f1}");
}

#[test]
fn an_inside_tag_opens_a_span_as_conlleval_has_it() {
    assert_eq!(span_f1(&["I-PER I-PER O I-LOC"], &["B-PER I-PER O B-LOC"]), 1.0);
    assert_eq!(span_f1(&["B-PER I-LOC"], &["B-PER B-LOC"]), 1.0, "a change of type opens a span");
    assert_eq!(span_f1(&["B-PER B-PER"], &["B-PER I-PER"]), 0.0, "B always opens a span");
}

#[test]
fn spans_end_with_their_sentence() {
    assert_eq!(span_f1(&["B-PER", "I-PER"], &["B-PER", "B-PER"]), 1.0);
}

#[test]
fn no_spans_at_all_score_zero() {
    assert_eq!(span_f1(&["O O"], &["O O"]), 0.0);
    assert_eq!(span_f1(&["O O"], &["B-PER O"]), 0.0);
}

#[test]
fn tags_count_word_by_word_over_all_sentences() {
    let (p, g) = ([sentence("O O O"), sentence("B-PER")], [sentence("O O B-LOC"), sentence("O")]);
    assert_eq!(Metric::TagAccuracy.compute(&tagging(), &p, &g).unwrap(), 0.5);
}

#[test]
fn a_constant_prediction_scores_zero_and_does_not_fail() {
    let (flat, gold) = (scored(&[0.1; 7]), scored(&[1.0, 2.0, 5.0, 4.0, 0.0, 3.0, 1.0]));
    for metric in [Metric::Pearson, Metric::Spearman] {
        assert_eq!(metric.compute(&scores(), &flat, &gold).unwrap(), 0.0);
        assert_eq!(metric.compute(&scores(), &gold, &flat).unwrap(), 0.0);
        assert_eq!(metric.compute(&scores(), &gold[..1], &gold[..1]).unwrap(), 0.0);
    }
    let (zeros, mixed) = ([0, 0, 0].map(Target::Class), [0, 1, 0].map(Target::Class));
    assert_eq!(Metric::Matthews.compute(&classes(2), &zeros, &mixed).unwrap(), 0.0);
    assert_eq!(Metric::F1.compute(&classes(2), &zeros, &zeros).unwrap(), 0.0);
}

#[test]
fn tied_ranks_are_averaged() {
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 2, 3, 4]) = sqrt(0.9)
    let rho = Metric::Spearman
        .compute(&scores(), &scored(&[1., 2., 2., 3.]), &scored(&[1., 2., 3., 4.]))
        .unwrap();
    assert!((rho - 0.9_f64.sqrt()).abs() < 1e-12, "{rho}");
}

#[test]
fn bad_input_is_refused_with_its_place() {
    let class = [Target::Class(1), Target::Class(0)];
    let both = |text: String, parts: [&str; 2]| {
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    };
    both(message(Metric::Accuracy, &classes(2), &class[..1], &class), ["1 predictions", "2 gold"]);
    both(message(Metric::Accuracy, &classes(2), &[], &[]), ["accuracy", "no examples"]);
    both(message(Metric::Pearson, &scores(), &class, &class), ["prediction 0", "takes a score"]);
    both(
        message(Metric::F1, &scores(), &class, &class),
        ["a class and its task is of scores", "takes a class"],
    );
    both(message(Metric::F1, &classes(1), &class, &class), ["prediction 0 is label 1", "1 labels"]);
    both(
        message(Metric::Pearson, &scores(), &scored(&[f64::NAN]), &scored(&[1.0])),
        ["NaN", "finite"],
    );
    let (short, long) = ([sentence("O")], [sentence("O O")]);
    both(message(Metric::SpanF1, &tagging(), &short, &long), ["2 gold tags", "1 predicted"]);
    let nouns = TargetKind::Tags { labels: vec!["NOUN".into()] };
    both(message(Metric::SpanF1, &nouns, &short, &short), ["`NOUN`", "B-type"]);
    let silent = [Target::Tags(vec![])];
    both(message(Metric::TagAccuracy, &tagging(), &silent, &silent), ["tag_accuracy", "no words"]);
}

#[test]
fn names_are_those_of_the_serialised_form() {
    for metric in [Metric::Accuracy, Metric::F1, Metric::MacroF1, Metric::Matthews, Metric::SpanF1]
    {
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.to_string());
    }
    assert_eq!(serde_json::to_value(Metric::TagAccuracy).unwrap(), Metric::TagAccuracy.name());
    assert_eq!(percent(0.8274), "82.7");
}

proptest! {
    #[test]
    fn every_class_metric_is_one_on_a_perfect_prediction_with_two_labels(
        mut gold in prop::collection::vec(0_usize..4, 0..40),
    ) {
        gold.extend([0, 1]);
        let gold: Vec<_> = gold.into_iter().map(Target::Class).collect();
        for metric in [Metric::Accuracy, Metric::F1, Metric::MacroF1, Metric::Matthews] {
            let value = metric.compute(&classes(4), &gold, &gold).unwrap();
            prop_assert!((value - 1.0).abs() < 1e-12, "{metric}: {value}");
        }
    }

    #[test]
    fn correlations_stay_in_range_and_ignore_scale(
        pairs in prop::collection::vec((-5.0_f64..5.0, -5.0_f64..5.0), 2..40),
    ) {
        let (p, g): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let scaled: Vec<f64> = p.iter().map(|x| 4.0 * x).collect();
        for metric in [Metric::Pearson, Metric::Spearman] {
            let value = metric.compute(&scores(), &scored(&p), &scored(&g)).unwrap();
            prop_assert!((-1.0..=1.0).contains(&value), "{metric}: {value}");
            let again = metric.compute(&scores(), &scored(&scaled), &scored(&g)).unwrap();
            prop_assert!((value - again).abs() < 1e-9, "{metric}: {value} and {again}");
        }
    }

    #[test]
    fn spans_score_between_zero_and_one(
        sentences in prop::collection::vec(prop::collection::vec((0_usize..5, 0_usize..5), 1..12), 1..8),
    ) {
        let side = |pick: fn(&(usize, usize)) -> usize| -> Vec<Target> {
            sentences.iter().map(|s| Target::Tags(s.iter().map(pick).collect())).collect()
        };
        let value = Metric::SpanF1.compute(&tagging(), &side(|t| t.0), &side(|t| t.1)).unwrap();
        prop_assert!((0.0..=1.0).contains(&value));
    }
}
