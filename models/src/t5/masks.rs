//! Which keys a query must not see, as numbers to add to attention scores: 0, or one so low that
//! its weight is 0 beside any other. It is finite, so a row that may see nothing sees everything
//! alike instead of giving not-a-number.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

/// What is added to the score of a hidden key.
const HIDDEN: f32 = -1e9;

/// Padding keys.
///
/// # Shapes
/// `mask` `[batch, keys]`, 1 for real tokens and 0 for padding, to `[batch, keys]`
pub(super) fn padding(mask: &Tensor<2>) -> Tensor<2> {
    (mask.clone() - 1.0) * -HIDDEN
}

/// Keys after their query; the first query is at position `start`.
///
/// # Shapes
/// to `[1, 1, queries, keys]`
pub(super) fn causal(start: usize, queries: usize, keys: usize, device: &Device) -> Tensor<4> {
    let row = |query: usize| (0..keys).map(move |key| if key > query { HIDDEN } else { 0.0 });
    let values: Vec<f32> = (start..start + queries).flat_map(row).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, queries, keys]), device)
}

/// Keys of other segments than their query's: texts packed into one row.
///
/// # Shapes
/// `queries` `[batch, queries]`, `keys` `[batch, keys]`, to `[batch, 1, queries, keys]`
pub(super) fn segments(queries: &Tensor<2, Int>, keys: &Tensor<2, Int>) -> Tensor<4> {
    let ([batch, rows], [_, columns]) = (queries.dims(), keys.dims());
    let shape = [batch, 1, rows, columns];
    let queries = queries.clone().reshape([batch, 1, rows, 1]).expand(shape);
    let keys = keys.clone().reshape([batch, 1, 1, columns]).expand(shape);
    let other: Tensor<4, Bool> = queries.not_equal(keys);
    other.float() * HIDDEN
}
