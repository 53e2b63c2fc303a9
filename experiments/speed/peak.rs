//! What the machine can do at best, measured: large matrix products by our own kernel.
//!
//! It is the denominator of the share of the peak (model FLOPs utilisation) for every framework, so that shares compare
//! like times. A framework whose products are faster than ours can exceed it.

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use taskgraft::{
    Result,
    models::kernels::{Precision, linear},
};

use super::network::wait;

/// The most floating-point operations a second, by the precision of products.
pub type Peaks = Vec<(Precision, f64)>;

/// Rows, inputs and outputs of the products: those of MiniLM's feed-forward layer, and a square one.
const SHAPES: [[usize; 3]; 2] = [[2048, 384, 1536], [1024, 1024, 1024]];
const REPEATS: usize = 7;

/// The most floating-point operations a second, over shapes and repeats.
///
/// # Errors
/// If the device fails.
pub fn peak(precision: Precision, device: &Device) -> Result<f64> {
    let mut best = 0.0_f64;
    for [rows, inputs, outputs] in SHAPES {
        let x = Tensor::<2>::ones([rows, inputs], device);
        let weight = Tensor::<2>::ones([inputs, outputs], device);
        for _ in 0..REPEATS {
            let started = Instant::now();
            drop(linear(x.clone(), weight.clone(), None, precision));
            wait(device)?;
            let operations = 2.0 * (rows * inputs * outputs) as f64;
            best = best.max(operations / started.elapsed().as_secs_f64());
        }
    }
    Ok(best)
}
