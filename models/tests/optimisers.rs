//! Optimisers against reference values, and what must hold of their states.
//!
//! The cases are read from `$GOLDEN_DIR/numerics/optimizers.json` where that variable is set, else
//! from the copy under `tests/fixtures`. Their names say which optimiser and settings they are of.

use std::path::PathBuf;

use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
use burn::prelude::*;
use serde_json::{Map, Value};
use taskgraft_models::kernels::{Adafactor, AdafactorState, AdamW};

fn golden() -> Map<String, Value> {
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"));
    let root = std::env::var_os("GOLDEN_DIR").map_or_else(own, PathBuf::from);
    let path = root.join("numerics/optimizers.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The number behind `key=` in a case's name.
fn setting(name: &str, key: &str) -> Option<f64> {
    let rest = name.split_once(&format!("{key}="))?.1;
    rest.split([' ', ',', ')']).next()?.parse().ok()
}

/// The two numbers behind `key=(`.
fn settings(name: &str, key: &str) -> (f64, f64) {
    let rest = name.split_once(&format!("{key}=(")).unwrap().1;
    let (first, second) = rest.split_once(')').unwrap().0.split_once(',').unwrap();
    (first.parse().unwrap(), second.parse().unwrap())
}

fn flat(values: &Value) -> Vec<f32> {
    match values {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        value => vec![value.as_f64().unwrap() as f32],
    }
}

/// Scales the gradients such that their norm together is at most `most`, as PyTorch does.
fn clip(gradients: &mut [Vec<f32>], most: f64) {
    let squares = gradients.iter().flatten().map(|g| f64::from(*g).powi(2));
    let factor = (most / (squares.sum::<f64>().sqrt() + 1e-6)).min(1.0) as f32;
    gradients.iter_mut().flatten().for_each(|g| *g *= factor);
}

/// Runs a case, whose parameters are matrices and vectors.
fn run<O: Optimizer + Clone>(name: &str, case: &Value, optimiser: &O) {
    let device = Device::default();
    let rate = setting(name, "lr").unwrap();
    let initial: Vec<&Value> = case["init"].as_array().unwrap().iter().collect();
    let mut values: Vec<Vec<f32>> = initial.iter().map(|v| flat(v)).collect();
    let mut matrices: Vec<Option<O::State<2>>> = vec![None; values.len()];
    let mut vectors: Vec<Option<O::State<1>>> = vec![None; values.len()];
    let steps = case["grads"].as_array().unwrap().iter();
    for (step, (gradients, expected)) in
        steps.zip(case["params_after_step"].as_array().unwrap()).enumerate()
    {
        let mut gradients: Vec<Vec<f32>> = gradients.as_array().unwrap().iter().map(flat).collect();
        if let Some(most) = setting(name, "clip_global_norm") {
            clip(&mut gradients, most);
        }
        for (i, gradient) in gradients.into_iter().enumerate() {
            let (n, rows) = (values[i].len(), initial[i].as_array().unwrap().len());
            let parameter = Tensor::<1>::from_floats(&values[i][..], &device);
            let gradient = Tensor::<1>::from_floats(&gradient[..], &device);
            values[i] = if rows == n {
                let (new, state) = optimiser.step(rate, parameter, gradient, vectors[i].take());
                vectors[i] = state;
                new.into_data().try_to_vec().unwrap()
            } else {
                let shape = [rows, n / rows];
                let (parameter, gradient) = (parameter.reshape(shape), gradient.reshape(shape));
                let (new, state) = optimiser.step(rate, parameter, gradient, matrices[i].take());
                matrices[i] = state;
                new.into_data().try_to_vec().unwrap()
            };
            for (got, want) in values[i].iter().zip(flat(&expected[i])) {
                let error = (got - want).abs();
                assert!(error < 2e-6, "{name}, step {step}: {got}, expected {want}");
            }
        }
    }
}

#[test]
fn optimisers_agree_with_the_reference_values_step_by_step() {
    let cases = golden();
    assert!(cases.len() >= 5, "{} cases", cases.len());
    for (name, case) in &cases {
        if name.starts_with("adafactor") {
            let (epsilon, least_scale) = settings(name, "eps");
            let adafactor = Adafactor {
                decay: -setting(name, "decay_rate").unwrap(),
                epsilon,
                least_scale,
                clip: setting(name, "clip_threshold").unwrap(),
                scale_parameter: name.contains("scale_parameter=true"),
                relative_step: name.contains("relative_step=true"),
                factored_from: 1,
                side_by_side: 1,
            };
            run(name, case, &adafactor);
        } else {
            let (beta1, beta2) = settings(name, "betas");
            let adamw = AdamW {
                beta1: beta1 as f32,
                beta2: beta2 as f32,
                epsilon: setting(name, "eps").unwrap() as f32,
                weight_decay: setting(name, "weight_decay").unwrap() as f32,
                bias_correction: !name.contains("without bias correction"),
            };
            run(name, case, &adamw);
        }
    }
}

fn matrix(seed: usize, rows: usize, columns: usize) -> Tensor<2> {
    let value = |i: usize| (((i * 37 + seed * 101) % 97) as f32 - 48.0) / 97.0;
    let values: Vec<f32> = (0..rows * columns).map(value).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::default())
}

#[test]
fn matrices_side_by_side_are_stepped_as_if_they_were_apart() {
    for factored_from in [2, 128] {
        let alone = Adafactor { factored_from, ..Adafactor::default() };
        let together = Adafactor { side_by_side: 2, ..alone };
        // The second is far smaller, so that sizes taken together would show.
        let (a, b) = (matrix(1, 4, 3), matrix(2, 4, 3) * 0.01);
        let (ga, gb) = (matrix(3, 4, 3), matrix(4, 4, 3) * 5.0);
        let both = |a: &Tensor<2>, b: &Tensor<2>| Tensor::cat(vec![a.clone(), b.clone()], 1);
        let (joint, _) = together.step(0.1, both(&a, &b), both(&ga, &gb), None);
        let (a, _) = alone.step(0.1, a, ga, None);
        let (b, _) = alone.step(0.1, b, gb, None);
        let difference = (joint - both(&a, &b)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-7, "{difference}");
    }
}

#[test]
fn a_relative_step_falls_with_the_root_of_time_and_starts_at_a_hundredth() {
    let plain = Adafactor { scale_parameter: false, ..Adafactor::default() };
    let relative = Adafactor { relative_step: true, ..plain };
    let (zero, gradient) = (matrix(0, 2, 2) * 0.0, matrix(1, 2, 2));
    let (_, state) = plain.step(1.0, zero.clone(), gradient.clone(), None);
    for (time, rate) in [(1, 0.01), (40_000, 0.005)] {
        let mut state = state.clone().unwrap();
        state.time = time - 1;
        let expected = plain.step(rate, zero.clone(), gradient.clone(), Some(state.clone())).0;
        let got = relative.step(1.0, zero.clone(), gradient.clone(), Some(state)).0;
        let difference = (got - expected).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-7, "{difference}");
    }
}

#[test]
fn a_state_that_was_written_and_read_goes_on_as_if_it_had_not_been() {
    for factored_from in [2, 128] {
        let optimiser = Adafactor { factored_from, ..Adafactor::default() };
        let (parameter, state) = optimiser.step(0.1, matrix(1, 4, 3), matrix(2, 4, 3), None);
        let state = state.unwrap();
        let mut sink = StateSink::default();
        state.state_flatten("p", &mut sink);
        let mut source = StateSource::new(sink.scalars.into_iter().collect());
        for (name, data) in sink.tensors {
            source.insert_tensor(name, data);
        }
        let read = RecordState::state_unflatten("p", &mut source, &Device::default());
        let on = |state| {
            let (new, _) = optimiser.step(0.1, parameter.clone(), matrix(3, 4, 3), state);
            new.into_data().try_to_vec::<f32>().unwrap()
        };
        let read = read.expect("the state can be read");
        assert_eq!(on(Some(read)), on(Some(state)));
    }
}

/// Double precision takes the plain definition.
#[test]
fn a_factored_step_agrees_with_its_definition_in_double_precision() {
    use burn::tensor::FloatDType::{F32, F64};
    let sizes = [(130, 133, 1), (64, 16, 1), (65, 40, 3), (3, 400, 2), (200, 2, 1)];
    for (rows, columns, side_by_side) in sizes {
        for scale_parameter in [true, false] {
            let optimiser = Adafactor {
                factored_from: 2,
                side_by_side,
                scale_parameter,
                ..Adafactor::default()
            };
            let gradient = |seed: usize| {
                let gradient = matrix(seed, rows, columns * side_by_side);
                // A row and a column without gradient, and one row with a large one.
                let row = Tensor::<2>::zeros([1, columns * side_by_side], &Device::default());
                let column = Tensor::<2>::zeros([rows, 1], &Device::default());
                let gradient = gradient.slice_assign([1..2, 0..columns * side_by_side], row);
                let large = gradient.clone().narrow(0, 2, 1) * 50.0;
                let gradient = gradient.slice_assign([2..3, 0..columns * side_by_side], large);
                gradient.slice_assign([0..rows, 1..2], column)
            };
            let parameter = matrix(9, rows, columns * side_by_side);
            let second = |dtype| {
                let zeros = |dims: [usize; 3]| Tensor::<3>::zeros(dims, &Device::default());
                let dims = [[rows, side_by_side, 1], [1, side_by_side, columns]];
                let second = dims.map(|dims| zeros(dims).cast(dtype)).into();
                Some(AdafactorState { time: 0, second })
            };
            let (mut one, mut state) = (parameter.clone(), second(F32));
            let (mut exact, mut exact_state) = (parameter.cast(F64), second(F64));
            for seed in 1..4 {
                (one, state) = optimiser.step(0.1, one, gradient(seed), state);
                let gradient = gradient(seed).cast(F64);
                (exact, exact_state) = optimiser.step(0.1, exact, gradient, exact_state);
            }
            let difference = (one.cast(F64) - exact).abs().max().into_scalar::<f64>();
            assert!(difference < 1e-6, "{rows}×{columns}×{side_by_side}: {difference}");
            let parts = state.unwrap().second.into_iter().zip(exact_state.unwrap().second);
            for (part, exact) in parts {
                let relative = ((part.cast(F64) - exact.clone()) / (exact + 1e-30)).abs().max();
                assert!(relative.into_scalar::<f64>() < 1e-5, "{rows}×{columns}×{side_by_side}");
            }
        }
    }
}

#[test]
#[cfg(feature = "cpu")]
fn adafactor_gives_the_same_bits_on_one_thread_as_on_several() {
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let step =
            || Adafactor::default().step(0.1, matrix(1, 300, 140), matrix(2, 300, 140), None).0;
        let values = pool.install(step).into_data().try_to_vec::<f32>().unwrap();
        values.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    assert!((2..5).all(|threads| bits(threads) == bits(1)));
}
