//! The plain-tensor definition of every kernel, in operations that all Burn backends have.
//!
//! These are the default bodies of [`Kernels`](super::backend::Kernels): a backend works with them
//! the day it is compiled in, and the hand-written bodies are tested against them. Shapes are those
//! of the public functions in the parent module; "rows" are all dimensions but the last.

pub(super) mod t5;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{
    Backend, DType, DTypeUsage, FloatDType, IntDType, Scalar, Shape, Slice, TensorMetadata,
    get_device_settings,
};

use super::dropout::{Dropout, MULTIPLIERS};
use super::precision::Precision;
use super::specs::{
    AdafactorStep, AdamWStep, AttentionGradients, AttentionSpec, AttentionTape, NormSpec,
};

/// A float primitive with chainable operations, so that the definitions read as formulas.
#[derive(Clone)]
struct Expr<B: Backend>(FloatTensor<B>);

impl<B: Backend> Expr<B> {
    fn dims(&self) -> Vec<usize> {
        self.0.shape().iter().copied().collect()
    }
    fn last(&self) -> usize {
        self.dims().last().copied().unwrap_or(1)
    }
    fn add(self, other: Self) -> Self {
        Self(B::float_add(self.0, other.0))
    }
    fn sub(self, other: Self) -> Self {
        Self(B::float_sub(self.0, other.0))
    }
    fn mul(self, other: Self) -> Self {
        Self(B::float_mul(self.0, other.0))
    }
    fn div(self, other: Self) -> Self {
        Self(B::float_div(self.0, other.0))
    }
    fn times(self, factor: f64) -> Self {
        Self(B::float_mul_scalar(self.0, Scalar::Float(factor)))
    }
    fn plus(self, term: f64) -> Self {
        Self(B::float_add_scalar(self.0, Scalar::Float(term)))
    }
    fn at_least(self, bound: f64) -> Self {
        Self(B::float_clamp_min(self.0, Scalar::Float(bound)))
    }
    fn matmul(self, other: Self) -> Self {
        Self(B::float_matmul(self.0, other.0))
    }
    /// The product in the given precision, as float32. Where the device has no bfloat16 units, the
    /// operands are rounded and multiplied as they are.
    fn product(self, other: Self, precision: Precision) -> Self {
        if precision == Precision::F32 {
            return self.matmul(other);
        }
        let usage = B::dtype_usage(&self.0.device(), DType::BF16);
        if !usage.contains(DTypeUsage::Accelerated) {
            return self.rounded().matmul(other.rounded());
        }
        let cast = |x: Self| Self(B::float_cast(x.0, FloatDType::BF16));
        Self(B::float_cast(cast(self).matmul(cast(other)).0, FloatDType::F32))
    }
    /// To bfloat16's eight bits (Dekker, 1971, "A floating-point technique for extending the
    /// available precision", section 5).
    fn rounded(self) -> Self {
        let large = self.clone().times(65_537.0);
        large.clone().sub(large.sub(self))
    }
    fn exp(self) -> Self {
        Self(B::float_exp(self.0))
    }
    fn erf(self) -> Self {
        Self(B::float_erf(self.0))
    }
    fn square(self) -> Self {
        self.clone().mul(self)
    }
    fn sqrt(self) -> Self {
        Self(B::float_sqrt(self.0))
    }
    fn recip(self) -> Self {
        Self(B::float_recip(self.0))
    }
    fn sum(self, dim: usize) -> Self {
        Self(B::float_sum_dim(self.0, dim))
    }
    fn max(self, dim: usize) -> Self {
        Self(B::float_max_dim(self.0, dim))
    }
    fn mean(self, dim: usize) -> Self {
        Self(B::float_mean_dim(self.0, dim))
    }
    fn mean_of_rows(self) -> Self {
        let last = self.dims().len() - 1;
        self.mean(last)
    }
    fn swap(self, a: usize, b: usize) -> Self {
        Self(B::float_swap_dims(self.0, a, b))
    }
    fn reshape(self, dims: &[usize]) -> Self {
        Self(B::float_reshape(self.0, Shape::from(dims.to_vec())))
    }
    fn rows(self) -> Self {
        let last = self.last();
        let rows = self.0.shape().num_elements() / last.max(1);
        self.reshape(&[rows, last])
    }
    /// Columns `from..to` of the last dimension.
    fn columns(self, from: usize, to: usize) -> Self {
        let mut slices: Vec<Slice> =
            self.dims().iter().map(|&size| Slice::from(0..size as isize)).collect();
        if let Some(last) = slices.last_mut() {
            *last = Slice::from(from as isize..to as isize);
        }
        Self(B::float_slice(self.0, &slices))
    }
}

/// The scaled mask: `scale` where kept and 0 where dropped, for `rows` rows of `width` elements of
/// which each starts at an even position.
fn keep_mask<B: Backend>(like: &FloatTensor<B>, width: usize, dropout: Dropout) -> FloatTensor<B> {
    let device = like.device();
    let rows = like.shape().num_elements() / width.max(1);
    let words = rows * width.div_ceil(2);
    let and = |t, m: i64| B::bitwise_and_scalar(t, Scalar::Int(m));
    let word = B::int_arange(0..words as i64, &device, IntDType::I32);
    let mut left = and(B::bitwise_right_shift_scalar(word.clone(), Scalar::Int(16)), 0xFFFF);
    let mut right = and(word, 0xFFFF);
    for (key, multiplier) in dropout.rounds().into_iter().zip(MULTIPLIERS) {
        let mixed = B::bitwise_xor_scalar(right.clone(), Scalar::Int(key.into()));
        let mixed = B::int_mul_scalar(mixed, Scalar::Int(multiplier.into()));
        let mixed = and(B::bitwise_right_shift_scalar(mixed, Scalar::Int(8)), 0xFFFF);
        (left, right) = (right, B::bitwise_xor(left, mixed));
    }
    let pair = |t| B::int_reshape(t, Shape::from(vec![words, 1]));
    let halves = B::int_cat(vec![pair(left), pair(right)], 1);
    let settings = get_device_settings::<B>(&device);
    let keep = B::int_greater_equal_elem(
        halves,
        Scalar::Int(dropout.threshold().into()),
        settings.bool_dtype,
    );
    let keep = Expr::<B>(B::bool_into_float(keep, like.dtype().into()));
    let keep = keep.reshape(&[rows, 2 * width.div_ceil(2)]).columns(0, width);
    let dims: Vec<usize> = like.shape().iter().copied().collect();
    keep.reshape(&dims).times(dropout.scale().into()).0
}

/// Dropout of a whole tensor in row-major order.
pub(super) fn dropout<B: Backend>(x: FloatTensor<B>, dropout: Dropout) -> FloatTensor<B> {
    if dropout.is_none() {
        return x;
    }
    let mask = keep_mask::<B>(&x, x.shape().num_elements(), dropout);
    B::float_mul(x, mask)
}

pub(super) fn linear<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: Option<FloatTensor<B>>,
    precision: Precision,
) -> FloatTensor<B> {
    let (x, weight) = (Expr::<B>(x), Expr::<B>(weight));
    let (mut dims, outputs) = (x.dims(), weight.last());
    if let Some(last) = dims.last_mut() {
        *last = outputs;
    }
    let y = x.rows().product(weight, precision);
    let y = match bias {
        Some(bias) => y.add(Expr(bias).reshape(&[1, outputs])),
        None => y,
    };
    y.reshape(&dims).0
}

pub(super) fn linear_input_gradient<B: Backend>(
    weight: FloatTensor<B>,
    gradient: FloatTensor<B>,
    precision: Precision,
) -> FloatTensor<B> {
    linear::<B>(gradient, B::float_swap_dims(weight, 0, 1), None, precision)
}

pub(super) fn linear_weight_gradient<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
    precision: Precision,
) -> FloatTensor<B> {
    Expr::<B>(x).rows().swap(0, 1).product(Expr(gradient).rows(), precision).0
}

/// Sums over the rows. `[.., n]` to `[n]`.
pub(super) fn column_sums<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let width = Expr::<B>(x.clone()).last();
    Expr::<B>(x).rows().sum(0).reshape(&[width]).0
}

pub(super) fn gelu<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let x = Expr::<B>(x);
    let cdf = x.clone().times(std::f64::consts::FRAC_1_SQRT_2).erf().plus(1.0);
    x.mul(cdf).times(0.5).0
}

pub(super) fn gelu_gradient<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
) -> FloatTensor<B> {
    let x = Expr::<B>(x);
    let cdf = x.clone().times(std::f64::consts::FRAC_1_SQRT_2).erf().plus(1.0);
    let density = x.clone().mul(x.clone()).times(-0.5).exp();
    let density = density.times(1.0 / (2.0 * std::f64::consts::PI).sqrt());
    cdf.times(0.5).add(x.mul(density)).mul(Expr(gradient)).0
}

/// `(y, z, statistics)`: `z = dropout(x) + residual`, the statistics are mean and inverse deviation
/// of each row of `z`, `[rows, 2]`.
pub(super) fn norm<B: Backend>(
    x: FloatTensor<B>,
    residual: Option<FloatTensor<B>>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    spec: NormSpec,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let z = Expr::<B>(dropout::<B>(x, spec.dropout));
    let z = match residual {
        Some(residual) => z.add(Expr(residual)),
        None => z,
    };
    let (dims, width) = (z.dims(), z.last());
    let rows = z.clone().rows();
    let mean = rows.clone().mean(1);
    let centred = rows.sub(mean.clone());
    let variance = centred.clone().mul(centred.clone()).mean(1);
    let inverse = variance.plus(spec.epsilon).sqrt().recip();
    let y = centred
        .mul(inverse.clone())
        .mul(Expr(gamma).reshape(&[1, width]))
        .add(Expr(beta).reshape(&[1, width]));
    let statistics = B::float_cat(vec![mean.0, inverse.0], 1);
    (y.reshape(&dims).0, z.0, statistics)
}

/// Gradients of x, residual, gamma and beta.
pub(super) fn norm_gradient<B: Backend>(
    z: FloatTensor<B>,
    statistics: FloatTensor<B>,
    gamma: FloatTensor<B>,
    gradient: FloatTensor<B>,
    spec: NormSpec,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let (z, statistics) = (Expr::<B>(z), Expr::<B>(statistics));
    let (dims, width) = (z.dims(), z.last());
    let inverse = statistics.clone().columns(1, 2);
    let unit = z.rows().sub(statistics.columns(0, 1)).mul(inverse.clone());
    let gradient = Expr::<B>(gradient).rows();
    let d_beta = gradient.clone().sum(0).reshape(&[width]);
    let d_gamma = gradient.clone().mul(unit.clone()).sum(0).reshape(&[width]);
    let scaled = gradient.mul(Expr(gamma).reshape(&[1, width]));
    let along = scaled.clone().mul(unit.clone()).mean(1);
    let d_z = scaled.clone().sub(scaled.mean(1)).sub(unit.mul(along)).mul(inverse);
    let d_z = d_z.reshape(&dims).0;
    let d_x = dropout::<B>(d_z.clone(), spec.dropout);
    (d_x, d_z, d_gamma.0, d_beta.0)
}

/// `[b, s, heads * n]` to `[b, heads, s, n]`.
fn split<B: Backend>(x: FloatTensor<B>, heads: usize) -> Expr<B> {
    let x = Expr::<B>(x);
    let dims = x.dims();
    x.reshape(&[dims[0], dims[1], heads, dims[2] / heads]).swap(1, 2)
}

/// `[b, heads, s, n]` to `[b, s, heads * n]`.
fn join<B: Backend>(x: Expr<B>) -> FloatTensor<B> {
    let dims = x.dims();
    x.swap(1, 2).reshape(&[dims[0], dims[2], dims[1] * dims[3]]).0
}

/// The attention scores, scaled and with mask and bias, `[b, h, sq, sk]`.
fn scores<B: Backend>(
    q: FloatTensor<B>,
    k: FloatTensor<B>,
    key_mask: Option<FloatTensor<B>>,
    bias: Option<FloatTensor<B>>,
    spec: &AttentionSpec,
) -> Expr<B> {
    let (q, k) = (split::<B>(q, spec.heads), split::<B>(k, spec.heads));
    let mut scores = q.matmul(k.swap(2, 3)).times(spec.scale.into());
    if let Some(bias) = bias {
        scores = scores.add(Expr(bias));
    }
    if let Some(mask) = key_mask {
        let mask = Expr::<B>(mask);
        let dims = mask.dims();
        scores = scores.add(mask.reshape(&[dims[0], 1, 1, dims[1]]));
    }
    scores
}

/// `(output, statistics)`: the statistics are each row's largest score and inverse sum of
/// exponentials, `[b, h, sq, 2]`. A row whose every score is minus infinity attends to nothing.
pub(super) fn attention<B: Backend>(
    q: FloatTensor<B>,
    k: FloatTensor<B>,
    v: FloatTensor<B>,
    key_mask: Option<FloatTensor<B>>,
    bias: Option<FloatTensor<B>>,
    spec: AttentionSpec,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let scores = scores::<B>(q, k, key_mask, bias, &spec);
    let largest = scores.clone().max(3).at_least(LOWEST);
    let weights = scores.sub(largest.clone()).exp();
    let inverse = weights.clone().sum(3).at_least(f32::MIN_POSITIVE.into()).recip();
    let mut weights = weights.mul(inverse.clone());
    if !spec.dropout.is_none() {
        let mask = keep_mask::<B>(&weights.0, weights.last(), spec.dropout);
        weights = weights.mul(Expr(mask));
    }
    let output = join(weights.matmul(split::<B>(v, spec.heads)));
    (output, B::float_cat(vec![largest.0, inverse.0], 3))
}

/// A finite stand-in for minus infinity, below which a row's largest score is not allowed to go.
pub(super) const LOWEST: f64 = -3.0e38;

/// Gradients of q, k, v and, where asked for, of the bias in the bias's own shape.
pub(super) fn attention_gradient<B: Backend>(
    tape: AttentionTape<B>,
    gradient: FloatTensor<B>,
    spec: AttentionSpec,
    of_bias: bool,
) -> AttentionGradients<B> {
    let AttentionTape { q, k, v, key_mask, bias, output, statistics } = tape;
    let shared_bias = bias.as_ref().is_some_and(|bias| bias.shape()[0] == 1);
    let scores = scores::<B>(q.clone(), k.clone(), key_mask, bias, &spec);
    let statistics = Expr::<B>(statistics);
    let (largest, inverse) = (statistics.clone().columns(0, 1), statistics.columns(1, 2));
    let weights = scores.sub(largest).exp().mul(inverse);
    let gradient = split::<B>(gradient, spec.heads);
    let along = gradient.clone().mul(split::<B>(output, spec.heads)).sum(3);
    let mut d_weights = gradient.clone().matmul(split::<B>(v, spec.heads).swap(2, 3));
    let mut kept = weights.clone();
    if !spec.dropout.is_none() {
        let mask = Expr::<B>(keep_mask::<B>(&weights.0, weights.last(), spec.dropout));
        kept = kept.mul(mask.clone());
        d_weights = d_weights.mul(mask);
    }
    let d_v = join(kept.swap(2, 3).matmul(gradient));
    let d_scores = weights.mul(d_weights.sub(along));
    let d_bias = of_bias.then(|| match shared_bias {
        true => d_scores.clone().sum(0).0,
        false => d_scores.clone().0,
    });
    let d_scores = d_scores.times(spec.scale.into());
    let d_q = join(d_scores.clone().matmul(split::<B>(k, spec.heads)));
    let d_k = join(d_scores.swap(2, 3).matmul(split::<B>(q, spec.heads)));
    (d_q, d_k, d_v, d_bias)
}

/// `[b, s, 3 * n]` to three of `[b, s, n]`.
pub(super) fn unpack<B: Backend>(qkv: FloatTensor<B>) -> [FloatTensor<B>; 3] {
    let qkv = Expr::<B>(qkv);
    let width = qkv.last() / 3;
    [0, 1, 2].map(|part| qkv.clone().columns(part * width, (part + 1) * width).0)
}

pub(super) fn embedding<B: Backend>(weight: FloatTensor<B>, ids: IntTensor<B>) -> FloatTensor<B> {
    let mut dims: Vec<usize> = ids.shape().iter().copied().collect();
    dims.push(weight.shape()[1]);
    let count = ids.shape().num_elements();
    let rows = B::float_select(weight, 0, B::int_reshape(ids, Shape::from(vec![count])));
    B::float_reshape(rows, Shape::from(dims))
}

pub(super) fn embedding_gradient<B: Backend>(
    ids: IntTensor<B>,
    gradient: FloatTensor<B>,
    vocabulary: usize,
) -> FloatTensor<B> {
    let gradient = Expr::<B>(gradient).rows();
    let (count, width) = (ids.shape().num_elements(), gradient.last());
    let zeros = B::float_zeros(
        Shape::from(vec![vocabulary, width]),
        &gradient.0.device(),
        gradient.0.dtype().into(),
    );
    let ids = B::int_reshape(ids, Shape::from(vec![count]));
    B::float_select_assign(zeros, 0, ids, gradient.0, burn::tensor::IndexingUpdateOp::Add)
}

/// New parameter, first and second moment.
pub(super) fn adamw<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    first: FloatTensor<B>,
    second: FloatTensor<B>,
    step: AdamWStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let gradient = Expr::<B>(gradient);
    let square = gradient.clone().mul(gradient.clone());
    let first =
        Expr::<B>(first).times(step.beta1.into()).add(gradient.times((1.0 - step.beta1).into()));
    let second =
        Expr::<B>(second).times(step.beta2.into()).add(square.times((1.0 - step.beta2).into()));
    let root = second.clone().sqrt().times(step.root_scale.into()).plus(step.epsilon.into());
    let update = first.clone().div(root).times(step.rate.into());
    let parameter = Expr::<B>(parameter).times(step.decay.into()).sub(update);
    (parameter.0, first.0, second.0)
}

/// `[rows, matrices, columns]` without the dimension of a single matrix: Burn 0.22.1's fusion leaves elements unwritten
/// where a transposed tensor, as a gradient may be, has a dimension of 1 in between.
fn without_single<B: Backend>(x: FloatTensor<B>) -> Expr<B> {
    let x = Expr::<B>(x);
    match x.dims()[..] {
        [rows, 1, columns] => x.reshape(&[rows, columns]),
        _ => x,
    }
}

/// Undoes [`without_single`].
fn with_single<B: Backend>(x: Expr<B>) -> FloatTensor<B> {
    match x.dims()[..] {
        [rows, columns] => x.reshape(&[rows, 1, columns]).0,
        _ => x.0,
    }
}

/// Adafactor's new parameter and second moment, both whole.
pub(super) fn adafactor_whole<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    second: FloatTensor<B>,
    step: AdafactorStep,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [parameter, gradient, second] = [parameter, gradient, second].map(without_single::<B>);
    let square = gradient.clone().square().plus(step.epsilon);
    let second = second.times(1.0 - step.new).add(square.times(step.new));
    let update = gradient.div(second.clone().sqrt());
    (with_single(clipped_and_scaled(parameter, update, step)), with_single(second))
}

/// Adafactor's new parameter, and its second moment's means of rows and of columns.
pub(super) fn adafactor_factored<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    rows: FloatTensor<B>,
    columns: FloatTensor<B>,
    step: AdafactorStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let all = [parameter, gradient, rows, columns].map(without_single::<B>);
    let [parameter, gradient, rows, columns] = all;
    let square = gradient.clone().square().plus(step.epsilon);
    let mix = |old: Expr<B>, mean: Expr<B>| old.times(1.0 - step.new).add(mean.times(step.new));
    let rows = mix(rows, square.clone().mean_of_rows());
    let columns = mix(columns, square.mean(0));
    let of_rows = rows.clone().div(rows.clone().mean(0)).sqrt().recip();
    let update = gradient.mul(of_rows).mul(columns.clone().sqrt().recip());
    let parameter = clipped_and_scaled(parameter, update, step);
    (with_single(parameter), with_single(rows), with_single(columns))
}

/// The parameter after an update, whose size and that of the parameter are each matrix's own.
fn clipped_and_scaled<B: Backend>(
    parameter: Expr<B>,
    update: Expr<B>,
    step: AdafactorStep,
) -> Expr<B> {
    let size = |x: Expr<B>| x.square().mean_of_rows().mean(0).sqrt();
    let too_large = size(update.clone()).times(1.0 / step.clip).at_least(1.0);
    let factor = too_large.recip().times(step.rate);
    let factor = match step.least_scale {
        Some(least) => factor.mul(size(parameter.clone()).at_least(least)),
        None => factor,
    };
    parameter.sub(update.mul(factor))
}
