//! Attention with bias, key mask and dropout of its weights, apart and packed.
//!
//! Keys may be masked within a text, at its end, or all of them: a row then gives zeros, whether the mask is minus
//! infinity or the lowest number.

use burn::tensor::{Device, Tensor, TensorData};
use taskgraft::models::kernels::{self, AttentionOptions, Dropout};

use super::super::tape::{Number, inner, sum};
use super::{
    operation::{Input, Operation, input},
    rows::{drop_one, key},
};

/// One case.
#[derive(Clone)]
struct Case {
    b: usize,
    sq: usize,
    sk: usize,
    heads: usize,
    dk: usize,
    /// Examples that have a bias of their own; one is shared by all, none is no bias.
    biases: usize,
    /// Added over keys, `[b, sk]`.
    mask: Option<Vec<f32>>,
    probability: f64,
    what: &'static str,
}

const SCALE: f32 = 0.7;
/// What padding is masked with.
const PADDING: f32 = -1e9;

pub(super) fn operations() -> Vec<Operation> {
    let plain = Case {
        b: 2,
        sq: 3,
        sk: 5,
        heads: 2,
        dk: 3,
        biases: 0,
        mask: None,
        probability: 0.0,
        what: "plain",
    };
    let masked = |b: usize, sk: usize, lengths: &[usize], with: f32| {
        let at = |i: usize| if i % sk < lengths[i / sk] { 0.0 } else { with };
        Some((0..b * sk).map(at).collect::<Vec<f32>>())
    };
    let mut holes = masked(3, 9, &[9, 6, 1], PADDING);
    if let Some(mask) = &mut holes {
        (mask[1], mask[4], mask[12]) = (PADDING, 0.5, PADDING);
    }
    let biased = Case { b: 3, sq: 7, sk: 9, dk: 5, biases: 1, ..plain.clone() };
    let cases = [
        plain.clone(),
        Case { sq: 33, sk: 37, dk: 8, what: "longer", ..plain.clone() },
        Case { sq: 1, sk: 32, heads: 8, dk: 4, biases: 1, what: "one query", ..plain.clone() },
        Case { sq: 32, sk: 16, heads: 1, dk: 4, biases: 1, what: "one head", ..plain.clone() },
        Case { what: "shared bias", ..biased.clone() },
        Case { biases: 3, what: "bias of each example", ..biased.clone() },
        Case {
            mask: holes,
            probability: 0.3,
            what: "bias, masked within and at the end, dropout 0.3",
            ..biased.clone()
        },
        Case {
            mask: masked(3, 9, &[9, 0, 4], f32::NEG_INFINITY),
            what: "bias, a text of which no key is left (-∞)",
            ..biased.clone()
        },
        Case {
            mask: masked(3, 9, &[9, 0, 4], f32::MIN),
            what: "bias, a text of which no key is left (lowest)",
            ..biased
        },
    ];
    let mut all: Vec<Operation> = cases.into_iter().map(apart).collect();
    all.push(packed(Case {
        sq: 7,
        sk: 7,
        biases: 1,
        mask: masked(2, 7, &[7, 4], PADDING),
        probability: 0.1,
        what: "bias, masked at the end, dropout 0.1",
        ..plain
    }));
    all
}

impl Case {
    fn name(&self) -> String {
        let Case { b, sq, sk, heads, dk, what, .. } = self;
        format!("{b}×{sq}×{sk}, {heads} heads of {dk}: {what}")
    }

    fn bias(&self) -> Option<Input> {
        let size = self.biases * self.heads * self.sq * self.sk;
        (size > 0).then(|| input("bias", size))
    }

    fn mask(&self, device: &Device) -> Option<Tensor<2>> {
        let mask = self.mask.clone()?;
        Some(Tensor::from_data(TensorData::new(mask, [self.b, self.sk]), &device.clone().inner()))
    }

    fn bias_tensor(&self, flat: Option<&Tensor<1>>) -> Option<Tensor<4>> {
        flat.map(|bias| bias.clone().reshape([self.biases, self.heads, self.sq, self.sk]))
    }

    fn options(&self) -> AttentionOptions {
        let dropout = (self.probability > 0.0).then(|| (self.probability, key()));
        AttentionOptions { heads: self.heads, scale: SCALE, dropout }
    }

    /// Scores of one query in one head over the keys that count, by key.
    fn scores<'t>(
        &self,
        [q, k]: [&[Number<'t>]; 2],
        bias: Option<&[Number<'t>]>,
        [b, h, i]: [usize; 3],
    ) -> Vec<(usize, Number<'t>)> {
        let (width, offset) = (self.heads * self.dk, h * self.dk);
        let query = &q[(b * self.sq + i) * width + offset..][..self.dk];
        let score = |j: usize| {
            let key = &k[(b * self.sk + j) * width + offset..][..self.dk];
            let mut score = inner(query, key) * f64::from(SCALE);
            if let Some(bias) = bias {
                let example = if self.biases == 1 { 0 } else { b };
                score = score + bias[((example * self.heads + h) * self.sq + i) * self.sk + j];
            }
            (j, score + self.mask_at(b, j))
        };
        let counts = |&j: &usize| self.mask_at(b, j) > f64::from(f32::MIN);
        (0..self.sk).filter(counts).map(score).collect()
    }

    fn mask_at(&self, b: usize, j: usize) -> f64 {
        self.mask.as_ref().map_or(0.0, |mask| mask[b * self.sk + j].into())
    }

    fn define<'t>(
        &self,
        [q, k, v]: [&[Number<'t>]; 3],
        bias: Option<&[Number<'t>]>,
    ) -> Vec<Number<'t>> {
        let dropout = Dropout::new(self.probability, key());
        let width = self.heads * self.dk;
        let mut y = Vec::with_capacity(self.b * self.sq * width);
        for (b, i, h) in places([self.b, self.sq, self.heads]) {
            let scores = self.scores([q, k], bias, [b, h, i]);
            if scores.is_empty() {
                y.extend((0..self.dk).map(|_| q[0] * 0.0));
                continue;
            }
            // A constant, which changes nothing and has no slope.
            let largest = scores.iter().map(|(_, s)| s.value).fold(f64::NEG_INFINITY, f64::max);
            let exponentials: Vec<_> =
                scores.iter().map(|&(j, score)| (j, (score - largest).exp())).collect();
            let total = sum(exponentials.iter().map(|&(_, e)| e));
            let row = ((b * self.heads + h) * self.sq + i) * self.sk.next_multiple_of(2);
            let weights: Vec<_> = exponentials
                .into_iter()
                .map(|(j, e)| (j, drop_one(e / total, &dropout, row + j)))
                .collect();
            let value = |c: usize| {
                let at = |j: usize| v[(b * self.sk + j) * width + h * self.dk + c];
                sum(weights.iter().map(|&(j, weight)| weight * at(j)))
            };
            y.extend((0..self.dk).map(value));
        }
        y
    }
}

/// All places of a box, the last index fastest.
fn places([a, b, c]: [usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a * b * c).map(move |i| (i / (b * c), i / c % b, i % c))
}

fn apart(case: Case) -> Operation {
    let Case { b, sq, sk, heads, dk, .. } = case;
    let width = heads * dk;
    let mut inputs =
        vec![input("q", b * sq * width), input("k", b * sk * width), input("v", b * sk * width)];
    inputs.extend(case.bias());
    let defined = case.clone();
    Operation::new(
        "attention",
        case.name(),
        inputs,
        move |t| {
            let side = |t: &Tensor<1>, length| t.clone().reshape([b, length, width]);
            let (q, k, v) = (side(&t[0], sq), side(&t[1], sk), side(&t[2], sk));
            let (mask, bias) = (case.mask(&t[0].device()), case.bias_tensor(t.get(3)));
            kernels::attention(q, k, v, mask, bias, case.options()).reshape([-1])
        },
        move |t| defined.define([&t[0], &t[1], &t[2]], t.get(3).map(Vec::as_slice)),
    )
}

fn packed(case: Case) -> Operation {
    let Case { b, sq, heads, dk, .. } = case;
    let width = heads * dk;
    let mut inputs = vec![input("qkv", b * sq * 3 * width)];
    inputs.extend(case.bias());
    let defined = case.clone();
    Operation::new(
        "packed attention",
        case.name(),
        inputs,
        move |t| {
            let qkv = t[0].clone().reshape([b, sq, 3 * width]);
            let (mask, bias) = (case.mask(&t[0].device()), case.bias_tensor(t.get(1)));
            kernels::qkv_attention(qkv, mask, bias, case.options()).reshape([-1])
        },
        move |t| {
            let part = |n: usize| -> Vec<_> {
                let rows = t[0].chunks(3 * width);
                rows.flat_map(|row| row[n * width..][..width].to_vec()).collect()
            };
            let (q, k, v) = (part(0), part(1), part(2));
            defined.define([&q, &k, &v], t.get(1).map(Vec::as_slice))
        },
    )
}
