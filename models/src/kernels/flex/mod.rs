//! The kernels on Burn's CPU backend, hand-written for float32; other element types take the
//! portable bodies. Loops are plain Rust compiled for several instruction sets and chosen at run
//! time; work is cut into pieces whose size does not depend on the number of threads.

mod activation;
mod adafactor;
mod adamw;
mod attention;
mod attention_rows;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bf16;
mod buffer;
#[cfg(test)]
mod checks;
mod dense;
mod dropout;
mod embedding;
#[cfg(target_arch = "x86_64")]
mod few_rows;
mod gate;
mod math;
mod norm;
mod product;
mod rms_norm;
mod rounding;
mod t5;
mod token_loss;
mod vector;
mod view;

pub(super) use adafactor::factored as adafactor_factored;
pub(super) use vector::{
    inner_product, pairs_multiplied, scaled, squares_summed, summed_by_weight,
};

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{DType, Flex};

use super::backend::KernelBodies;
use super::dropout::Dropout;
use super::portable;
use super::precision::Precision;
use super::specs::{AdamWStep, AttentionGradients, AttentionSpec, AttentionTape, NormSpec};

type Float = FloatTensor<Flex>;

/// Whether these are all float32.
fn single<const N: usize>(tensors: [&Float; N]) -> bool {
    tensors.iter().all(|tensor| tensor.dtype() == DType::F32)
}

fn optional_single(tensor: &Option<Float>) -> bool {
    tensor.as_ref().is_none_or(|tensor| tensor.dtype() == DType::F32)
}

fn single_tape(tape: &AttentionTape<Flex>) -> bool {
    single([&tape.q, &tape.k, &tape.v])
        && optional_single(&tape.key_mask)
        && optional_single(&tape.bias)
}

impl KernelBodies for Flex {
    fn dense_forward(x: Float, weight: Float, bias: Option<Float>, precision: Precision) -> Float {
        match single([&x, &weight]) && optional_single(&bias) {
            true => dense::forward(x, weight, bias, precision),
            false => portable::linear::<Self>(x, weight, bias, precision),
        }
    }

    fn dense_input_gradient(weight: Float, gradient: Float, precision: Precision) -> Float {
        match single([&weight, &gradient]) {
            true => dense::input_gradient(weight, gradient, precision),
            false => portable::linear_input_gradient::<Self>(weight, gradient, precision),
        }
    }

    fn dense_weight_gradient(x: Float, gradient: Float, precision: Precision) -> Float {
        match single([&x, &gradient]) {
            true => dense::weight_gradient(x, gradient, precision),
            false => portable::linear_weight_gradient::<Self>(x, gradient, precision),
        }
    }

    fn column_sums(x: Float) -> Float {
        match single([&x]) {
            true => dense::column_sums(x),
            false => portable::column_sums::<Self>(x),
        }
    }

    fn gelu_forward(x: Float) -> Float {
        match single([&x]) {
            true => activation::gelu(x),
            false => portable::gelu::<Self>(x),
        }
    }

    fn gelu_gradient(x: Float, gradient: Float) -> Float {
        match single([&x, &gradient]) {
            true => activation::gelu_gradient(x, gradient),
            false => portable::gelu_gradient::<Self>(x, gradient),
        }
    }

    fn dropout_forward(x: Float, dropout: Dropout) -> Float {
        match single([&x]) {
            true => dropout::apply(x, dropout),
            false => portable::dropout::<Self>(x, dropout),
        }
    }

    fn norm_forward(
        x: Float,
        residual: Option<Float>,
        gamma: Float,
        beta: Float,
        spec: NormSpec,
    ) -> (Float, Float, Float) {
        match single([&x, &gamma, &beta]) && optional_single(&residual) {
            true => norm::forward(x, residual, gamma, beta, spec),
            false => portable::norm::<Self>(x, residual, gamma, beta, spec),
        }
    }

    fn norm_gradient(
        z: Float,
        statistics: Float,
        gamma: Float,
        gradient: Float,
        spec: NormSpec,
    ) -> (Float, Float, Float, Float) {
        match single([&z, &gamma, &gradient]) {
            true => norm::backward(z, statistics, gamma, gradient, spec),
            false => portable::norm_gradient::<Self>(z, statistics, gamma, gradient, spec),
        }
    }

    fn heads_attention_forward(
        q: Float,
        k: Float,
        v: Float,
        key_mask: Option<Float>,
        bias: Option<Float>,
        spec: AttentionSpec,
    ) -> (Float, Float) {
        match single([&q, &k, &v]) && optional_single(&key_mask) && optional_single(&bias) {
            true => attention::forward(q, k, v, key_mask, bias, spec),
            false => portable::attention::<Self>(q, k, v, key_mask, bias, spec),
        }
    }

    fn heads_attention_gradient(
        tape: AttentionTape<Self>,
        gradient: Float,
        spec: AttentionSpec,
        of_bias: bool,
    ) -> AttentionGradients<Self> {
        match single_tape(&tape) && single([&gradient]) {
            true => attention::backward(tape, gradient, spec, of_bias),
            false => portable::attention_gradient::<Self>(tape, gradient, spec, of_bias),
        }
    }

    fn packed_attention_gradient(
        tape: AttentionTape<Self>,
        gradient: Float,
        spec: AttentionSpec,
        of_bias: bool,
    ) -> (Float, Option<Float>) {
        if single_tape(&tape) && single([&gradient]) {
            return attention::packed_backward(tape, gradient, spec, of_bias);
        }
        let (d_q, d_k, d_v, d_bias) =
            portable::attention_gradient::<Self>(tape, gradient, spec, of_bias);
        (Self::float_cat(vec![d_q, d_k, d_v], 2), d_bias)
    }

    fn lookup_gradient(ids: IntTensor<Self>, gradient: Float, vocabulary: usize) -> Float {
        match single([&gradient]) {
            true => embedding::gradient(ids, gradient, vocabulary),
            false => portable::embedding_gradient::<Self>(ids, gradient, vocabulary),
        }
    }

    fn adamw_forward(
        parameter: Float,
        gradient: Float,
        first: Float,
        second: Float,
        step: AdamWStep,
    ) -> (Float, Float, Float) {
        match single([&parameter, &gradient, &first, &second]) {
            true => adamw::step(parameter, gradient, first, second, step),
            false => portable::adamw::<Self>(parameter, gradient, first, second, step),
        }
    }
}
