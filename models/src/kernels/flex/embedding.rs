//! The gradient of an embedding table: rows of the gradient added into a zeroed table. Zeroed
//! memory fresh from the system is not touched where no row is used. Each task owns a fixed range
//! of columns, so that repeated ids are added in the order of their positions.

use burn::backend::tensor::IntTensor;
use burn::backend::{Flex, Shape};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffer::{Shared, contiguous, tensor, values};

const COLUMNS: usize = 128;

pub(super) fn gradient(
    ids: IntTensor<Flex>,
    gradient: FlexTensor,
    vocabulary: usize,
) -> FlexTensor {
    let gradient = contiguous(gradient);
    let ids: Vec<usize> = ids.into_data().iter::<i64>().map(|id| id as usize).collect();
    let width = values(&gradient).len() / ids.len().max(1);
    assert!(
        ids.iter().all(|&id| id < vocabulary),
        "an embedding id reaches beyond the table's {vocabulary} rows"
    );
    let mut table = vec![0.0f32; vocabulary * width];
    let (out, source) = (Shared::new(&mut table), values(&gradient));
    (0..width.div_ceil(COLUMNS)).into_par_iter().for_each(|part| {
        let (from, to) = (part * COLUMNS, width.min((part + 1) * COLUMNS));
        for (position, &id) in ids.iter().enumerate() {
            // SAFETY: id is below vocabulary, and no other task has these columns.
            let row =
                unsafe { std::slice::from_raw_parts_mut(out.at(id * width + from), to - from) };
            let added = &source[position * width + from..position * width + to];
            for (sum, value) in row.iter_mut().zip(added) {
                *sum += value;
            }
        }
    });
    tensor(table, Shape::from(vec![vocabulary, width]))
}
