//! Dense layers, tied outputs and embedding look-up.
//!
//! With bfloat16 operands the definition rounds what the operation is to round, and nothing else, so that errors are of
//! the product; the rows against exact products show what the rounding costs.

use burn::tensor::{Int, Tensor, TensorData};
use taskgraft::models::kernels::{self, Precision};

use super::super::tape::{Number, inner};
use super::{
    operation::{BOUND, Operation, input},
    rows::gelu,
};

/// How a definition treats the operands of a product.
#[derive(Clone, Copy, PartialEq)]
enum Operands {
    Exact,
    Rounded,
}

pub(super) fn operations() -> Vec<Operation> {
    use Operands::{Exact, Rounded};
    let sizes = [(1, 1, 1), (37, 65, 33)];
    let mut all = Vec::new();
    for (name, precision, operands) in [
        ("linear", Precision::F32, Exact),
        ("linear, bf16", Precision::Bf16, Rounded),
        ("linear, bf16 against exact", Precision::Bf16, Exact),
    ] {
        let bound = if (precision, operands) == (Precision::Bf16, Exact) { 1.0 } else { BOUND };
        all.extend(sizes.map(|size| linear(name, size, precision, operands).within(bound)));
    }
    all.push(linear_gelu());
    for (name, precision, operands) in
        [("tied output", Precision::F32, Exact), ("tied output, bf16", Precision::Bf16, Rounded)]
    {
        all.push(transposed(name, precision, operands));
    }
    all.push(embedding().within(1e-6));
    all
}

/// `Σ a b`, with operands and the gradient that comes back rounded where asked for.
fn product<'t>(a: &[Number<'t>], b: &[Number<'t>], operands: Operands) -> Number<'t> {
    if operands == Operands::Exact {
        return inner(a, b);
    }
    let rounded = |numbers: &[Number<'t>]| -> Vec<_> {
        numbers.iter().map(|number| number.rounded()).collect()
    };
    inner(&rounded(a), &rounded(b)).with_rounded_gradient()
}

fn columns<'t>(matrix: &[Number<'t>], width: usize) -> Vec<Vec<Number<'t>>> {
    (0..width).map(|c| matrix.iter().skip(c).step_by(width).copied().collect()).collect()
}

/// `x W + b` of `rows` rows.
fn layer<'t>(t: &[Vec<Number<'t>>], inputs: usize, operands: Operands) -> Vec<Number<'t>> {
    let columns = columns(&t[1], t[2].len());
    let rows = t[0].chunks(inputs);
    let row = |row: &[Number<'t>]| -> Vec<_> {
        let outputs = columns.iter().zip(&t[2]);
        outputs.map(|(column, &bias)| product(row, column, operands) + bias).collect()
    };
    rows.flat_map(row).collect()
}

fn linear(
    name: &'static str,
    (rows, inputs, outputs): (usize, usize, usize),
    precision: Precision,
    operands: Operands,
) -> Operation {
    let numbers =
        vec![input("x", rows * inputs), input("W", inputs * outputs), input("b", outputs)];
    Operation::new(
        name,
        format!("{rows}×{inputs}→{outputs}"),
        numbers,
        move |t| {
            let (x, w) = (t[0].clone(), t[1].clone().reshape([inputs, outputs]));
            let x = x.reshape([rows, inputs]);
            kernels::linear(x, w, Some(t[2].clone()), precision).reshape([-1])
        },
        move |t| layer(t, inputs, operands),
    )
}

fn linear_gelu() -> Operation {
    let (rows, inputs, outputs) = (13, 17, 19);
    let numbers =
        vec![input("x", rows * inputs), input("W", inputs * outputs), input("b", outputs)];
    Operation::new(
        "linear with GELU",
        format!("{rows}×{inputs}→{outputs}"),
        numbers,
        move |t| {
            let (x, w) = (t[0].clone(), t[1].clone().reshape([inputs, outputs]));
            let x = x.reshape([rows, inputs]);
            kernels::linear_gelu(x, w, Some(t[2].clone()), Precision::F32).reshape([-1])
        },
        move |t| layer(t, inputs, Operands::Exact).into_iter().map(gelu).collect(),
    )
}

fn transposed(name: &'static str, precision: Precision, operands: Operands) -> Operation {
    let (rows, inputs, outputs) = (9, 33, 131);
    Operation::new(
        name,
        format!("{rows}×{inputs}→{outputs}"),
        vec![input("x", rows * inputs), input("W", outputs * inputs)],
        move |t| {
            let (x, w) = (t[0].clone(), t[1].clone().reshape([outputs, inputs]));
            let x = x.reshape([rows, inputs]);
            kernels::linear_transposed(x, w, precision).reshape([-1])
        },
        move |t| {
            let (rows, table) = (t[0].chunks(inputs), t[1].chunks(inputs));
            rows.flat_map(|row| table.clone().map(move |w| product(row, w, operands))).collect()
        },
    )
}

fn embedding() -> Operation {
    let (vocabulary, width) = (11, 133);
    // One id is there three times, and some are not.
    let ids = [0, 3, 3, 10, 3, 0];
    Operation::new(
        "embedding",
        format!("{} of {vocabulary} rows, some repeated, width {width}", ids.len()),
        vec![input("table", vocabulary * width)],
        move |t| {
            let ids = TensorData::new(ids.to_vec(), [2, 3]);
            let ids = Tensor::<2, Int>::from_data(ids, &t[0].device().inner());
            kernels::embedding(t[0].clone().reshape([vocabulary, width]), ids).reshape([-1])
        },
        move |t| {
            let row = |&id: &i32| t[0][id as usize * width..][..width].to_vec();
            ids.iter().flat_map(row).collect()
        },
    )
}
