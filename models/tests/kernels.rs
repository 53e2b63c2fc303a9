//! Every kernel, forward and backward, against its definition in plain tensor operations under
//! Burn's autodiff and against finite differences, on each CPU backend that is compiled in.

mod kernels_support;

use burn::prelude::*;
use burn::tensor::activation;
use kernels_support::{check, check_differences, devices, numbers, value_and_gradients, values};
use taskgraft_models::kernels::{self, AttentionOptions, DropoutKey, Precision};

const HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;

fn plain_gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() * ((x * HALF).erf() + 1.0) * 0.5
}

fn plain_linear<const D: usize>(x: Tensor<D>, w: Tensor<2>, b: Option<Tensor<1>>) -> Tensor<D> {
    let y = x.matmul(w.unsqueeze::<D>());
    match b {
        Some(b) => y + b.unsqueeze::<D>(),
        None => y,
    }
}

fn plain_layer_norm(x: Tensor<3>, gamma: Tensor<1>, beta: Tensor<1>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = (centred.clone() * centred.clone()).mean_dim(2);
    centred / (variance + 1e-5).sqrt() * gamma.unsqueeze::<3>() + beta.unsqueeze::<3>()
}

fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [b, s, d] = x.dims();
    x.reshape([b, s, heads, d / heads]).swap_dims(1, 2)
}

fn plain_attention(
    [q, k, v]: [Tensor<3>; 3],
    mask: Option<Tensor<2>>,
    bias: Option<Tensor<4>>,
    options: AttentionOptions,
) -> Tensor<3> {
    let ([b, sq, _], sk, h) = (q.dims(), k.dims()[1], options.heads);
    let mut scores = split(q, h).matmul(split(k, h).transpose()) * options.scale;
    if let Some(bias) = bias {
        scores = scores + bias;
    }
    if let Some(mask) = mask {
        scores = scores + mask.reshape([b, 1, 1, sk]);
    }
    let mut weights = activation::softmax(scores, 3);
    if let Some((p, key)) = options.dropout {
        let ones = Tensor::<2>::ones([b * h * sq, sk.next_multiple_of(2)], &weights.device());
        let keep = kernels::dropout(ones, p, key).narrow(1, 0, sk);
        weights = weights * keep.reshape([b, h, sq, sk]);
    }
    let v = split(v, h);
    let width = v.dims()[3];
    weights.matmul(v).swap_dims(1, 2).reshape([b, sq, h * width])
}

#[test]
fn linear_is_the_product_plus_the_bias() {
    for (b, s, i, o) in [(1, 1, 1, 1), (2, 3, 5, 7), (3, 37, 65, 33), (5, 250, 48, 130)] {
        check(
            &[b * s * i, i * o, o],
            |t| {
                let x = t[0].clone().reshape([b, s, i]);
                kernels::linear(x, t[1].clone().reshape([i, o]), Some(t[2].clone()), Precision::F32)
                    .reshape([-1])
            },
            |t| {
                let x = t[0].clone().reshape([b, s, i]);
                plain_linear(x, t[1].clone().reshape([i, o]), Some(t[2].clone())).reshape([-1])
            },
        );
    }
}

/// To eight bits, nearest.
fn bf16(values: &[f32]) -> Vec<f64> {
    let round = |v: f32| f32::from_bits((v.to_bits() + 0x7FFF + (v.to_bits() >> 16 & 1)) & !0xFFFF);
    values.iter().map(|&v| f64::from(round(v))).collect()
}

#[test]
fn linear_in_bf16_rounds_the_operands_of_all_three_products_and_nothing_else() {
    let (m, k, n) = (37, 65, 33);
    let (x, w, d_y) =
        (bf16(&numbers(m * k, 1)), bf16(&numbers(k * n, 2)), bf16(&numbers(m * n, 77)));
    let product =
        |rows: usize, inner: usize, columns: usize, term: &dyn Fn(usize, usize, usize) -> f64| {
            let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c)));
            cells.map(|(r, c)| (0..inner).map(|i| term(r, i, c)).sum()).collect::<Vec<f64>>()
        };
    let bias = numbers(n, 3);
    let y = product(m, k, n, &|r, i, c| x[r * k + i] * w[i * n + c]);
    let y: Vec<f64> = y.iter().enumerate().map(|(i, y)| y + f64::from(bias[i % n])).collect();
    let d_x = product(m, n, k, &|r, i, c| d_y[r * n + i] * w[c * n + i]);
    let d_w = product(k, m, n, &|r, i, c| x[i * k + r] * d_y[i * n + c]);
    let exact = numbers(m * n, 77);
    let d_bias = product(1, m, n, &|_, i, c| f64::from(exact[i * n + c]));
    for device in devices() {
        let got = value_and_gradients(&[m * k, k * n, n], &device, &|t| {
            let (x, w) = (t[0].clone().reshape([m, k]), t[1].clone().reshape([k, n]));
            kernels::linear(x, w, Some(t[2].clone()), Precision::Bf16).reshape([-1])
        });
        for (n, (got, expected)) in got.iter().zip([&y, &d_x, &d_w, &d_bias]).enumerate() {
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() < 1e-4, "{n}: {got}, not {expected}");
            }
        }
    }
}

#[test]
fn linear_without_bias_takes_views_that_are_not_contiguous() {
    let (b, s, i, o) = (3, 5, 7, 9);
    let parts = move |t: &[Tensor<1>]| {
        let x = t[0].clone().reshape([i, s, b]).swap_dims(0, 2);
        (x, t[1].clone().reshape([o, i]).transpose())
    };
    check(
        &[b * s * i, i * o],
        |t| {
            let (x, w) = parts(t);
            kernels::linear(x, w, None, Precision::F32).reshape([-1])
        },
        |t| {
            let (x, w) = parts(t);
            plain_linear(x, w, None).reshape([-1])
        },
    );
}

#[test]
fn linear_gelu_is_gelu_of_linear() {
    for (rows, i, o) in [(1, 3, 1), (13, 17, 19), (300, 24, 40)] {
        check(
            &[rows * i, i * o, o],
            |t| {
                let (x, w) = (t[0].clone().reshape([rows, i]), t[1].clone().reshape([i, o]));
                kernels::linear_gelu(x, w, Some(t[2].clone()), Precision::F32).reshape([-1])
            },
            |t| {
                let (x, w) = (t[0].clone().reshape([rows, i]), t[1].clone().reshape([i, o]));
                plain_gelu(plain_linear(x, w, Some(t[2].clone()))).reshape([-1])
            },
        );
    }
}

#[test]
fn gelu_is_x_times_the_normal_distribution_function() {
    for n in [1, 15, 1000, 40_001] {
        check(&[n], |t| kernels::gelu(t[0].clone() * 3.0), |t| plain_gelu(t[0].clone() * 3.0));
    }
}

#[test]
fn layer_norm_normalises_each_row() {
    for (b, s, d) in [(1, 1, 2), (2, 3, 5), (3, 37, 65)] {
        check(
            &[b * s * d, d, d],
            |t| {
                let x = t[0].clone().reshape([b, s, d]);
                kernels::layer_norm(x, t[1].clone(), t[2].clone(), 1e-5).reshape([-1])
            },
            |t| {
                let x = t[0].clone().reshape([b, s, d]);
                plain_layer_norm(x, t[1].clone(), t[2].clone()).reshape([-1])
            },
        );
    }
}

#[test]
fn dropout_add_layer_norm_is_the_norm_of_dropped_x_plus_residual() {
    let key = DropoutKey::new(1, 2).site(3);
    for (b, s, d, p) in [(2, 3, 5, 0.0), (3, 37, 65, 0.3), (2, 50, 33, 0.1)] {
        check(
            &[b * s * d, b * s * d, d, d],
            |t| {
                let x = t[0].clone().reshape([b, s, d]);
                let residual = t[1].clone().reshape([d, s, b]).swap_dims(0, 2);
                let (gamma, beta) = (t[2].clone(), t[3].clone());
                kernels::dropout_add_layer_norm(x, residual, gamma, beta, 1e-5, Some((p, key)))
                    .reshape([-1])
            },
            |t| {
                let x = kernels::dropout(t[0].clone().reshape([b, s, d]), p, key);
                let residual = t[1].clone().reshape([d, s, b]).swap_dims(0, 2);
                plain_layer_norm(x + residual, t[2].clone(), t[3].clone()).reshape([-1])
            },
        );
    }
}

#[test]
fn a_tensor_may_be_its_own_residual() {
    check(
        &[30, 5, 5],
        |t| {
            let x = t[0].clone().reshape([2, 3, 5]);
            kernels::add_layer_norm(x.clone(), x, t[1].clone(), t[2].clone(), 1e-5).reshape([-1])
        },
        |t| {
            let x = t[0].clone().reshape([2, 3, 5]);
            plain_layer_norm(x.clone() + x, t[1].clone(), t[2].clone()).reshape([-1])
        },
    );
}

#[test]
fn dropout_scales_by_its_own_mask_in_both_directions() {
    let key = DropoutKey::new(4, 5).site(6);
    for device in devices() {
        let ones = Tensor::<1>::ones([40_003], &device);
        let mask = kernels::dropout(ones, 0.25, key);
        let kept = values(&mask).iter().filter(|&&m| m > 0.0).count();
        assert!((29_000..31_000).contains(&kept));
        let mask = values(&mask);
        check(
            &[40_003],
            |t| kernels::dropout(t[0].clone(), 0.25, key),
            |t| {
                let data = TensorData::new(mask.clone(), [40_003]);
                t[0].clone() * Tensor::from_data(data, &t[0].device())
            },
        );
    }
}

#[test]
fn dropout_of_probability_zero_is_the_identity_and_of_one_is_zero() {
    for device in devices() {
        let x = Tensor::<1>::from_data(TensorData::new(numbers(99, 1), [99]), &device);
        let key = DropoutKey::new(0, 0);
        assert_eq!(values(&kernels::dropout(x.clone(), 0.0, key)), values(&x));
        assert!(values(&kernels::dropout(x, 1.0, key)).iter().all(|&v| v == 0.0));
    }
}

/// Sizes of an attention test.
#[derive(Clone, Copy)]
struct Sizes {
    b: usize,
    sq: usize,
    sk: usize,
    h: usize,
    dk: usize,
    bias_batch: usize,
}

fn check_attention(sizes: Sizes, mask: Option<Vec<f32>>, p: f64) {
    let Sizes { b, sq, sk, h, dk, bias_batch } = sizes;
    let options = AttentionOptions {
        heads: h,
        scale: 0.7,
        dropout: (p > 0.0).then(|| (p, DropoutKey::new(8, 9).site(1))),
    };
    let parts = |t: &[Tensor<1>]| {
        let q = t[0].clone().reshape([h * dk, sq, b]).swap_dims(0, 2);
        let k = t[1].clone().reshape([b, sk, h * dk]);
        let v = t[2].clone().reshape([b, sk, h * dk]);
        let bias = t.get(3).map(|t| t.clone().reshape([bias_batch, h, sq, sk]));
        let mask = mask
            .clone()
            .map(|mask| Tensor::<2>::from_data(TensorData::new(mask, [b, sk]), &t[0].device()));
        ([q, k, v], mask, bias)
    };
    let mut lengths = vec![b * sq * h * dk, b * sk * h * dk, b * sk * h * dk];
    if bias_batch > 0 {
        lengths.push(bias_batch * h * sq * sk);
    }
    check(
        &lengths,
        |t| {
            let ([q, k, v], mask, bias) = parts(t);
            kernels::attention(q, k, v, mask, bias, options).reshape([-1])
        },
        |t| {
            let (qkv, mask, bias) = parts(t);
            plain_attention(qkv, mask, bias, options).reshape([-1])
        },
    );
}

#[test]
fn attention_is_softmax_of_scaled_products_times_values() {
    let sizes = Sizes { b: 2, sq: 3, sk: 5, h: 2, dk: 3, bias_batch: 0 };
    check_attention(sizes, None, 0.0);
    check_attention(Sizes { sq: 1, ..sizes }, None, 0.0);
    check_attention(Sizes { sq: 1, sk: 1, ..sizes }, None, 0.2);
    check_attention(Sizes { sq: 67, sk: 131, dk: 8, ..sizes }, None, 0.0);
    check_attention(Sizes { sq: 130, sk: 65, dk: 16, h: 3, ..sizes }, None, 0.1);
}

#[test]
fn attention_differentiates_a_bias_per_example_and_a_shared_one() {
    let sizes = Sizes { b: 3, sq: 7, sk: 9, h: 2, dk: 5, bias_batch: 3 };
    check_attention(sizes, None, 0.0);
    check_attention(Sizes { bias_batch: 1, ..sizes }, None, 0.0);
    check_attention(Sizes { bias_batch: 1, sq: 70, sk: 71, ..sizes }, None, 0.15);
}

#[test]
fn attention_leaves_out_masked_keys_at_the_end_and_within() {
    let sizes = Sizes { b: 3, sq: 7, sk: 6, h: 2, dk: 5, bias_batch: 1 };
    let out = -1e4;
    let mask = vec![
        0.0, 0.0, 0.0, out, out, out, 0.0, out, 0.0, 0.5, 0.0, 0.0, 0.0, out, out, out, out, out,
    ];
    check_attention(sizes, Some(mask.clone()), 0.0);
    check_attention(Sizes { bias_batch: 0, ..sizes }, Some(mask.clone()), 0.3);
    let lowest = mask.iter().map(|&m| if m == out { f32::MIN } else { m }).collect();
    check_attention(sizes, Some(lowest), 0.0);
}

#[test]
fn an_example_without_keys_stays_finite() {
    let (b, s, h, dk) = (2, 5, 2, 4);
    let options = AttentionOptions { heads: h, scale: 0.5, dropout: None };
    for device in devices() {
        for masked in [-1e4, f32::MIN, f32::NEG_INFINITY] {
            let mut mask = vec![masked; b * s];
            mask[0] = 0.0;
            let data = TensorData::new(numbers(b * s * 3 * h * dk, 3), [b, s, 3 * h * dk]);
            let qkv = Tensor::<3>::from_data(data, &device).require_grad();
            let mask = Tensor::<2>::from_data(TensorData::new(mask, [b, s]), &device);
            let y = kernels::qkv_attention(qkv.clone(), Some(mask), None, options);
            assert!(values(&y.clone().reshape([-1])).iter().all(|v| v.is_finite()));
            if masked == f32::NEG_INFINITY {
                let nothing = y.clone().narrow(0, 1, 1).reshape([-1]);
                assert!(values(&nothing).iter().all(|&v| v == 0.0));
            }
            let gradients = y.powi_scalar(2).sum().backward();
            let d = qkv.grad(&gradients).expect("qkv wants a gradient");
            assert!(values(&d.reshape([-1])).iter().all(|v| v.is_finite()));
        }
    }
}

#[test]
fn packed_attention_is_attention_of_its_three_parts() {
    for (b, s, h, dk, p) in [(2, 1, 2, 3, 0.0), (2, 7, 2, 3, 0.1), (2, 130, 3, 8, 0.2)] {
        let options =
            AttentionOptions { heads: h, scale: 0.4, dropout: Some((p, DropoutKey::new(1, 1))) };
        let mask = move |device: &Device| {
            let mask = (0..b * s).map(|i| if i % s > s / 2 { -1e5 } else { 0.0 }).collect();
            Tensor::<2>::from_data(TensorData::new::<f32, _>(mask, [b, s]), device)
        };
        let n = h * dk;
        check(
            &[b * s * 3 * n, h * s * s],
            |t| {
                let qkv = t[0].clone().reshape([b, s, 3 * n]);
                let bias = t[1].clone().reshape([1, h, s, s]);
                kernels::qkv_attention(qkv, Some(mask(&t[0].device())), Some(bias), options)
                    .reshape([-1])
            },
            |t| {
                let qkv = t[0].clone().reshape([b, s, 3 * n]);
                let parts = [0, 1, 2].map(|part| qkv.clone().narrow(2, part * n, n));
                let bias = t[1].clone().reshape([1, h, s, s]);
                plain_attention(parts, Some(mask(&t[0].device())), Some(bias), options)
                    .reshape([-1])
            },
        );
    }
}

#[test]
fn embedding_adds_the_gradients_of_repeated_ids() {
    let (vocabulary, width) = (11, 133);
    let ids = |device: &Device| Tensor::<2, Int>::from_ints([[0, 3, 3], [10, 3, 0]], device);
    check(
        &[vocabulary * width],
        |t| {
            let weight = t[0].clone().reshape([vocabulary, width]);
            kernels::embedding(weight, ids(&t[0].device().inner())).reshape([-1])
        },
        |t| {
            let weight = t[0].clone().reshape([vocabulary, width]);
            weight.select(0, ids(&t[0].device()).reshape([6])).reshape([-1])
        },
    );
}

#[test]
fn gradients_agree_with_finite_differences() {
    let key = DropoutKey::new(2, 7);
    check_differences(&[6, 6, 2], |t| {
        let (x, w) = (t[0].clone().reshape([2, 3]), t[1].clone().reshape([3, 2]));
        kernels::linear_gelu(x, w, Some(t[2].clone()), Precision::F32).reshape([-1])
    });
    check_differences(&[12, 12, 6, 6], |t| {
        let (x, residual) = (t[0].clone().reshape([2, 6]), t[1].clone().reshape([2, 6]));
        let (gamma, beta) = (t[2].clone(), t[3].clone());
        kernels::dropout_add_layer_norm(x, residual, gamma, beta, 1e-5, Some((0.2, key)))
            .reshape([-1])
    });
    check_differences(&[2 * 3 * 12, 2 * 9], |t| {
        let (qkv, bias) = (t[0].clone().reshape([2, 3, 12]), t[1].clone().reshape([1, 2, 3, 3]));
        let options = AttentionOptions { heads: 2, scale: 0.7, dropout: Some((0.2, key)) };
        kernels::qkv_attention(qkv, None, Some(bias), options).reshape([-1])
    });
    check_differences(&[9], |t| kernels::gelu(t[0].clone()));
}
