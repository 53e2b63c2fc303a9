//! The exact search for groups: the published example, every choice there is, and ties.

use std::time::Instant;

use proptest::prelude::*;
use taskgraft_algebra::grouping::{
    Affinity, Error, GroupScores, Grouping, LAST_RESORT, Singletons, TaskSet, best_groups,
};

/// TAG's averages over five Taskonomy tasks, [receiver][source], as in its released notebook.
fn taskonomy() -> Affinity {
    let values = vec![
        vec![11.999, 0.1154, 0.0489, 0.0045, 0.0088],
        vec![0.4136, 7.328, 0.2914, 0.0135, 0.0740],
        vec![0.1398, 0.2210, 1.071, 0.0105, 0.0765],
        vec![0.0211, 0.0134, 0.0107, 0.7339, 0.6897],
        vec![0.0567, 0.0367, 0.0360, 0.3037, 5.966],
    ];
    Affinity::new(["ss", "depth", "norm", "key", "edge2d"], values).unwrap()
}

fn letters(tasks: usize) -> Vec<String> {
    (0..tasks).map(|task| format!("task {task}")).collect()
}

/// The best objective over all choices of at most `budget` groups, by trying them all.
fn by_trying_all(scores: &GroupScores, budget: usize) -> f64 {
    fn choose(
        scores: &GroupScores,
        groups: &[TaskSet],
        from: usize,
        left: usize,
        best: &[f64],
    ) -> f64 {
        let mut highest = best.iter().sum::<f64>() / best.len() as f64;
        if left > 0 {
            for at in from..groups.len() {
                let mut served = best.to_vec();
                for task in groups[at].tasks() {
                    served[task] = served[task].max(scores.get(groups[at], task).unwrap());
                }
                highest = highest.max(choose(scores, groups, at + 1, left - 1, &served));
            }
        }
        highest
    }
    let tasks = scores.tasks();
    let groups: Vec<TaskSet> = (1..1_u32 << tasks)
        .map(|bits| (0..tasks).filter(|task| bits & (1 << task) != 0).collect::<Vec<_>>())
        .map(|group| TaskSet::of(&group).unwrap())
        .collect();
    choose(scores, &groups, 0, budget, &vec![f64::NEG_INFINITY; tasks])
}

#[test]
fn the_published_example_has_its_optima() {
    // Of the table above; its unrounded values give 0.12929, 0.32170 and 0.34867.
    let expected = [
        (1, "{ss, depth, norm, key, edge2d}", 0.129295),
        (2, "{ss, depth, norm}, {key, edge2d}", 0.32169),
        (3, "{ss, depth}, {depth, norm}, {key, edge2d}", 0.34868),
    ];
    for (budget, groups, objective) in expected {
        let grouping = best_groups(&taskonomy(), budget).unwrap();
        assert_eq!(grouping.to_string(), groups);
        assert!((grouping.objective - objective).abs() < 1e-12, "{}", grouping.objective);
    }
}

#[test]
fn a_task_in_two_groups_is_served_by_its_better_one() {
    let grouping = best_groups(&taskonomy(), 3).unwrap();
    // Depth gains more from segmentation than from normals, which need it.
    assert_eq!(grouping.served_by, [0, 0, 1, 2, 2]);
    assert_eq!(grouping.scores, [0.1154, 0.4136, 0.2210, 0.6897, 0.3037]);
    let text = serde_json::to_string(&grouping).unwrap();
    assert!(text.contains("\"groups\":[[0,1],[1,2],[3,4]]"), "{text}");
    assert_eq!(serde_json::from_str::<Grouping>(&text).unwrap(), grouping);
}

#[test]
fn tasks_that_harm_each_other_are_left_alone_where_alone_is_worth_more() {
    let values = vec![vec![0.0, 0.2, -0.3], vec![0.1, 0.0, -0.3], vec![-0.1, -0.2, 0.0]];
    let affinity = Affinity::new(["a", "b", "c"], values).unwrap();
    let gains = GroupScores::from_pairs(&affinity, &Singletons::All(0.0)).unwrap();
    let grouping = gains.best_groups(3).unwrap();
    assert_eq!(grouping.to_string(), "{a, b}, {c}");
    assert!((grouping.objective - 0.1).abs() < 1e-15);
    // As the last resort, a singleton is chosen for no gain whatever.
    assert_eq!(best_groups(&affinity, 3).unwrap().to_string(), "{a, b}, {a, c}");
}

#[test]
fn equal_choices_take_the_fewest_and_smallest_groups() {
    let equal = |tasks: usize| vec![vec![0.1; tasks]; tasks];
    for tasks in [3, 5, 7] {
        let affinity = Affinity::new(letters(tasks), equal(tasks)).unwrap();
        let grouping = best_groups(&affinity, 4).unwrap();
        assert_eq!(grouping.groups, [TaskSet::first(tasks)]);
    }
}

#[test]
fn a_measured_group_that_beats_its_approximation_is_chosen() {
    let pairs = GroupScores::from_pairs(&taskonomy(), &Singletons::default()).unwrap();
    let measured = pairs.with_measured(TaskSet::first(5), &[1.0; 5]).unwrap();
    assert_eq!(measured.best_groups(3).unwrap().groups, [TaskSet::first(5)]);
}

#[test]
fn a_single_task_and_impossible_requests_are_answered() {
    let one = Affinity::new(["a"], vec![vec![1.0]]).unwrap();
    assert_eq!(best_groups(&one, 2).unwrap().objective, LAST_RESORT);
    assert_eq!(best_groups(&one, 0), Err(Error::NoBudget));
    let many = Affinity::new(letters(65), vec![vec![0.0; 65]; 65]).unwrap();
    assert!(matches!(best_groups(&many, 2), Err(Error::TooManyTasks { tasks: 65, .. })));
    let scores = GroupScores::from_pairs(&one, &Singletons::default()).unwrap();
    assert_eq!(scores.good_groups(0), Err(Error::NoBudget));
}

#[test]
fn sixteen_tasks_and_five_networks_take_seconds_at_most() {
    // No structure that a bound could use.
    let value = |i: usize, j: usize| ((i * 31 + j * 17) as f64).sin();
    let values = (0..16).map(|i| (0..16).map(|j| value(i, j)).collect()).collect();
    let affinity = Affinity::new(letters(16), values).unwrap();
    let started = Instant::now();
    let grouping = best_groups(&affinity, 5).unwrap();
    assert!(grouping.groups.len() <= 5);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    println!("16 tasks, 5 networks: {:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_other_choice_of_groups_is_better(
        tasks in 1_usize..=5,
        budget in 1_usize..=3,
        values in prop::collection::vec(-1.0_f64..1.0, 25),
        alone in prop::option::of(-1.0_f64..1.0),
        coarse: bool,
    ) {
        // Coarse values make ties.
        let value = |at: usize| if coarse { (2.0 * values[at]).round() } else { values[at] };
        let rows = (0..tasks).map(|i| (0..tasks).map(|j| value(5 * i + j)).collect()).collect();
        let affinity = Affinity::new(letters(tasks), rows).unwrap();
        let alone = alone.map_or(Singletons::LastResort, Singletons::All);
        let scores = GroupScores::from_pairs(&affinity, &alone).unwrap();
        let grouping = scores.best_groups(budget).unwrap();
        let best = by_trying_all(&scores, budget);
        let error = (grouping.objective - best).abs();
        prop_assert!(error <= 1e-11 * best.abs().max(1.0), "{grouping}: {best}");
        prop_assert!(grouping.groups.len() <= budget);
        for task in 0..tasks {
            let score = scores.get(grouping.groups[grouping.served_by[task]], task);
            prop_assert_eq!(score, Some(grouping.scores[task]));
            let offered = grouping.groups.iter().filter_map(|group| scores.get(*group, task));
            prop_assert!(offered.into_iter().all(|other| other <= grouping.scores[task]));
        }
        for at in 0..grouping.groups.len() {
            prop_assert!(grouping.served_by.contains(&at), "group {} serves no task", at);
        }
        prop_assert_eq!(&scores.best_groups(budget).unwrap(), &grouping);
    }

    #[test]
    fn a_larger_budget_is_never_worse(values in prop::collection::vec(-1.0_f64..1.0, 64)) {
        let rows = values.chunks(8).map(<[f64]>::to_vec).collect();
        let affinity = Affinity::new(letters(8), rows).unwrap();
        let objectives: Vec<f64> =
            (1..=8).map(|budget| best_groups(&affinity, budget).unwrap().objective).collect();
        prop_assert!(objectives.windows(2).all(|pair| pair[1] >= pair[0] - 1e-11), "{objectives:?}");
    }
}
