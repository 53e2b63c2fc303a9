//! Adafactor's factored update: squares are summed by row and column, the update's size is summed, the new parameter is
//! written. Rows are taken in blocks of fixed size, whose sums are added in order.

use burn::backend::{DType, Flex, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::portable;
use super::super::specs::AdafactorStep;
use super::buffer::{contiguous, tensor, unfilled, values};
use super::vector::sum_of_squares;

/// Rows of a block.
const BLOCK: usize = 64;

/// Sums over a block of rows.
struct Sums {
    /// Squared gradients, of every column.
    columns: Vec<f32>,
    /// Squared parameters, of every matrix.
    sizes: Vec<f64>,
}

/// New parameter `[rows, matrices, columns]`, and means of rows and of columns.
pub(in super::super) fn factored(
    parameter: FlexTensor,
    gradient: FlexTensor,
    rows: FlexTensor,
    columns: FlexTensor,
    step: AdafactorStep,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    if [&parameter, &gradient, &rows, &columns].iter().any(|x| x.dtype() != DType::F32) {
        return portable::adafactor_factored::<Flex>(parameter, gradient, rows, columns, step);
    }
    let (parameter, gradient) = (contiguous(parameter), contiguous(gradient));
    let (mut rows, mut columns) = (contiguous(rows), contiguous(columns));
    let shape = parameter.shape().clone();
    let (count, matrices, width) = (shape[0], shape[1], shape[2]);
    let block = BLOCK * matrices * width;
    let (p, g) = (values(&parameter), values(&gradient));
    let of_rows = rows.storage_mut::<f32>();
    let of_columns = columns.storage_mut::<f32>();

    let new = step.new;
    let mix = |old: &mut f32, mean: f64| {
        *old = (f64::from(*old) * (1.0 - new) + (mean + step.epsilon) * new) as f32;
    };
    let summed = |((p, g), of_rows): ((&[f32], &[f32]), &mut [f32])| {
        let mut sums = Sums { columns: vec![0.0; matrices * width], sizes: vec![0.0; matrices] };
        let lines = p.chunks_exact(width).zip(g.chunks_exact(width)).zip(of_rows);
        for (line, ((p, g), of_row)) in lines.enumerate() {
            let matrix = line % matrices;
            let columns = &mut sums.columns[matrix * width..][..width];
            mix(of_row, add_squares(g, columns) / width as f64);
            if step.least_scale.is_some() {
                sums.sizes[matrix] += sum_of_squares(p);
            }
        }
        sums
    };
    let pieces = p.par_chunks(block).zip(g.par_chunks(block));
    let blocks: Vec<Sums> =
        pieces.zip(of_rows.par_chunks_mut(BLOCK * matrices)).map(summed).collect();
    let total = |of: &dyn Fn(&Sums) -> f64| blocks.iter().map(of).sum::<f64>();
    for (place, old) in of_columns.iter_mut().enumerate() {
        mix(old, total(&|sums| f64::from(sums.columns[place])) / count as f64);
    }
    let sizes: Vec<f64> = (0..matrices).map(|matrix| total(&|sums| sums.sizes[matrix])).collect();

    // The update is the gradient times a factor of its row times one of its column.
    let mean = |matrix: usize| {
        let all = of_rows.iter().skip(matrix).step_by(matrices);
        all.map(|&row| f64::from(row)).sum::<f64>() / count as f64
    };
    let means: Vec<f64> = (0..matrices).map(mean).collect();
    let by_column: Vec<f32> = of_columns.iter().map(|&column| column.sqrt().recip()).collect();
    let of_columns = |line: usize| &by_column[line % matrices * width..][..width];
    let by_row: Vec<f64> = of_rows
        .iter()
        .enumerate()
        .map(|(line, &row)| (f64::from(row) / means[line % matrices]).sqrt().recip())
        .collect();

    let squares = |(g, by_row): (&[f32], &[f64])| {
        let mut sums = vec![0.0; matrices];
        for (line, (g, by_row)) in g.chunks_exact(width).zip(by_row).enumerate() {
            sums[line % matrices] += by_row * by_row * weighted_squares(g, of_columns(line));
        }
        sums
    };
    let blocks: Vec<Vec<f64>> =
        g.par_chunks(block).zip(by_row.par_chunks(BLOCK * matrices)).map(squares).collect();
    let elements = (count * width) as f64;
    let factor = |matrix: usize| {
        let squares: f64 = blocks.iter().map(|sums| sums[matrix]).sum();
        let too_large = at_least((squares / elements).sqrt() / step.clip, 1.0);
        let scale =
            step.least_scale.map(|least| at_least((sizes[matrix] / elements).sqrt(), least));
        step.rate * scale.unwrap_or(1.0) / too_large
    };
    let factors: Vec<f64> = (0..matrices).map(factor).collect();

    let mut new = unfilled(p.len());
    let pieces = new.par_chunks_mut(block).zip(p.par_chunks(block)).zip(g.par_chunks(block));
    pieces.zip(by_row.par_chunks(BLOCK * matrices)).for_each(|(((new, p), g), by_row)| {
        let lines = new.chunks_exact_mut(width).zip(p.chunks_exact(width));
        let lines = lines.zip(g.chunks_exact(width)).zip(by_row);
        for (line, (((new, p), g), by_row)) in lines.enumerate() {
            let factor = (by_row * factors[line % matrices]) as f32;
            subtract(new, p, g, of_columns(line), factor);
        }
    });
    (tensor(new, shape), rows, columns)
}

/// The larger; what is not a number stays so.
fn at_least(x: f64, least: f64) -> f64 {
    if x < least { least } else { x }
}

/// Adds squares to the sums of their columns, and gives the sum of all.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn add_squares(x: &[f32], columns: &mut [f32]) -> f64 {
    let mut sums = [0f32; 16];
    let (x, x_rest) = x.as_chunks::<16>();
    let (columns, columns_rest) = columns.as_chunks_mut::<16>();
    for (x, columns) in x.iter().zip(columns) {
        for ((x, column), sum) in x.iter().zip(columns).zip(&mut sums) {
            *column += x * x;
            *sum += x * x;
        }
    }
    let mut rest = 0.0;
    for (x, column) in x_rest.iter().zip(columns_rest) {
        *column += x * x;
        rest += f64::from(x * x);
    }
    sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() + rest
}

/// Σ (x w)².
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn weighted_squares(x: &[f32], weights: &[f32]) -> f64 {
    let mut sums = [0f32; 16];
    let ((x, x_rest), (weights, rest)) = (x.as_chunks::<16>(), weights.as_chunks::<16>());
    for (x, weights) in x.iter().zip(weights) {
        for ((x, weight), sum) in x.iter().zip(weights).zip(&mut sums) {
            let product = x * weight;
            *sum += product * product;
        }
    }
    let rest: f64 = x_rest.iter().zip(rest).map(|(x, weight)| f64::from(x * weight).powi(2)).sum();
    sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() + rest
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn subtract(new: &mut [f32], old: &[f32], gradient: &[f32], by_column: &[f32], factor: f32) {
    for (((new, old), g), by_column) in new.iter_mut().zip(old).zip(gradient).zip(by_column) {
        *new = old - g * by_column * factor;
    }
}
