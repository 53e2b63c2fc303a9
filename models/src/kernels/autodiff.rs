//! The kernels under `Autodiff`: one node each, whose backward pass calls the gradient methods of
//! the backend below. State is kept as handles to tensors that live anyway (inputs, outputs) and
//! small per-row statistics. A node is generic over its number of parents, because optional inputs
//! (a bias, a residual) are parents only where they are given; they come last.

use burn::backend::TensorMetadata;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use super::backend::{KernelBodies, Kernels, Optional};
use super::dropout::Dropout;
use super::portable;
use super::precision::Precision;
use super::specs::{AttentionSpec, AttentionTape, NormSpec};

/// Parents: x, weight, bias. The third of the state is the pre-activation where a GELU follows.
#[derive(Debug)]
struct Dense;

impl<B: KernelBodies, const N: usize> Backward<B, N> for Dense {
    type State = (FloatTensor<B>, FloatTensor<B>, Option<FloatTensor<B>>, Precision);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut parents = ops.parents.into_iter();
        let mut parent = || parents.next().flatten();
        let (of_x, of_weight, of_bias) = (parent(), parent(), parent());
        let (x, weight, inner, precision) = ops.state;
        let mut gradient = grads.consume::<B>(&ops.node);
        if let Some(inner) = inner {
            gradient = B::gelu_gradient(inner, gradient);
        }
        if let Some(node) = of_weight {
            let d_weight = B::dense_weight_gradient(x, gradient.clone(), precision);
            grads.register::<B>(node.id, d_weight);
        }
        if let Some(node) = of_bias {
            grads.register::<B>(node.id, B::column_sums(gradient.clone()));
        }
        if let Some(node) = of_x {
            grads.register::<B>(node.id, B::dense_input_gradient(weight, gradient, precision));
        }
    }
}

/// Parent: x.
#[derive(Debug)]
struct Gelu;

impl<B: KernelBodies> Backward<B, 1> for Gelu {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        if let [Some(node)] = ops.parents {
            grads.register::<B>(node.id, B::gelu_gradient(ops.state, gradient));
        }
    }
}

/// Parent: x.
#[derive(Debug)]
struct KeyedDropout;

impl<B: KernelBodies> Backward<B, 1> for KeyedDropout {
    type State = Dropout;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        if let [Some(node)] = ops.parents {
            grads.register::<B>(node.id, B::dropout_forward(gradient, ops.state));
        }
    }
}

/// Parents: x, gamma, beta, residual. The state holds z, its statistics, and gamma.
#[derive(Debug)]
struct Norm;

impl<B: KernelBodies, const N: usize> Backward<B, N> for Norm {
    type State = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, NormSpec);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (z, statistics, gamma, spec) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let (d_x, d_residual, d_gamma, d_beta) =
            B::norm_gradient(z, statistics, gamma, gradient, spec);
        let gradients = [d_x, d_gamma, d_beta, d_residual];
        for (node, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// Parents: q, k, v, bias.
#[derive(Debug)]
struct HeadsAttention;

impl<B: KernelBodies, const N: usize> Backward<B, N> for HeadsAttention {
    type State = (AttentionTape<B>, AttentionSpec);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let of_bias = ops.parents.get(3).is_some_and(Option::is_some);
        let (tape, spec) = ops.state;
        let (d_q, d_k, d_v, d_bias) = B::heads_attention_gradient(tape, gradient, spec, of_bias);
        let gradients = [Some(d_q), Some(d_k), Some(d_v), d_bias];
        for pair in ops.parents.into_iter().zip(gradients) {
            if let (Some(node), Some(gradient)) = pair {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// Parents: qkv, bias. On backends where taking a view copies, the tape's parts are copies.
#[derive(Debug)]
struct PackedAttention;

impl<B: KernelBodies, const N: usize> Backward<B, N> for PackedAttention {
    type State = (AttentionTape<B>, AttentionSpec);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let of_bias = ops.parents.get(1).is_some_and(Option::is_some);
        let (tape, spec) = ops.state;
        let (d_qkv, d_bias) = B::packed_attention_gradient(tape, gradient, spec, of_bias);
        for pair in ops.parents.into_iter().zip([Some(d_qkv), d_bias]) {
            if let (Some(node), Some(gradient)) = pair {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// Parent: weight.
#[derive(Debug)]
struct Lookup;

impl<B: KernelBodies> Backward<B, 1> for Lookup {
    type State = (IntTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (ids, vocabulary) = ops.state;
        if let [Some(node)] = ops.parents {
            grads.register::<B>(node.id, B::lookup_gradient(ids, gradient, vocabulary));
        }
    }
}

/// Attention's output, and what its backward pass needs.
fn taped<B: KernelBodies>(
    [q, k, v]: [FloatTensor<B>; 3],
    key_mask: Option<FloatTensor<B>>,
    bias: Option<FloatTensor<B>>,
    spec: AttentionSpec,
) -> (AttentionTape<B>, FloatTensor<B>) {
    let inputs = (q.clone(), k.clone(), v.clone());
    let (output, statistics) =
        B::heads_attention_forward(q, k, v, key_mask.clone(), bias.clone(), spec);
    let (q, k, v) = inputs;
    let tape = AttentionTape { q, k, v, key_mask, bias, output: output.clone(), statistics };
    (tape, output)
}

/// Records one node: `$state` is evaluated only where a gradient is wanted.
macro_rules! record {
    ($node:ident [$($parent:expr),*] => $output:expr, $state:expr) => {
        match $node.prepare::<C>([$($parent),*]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish($state, $output),
            OpsKind::UnTracked(prepared) => prepared.finish($output),
        }
    };
}

// Behind the macro, which it uses.
mod t5;

impl<B: KernelBodies, C: CheckpointStrategy> KernelBodies for Autodiff<B, C> {}

impl<B: KernelBodies, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Optional<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (weight, of_weight)) = (x.into_parts(), weight.into_parts());
        let state = (x.clone(), weight.clone(), None, precision);
        match bias.get() {
            Some(bias) => {
                let (bias, of_bias) = bias.into_parts();
                let y = B::dense_forward(x, weight, Some(bias), precision);
                record!(Dense [of_x, of_weight, of_bias] => y, state)
            }
            None => {
                record!(Dense [of_x, of_weight] => B::dense_forward(x, weight, None, precision), state)
            }
        }
    }

    fn dense_gelu(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Optional<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (weight, of_weight)) = (x.into_parts(), weight.into_parts());
        let (bias, of_bias) = bias.get().map(|bias| bias.into_parts()).unzip();
        let (y, inner) = B::dense_gelu_forward(x.clone(), weight.clone(), bias, precision);
        let state = (x, weight, Some(inner), precision);
        match of_bias {
            Some(of_bias) => record!(Dense [of_x, of_weight, of_bias] => y, state),
            None => record!(Dense [of_x, of_weight] => y, state),
        }
    }

    fn exact_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        record!(Gelu [of_x] => B::gelu_forward(x.clone()), x.clone())
    }

    fn keyed_dropout(x: FloatTensor<Self>, dropout: Dropout) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        record!(KeyedDropout [of_x] => B::dropout_forward(x, dropout), dropout)
    }

    fn norm(
        x: FloatTensor<Self>,
        residual: Optional<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        spec: NormSpec,
    ) -> FloatTensor<Self> {
        let ((x, of_x), (gamma, of_gamma)) = (x.into_parts(), gamma.into_parts());
        let (beta, of_beta) = beta.into_parts();
        let (residual, of_residual) = residual.get().map(|residual| residual.into_parts()).unzip();
        let (y, z, statistics) = B::norm_forward(x, residual, gamma.clone(), beta, spec);
        let state = (z, statistics, gamma, spec);
        match of_residual {
            Some(of_residual) => {
                record!(Norm [of_x, of_gamma, of_beta, of_residual] => y, state)
            }
            None => record!(Norm [of_x, of_gamma, of_beta] => y, state),
        }
    }

    fn heads_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        key_mask: Optional<Self>,
        bias: Optional<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        let ((q, of_q), (k, of_k)) = (q.into_parts(), k.into_parts());
        let (v, of_v) = v.into_parts();
        let key_mask = key_mask.get().map(|mask| mask.into_primitive());
        let (bias, of_bias) = bias.get().map(|bias| bias.into_parts()).unzip();
        let (tape, output) = taped::<B>([q, k, v], key_mask, bias, spec);
        let state = (tape, spec);
        match of_bias {
            Some(of_bias) => record!(HeadsAttention [of_q, of_k, of_v, of_bias] => output, state),
            None => record!(HeadsAttention [of_q, of_k, of_v] => output, state),
        }
    }

    fn packed_attention(
        qkv: FloatTensor<Self>,
        key_mask: Optional<Self>,
        bias: Optional<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        let (qkv, of_qkv) = qkv.into_parts();
        let key_mask = key_mask.get().map(|mask| mask.into_primitive());
        let (bias, of_bias) = bias.get().map(|bias| bias.into_parts()).unzip();
        let (tape, output) = taped::<B>(portable::unpack::<B>(qkv), key_mask, bias, spec);
        let state = (tape, spec);
        match of_bias {
            Some(of_bias) => record!(PackedAttention [of_qkv, of_bias] => output, state),
            None => record!(PackedAttention [of_qkv] => output, state),
        }
    }

    fn lookup(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        let (weight, of_weight) = weight.into_parts();
        let vocabulary = weight.shape()[0];
        let rows = B::lookup_forward(weight, ids.clone());
        record!(Lookup [of_weight] => rows, (ids, vocabulary))
    }
}
