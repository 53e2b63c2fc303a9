//! Dense layers: `x W + b` and the gradients of each.
//!
//! Products are cut into parts by their sizes, not by the number of threads, and sums over rows into
//! groups of fixed size, so that results do not depend on how many threads there are.

use burn::backend::{Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::precision::Precision;
use super::bf16;
use super::buffer::{contiguous, rows_and_width, tensor, unfilled, values};
use super::product::multiply_in_parts;
use super::view::View;

/// Rows per task of a column sum.
const SUMMED_ROWS: usize = 256;

pub(super) fn forward(
    x: FlexTensor,
    weight: FlexTensor,
    bias: Option<FlexTensor>,
    precision: Precision,
) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), bias.map(contiguous));
    let (rows, inputs) = rows_and_width(&x);
    let outputs = weight.shape()[1];
    let mut y = unfilled(rows * outputs);
    let (of_x, of_weight) = (View::rows(values(&x), inputs), View::rows(values(&weight), outputs));
    let bias = bias.as_ref().map(values);
    multiply(precision)(&mut y, [rows, inputs, outputs], of_x, of_weight, bias);
    tensor(y, with_last(&x, outputs))
}

pub(super) fn input_gradient(
    weight: FlexTensor,
    gradient: FlexTensor,
    precision: Precision,
) -> FlexTensor {
    let (weight, gradient) = (contiguous(weight), contiguous(gradient));
    let (rows, outputs) = rows_and_width(&gradient);
    let inputs = weight.shape()[0];
    let mut d_x = unfilled(rows * inputs);
    let of_weight = View::rows(values(&weight), outputs).transposed();
    let of_gradient = View::rows(values(&gradient), outputs);
    multiply(precision)(&mut d_x, [rows, outputs, inputs], of_gradient, of_weight, None);
    tensor(d_x, with_last(&gradient, inputs))
}

pub(super) fn weight_gradient(
    x: FlexTensor,
    gradient: FlexTensor,
    precision: Precision,
) -> FlexTensor {
    let (x, gradient) = (contiguous(x), contiguous(gradient));
    let ((rows, inputs), (_, outputs)) = (rows_and_width(&x), rows_and_width(&gradient));
    let mut d_weight = unfilled(inputs * outputs);
    let of_x = View::rows(values(&x), inputs).transposed();
    let of_gradient = View::rows(values(&gradient), outputs);
    multiply(precision)(&mut d_weight, [inputs, rows, outputs], of_x, of_gradient, None);
    tensor(d_weight, Shape::from(vec![inputs, outputs]))
}

/// `output = bias + lhs rhs`.
type Product = fn(&mut [f32], [usize; 3], View, View, Option<&[f32]>);

/// The product of a precision.
fn multiply(precision: Precision) -> Product {
    match precision {
        Precision::F32 => multiply_in_parts,
        Precision::Bf16 => bf16::multiply,
    }
}

pub(super) fn column_sums(x: FlexTensor) -> FlexTensor {
    let x = contiguous(x);
    let (_, width) = rows_and_width(&x);
    let partials: Vec<Vec<f32>> = values(&x)
        .par_chunks((SUMMED_ROWS * width).max(1))
        .map(|rows| {
            let mut sums = vec![0.0; width];
            add_rows(&mut sums, rows);
            sums
        })
        .collect();
    let mut total = vec![0.0; width];
    for partial in partials {
        add_rows(&mut total, &partial);
    }
    tensor(total, Shape::from(vec![width]))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn add_rows(sums: &mut [f32], rows: &[f32]) {
    for row in rows.chunks_exact(sums.len().max(1)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// The shape of a tensor with another last dimension.
fn with_last(tensor: &FlexTensor, last: usize) -> Shape {
    let mut dims: Vec<usize> = tensor.shape().iter().copied().collect();
    if let Some(dim) = dims.last_mut() {
        *dim = last;
    }
    Shape::from(dims)
}
