//! Rates of mixtures as they come out: nested ones, and ones that change over training.

use taskgraft_tasks::mixture::{
    Balance, Change, Composition, MixtureConfig, MixturePlan, NestedMixture, Rate, RateKnot,
    RateSchedule, RealisedRates, TaskLengths,
};

const SIZES: [usize; 3] = [500, 40, 900];

fn plan(config: MixtureConfig, steps: u64) -> MixturePlan {
    let task =
        |(key, &size): (usize, &usize)| TaskLengths { key: key as u64, lengths: vec![9; size] };
    MixturePlan::new(config, SIZES.iter().enumerate().map(task).collect(), steps, 5).unwrap()
}

fn scheduled(change: Change, knots: &[(u64, [f64; 3])]) -> MixtureConfig {
    let knot = |(step, shares): &(u64, [f64; 3])| RateKnot {
        step: *step,
        rate: Rate::Explicit(shares.to_vec()),
    };
    MixtureConfig {
        rate: Rate::Explicit(vec![1.0, 0.0, 0.0]),
        schedule: Some(RateSchedule { change, knots: knots.iter().map(knot).collect() }),
        batch_size: 20,
        ..MixtureConfig::sampled()
    }
}

/// Examples of each task in some steps.
fn drawn(plan: &MixturePlan, steps: std::ops::Range<u64>) -> [usize; 3] {
    let mut drawn = [0; 3];
    steps.flat_map(|step| plan.batch(step).draws).for_each(|draw| drawn[draw.task] += 1);
    drawn
}

#[test]
fn rates_change_at_their_step() {
    let plan = plan(scheduled(Change::AtOnce, &[(50, [0.0, 0.25, 0.75])]), 100);
    assert_eq!(drawn(&plan, 0..49), [980, 0, 0]);
    assert_eq!(drawn(&plan, 51..100)[0], 0);
    assert!((drawn(&plan, 50..100)[1] as f64 - 250.0).abs() <= 2.0);
}

#[test]
fn rates_change_along_a_line() {
    let plan = plan(scheduled(Change::Linear, &[(100, [0.0, 0.0, 1.0])]), 120);
    for step in (0..100).step_by(10) {
        let share = drawn(&plan, step..step + 10)[2] as f64 / 200.0;
        assert!((share - (step + 5) as f64 / 100.0).abs() < 0.02, "step {step}: {share}");
    }
    let realised = RealisedRates::of(&plan, 120);
    for (requested, realised) in realised.requested.iter().zip(realised.realised()) {
        assert!((requested - realised).abs() < 1e-3);
    }
    assert!((realised.requested[2] - 70.0 / 120.0).abs() < 1e-9);
}

#[test]
fn a_task_with_changing_rates_still_sees_every_example_once_an_epoch() {
    let plan = plan(scheduled(Change::Linear, &[(100, [0.0, 1.0, 0.0])]), 100);
    let of_task: Vec<usize> = (0..100)
        .flat_map(|step| plan.batch(step).draws)
        .filter(|draw| draw.task == 1)
        .map(|draw| draw.example)
        .collect();
    for epoch in of_task.chunks_exact(SIZES[1]) {
        let mut epoch = epoch.to_vec();
        epoch.sort_unstable();
        assert_eq!(epoch, (0..SIZES[1]).collect::<Vec<_>>());
    }
}

#[test]
fn batches_of_one_task_follow_the_schedule_too() {
    let config = MixtureConfig {
        composition: Composition::OneTask,
        ..scheduled(Change::AtOnce, &[(64, [0.0, 0.5, 0.5])])
    };
    let plan = plan(config, 128);
    assert_eq!(drawn(&plan, 0..64), [1280, 0, 0]);
    assert_eq!(drawn(&plan, 64..128), [0, 640, 640]);
}

#[test]
fn copies_cannot_follow_a_schedule() {
    let config = MixtureConfig { balance: Balance::Copies, ..scheduled(Change::AtOnce, &[]) };
    let config = MixtureConfig { rate: Rate::Uniform, ..config };
    let task = TaskLengths { key: 0, lengths: vec![9; 9] };
    assert!(MixturePlan::new(config, vec![task], 10, 5).is_err());
}

#[test]
fn a_mixture_without_a_schedule_is_written_as_before() {
    let config = serde_json::to_value(MixtureConfig::default()).unwrap();
    assert!(config.get("schedule").is_none());
    let text = serde_json::to_string(&scheduled(Change::Linear, &[(9, [1.0, 1.0, 0.0])])).unwrap();
    let read: MixtureConfig = serde_json::from_str(&text).unwrap();
    assert_eq!(read, scheduled(Change::Linear, &[(9, [1.0, 1.0, 0.0])]));
}

#[test]
fn two_denoising_examples_come_to_each_supervised_one() {
    let denoising = NestedMixture::of_tasks(Rate::Uniform, ["text"]);
    let supervised = NestedMixture::of_tasks(Rate::Capped(400), ["few", "many"]);
    let nested = NestedMixture::with_denoising(2.0, denoising, supervised).unwrap();
    let rate = nested.rate(&[("text", SIZES[0]), ("few", SIZES[1]), ("many", SIZES[2])]).unwrap();
    let plan = plan(MixtureConfig { rate, ..MixtureConfig::sampled() }, 300);
    let realised = RealisedRates::of(&plan, 300).drawn;
    assert!((realised[0] as f64 / (realised[1] + realised[2]) as f64 - 2.0).abs() < 0.02);
    assert!((realised[2] as f64 / realised[1] as f64 - 10.0).abs() < 0.3, "{realised:?}");
}
