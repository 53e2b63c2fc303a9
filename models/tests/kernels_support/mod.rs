//! Comparing two functions of tensors, values and gradients, on every CPU backend compiled in.
#![allow(dead_code)] // each test binary uses a part

use burn::prelude::*;

/// A device of each CPU backend, with autodiff.
#[allow(deprecated)] // Burn means to drop ndarray; it is here for comparison
pub fn devices() -> Vec<Device> {
    vec![
        #[cfg(feature = "cpu")]
        Device::flex().autodiff(),
        #[cfg(feature = "ndarray")]
        Device::ndarray().autodiff(),
    ]
}

/// Pseudo-random numbers in [-1, 1), the same on every call.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

pub fn values(tensor: &Tensor<1>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

fn leaves(lengths: &[usize], device: &Device) -> Vec<Tensor<1>> {
    let leaf = |(i, &length): (usize, &usize)| {
        let data = TensorData::new(numbers(length, i as u64 + 1), [length]);
        Tensor::from_data(data, device).require_grad()
    };
    lengths.iter().enumerate().map(leaf).collect()
}

/// A function's value, then the gradient of its product with fixed weights for each input.
pub fn value_and_gradients(
    lengths: &[usize],
    device: &Device,
    f: &dyn Fn(&[Tensor<1>]) -> Tensor<1>,
) -> Vec<Vec<f32>> {
    let inputs = leaves(lengths, device);
    let y = f(&inputs);
    let weights = TensorData::new(numbers(y.dims()[0], 77), y.dims());
    let loss = (y.clone() * Tensor::from_data(weights, device)).sum();
    let gradients = loss.backward();
    let mut results = vec![values(&y)];
    for input in &inputs {
        let gradient = input.grad(&gradients).expect("every input is used");
        results.push(values(&gradient));
    }
    results
}

/// Asserts that both functions have the same value and gradients within float32 rounding.
pub fn check(
    lengths: &[usize],
    own: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    plain: impl Fn(&[Tensor<1>]) -> Tensor<1>,
) {
    for device in devices() {
        let own = value_and_gradients(lengths, &device, &own);
        let plain = value_and_gradients(lengths, &device, &plain);
        for (n, (own, plain)) in own.iter().zip(&plain).enumerate() {
            assert_eq!(own.len(), plain.len());
            let size = plain.iter().fold(1.0f32, |size, v| size.max(v.abs()));
            for (i, (a, b)) in own.iter().zip(plain).enumerate() {
                let what = if n == 0 { "value" } else { "gradient" };
                assert!(
                    (a - b).abs() <= 2e-5 * size,
                    "{device:?} {lengths:?}: {what} {n} element {i} is {a}, by definition {b}"
                );
            }
        }
    }
}

/// Asserts that the gradients are those of central differences.
pub fn check_differences(lengths: &[usize], f: impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    const STEP: f32 = 1e-2;
    for device in devices() {
        let results = value_and_gradients(lengths, &device, &f);
        let weights = numbers(results[0].len(), 77);
        for (n, &length) in lengths.iter().enumerate() {
            for i in 0..length {
                let moved = |by: f32| -> f64 {
                    let mut inputs = leaves(lengths, &device);
                    let mut data = numbers(length, n as u64 + 1);
                    data[i] += by;
                    inputs[n] = Tensor::from_data(TensorData::new(data, [length]), &device);
                    let y = values(&f(&inputs));
                    y.iter().zip(&weights).map(|(y, w)| f64::from(y * w)).sum()
                };
                let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                let gradient = f64::from(results[n + 1][i]);
                assert!(
                    (slope - gradient).abs() < 2e-3 + 1e-2 * slope.abs(),
                    "{device:?}: input {n} element {i}: slope {slope}, gradient {gradient}"
                );
            }
        }
    }
}
