//! Optimisers: parameters after three updates, each with another gradient.

use burn::{optim::Optimizer, tensor::Tensor};
use taskgraft::models::kernels::{Adafactor, AdamW};

use super::super::tape::{Number, inner, sum};
use super::operation::{Operation, input, scaled};

/// Of the second and third gradient, over the first.
const GRADIENTS: [f64; 3] = [1.0, -0.5, 2.0];
const RATE: f64 = 0.01;

pub(super) fn operations() -> Vec<Operation> {
    let adafactors = [
        adafactor(7, 5, false),
        adafactor(32, 4, true),
        adafactor(130, 133, false),
        adafactor(128, 132, true),
    ];
    let all = [adamw(true), adamw(false)].into_iter().chain(adafactors);
    all.map(Operation::without_gradients).collect()
}

/// Three steps on a matrix.
fn steps<O: Optimizer>(optimiser: &O, parameter: Tensor<2>, gradient: Tensor<2>) -> Tensor<1> {
    let (mut parameter, mut state) = (parameter, None);
    for factor in GRADIENTS {
        (parameter, state) =
            optimiser.step(RATE, parameter, gradient.clone().mul_scalar(factor), state);
    }
    parameter.reshape([-1])
}

/// The same on one number.
fn adamw_steps<'t>(of: &AdamW, parameter: Number<'t>, gradient: Number<'t>) -> Number<'t> {
    let [beta1, beta2, epsilon, decay] =
        [of.beta1, of.beta2, of.epsilon, of.weight_decay].map(f64::from);
    let (mut p, mut m, mut v) = (parameter, gradient * 0.0, gradient * 0.0);
    for (time, factor) in (1..).zip(GRADIENTS) {
        let g = gradient * factor;
        m = m * beta1 + g * (1.0 - beta1);
        v = v * beta2 + g * g * (1.0 - beta2);
        let corrected = |beta: f64| if of.bias_correction { 1.0 - beta.powi(time) } else { 1.0 };
        let (first, second) = (m / corrected(beta1), v / corrected(beta2));
        p = p * (1.0 - RATE * decay) - first / (second.sqrt() + epsilon) * RATE;
    }
    p
}

fn adamw(bias_correction: bool) -> Operation {
    let optimiser = AdamW { bias_correction, ..AdamW::default() };
    let (rows, columns) = (31, 33);
    Operation::new(
        "AdamW",
        format!("3 steps, bias correction {}", if bias_correction { "on" } else { "off" }),
        vec![input("parameter", rows * columns), scaled("gradient", rows * columns, 0.01)],
        move |t| {
            let matrix = |t: &Tensor<1>| t.clone().reshape([rows, columns]);
            steps(&optimiser, matrix(&t[0]), matrix(&t[1]))
        },
        move |t| t[0].iter().zip(&t[1]).map(|(&p, &g)| adamw_steps(&optimiser, p, g)).collect(),
    )
}

/// Root mean square.
fn size<'t>(x: &[Number<'t>]) -> Number<'t> {
    (inner(x, x) / x.len() as f64).sqrt()
}

/// Whole second moments for small matrices, factored ones for large. The gradient of a parameter that was used
/// transposed lies transposed in memory.
fn adafactor(rows: usize, columns: usize, transposed: bool) -> Operation {
    let optimiser = Adafactor::default();
    let is_factored = rows.min(columns) >= optimiser.factored_from;
    let Adafactor { decay, epsilon, clip, least_scale, .. } = optimiser;
    let what = if is_factored { "factored" } else { "whole" };
    let layout = if transposed { ", a transposed gradient" } else { "" };
    Operation::new(
        "Adafactor",
        format!("{rows}×{columns}, 3 steps, {what} second moments{layout}"),
        vec![input("parameter", rows * columns), scaled("gradient", rows * columns, 0.01)],
        move |t| {
            let parameter = t[0].clone().reshape([rows, columns]);
            let gradient = match transposed {
                true => t[1].clone().reshape([columns, rows]).transpose(),
                false => t[1].clone().reshape([rows, columns]),
            };
            steps(&optimiser, parameter, gradient)
        },
        move |t| {
            let gradient: Vec<_> = match transposed {
                true => {
                    (0..rows * columns).map(|i| t[1][i % columns * rows + i / columns]).collect()
                }
                false => t[1].to_vec(),
            };
            let mut p = t[0].clone();
            let mut second: Option<Vec<Number<'_>>> = None;
            for (time, factor) in (1..).zip(GRADIENTS) {
                let g: Vec<_> = gradient.iter().map(|&g| g * factor).collect();
                let squares: Vec<_> = g.iter().map(|&g| g * g + epsilon).collect();
                let squares = if is_factored { means(&squares, columns) } else { squares };
                let new = f64::from(time).powf(-decay);
                let moment = match second {
                    Some(old) => old
                        .iter()
                        .zip(&squares)
                        .map(|(&old, &square)| old * (1.0 - new) + square * new)
                        .collect(),
                    None => squares,
                };
                let full = if is_factored { outer(&moment, rows) } else { moment.clone() };
                second = Some(moment);
                let update: Vec<_> = g.iter().zip(full).map(|(&g, v)| g / v.sqrt()).collect();
                let too_large = (size(&update) / clip).at_least(1.0);
                let factor = size(&p).at_least(least_scale) / too_large * RATE;
                p = p.iter().zip(&update).map(|(&p, &u)| p - u * factor).collect();
            }
            p
        },
    )
}

/// Means of the rows, then of the columns.
fn means<'t>(squares: &[Number<'t>], columns: usize) -> Vec<Number<'t>> {
    let rows = squares.len() / columns;
    let of_rows = squares.chunks(columns).map(|row| sum(row.iter().copied()) / columns as f64);
    let of_column = |c: usize| sum(squares.iter().skip(c).step_by(columns).copied()) / rows as f64;
    of_rows.chain((0..columns).map(of_column)).collect()
}

/// The second moment that its rows and columns stand for.
fn outer<'t>(means: &[Number<'t>], rows: usize) -> Vec<Number<'t>> {
    let (rows, columns) = means.split_at(rows);
    let mean = sum(rows.iter().copied()) / rows.len() as f64;
    rows.iter().flat_map(|&row| columns.iter().map(move |&column| row * column / mean)).collect()
}
