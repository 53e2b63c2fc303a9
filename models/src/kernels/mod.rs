//! Portable bodies of the networks' hot operations, in plain tensor algebra.

use burn::tensor::{Tensor, TensorData, activation};

/// `x @ weight + bias`, with `weight` as `[in, out]`.
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    burn::tensor::module::linear(x, weight, bias)
}

/// Layer normalisation over the last axis.
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    burn::tensor::module::layer_norm(x, gamma, Some(beta), epsilon)
}

/// Layer normalisation of `x + residual`.
pub fn add_layer_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    layer_norm(x + residual, gamma, beta, epsilon)
}

/// GELU by the error function.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::gelu(x)
}

/// A key for counter-based dropout: a function of seed, step and site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropoutKey(u64);

impl DropoutKey {
    pub fn new(seed: u64, step: u64) -> Self {
        Self(mix(mix(seed) ^ step))
    }

    pub fn site(self, site: u64) -> Self {
        Self(mix(self.0 ^ mix(site)))
    }
}

fn mix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Inverted dropout, a function of the key and the element's index.
pub fn dropout<const D: usize>(x: Tensor<D>, probability: f64, key: DropoutKey) -> Tensor<D> {
    let shape = x.shape();
    let keep = 1.0 / (1.0 - probability) as f32;
    let mask: Vec<f32> = (0..shape.num_elements() as u64)
        .map(|i| {
            let uniform = (mix(key.0 ^ mix(i)) >> 11) as f64 / (1u64 << 53) as f64;
            if uniform < probability { 0.0 } else { keep }
        })
        .collect();
    let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
    x * mask
}

/// How attention is computed.
#[derive(Clone, Copy, Debug)]
pub struct AttentionOptions {
    pub heads: usize,
    pub scale: f32,
    pub dropout: Option<(f64, DropoutKey)>,
}

/// Scaled dot-product attention over heads laid side by side in the last axis.
pub fn attention(
    q: Tensor<3>,
    k: Tensor<3>,
    v: Tensor<3>,
    mask: Option<Tensor<2>>,
    bias: Option<Tensor<4>>,
    options: AttentionOptions,
) -> Tensor<3> {
    let split = |x: Tensor<3>| {
        let [b, s, d] = x.dims();
        x.reshape([b, s, options.heads, d / options.heads])
            .swap_dims(1, 2)
    };
    let (q, k, v) = (split(q), split(k), split(v));
    let mut scores = q.matmul(k.transpose()) * options.scale;
    if let Some(mask) = mask {
        let [b, s] = mask.dims();
        scores = scores + mask.reshape([b, 1, 1, s]);
    }
    if let Some(bias) = bias {
        scores = scores + bias;
    }
    let mut probabilities = activation::softmax(scores, 3);
    if let Some((p, key)) = options.dropout {
        probabilities = dropout(probabilities, p, key);
    }
    let out = probabilities.matmul(v);
    let [b, h, s, d] = out.dims();
    out.swap_dims(1, 2).reshape([b, s, h * d])
}

// TEMPORARY
pub fn sum_of_squares<const D: usize>(x: Tensor<D>) -> Tensor<1> { (x.clone() * x).sum() }
pub fn scale<const D: usize>(x: Tensor<D>, factor: Tensor<1>) -> Tensor<D> { x * factor.unsqueeze() }
