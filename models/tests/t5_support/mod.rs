//! Small random T5s and batches for them.
#![allow(dead_code)] // each test binary uses a part

use burn::prelude::*;
use taskgraft_models::t5::{T5, T5Config, TokenBatch};

pub fn device() -> Device {
    Device::default()
}

pub const VOCABULARY: usize = 12;

/// Heads whose widths do not sum to the model's, and unequal depths.
pub fn config() -> T5Config {
    let config = T5Config::v1_1(VOCABULARY, 20, 28, 2, 3);
    config.with_head_width(8).with_decoder_layers(3).with_dropout(0.2)
}

pub fn model(seed: u64, device: &Device) -> T5 {
    T5::new(&config(), seed, device).unwrap()
}

pub fn integers(rows: &[Vec<i64>], device: &Device) -> Tensor<2, Int> {
    let shape = [rows.len(), rows[0].len()];
    Tensor::from_data(TensorData::new(rows.concat(), shape), device)
}

/// Rows of unequal length, padded with 0.
pub fn batch(rows: &[Vec<i64>], device: &Device) -> TokenBatch {
    let length = rows.iter().map(Vec::len).max().unwrap();
    let padded = |row: &Vec<i64>| [row.clone(), vec![0; length - row.len()]].concat();
    let tokens: Vec<Vec<i64>> = rows.iter().map(padded).collect();
    let mask: Vec<f32> = rows
        .iter()
        .flat_map(|row| (0..length).map(|i| if i < row.len() { 1.0 } else { 0.0 }))
        .collect();
    TokenBatch {
        tokens: integers(&tokens, device),
        mask: Tensor::from_data(TensorData::new(mask, [rows.len(), length]), device),
        segments: None,
    }
}

/// `count` texts of 1 to 9 tokens, ended by 1.
pub fn texts(count: usize) -> Vec<Vec<i64>> {
    let text = |n: usize| {
        let mut text: Vec<i64> =
            (0..n % 9).map(|i| 2 + ((n * 7 + i * 5) % (VOCABULARY - 2)) as i64).collect();
        text.push(1);
        text
    };
    (0..count).map(text).collect()
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

pub fn assert_close(ours: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), expected.len());
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance, "element {i} is {a}, expected {b}");
    }
}
