//! The conformance suite on every registered method, and on faulty ones that it must find out.

use serde_json::{Value, json};
use taskgraft_algebra::{
    conformance::{check, check_by_tasks},
    weighting::{
        Gramian, LossScaling, Method, Needs, Ordering, Properties, Result, SingleTask, StepInputs,
        Total, Weighting, all, by_name, claims_table,
    },
};

use crate::weighting_support::*;

#[test]
fn every_method_keeps_the_rules_and_its_own_claims() {
    for method in all() {
        let report = check_by_tasks(|tasks| made(method.name, tasks));
        let report = report.unwrap_or_else(|failures| panic!("{failures}"));
        assert_eq!(report.weighting, method.name);
    }
}

#[test]
fn every_method_keeps_the_rules_with_a_preference_too() {
    for name in ["upgrad", "dualproj", "aligned-mtl", "config", "sdmgrad", "cosmos", "pbi"] {
        let preference = |tasks: usize| (1..=tasks).collect::<Vec<_>>();
        let make = |tasks| by_name(name, &json!({ "preference": preference(tasks) })).unwrap();
        check_by_tasks(make).unwrap_or_else(|failures| panic!("{failures}"));
    }
}

#[test]
fn averaged_weights_keep_the_rules_around_every_method() {
    for method in all().filter(|method| method.name != "cr-mogm") {
        let make = |tasks| {
            let options = options(method.name, tasks);
            by_name("cr-mogm", &json!({ "method": method.name, "options": options })).unwrap()
        };
        check_by_tasks(make).unwrap_or_else(|failures| panic!("{}: {failures}", method.name));
    }
}

/// A weighting that can be made to break a rule.
#[derive(Clone)]
struct Faulty {
    fault: &'static str,
    steps: u64,
}

impl Weighting for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties { loss_scaling: LossScaling::Common, ..Properties::CONVEX }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        if self.fault != "takes any loss" {
            inputs.finite_losses(self.name())?;
        }
        let tasks = inputs.gramian(self.name())?.tasks();
        self.steps += 1;
        let share = 1.0 / tasks as f64;
        let mut weights = vec![share; tasks];
        match self.fault {
            "sum" => weights.iter_mut().for_each(|w| *w *= 2.0),
            "sign" if tasks > 2 => (weights[0], weights[1]) = (weights[0] - 1.0, share + 1.0),
            "order" if tasks > 1 => (weights[0], weights[1]) = (share / 2.0, 1.5 * share),
            "forgets" if tasks > 1 => {
                let moved = share / (1.0 + self.steps as f64);
                let gramian = inputs.gramian(self.name())?;
                let longest = (0..tasks)
                    .max_by(|&a, &b| gramian.inner(a, a).total_cmp(&gramian.inner(b, b)))
                    .unwrap();
                weights.iter_mut().for_each(|w| *w -= moved / tasks as f64);
                weights[longest] += moved;
            }
            "not finite" => {
                let norms = inputs.gramian(self.name())?.norms();
                weights.iter_mut().zip(norms).for_each(|(w, norm)| *w /= norm * norm.recip());
            }
            _ => {}
        }
        Ok(weights)
    }
}

#[test]
fn a_weighting_that_breaks_a_rule_is_found_out() {
    let broken = |fault: &'static str| {
        let result = check(|| Box::new(Faulty { fault, steps: 0 }));
        result.err().map_or(vec![], |failures| {
            failures.failures.iter().map(|failure| failure.rule).collect::<Vec<_>>()
        })
    };
    assert_eq!(broken("none"), Vec::<&str>::new());
    for (fault, words) in [
        ("sum", "the sum that are claimed"),
        ("sum", "one task alone"),
        ("sign", "weights have the sign"),
        ("order", "change places"),
        ("forgets", "bit for bit"),
        ("not finite", "finite weights"),
        ("takes any loss", "ill-fitting inputs"),
    ] {
        let broken = broken(fault);
        assert!(broken.iter().any(|rule| rule.contains(words)), "{fault}: {broken:?}");
    }
}

#[test]
fn a_seed_changes_what_is_drawn() {
    let draws = |m: &&Method| m.properties().unwrap().ordering == Ordering::Drawn;
    for method in all().filter(draws) {
        let gramian = Gramian::from_gradients(&gradients(3, 6, 3)).unwrap();
        let losses = [1.0; 6];
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
        let weights = |seed: u64| {
            let options = json!({ "seed": seed });
            by_name(method.name, &options).unwrap().weights(&inputs).unwrap()
        };
        assert_eq!(weights(1), weights(1), "{}", method.name);
        assert_ne!(weights(1), weights(2), "{}", method.name);
    }
}

#[test]
fn the_table_of_claims_has_a_row_for_every_method() {
    let table = claims_table().unwrap();
    for method in all() {
        let row = format!("| {} | ", method.name);
        let line = table.lines().find(|line| line.starts_with(&row)).unwrap();
        assert_eq!(line.matches(" | ").count(), 8, "{line}");
        let made = by_name(method.name, &method.example_options(2)).unwrap();
        assert!(line.ends_with(&format!("{} |", made.properties().caveat)), "{line}");
    }
    println!("{table}");
}

#[test]
fn the_book_lists_every_method_with_its_claims_and_paper() {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/methods.md");
    let book = std::fs::read_to_string(book).unwrap();
    for row in claims_table().unwrap().lines() {
        assert!(book.contains(row), "docs/methods.md lacks or has otherwise: {row}");
    }
    for method in all() {
        let row = format!("| {} | {} |", method.name, method.paper);
        assert!(book.contains(&row), "docs/methods.md lacks: {row}");
    }
}

#[test]
fn options_of_a_preference_that_do_not_fit_are_refused() {
    for preference in [json!([1.0, -1.0]), json!([0.0, 0.0]), json!([])] {
        let Err(error) = by_name("upgrad", &json!({ "preference": preference })) else {
            panic!("taken: {preference}")
        };
        assert!(error.to_string().contains("`preference`"), "{error}");
    }
    let mut method = by_name("config", &json!({ "preference": [1.0, 2.0] })).unwrap();
    let gramian = Gramian::from_gradients(&gradients(1, 3, 4)).unwrap();
    let inputs = StepInputs { step: 0, progress: 0.0, losses: &[1.0; 3], gramian: Some(&gramian) };
    let error = method.weights(&inputs).unwrap_err().to_string();
    assert!(error.contains("expected 2 tasks (the option `preference`), found 3"), "{error}");
    assert_eq!(method.properties().single_task, SingleTask::PositiveMultiple);
    assert_eq!(method.properties().total, Total::Unclaimed);
    let _: Value = method.state();
}
