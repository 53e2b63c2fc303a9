//! What works element by element or row by row: GELU, gates, dropout, layer and RMS norm.

use burn::tensor::Tensor;
use taskgraft::models::kernels::{self, Dropout, DropoutKey, Gate};

use super::super::tape::{Number, inner, sum};
use super::operation::{Operation, input, scaled};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![gelu_alone()];
    all.extend([None, Some(0.25)].map(|p| gate(Gate::Relu, p).within(1e-6)));
    all.extend([None, Some(0.25)].map(|p| gate(Gate::GatedGelu, p)));
    all.extend([dropped().within(1e-6), add_dropped().within(1e-5)]);
    all.extend([(3, 5, None), (7, 65, None), (7, 65, Some(0.3))].map(layer_norm));
    all.extend([(1, 1), (7, 65)].map(rms_norm));
    all
}

pub(super) fn gelu(x: Number<'_>) -> Number<'_> {
    x * ((x * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5
}

/// The key of all masks here.
pub(super) fn key() -> DropoutKey {
    DropoutKey::new(8, 9).site(1)
}

/// The element with this index after dropout.
pub(super) fn drop_one<'t>(x: Number<'t>, dropout: &Dropout, element: usize) -> Number<'t> {
    if dropout.keeps(element) { x * f64::from(dropout.scale()) } else { x * 0.0 }
}

fn drop_all<'t>(x: Vec<Number<'t>>, probability: Option<f64>) -> Vec<Number<'t>> {
    let Some(probability) = probability else { return x };
    let dropout = Dropout::new(probability, key());
    x.into_iter().enumerate().map(|(i, x)| drop_one(x, &dropout, i)).collect()
}

fn with_key(probability: Option<f64>) -> Option<(f64, DropoutKey)> {
    probability.map(|p| (p, key()))
}

fn with_dropout(size: &str, probability: Option<f64>) -> String {
    match probability {
        Some(p) => format!("{size}, dropout {p}"),
        None => size.to_string(),
    }
}

fn gelu_alone() -> Operation {
    // To where the function is flat.
    Operation::new(
        "GELU",
        "1003 values in ±6".into(),
        vec![scaled("x", 1003, 6.0)],
        |t| kernels::gelu(t[0].clone()),
        |t| t[0].iter().map(|&x| gelu(x)).collect(),
    )
}

/// GELU's approximation by tanh, as T5 1.1 gates with it.
fn gelu_by_tanh(x: Number<'_>) -> Number<'_> {
    let inner = (x + x * x * x * 0.044_715) * (2.0 / std::f64::consts::PI).sqrt();
    x * (inner.tanh() + 1.0) * 0.5
}

fn gate(gate: Gate, probability: Option<f64>) -> Operation {
    let (rows, columns) = (13, 34);
    let name = match gate {
        Gate::Relu => "ReLU gate",
        Gate::GatedGelu => "gated GELU",
    };
    Operation::new(
        name,
        with_dropout(&format!("{rows}×{columns}"), probability),
        vec![scaled("x", rows * columns, 4.0)],
        move |t| {
            let x = t[0].clone().reshape([rows, columns]);
            kernels::gate(x, gate, with_key(probability)).reshape([-1])
        },
        move |t| {
            let half = columns / 2;
            let y = match gate {
                Gate::Relu => t[0].iter().map(|x| x.relu()).collect(),
                Gate::GatedGelu => {
                    let halves = t[0].chunks(columns).map(|row| row.split_at(half));
                    let rows = halves.flat_map(|(gated, passed)| gated.iter().zip(passed));
                    rows.map(|(&gated, &passed)| gelu_by_tanh(gated) * passed).collect()
                }
            };
            drop_all(y, probability)
        },
    )
}

fn dropped() -> Operation {
    Operation::new(
        "dropout",
        "1003 values, 0.1".into(),
        vec![input("x", 1003)],
        |t| kernels::dropout(t[0].clone(), 0.1, key()),
        |t| drop_all(t[0].clone(), Some(0.1)),
    )
}

fn add_dropped() -> Operation {
    Operation::new(
        "residual with dropout",
        "1003 values, 0.3".into(),
        vec![input("x", 1003), input("y", 1003)],
        |t| kernels::add_dropped(t[0].clone(), t[1].clone(), with_key(Some(0.3))),
        |t| {
            let dropped = drop_all(t[1].clone(), Some(0.3));
            t[0].iter().zip(dropped).map(|(&x, y)| x + y).collect()
        },
    )
}

const EPSILON: f64 = 1e-5;

fn normal_row<'t>(z: &[Number<'t>], gamma: &[Number<'t>], beta: &[Number<'t>]) -> Vec<Number<'t>> {
    let width = z.len() as f64;
    let mean = sum(z.iter().copied()) / width;
    let centred: Vec<_> = z.iter().map(|&z| z - mean).collect();
    let deviation = (inner(&centred, &centred) / width + EPSILON).sqrt();
    let columns = centred.into_iter().zip(gamma.iter().zip(beta));
    columns.map(|(centred, (&gamma, &beta))| centred / deviation * gamma + beta).collect()
}

fn unit_row<'t>(x: &[Number<'t>], gamma: &[Number<'t>]) -> Vec<Number<'t>> {
    let size = (inner(x, x) / x.len() as f64 + EPSILON).sqrt();
    x.iter().zip(gamma).map(|(&x, &gamma)| x / size * gamma).collect()
}

fn layer_norm((rows, width, probability): (usize, usize, Option<f64>)) -> Operation {
    let inputs = vec![
        scaled("x", rows * width, 3.0),
        input("residual", rows * width),
        input("gamma", width),
        input("beta", width),
    ];
    Operation::new(
        "layer norm",
        with_dropout(&format!("{rows}×{width}"), probability),
        inputs,
        move |t| {
            let matrix = |t: &Tensor<1>| t.clone().reshape([rows, width]);
            let (x, residual, gamma, beta) =
                (matrix(&t[0]), matrix(&t[1]), t[2].clone(), t[3].clone());
            let dropout = with_key(probability);
            kernels::dropout_add_layer_norm(x, residual, gamma, beta, EPSILON, dropout)
                .reshape([-1])
        },
        move |t| {
            let x = drop_all(t[0].clone(), probability);
            let z: Vec<_> = x.into_iter().zip(&t[1]).map(|(x, &residual)| x + residual).collect();
            z.chunks(width).flat_map(|z| normal_row(z, &t[2], &t[3])).collect()
        },
    )
}

fn rms_norm((rows, width): (usize, usize)) -> Operation {
    Operation::new(
        "RMS norm",
        format!("{rows}×{width}"),
        vec![scaled("x", rows * width, 3.0), input("gamma", width)],
        move |t| {
            let x = t[0].clone().reshape([rows, width]);
            kernels::rms_norm(x, t[1].clone(), EPSILON).reshape([-1])
        },
        move |t| t[0].chunks(width).flat_map(|x| unit_row(x, &t[1])).collect(),
    )
}
