//! Gramian and weighted sum of several tensors, against plain sums, on every backend compiled in.

mod kernels_support;

use burn::prelude::*;
use kernels_support::{devices, numbers, values};
use taskgraft_models::kernels;

/// `count` tensors of 3 × length / 3 numbers.
fn tensors(count: usize, length: usize, device: &Device) -> (Vec<Vec<f32>>, Vec<Tensor<2>>) {
    let all: Vec<Vec<f32>> = (0..count).map(|i| numbers(length, i as u64)).collect();
    let tensor = |values: &Vec<f32>| {
        Tensor::from_data(TensorData::new(values.clone(), [3, length / 3]), device)
    };
    let tensors = all.iter().map(tensor).collect();
    (all, tensors)
}

#[test]
fn a_gramian_holds_the_inner_product_of_every_pair_whatever_their_number() {
    for device in devices().into_iter().map(Device::without_autodiff) {
        for count in 1..=10 {
            for length in [3, 96, 36_003] {
                let (plain, tensors) = tensors(count, length, &device);
                let found = values(&kernels::gramian(tensors));
                let pairs = (0..count).flat_map(|i| (i..count).map(move |j| (i, j)));
                let expected = pairs.map(|(i, j)| {
                    let products = plain[i].iter().zip(&plain[j]);
                    products.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
                });
                let expected: Vec<f64> = expected.collect();
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(
                        error < 1e-5 * length as f64,
                        "{count} of {length}: {found}, {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_weighted_sum_adds_every_tensor_once_whatever_their_number() {
    for device in devices().into_iter().map(Device::without_autodiff) {
        for count in 1..=17 {
            for length in [3, 36_003] {
                let (plain, tensors) = tensors(count, length, &device);
                let weights: Vec<f32> = (0..count).map(|i| 0.5 - i as f32).collect();
                let sum = kernels::weighted_sum(tensors, weights.clone());
                assert_eq!(sum.dims(), [3, length / 3]);
                let found = values(&sum.reshape([-1]));
                for (place, found) in found.into_iter().enumerate() {
                    let terms = plain.iter().zip(&weights);
                    let expected: f64 =
                        terms.map(|(x, w)| f64::from(x[place]) * f64::from(*w)).sum();
                    assert!((f64::from(found) - expected).abs() < 1e-4, "{count}: {found}");
                }
            }
        }
    }
}
