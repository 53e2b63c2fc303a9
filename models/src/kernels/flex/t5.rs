//! T5's kernels on the CPU backend, for float32; other element types take the portable bodies.

use burn::backend::Flex;
use burn::backend::tensor::IntTensor;

use super::super::backend::t5::T5Bodies;
use super::super::dropout::Dropout;
use super::super::portable::t5 as portable;
use super::super::specs::Gate;
use super::{Float, dropout, gate, rms_norm, single, token_loss};

impl T5Bodies for Flex {
    fn rms_norm_forward(x: Float, gamma: Float, epsilon: f64) -> (Float, Float) {
        match single([&x, &gamma]) {
            true => rms_norm::forward(x, gamma, epsilon),
            false => portable::rms_norm::<Self>(x, gamma, epsilon),
        }
    }

    fn rms_norm_gradient(
        x: Float,
        inverse: Float,
        gamma: Float,
        gradient: Float,
    ) -> (Float, Float) {
        match single([&x, &gamma, &gradient]) {
            true => rms_norm::backward(x, inverse, gamma, gradient),
            false => portable::rms_norm_gradient::<Self>(x, inverse, gamma, gradient),
        }
    }

    fn add_dropped_forward(x: Float, y: Float, spec: Dropout) -> Float {
        match single([&x, &y]) {
            true => dropout::add_dropped(x, y, spec),
            false => portable::add_dropped::<Self>(x, y, spec),
        }
    }

    fn gate_forward(x: Float, kind: Gate, spec: Dropout) -> Float {
        match single([&x]) {
            true => gate::forward(x, kind, spec),
            false => portable::gate::<Self>(x, kind, spec),
        }
    }

    fn gate_gradient(x: Float, gradient: Float, kind: Gate, spec: Dropout) -> Float {
        match single([&x, &gradient]) {
            true => gate::backward(x, gradient, kind, spec),
            false => portable::gate_gradient::<Self>(x, gradient, kind, spec),
        }
    }

    fn token_losses_forward(logits: Float, labels: IntTensor<Self>, z_loss: f64) -> (Float, Float) {
        match single([&logits]) {
            true => token_loss::forward(logits, labels, z_loss as f32),
            false => portable::token_losses::<Self>(logits, labels, z_loss),
        }
    }

    fn token_losses_gradient(
        logits: Float,
        labels: IntTensor<Self>,
        log_z: Float,
        gradient: Float,
        z_loss: f64,
    ) -> Float {
        match single([&logits, &gradient]) {
            true => token_loss::backward(logits, labels, log_z, gradient, z_loss as f32),
            false => {
                portable::token_losses_gradient::<Self>(logits, labels, log_z, gradient, z_loss)
            }
        }
    }
}
