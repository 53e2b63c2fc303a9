//! The synthetic suite as text-to-text tasks: what holds of every example, and that answers follow from inputs.

use std::collections::{BTreeMap, BTreeSet};

use taskgraft_tasks::{
    Answer, Split, TargetKind, Task,
    metrics::Metric,
    suite::Suite,
    synthetic::{
        Synthetic, SyntheticConfig, SyntheticText,
        lexicon::{Lexicon, Sense},
    },
    written::score_written,
};

fn config() -> SyntheticConfig {
    SyntheticConfig::default().with_rich(300).with_moderate(200).with_scarce(100).with_dev_size(60)
}

fn tasks() -> Vec<Task> {
    let suite = SyntheticText::new(config()).unwrap();
    suite.specs().iter().map(|spec| suite.load(&spec.name).unwrap()).collect()
}

fn task(name: &str) -> Task {
    SyntheticText::new(config()).unwrap().load(name).unwrap()
}

fn answers(task: &Task, split: Split) -> Vec<Answer> {
    task.split(split).iter().map(|example| example.answer().unwrap().clone()).collect()
}

/// What the words of a task mean.
fn senses(task: &str) -> BTreeMap<String, Sense> {
    let lexicon = Lexicon::new(&config(), task);
    lexicon.iter().map(|(word, form)| (form.to_owned(), word.sense)).collect()
}

/// The value after a key in an input; keys follow in order.
fn part<'a>(input: &'a str, key: &str, next: Option<&str>) -> &'a str {
    let rest = input.split_once(&format!(" {key}: ")).unwrap().1;
    next.map_or(rest, |next| rest.split_once(&format!(" {next}: ")).unwrap().0)
}

#[test]
fn twelve_tasks_of_eight_families_ask_for_texts() {
    let tasks = tasks();
    assert_eq!(tasks.len(), 12);
    let families: BTreeSet<_> = tasks.iter().map(|task| task.spec.family.in_exmix()).collect();
    assert!(families.len() >= 8, "{families:?}");
    for task in &tasks {
        let name = &task.spec.name;
        assert!(matches!(task.spec.kind, TargetKind::Text { .. }), "{name}");
        assert_eq!(task.split(Split::Dev).len(), 60, "{name}");
        for example in task.splits.values().flatten() {
            assert!(example.input().unwrap().starts_with(&format!("{name} ")), "{name}");
            assert!(!example.answer().unwrap().text.is_empty(), "{name}");
        }
    }
}

#[test]
fn specs_are_those_of_the_loaded_tasks() {
    let suite = SyntheticText::new(config()).unwrap();
    for spec in suite.specs() {
        assert_eq!(suite.load(&spec.name).unwrap().spec, spec);
    }
}

#[test]
fn gold_answers_score_as_right_and_other_texts_as_wrong() {
    for task in tasks() {
        let gold = answers(&task, Split::Dev);
        let written: Vec<String> = gold.iter().map(|answer| answer.text.clone()).collect();
        let scores = score_written(&task.spec, &written, &gold).unwrap();
        let reads = matches!(&task.spec.kind, TargetKind::Text { stands_for: Some(_) });
        assert_eq!(scores.unparsable, reads.then_some(0));
        for (metric, value) in scores.metrics {
            assert!((value - 1.0).abs() < 1e-9, "{}: {metric} is {value}", task.spec.name);
        }
        let nonsense = vec!["xyzzy".to_owned(); gold.len()];
        let scores = score_written(&task.spec, &nonsense, &gold).unwrap();
        assert_eq!(scores.unparsable, reads.then_some(gold.len()));
        assert!(scores.metrics.iter().all(|(_, value)| *value < 0.01), "{}", task.spec.name);
    }
}

#[test]
fn tasks_in_words_say_what_the_suites_tasks_say() {
    let suite = Synthetic::new(config()).unwrap();
    let (plain, text) = (suite.task("entailment").unwrap(), task("entailment"));
    assert_eq!(text.spec.metrics, [Metric::Accuracy]);
    let TargetKind::Class { labels } = &plain.spec.kind else { panic!("no classes") };
    for (plain, text) in plain.split(Split::Train).iter().zip(text.split(Split::Train)) {
        let taskgraft_tasks::Text::Two(premise, hypothesis) = &plain.text else {
            panic!("no pair")
        };
        let input = format!("entailment hypothesis: {hypothesis} premise: {premise}");
        assert_eq!((text.id, text.input()), (plain.id, Some(input.as_str())));
        let Some(taskgraft_tasks::Target::Class(class)) = plain.target else { panic!("no class") };
        assert_eq!(text.answer().unwrap().text, labels[class]);
    }
    for answer in answers(&task("tagging"), Split::Dev) {
        assert!(answer.text.split("; ").all(|span| span.contains(": ")), "{}", answer.text);
    }
    let written = answers(&task("similarity"), Split::Dev);
    let fifths = written.iter().map(|answer| answer.text.parse::<f64>().unwrap() * 5.0);
    assert!(fifths.into_iter().all(|fifth| (fifth - fifth.round()).abs() < 1e-9));
}

#[test]
fn logical_forms_follow_from_the_words() {
    let senses = senses("parsing");
    for example in task("parsing").splits.values().flatten() {
        let sentence = part(example.input().unwrap(), "sentence", None);
        let form = &example.answer().unwrap().text;
        let found: Vec<Sense> =
            sentence.split(' ').filter_map(|w| senses.get(w).copied()).collect();
        let is = |sense: &Sense| match sense {
            Sense::Verb(act) => form.contains(&format!("act{act} ")),
            Sense::Adjective { positive: true, concept } => {
                form.contains(&format!("good{concept} "))
            }
            Sense::Adjective { concept, .. } => form.contains(&format!("bad{concept} ")),
            Sense::Noun { category, concept } => form.contains(&format!(
                "{}{concept}",
                ["person", "animal", "tool", "place"][*category]
            )),
            Sense::Category(_) => false,
        };
        assert!(found.iter().all(is), "{sentence} = {form}");
        let denied = sentence.split(' ').any(|word| word == "not" || word == "never");
        assert_eq!(form.starts_with("not "), denied, "{sentence} = {form}");
    }
}

#[test]
fn answers_to_questions_stand_in_the_sentence_with_the_deed() {
    let senses = senses("questions");
    for example in task("questions").splits.values().flatten() {
        let input = example.input().unwrap();
        let (passage, question) =
            (part(input, "passage", Some("question")), part(input, "question", None));
        let deed = question.split(' ').find_map(|word| senses.get(word)).unwrap();
        let told: Vec<&str> = passage
            .split(" . ")
            .filter(|sentence| sentence.split(' ').any(|word| senses.get(word) == Some(deed)))
            .collect();
        assert_eq!(told.len(), 1, "{input}");
        let sentence: Vec<&str> = told[0].split(' ').collect();
        let at = sentence.iter().position(|word| senses.get(*word) == Some(deed)).unwrap();
        let answer =
            sentence.iter().position(|word| *word == example.answer().unwrap().text).unwrap();
        let passive = sentence.contains(&"by");
        assert_eq!(answer < at, question.starts_with("who ") != passive, "{input}");
    }
}

#[test]
fn words_have_one_kind_in_every_pair() {
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for example in task("categories").splits.values().flatten() {
        let input = example.input().unwrap();
        let words = [part(input, "word1", Some("word2")), part(input, "word2", None)];
        let answer = example.answer().unwrap();
        for (word, kind) in words.into_iter().zip(answer.text.split(' ')) {
            let known = kinds.entry(word.into()).or_insert_with(|| kind.into());
            assert_eq!(known, kind, "{word}");
        }
    }
    let different: BTreeSet<_> = kinds.values().collect();
    assert_eq!(different.len(), 7, "{different:?}");
}

#[test]
fn in_a_wrong_choice_a_thing_acts() {
    let senses = senses("choice");
    let mut counts = [0; 2];
    for example in task("choice").splits.values().flatten() {
        let input = example.input().unwrap();
        let sentences =
            [part(input, "sentence1", Some("sentence2")), part(input, "sentence2", None)];
        let right = usize::from(example.answer().unwrap().text == "sentence2");
        counts[right] += 1;
        let acts = |sentence: &str| {
            let nouns: Vec<Sense> = sentence
                .split(' ')
                .filter_map(|word| senses.get(word).copied())
                .filter(|sense| sense.category().is_some())
                .collect();
            if sentence.contains(" by ") { nouns[1].is_being() } else { nouns[0].is_being() }
        };
        assert!(acts(sentences[right]) && !acts(sentences[1 - right]), "{input}");
    }
    assert_eq!(counts[0], counts[1]);
}

#[test]
fn summaries_are_the_first_sentence_in_the_active_voice() {
    for example in task("summary").splits.values().flatten() {
        let passage = part(example.input().unwrap(), "passage", None);
        let first: BTreeSet<&str> = passage.split(" . ").next().unwrap().split(' ').collect();
        let summary = &example.answer().unwrap().text;
        assert!(!summary.contains(" by ") && !summary.contains(" near "), "{summary}");
        assert!(summary.split(' ').all(|word| first.contains(word)), "{passage} = {summary}");
    }
}

#[test]
fn a_training_size_can_be_set_for_each_task() {
    let config = config().with_train_size("telling", 17);
    let suite = SyntheticText::new(config).unwrap();
    assert_eq!(suite.load("telling").unwrap().split(Split::Train).len(), 17);
    let unknown = SyntheticText::new(SyntheticConfig::default().with_train_size("tellin", 1));
    assert!(unknown.unwrap_err().to_string().contains("did you mean `telling`"));
}
