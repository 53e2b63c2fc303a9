//! The kernels give the same bits on one thread as on several, from run to run, and on every
//! backend the same dropout mask.
#![cfg(feature = "cpu")]

mod kernels_support;

use burn::prelude::*;
use kernels_support::{devices, value_and_gradients, values};
use taskgraft_models::kernels::{self, AdamW, AttentionOptions, DropoutKey, Precision};

/// A block of a transformer with every kernel in it, at sizes that are cut into many parts.
fn block(t: &[Tensor<1>]) -> Tensor<1> {
    let (b, s, h, dk) = (5, 67, 3, 16);
    let d = h * dk;
    let key = DropoutKey::new(3, 4);
    let device = t[0].device();
    let ids: Vec<i64> = (0..(b * s) as i64).map(|i| i * i % 13).collect();
    let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [b, s]), &device);
    let x = kernels::embedding(t[0].clone().reshape([13, d]), ids);
    let options = AttentionOptions { heads: h, scale: 0.25, dropout: Some((0.1, key.site(0))) };
    let qkv = kernels::linear(x.clone(), t[1].clone().reshape([d, 3 * d]), None, Precision::F32);
    let bias = t[2].clone().reshape([1, h, s, s]);
    let a = kernels::qkv_attention(qkv, None, Some(bias), options);
    let (gamma, beta) = (t[3].clone(), t[4].clone());
    let site = Some((0.1, key.site(1)));
    let x = kernels::dropout_add_layer_norm(a, x, gamma, beta, 1e-5, site);
    let weight = t[5].clone().reshape([d, 4 * d]);
    let inner = kernels::linear_gelu(x, weight, Some(t[6].clone()), Precision::F32);
    kernels::dropout(inner, 0.2, key.site(2)).reshape([-1])
}

fn bits(threads: usize) -> Vec<Vec<u32>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let d = 48;
    let lengths = [13 * d, d * 3 * d, 3 * 67 * 67, d, d, d * 4 * d, 4 * d];
    let results = pool
        .expect("a thread pool")
        .install(|| value_and_gradients(&lengths, &Device::flex().autodiff(), &block));
    let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
    results.into_iter().map(bits).collect()
}

#[test]
fn one_thread_and_several_give_the_same_bits_on_every_run() {
    let one = bits(1);
    for threads in [1, 2, 3, 4] {
        assert!(bits(threads) == one, "{threads} threads differ from one");
    }
}

#[test]
fn every_backend_makes_the_same_dropout_mask() {
    let mask = |device: &Device| {
        let ones = Tensor::<1>::ones([70_001], device);
        values(&kernels::dropout(ones, 0.1, DropoutKey::new(5, 6).site(7)))
    };
    let devices = devices();
    let first = mask(&devices[0]);
    for device in &devices {
        assert_eq!(mask(device), first, "{device:?}");
    }
    // Double precision takes the portable body.
    let ones = Tensor::<1>::ones([70_001], &devices[0]).cast(burn::tensor::FloatDType::F64);
    let portable = kernels::dropout(ones, 0.1, DropoutKey::new(5, 6).site(7));
    assert_eq!(values(&portable.cast(burn::tensor::FloatDType::F32)), first);
}

#[test]
fn adamw_decays_the_parameter_and_follows_the_corrected_moments() {
    use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
    for device in devices().iter().map(|device| device.clone().inner()) {
        for bias_correction in [true, false] {
            let optimiser = AdamW { bias_correction, ..AdamW::default() };
            let (mut p, mut m, mut v) = (0.5f64, 0.0f64, 0.0f64);
            let mut tensor = Tensor::<1>::full([3], 0.5, &device);
            let mut state = None;
            for t in 1..=5 {
                let (rate, g) = (0.01 * f64::from(t), 0.3 / f64::from(t));
                let gradient = Tensor::<1>::full([3], g, &device);
                let (next, after) = optimiser.step(rate, tensor, gradient, state);
                (tensor, state) = (next, after);
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                let (c1, c2) = match bias_correction {
                    true => (1.0 - 0.9f64.powi(t), 1.0 - 0.999f64.powi(t)),
                    false => (1.0, 1.0),
                };
                p = p * (1.0 - rate * 0.01) - rate * (m / c1) / ((v / c2).sqrt() + 1e-8);
                for value in values(&tensor) {
                    assert!((f64::from(value) - p).abs() < 1e-5, "step {t}: {value}, not {p}");
                }
            }
            let state = state.expect("a step leaves a state");
            let mut sink = StateSink::default();
            state.state_flatten("p", &mut sink);
            let mut source = StateSource::new(sink.scalars.into_iter().collect());
            for (name, data) in sink.tensors {
                source.insert_tensor(name, data);
            }
            let back = kernels::AdamWState::<1>::state_unflatten("p", &mut source, &device);
            let back = back.expect("a complete state");
            assert_eq!(back.time, 5);
            assert_eq!(values(&back.second), values(&state.second));
        }
    }
}
