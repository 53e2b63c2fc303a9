//! Times whole training steps of a MiniLM-shaped encoder (6 layers, width 384, 12 heads, 1536
//! hidden, 16 × 128 tokens, a class head) made of the kernels alone, and prints the median of each
//! part. `cargo bench -p taskgraft-benches --bench minilm_step -- [DROPOUT] [WARM-UP] [STEPS]`

use std::time::Instant;

use burn::module::{Initializer, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use taskgraft::models::kernels::{self, AdamW, AttentionOptions, DropoutKey, Precision};
use taskgraft_benches::median;

const VOCABULARY: usize = 30522;
const WIDTH: usize = 384;
const HEADS: usize = 12;
const HIDDEN: usize = 1536;
const LAYERS: usize = 6;
const BATCH: usize = 16;
const LENGTH: usize = 128;

#[derive(Module, Debug)]
struct Dense {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Dense {
    fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self {
            weight: normal([inputs, outputs], device),
            bias: Initializer::Zeros.init([outputs], device),
        }
    }

    fn of<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernels::linear(x, self.weight.val(), Some(self.bias.val()), Precision::F32)
    }
}

#[derive(Module, Debug)]
struct Norm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
}

impl Norm {
    fn new(device: &Device) -> Self {
        Self {
            gamma: Initializer::Ones.init([WIDTH], device),
            beta: Initializer::Zeros.init([WIDTH], device),
        }
    }
}

#[derive(Module, Debug)]
struct Layer {
    qkv: Dense,
    out: Dense,
    norm1: Norm,
    up: Dense,
    down: Dense,
    norm2: Norm,
}

#[derive(Module, Debug)]
struct Encoder {
    words: Param<Tensor<2>>,
    positions: Param<Tensor<2>>,
    types: Param<Tensor<2>>,
    norm: Norm,
    layers: Vec<Layer>,
    pooler: Dense,
    head: Dense,
}

fn normal(shape: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    let (mean, std) = (0.0, 0.02);
    Initializer::Normal { mean, std }.init(shape, device)
}

impl Encoder {
    fn new(device: &Device) -> Self {
        let layer = |_| Layer {
            qkv: Dense::new(WIDTH, 3 * WIDTH, device),
            out: Dense::new(WIDTH, WIDTH, device),
            norm1: Norm::new(device),
            up: Dense::new(WIDTH, HIDDEN, device),
            down: Dense::new(HIDDEN, WIDTH, device),
            norm2: Norm::new(device),
        };
        Self {
            words: normal([VOCABULARY, WIDTH], device),
            positions: normal([512, WIDTH], device),
            types: normal([2, WIDTH], device),
            norm: Norm::new(device),
            layers: (0..LAYERS).map(layer).collect(),
            pooler: Dense::new(WIDTH, WIDTH, device),
            head: Dense::new(WIDTH, 2, device),
        }
    }

    fn logits(&self, ids: Tensor<2, Int>, mask: Tensor<2>, p: f64, key: DropoutKey) -> Tensor<2> {
        let [b, s] = ids.dims();
        let places = self.positions.val().narrow(0, 0, s).unsqueeze::<3>();
        let kind = self.types.val().narrow(0, 0, 1).unsqueeze::<3>();
        let x = kernels::embedding(self.words.val(), ids) + (places + kind);
        let (gamma, beta) = (self.norm.gamma.val(), self.norm.beta.val());
        let x = kernels::layer_norm(x, gamma, beta, 1e-12);
        let mut x = kernels::dropout(x, p, key.site(1000));
        for (n, layer) in self.layers.iter().enumerate() {
            let site = |use_: usize| (p > 0.0).then(|| (p, key.site((3 * n + use_) as u64)));
            let options = AttentionOptions {
                heads: HEADS,
                scale: 1.0 / ((WIDTH / HEADS) as f32).sqrt(),
                dropout: site(0),
            };
            let qkv = layer.qkv.of(x.clone());
            let a = layer.out.of(kernels::qkv_attention(qkv, Some(mask.clone()), None, options));
            let add_norm = |a, x, norm: &Norm, site| {
                let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
                kernels::dropout_add_layer_norm(a, x, gamma, beta, 1e-12, site)
            };
            x = add_norm(a, x, &layer.norm1, site(1));
            let (weight, bias) = (layer.up.weight.val(), layer.up.bias.val());
            let inner = kernels::linear_gelu(x.clone(), weight, Some(bias), Precision::F32);
            x = add_norm(layer.down.of(inner), x, &layer.norm2, site(2));
        }
        let first = x.slice([0..b, 0..1]).reshape([b, WIDTH]);
        let pooled = self.pooler.of(first).tanh();
        self.head.of(kernels::dropout(pooled, p, key.site(1001)))
    }
}

/// A line of `/proc/self/status` in MiB, where there is one.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

fn main() {
    let arguments: Vec<f64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let argument = |n: usize, default: f64| arguments.get(n).copied().unwrap_or(default);
    let (p, warm_up, steps) = (argument(0, 0.1), argument(1, 2.0), argument(2, 6.0));
    let device = Device::default().autodiff();
    device.seed(1);
    let mut model = Encoder::new(&device);
    let mut optimiser = ModuleOptimizer::from(AdamW::default());
    let words: Vec<i64> =
        (0..(BATCH * LENGTH) as i64).map(|i| i * 7919 % VOCABULARY as i64).collect();
    let ids = Tensor::<2, Int>::from_data(TensorData::new(words, [BATCH, LENGTH]), &device);
    let mask = Tensor::<2>::zeros([BATCH, LENGTH], &device);
    let targets: Vec<i64> = (0..BATCH as i64).map(|i| i % 2).collect();
    let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [BATCH]), &device);
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);
    let mut times: [Vec<f64>; 4] = Default::default();
    let mut last = 0.0;
    for step in 0..(warm_up + steps) as u64 {
        let key = DropoutKey::new(1, step);
        let start = Instant::now();
        let logits = model.logits(ids.clone(), mask.clone(), p, key);
        let loss = cross_entropy.forward(logits, targets.clone());
        let forward = start.elapsed().as_secs_f64();
        let gradients = GradientsParams::from_grads(loss.clone().backward(), &model);
        let backward = start.elapsed().as_secs_f64();
        model = optimiser.step(1e-4, model, gradients);
        last = loss.into_scalar::<f32>();
        let whole = start.elapsed().as_secs_f64();
        if step >= warm_up as u64 {
            let parts = [whole, forward, backward - forward, whole - backward];
            for (times, part) in times.iter_mut().zip(parts) {
                times.push(part);
            }
        }
    }
    let [whole, forward, backward, update] = times.each_ref().map(|times| median(times.clone()));
    println!(
        "step {whole:.4} s (least {:.4}): forward {forward:.4}, backward {backward:.4}, update \
         {update:.4}; peak {:.0} MiB; loss {last:.4}",
        times[0].iter().copied().fold(f64::INFINITY, f64::min),
        memory("VmHWM"),
    );
}
