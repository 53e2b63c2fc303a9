//! Attention a head at a time, on strided views of `[b, s, h * dk]`: no heads are copied out.
//!
//! A task is one head of one example (or of all examples, where their bias gradients add up). It
//! goes through its queries in blocks, so that a block's scores stay in cache. Keys that are masked
//! at the end of an example are left out of every product.

use burn::backend::{Flex, Shape, TensorMetadata};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::super::specs::{AttentionGradients, AttentionSpec, AttentionTape};
use super::attention_rows::{Rows, backward_rows, forward_rows};
use super::buffer::{Shared, contiguous, tensor, unfilled, values};
use super::product::multiply;
use super::view::{Initial, Target, View};

/// Queries per block.
const BLOCK: usize = 128;
/// A key whose mask is at most this is absent where its example has others.
const ABSENT: f32 = -1.0e4;

/// A `[b, s, width]` tensor whose last dimension is dense.
struct Heads {
    tensor: FlexTensor,
    strides: [usize; 2],
    start: usize,
    width: usize,
}

impl Heads {
    fn new(tensor: FlexTensor, heads: usize) -> Self {
        let plain = tensor.layout().strides().iter().all(|&stride| stride >= 0)
            && tensor.layout().strides()[2] == 1;
        let tensor = if plain { tensor } else { contiguous(tensor) };
        let strides = tensor.layout().strides();
        Self {
            strides: [strides[0] as usize, strides[1] as usize],
            start: tensor.layout().start_offset(),
            width: tensor.shape()[2] / heads,
            tensor,
        }
    }

    /// Rows `from..` of one head of one example.
    fn view(&self, example: usize, from: usize, head: usize) -> (&[f32], usize) {
        let offset =
            self.start + example * self.strides[0] + from * self.strides[1] + head * self.width;
        let all = values(&self.tensor);
        (&all[offset.min(all.len())..], self.strides[1])
    }

    fn matrix(&self, example: usize, from: usize, head: usize) -> View<'_> {
        let (values, stride) = self.view(example, from, head);
        View::rows(values, stride)
    }
}

/// Everything a head needs to make its scores.
struct Problem {
    q: Heads,
    k: Heads,
    v: Heads,
    key_mask: Option<FlexTensor>,
    bias: Option<FlexTensor>,
    spec: AttentionSpec,
    batch: usize,
    queries: usize,
    keys: usize,
    /// Keys computed per example.
    lengths: Vec<usize>,
}

impl Problem {
    fn new(
        [q, k, v]: [FlexTensor; 3],
        key_mask: Option<FlexTensor>,
        bias: Option<FlexTensor>,
        spec: AttentionSpec,
    ) -> Self {
        let (batch, queries, keys) = (q.shape()[0], q.shape()[1], k.shape()[1]);
        let (key_mask, bias) = (key_mask.map(contiguous), bias.map(contiguous));
        let present = |mask: &[f32]| match mask.iter().rposition(|&value| value > ABSENT) {
            Some(last) => last + 1,
            None => keys,
        };
        let lengths = match &key_mask {
            Some(mask) if keys > 0 => values(mask).chunks_exact(keys).map(present).collect(),
            _ => vec![keys; batch],
        };
        Self {
            q: Heads::new(q, spec.heads),
            k: Heads::new(k, spec.heads),
            v: Heads::new(v, spec.heads),
            key_mask,
            bias,
            spec,
            batch,
            queries,
            keys,
            lengths,
        }
    }

    /// Blocks of queries: first and one past the last.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        let queries = self.queries;
        (0..queries).step_by(BLOCK).map(move |from| (from, queries.min(from + BLOCK)))
    }

    /// What the rows `from..` of this head add to and drop from their scores.
    fn rows(&self, example: usize, head: usize, from: usize) -> Rows<'_> {
        let length = self.lengths[example];
        let row = (example * self.spec.heads + head) * self.queries + from;
        Rows {
            length,
            scale: self.spec.scale,
            mask: self
                .key_mask
                .as_ref()
                .map(|mask| &values(mask)[example * self.keys..example * self.keys + length]),
            bias: self.bias.as_ref().map(|bias| {
                let example = if bias.shape()[0] == 1 { 0 } else { example };
                let row = (example * self.spec.heads + head) * self.queries + from;
                &values(bias)[row * self.keys..]
            }),
            bias_stride: self.keys,
            dropout: self.spec.dropout,
            position: row * self.keys.next_multiple_of(2),
            position_stride: self.keys.next_multiple_of(2),
        }
    }

    /// `scores = q kᵀ` of a block, rows `length` apart.
    fn products(&self, scores: &mut [f32], example: usize, head: usize, from: usize, to: usize) {
        let length = self.lengths[example];
        let sizes = [to - from, self.q.width, length];
        let target = Target { start: scores.as_mut_ptr(), stride: length, initial: Initial::Zero };
        let (q, k) = (self.q.matrix(example, from, head), self.k.matrix(example, 0, head));
        assert!(scores.len() >= (to - from) * length);
        // SAFETY: the scores are ours and large enough.
        unsafe { multiply(target, sizes, 1.0, q, k.transposed()) };
    }
}

pub(super) fn forward(
    q: FlexTensor,
    k: FlexTensor,
    v: FlexTensor,
    key_mask: Option<FlexTensor>,
    bias: Option<FlexTensor>,
    spec: AttentionSpec,
) -> (FlexTensor, FlexTensor) {
    let problem = Problem::new([q, k, v], key_mask, bias, spec);
    let (batch, heads, queries) = (problem.batch, spec.heads, problem.queries);
    let width = heads * problem.v.width;
    let mut output = unfilled(batch * queries * width);
    let mut statistics = unfilled(batch * heads * queries * 2);
    let out = Shared::new(&mut output);
    statistics.par_chunks_mut((queries * 2).max(1)).enumerate().for_each(|(task, statistics)| {
        let (example, head) = (task / heads, task % heads);
        let length = problem.lengths[example];
        let mut scores = unfilled(BLOCK.min(queries) * length);
        for (from, to) in problem.blocks() {
            problem.products(&mut scores, example, head, from, to);
            let rows = problem.rows(example, head, from);
            forward_rows(
                &mut scores[..(to - from) * length],
                &mut statistics[2 * from..2 * to],
                rows,
            );
            // SAFETY: this task alone writes this head's columns of this example.
            unsafe {
                let start = out.at((example * queries + from) * width + head * problem.v.width);
                let target = Target { start, stride: width, initial: Initial::Zero };
                let sizes = [to - from, length, problem.v.width];
                let v = problem.v.matrix(example, 0, head);
                multiply(target, sizes, 1.0, View::rows(&scores, length), v);
            }
        }
    });
    (
        tensor(output, Shape::from(vec![batch, queries, width])),
        tensor(statistics, Shape::from(vec![batch, heads, queries, 2])),
    )
}

/// Where one of the gradients goes: a buffer, its rows' stride, and the column it starts at.
#[derive(Clone, Copy)]
struct Gradient {
    buffer: Shared,
    stride: usize,
    column: usize,
    rows: usize,
    width: usize,
}

impl Gradient {
    /// The address of a row of one head.
    ///
    /// # Safety
    /// Example, row and head are within the tensor.
    unsafe fn at(&self, example: usize, row: usize, head: usize) -> *mut f32 {
        let offset = (example * self.rows + row) * self.stride + self.column + head * self.width;
        // SAFETY: the caller's word.
        unsafe { self.buffer.at(offset) }
    }
}

pub(super) fn backward(
    tape: AttentionTape<Flex>,
    gradient: FlexTensor,
    spec: AttentionSpec,
    of_bias: bool,
) -> AttentionGradients<Flex> {
    let shapes = [tape.q.shape(), tape.k.shape(), tape.v.shape()];
    let mut buffers = shapes.each_ref().map(|shape| unfilled(shape.num_elements()));
    let mut gradients = buffers.iter_mut().zip(&shapes).map(|(buffer, shape)| Gradient {
        buffer: Shared::new(buffer),
        stride: shape[2],
        column: 0,
        rows: shape[1],
        width: shape[2] / spec.heads,
    });
    let (Some(d_q), Some(d_k), Some(d_v)) = (gradients.next(), gradients.next(), gradients.next())
    else {
        unreachable!("there are three shapes")
    };
    drop(gradients);
    let d_bias = into_gradients(tape, gradient, spec, of_bias, [d_q, d_k, d_v]);
    let ([q, k, v], [of_q, of_k, of_v]) = (buffers, shapes);
    (tensor(q, of_q), tensor(k, of_k), tensor(v, of_v), d_bias)
}

/// As [`backward`], with the three gradients side by side in one tensor.
pub(super) fn packed_backward(
    tape: AttentionTape<Flex>,
    gradient: FlexTensor,
    spec: AttentionSpec,
    of_bias: bool,
) -> (FlexTensor, Option<FlexTensor>) {
    let shape = tape.q.shape();
    let (batch, rows, width) = (shape[0], shape[1], shape[2]);
    let mut d_qkv = unfilled(batch * rows * 3 * width);
    let buffer = Shared::new(&mut d_qkv);
    let gradients = [0, 1, 2].map(|part| Gradient {
        buffer,
        stride: 3 * width,
        column: part * width,
        rows,
        width: width / spec.heads,
    });
    let d_bias = into_gradients(tape, gradient, spec, of_bias, gradients);
    (tensor(d_qkv, Shape::from(vec![batch, rows, 3 * width])), d_bias)
}

fn into_gradients(
    tape: AttentionTape<Flex>,
    gradient: FlexTensor,
    spec: AttentionSpec,
    of_bias: bool,
    gradients: [Gradient; 3],
) -> Option<FlexTensor> {
    let bias_shape = tape.bias.as_ref().filter(|_| of_bias).map(TensorMetadata::shape);
    let statistics = contiguous(tape.statistics);
    let problem = Problem::new([tape.q, tape.k, tape.v], tape.key_mask, tape.bias, spec);
    let pass = Backward {
        output: Heads::new(tape.output, spec.heads),
        gradient: Heads::new(gradient, spec.heads),
        statistics: values(&statistics),
        problem,
        gradients,
    };
    let (batch, heads) = (pass.problem.batch, spec.heads);
    let mut d_bias = bias_shape.as_ref().map(|shape| vec![0.0f32; shape.num_elements()]);
    let matrix = pass.problem.queries * pass.problem.keys;
    match (&mut d_bias, &bias_shape) {
        (Some(d_bias), Some(shape)) if shape[0] == 1 => {
            d_bias.par_chunks_mut(matrix.max(1)).enumerate().for_each(|(head, d_bias)| {
                (0..batch).for_each(|example| pass.head(example, head, Some(d_bias)));
            })
        }
        (Some(d_bias), _) => d_bias
            .par_chunks_mut(matrix.max(1))
            .enumerate()
            .for_each(|(task, d_bias)| pass.head(task / heads, task % heads, Some(d_bias))),
        (None, _) => (0..batch * heads)
            .into_par_iter()
            .for_each(|task| pass.head(task / heads, task % heads, None)),
    }
    d_bias.zip(bias_shape).map(|(values, shape)| tensor(values, shape))
}

struct Backward<'a> {
    problem: Problem,
    output: Heads,
    gradient: Heads,
    statistics: &'a [f32],
    gradients: [Gradient; 3],
}

impl Backward<'_> {
    /// One head of one example; adds the gradient of its scores to `d_bias`.
    fn head(&self, example: usize, head: usize, mut d_bias: Option<&mut [f32]>) {
        let problem = &self.problem;
        let (length, keys) = (problem.lengths[example], problem.keys);
        let (dk, dv) = (problem.k.width, problem.v.width);
        let [of_q, of_k, of_v] = &self.gradients;
        let block = BLOCK.min(problem.queries) * length;
        let (mut weights, mut d_scores) = (unfilled(block), unfilled(block));
        for row in length..keys {
            // SAFETY: rows of this head of this example, which no other task writes.
            unsafe {
                of_k.at(example, row, head).write_bytes(0, dk);
                of_v.at(example, row, head).write_bytes(0, dv);
            }
        }
        for (from, to) in problem.blocks() {
            let count = to - from;
            problem.products(&mut weights, example, head, from, to);
            let gradient = self.gradient.matrix(example, from, head);
            let (k, v) = (problem.k.matrix(example, 0, head), problem.v.matrix(example, 0, head));
            let target =
                Target { start: d_scores.as_mut_ptr(), stride: length, initial: Initial::Zero };
            // SAFETY: the block is ours and large enough.
            unsafe { multiply(target, [count, dv, length], 1.0, gradient, v.transposed()) };
            let first = (example * problem.spec.heads + head) * problem.queries + from;
            backward_rows(
                &mut weights[..count * length],
                &mut d_scores[..count * length],
                &self.statistics[2 * first..2 * (first + count)],
                self.gradient.view(example, from, head),
                self.output.view(example, from, head),
                dv,
                problem.rows(example, head, from),
            );
            if let Some(d_bias) = &mut d_bias {
                for (row, d_scores) in d_scores.chunks_exact(length.max(1)).take(count).enumerate()
                {
                    let start = (from + row) * keys;
                    for (sum, d) in d_bias[start..start + length].iter_mut().zip(d_scores) {
                        *sum += d;
                    }
                }
            }
            let (weights, d_scores) = (View::rows(&weights, length), View::rows(&d_scores, length));
            let scale = problem.spec.scale;
            let initial = if from > 0 { Initial::Target } else { Initial::Zero };
            // SAFETY: rows of this head of this example, which no other task writes.
            unsafe {
                let start = of_v.at(example, 0, head);
                let target = Target { start, stride: of_v.stride, initial };
                multiply(target, [length, count, dv], 1.0, weights.transposed(), gradient);
                let start = of_q.at(example, from, head);
                let target = Target { start, stride: of_q.stride, initial: Initial::Zero };
                multiply(target, [count, length, dk], scale, d_scores, k);
                let start = of_k.at(example, 0, head);
                let target = Target { start, stride: of_k.stride, initial };
                let q = problem.q.matrix(example, from, head);
                multiply(target, [length, count, dk], scale, d_scores.transposed(), q);
            }
        }
    }
}
