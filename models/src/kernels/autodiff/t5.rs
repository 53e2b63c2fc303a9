//! T5's kernels under `Autodiff`, one node each.

use super::super::backend::t5::{T5Bodies, T5Kernels};
use super::super::specs::Gate;
use super::*;

/// Parents: x, gamma. The state holds x, its rows' inverse root mean squares, and gamma.
#[derive(Debug)]
struct RmsNorm;

impl<B: T5Bodies> Backward<B, 2> for RmsNorm {
    type State = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, inverse, gamma) = ops.state;
        let (d_x, d_gamma) = B::rms_norm_gradient(x, inverse, gamma, gradient);
        for (node, gradient) in ops.parents.into_iter().zip([d_x, d_gamma]) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// Parents: x, weight.
#[derive(Debug)]
struct DenseTransposed;

impl<B: KernelBodies> Backward<B, 2> for DenseTransposed {
    type State = (FloatTensor<B>, FloatTensor<B>, Precision);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, weight, precision) = ops.state;
        let [of_x, of_weight] = ops.parents;
        if let Some(node) = of_weight {
            let d_weight = B::dense_weight_gradient(gradient.clone(), x, precision);
            grads.register::<B>(node.id, d_weight);
        }
        if let Some(node) = of_x {
            let d_x = B::dense_forward(gradient, weight, None, precision);
            grads.register::<B>(node.id, d_x);
        }
    }
}

/// Parents: x, y.
#[derive(Debug)]
struct AddDropped;

impl<B: KernelBodies> Backward<B, 2> for AddDropped {
    type State = Dropout;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [of_x, of_y] = ops.parents;
        if let Some(node) = of_x {
            grads.register::<B>(node.id, gradient.clone());
        }
        if let Some(node) = of_y {
            grads.register::<B>(node.id, B::dropout_forward(gradient, ops.state));
        }
    }
}

/// Parent: x.
#[derive(Debug)]
struct FeedForwardGate;

impl<B: T5Bodies> Backward<B, 1> for FeedForwardGate {
    type State = (FloatTensor<B>, Gate, Dropout);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, gate, dropout) = ops.state;
        if let [Some(node)] = ops.parents {
            grads.register::<B>(node.id, B::gate_gradient(x, gradient, gate, dropout));
        }
    }
}

/// Parent: logits. The state holds them, the labels, the log-partitions and the z-loss.
#[derive(Debug)]
struct TokenLosses;

impl<B: T5Bodies> Backward<B, 1> for TokenLosses {
    type State = (FloatTensor<B>, IntTensor<B>, FloatTensor<B>, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (logits, labels, log_z, z_loss) = ops.state;
        if let [Some(node)] = ops.parents {
            let d_logits = B::token_losses_gradient(logits, labels, log_z, gradient, z_loss);
            grads.register::<B>(node.id, d_logits);
        }
    }
}

impl<B: T5Bodies, C: CheckpointStrategy> T5Bodies for Autodiff<B, C> {}

impl<B: T5Bodies + KernelBodies, C: CheckpointStrategy> T5Kernels for Autodiff<B, C> {
    fn rms_norm(x: FloatTensor<Self>, gamma: FloatTensor<Self>, epsilon: f64) -> FloatTensor<Self> {
        let ((x, of_x), (gamma, of_gamma)) = (x.into_parts(), gamma.into_parts());
        let (y, inverse) = B::rms_norm_forward(x.clone(), gamma.clone(), epsilon);
        record!(RmsNorm [of_x, of_gamma] => y, (x, inverse, gamma))
    }

    fn add_dropped(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        dropout: Dropout,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (y, of_y)) = (x.into_parts(), y.into_parts());
        record!(AddDropped [of_x, of_y] => B::add_dropped_forward(x, y, dropout), dropout)
    }

    fn gate(x: FloatTensor<Self>, gate: Gate, dropout: Dropout) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let y = B::gate_forward(x.clone(), gate, dropout);
        record!(FeedForwardGate [of_x] => y, (x, gate, dropout))
    }

    fn dense_transposed(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (weight, of_weight)) = (x.into_parts(), weight.into_parts());
        let y = B::dense_input_gradient(weight.clone(), x.clone(), precision);
        record!(DenseTransposed [of_x, of_weight] => y, (x, weight, precision))
    }

    fn token_losses(
        logits: FloatTensor<Self>,
        labels: IntTensor<Self>,
        z_loss: f64,
    ) -> FloatTensor<Self> {
        let (logits, of_logits) = logits.into_parts();
        let (losses, log_z) = B::token_losses_forward(logits.clone(), labels.clone(), z_loss);
        record!(TokenLosses [of_logits] => losses, (logits, labels, log_z, z_loss))
    }
}
