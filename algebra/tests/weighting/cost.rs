//! What a step of the weightings costs on the host at 64 tasks.
//!
//! Run with `cargo test -p taskgraft-algebra --test weighting -- --ignored --nocapture cost`.

use std::time::Instant;

use serde_json::Value;
use taskgraft_algebra::weighting::{Gramian, StepInputs, by_name};

use crate::weighting_support::*;

/// The median time of a step, in milliseconds, over gradients that conflict as random ones of 1,000 coordinates do.
fn milliseconds(name: &str, tasks: usize) -> f64 {
    let losses = vec![1.0; tasks];
    let mut times: Vec<f64> = (0..11)
        .map(|key| {
            let gramian = Gramian::from_gradients(&gradients(key, tasks, 1000)).unwrap();
            let inputs =
                StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
            let mut method = by_name(name, &Value::Null).unwrap();
            let start = Instant::now();
            let weights = method.weights(&inputs).unwrap();
            let time = start.elapsed().as_secs_f64() * 1e3;
            assert!(weights.iter().all(|w| w.is_finite()));
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[5]
}

#[test]
#[ignore = "measures time, which a busy machine distorts"]
fn a_step_of_64_tasks_takes_milliseconds() {
    for name in ["mgda", "cagrad", "upgrad", "dualproj", "nash-mtl"] {
        let time = milliseconds(name, 64);
        println!("{name}: {time:.2} ms");
        assert!(time < 20.0, "{name}: {time} ms");
    }
}
