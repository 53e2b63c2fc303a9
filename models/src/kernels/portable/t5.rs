//! The plain-tensor definitions of the kernels that T5 needs.

use burn::tensor::IndexingUpdateOp;

use super::super::specs::Gate;
use super::*;

/// `(y, inverse)`: the inverse root mean square of each row, `[rows, 1]`.
pub(in super::super) fn rms_norm<B: Backend>(
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    epsilon: f64,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let x = Expr::<B>(x);
    let (dims, width) = (x.dims(), x.last());
    let rows = x.rows();
    let inverse = rows.clone().mul(rows.clone()).mean(1).plus(epsilon).sqrt().recip();
    let y = rows.mul(inverse.clone()).mul(Expr(gamma).reshape(&[1, width]));
    (y.reshape(&dims).0, inverse.0)
}

/// Gradients of x and gamma.
pub(in super::super) fn rms_norm_gradient<B: Backend>(
    x: FloatTensor<B>,
    inverse: FloatTensor<B>,
    gamma: FloatTensor<B>,
    gradient: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let (x, inverse) = (Expr::<B>(x), Expr::<B>(inverse));
    let (dims, width) = (x.dims(), x.last());
    let unit = x.rows().mul(inverse.clone());
    let gradient = Expr::<B>(gradient).rows();
    let d_gamma = gradient.clone().mul(unit.clone()).sum(0).reshape(&[width]);
    let scaled = gradient.mul(Expr(gamma).reshape(&[1, width]));
    let along = scaled.clone().mul(unit.clone()).mean(1);
    let d_x = scaled.sub(unit.mul(along)).mul(inverse).reshape(&dims);
    (d_x.0, d_gamma.0)
}

/// `x + dropout(y)`.
pub(in super::super) fn add_dropped<B: Backend>(
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    spec: Dropout,
) -> FloatTensor<B> {
    B::float_add(x, dropout::<B>(y, spec))
}

/// `σ(2u)` and `2u'` for `u = √(2/π) (x + 0.044715 x³)`, of which GELU's approximation is `x σ(2u)`.
fn gelu_parts<B: Backend>(x: &Expr<B>) -> (Expr<B>, Expr<B>) {
    let scale = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    let square = x.clone().mul(x.clone());
    let inner = x.clone().mul(square.clone().times(0.044_715).plus(1.0)).times(scale);
    let sigmoid = inner.times(-1.0).exp().plus(1.0).recip();
    (sigmoid, square.times(3.0 * 0.044_715).plus(1.0).times(scale))
}

pub(in super::super) fn gate<B: Backend>(
    x: FloatTensor<B>,
    gate: Gate,
    spec: Dropout,
) -> FloatTensor<B> {
    let y = match gate {
        Gate::Relu => B::relu(x),
        Gate::GatedGelu => {
            let x = Expr::<B>(x);
            let width = x.last() / 2;
            let (gated, passed) = (x.clone().columns(0, width), x.columns(width, 2 * width));
            let (sigmoid, _) = gelu_parts(&gated);
            gated.mul(sigmoid).mul(passed).0
        }
    };
    dropout::<B>(y, spec)
}

/// Gradient of x.
pub(in super::super) fn gate_gradient<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
    gate: Gate,
    spec: Dropout,
) -> FloatTensor<B> {
    let gradient = dropout::<B>(gradient, spec);
    match gate {
        Gate::Relu => B::relu_backward(x, gradient),
        Gate::GatedGelu => {
            let (x, gradient) = (Expr::<B>(x), Expr::<B>(gradient));
            let (dims, width) = (x.dims(), x.last() / 2);
            let (gated, passed) = (x.clone().columns(0, width), x.columns(width, 2 * width));
            let (sigmoid, inner) = gelu_parts(&gated);
            let value = gated.clone().mul(sigmoid.clone());
            // The slope is σ + x σ (1 - σ) 2u'.
            let rest = sigmoid.clone().times(-1.0).plus(1.0);
            let slope = sigmoid.add(value.clone().mul(rest).mul(inner));
            let d_gated = gradient.clone().mul(passed).mul(slope);
            let d_passed = gradient.mul(value);
            B::float_cat(vec![d_gated.0, d_passed.0], dims.len() - 1)
        }
    }
}

/// 1 for rows with a label and 0 for others, and the labels to gather by, both `[n, 1]`.
fn of_labels<B: Backend>(
    labels: IntTensor<B>,
    like: &FloatTensor<B>,
) -> (FloatTensor<B>, IntTensor<B>) {
    let count = labels.shape().num_elements();
    let labels = B::int_reshape(labels, Shape::from(vec![count, 1]));
    let bool_dtype = get_device_settings::<B>(&like.device()).bool_dtype;
    let given = B::int_greater_equal_elem(labels.clone(), Scalar::Int(0), bool_dtype);
    let given = B::bool_into_float(given, like.dtype().into());
    (given, B::int_clamp_min(labels, Scalar::Int(0)))
}

/// `(losses, log_z)`, `[n]` and `[n, 1]`.
pub(in super::super) fn token_losses<B: Backend>(
    logits: FloatTensor<B>,
    labels: IntTensor<B>,
    z_loss: f64,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let (given, chosen) = of_labels::<B>(labels, &logits);
    let count = logits.shape()[0];
    let of_label = B::float_gather(1, logits.clone(), chosen);
    let logits = Expr::<B>(logits);
    let largest = logits.clone().max(1);
    let sum = logits.sub(largest.clone()).exp().sum(1);
    let log_z = Expr(B::float_log(sum.0)).add(largest);
    let square = log_z.clone().mul(log_z.clone()).times(z_loss);
    let losses = log_z.clone().sub(Expr(of_label)).add(square).mul(Expr(given));
    (losses.reshape(&[count]).0, log_z.0)
}

/// Gradient of the logits.
pub(in super::super) fn token_losses_gradient<B: Backend>(
    logits: FloatTensor<B>,
    labels: IntTensor<B>,
    log_z: FloatTensor<B>,
    gradient: FloatTensor<B>,
    z_loss: f64,
) -> FloatTensor<B> {
    let (given, chosen) = of_labels::<B>(labels, &logits);
    let count = logits.shape()[0];
    let log_z = Expr::<B>(log_z);
    let gradient = Expr::<B>(gradient).reshape(&[count, 1]).mul(Expr(given));
    let slope = gradient.clone().mul(log_z.clone().times(2.0 * z_loss).plus(1.0));
    let d_logits = Expr::<B>(logits).sub(log_z).exp().mul(slope);
    B::float_scatter(1, d_logits.0, chosen, gradient.times(-1.0).0, IndexingUpdateOp::Add)
}
