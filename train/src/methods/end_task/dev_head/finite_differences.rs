//! The step of META-TARTAN's logits against finite differences of the dev loss after a real step of the trunk.
//!
//! With inner products and the softmax's Jacobian, the logits move by -η/β times the derivative of L_dev(θ - β Σ wᵢ gᵢ)
//! in them, at β = 0. Differences that are central in both the logits and β leave errors of second order alone.

use burn::{optim::SgdConfig, train::TrainStep};
use taskgraft_models::bert::{BertConfig, Encoder};
use taskgraft_tasks::{
    corpus::Corpora,
    suite::Suite,
    synthetic::{EndTask, EndTaskConfig},
    text::TextEncoder,
};

use super::*;
use crate::{
    TrainConfig,
    combine::{Combine, MethodState},
    methods::{Alignment, LearnedWeights, MetaWeights, TaskWeights, end_task::EndTaskAware},
};

const SEED: u64 = 5;

struct Setting {
    tasks: Vec<TaskData>,
    dev: DevExamples,
    config: DevHeadConfig,
    padding: Padding,
    device: Device,
    model: MultiTask,
}

impl Setting {
    fn new() -> Self {
        let device = crate::device::Backend::compiled_in()[0].device().unwrap();
        let suite = EndTask::new(EndTaskConfig { train_size: 16, ..Default::default() }).unwrap();
        let texts = ["domain", "noise"].map(|name| suite.corpus("topic", name).unwrap());
        let lines = texts.iter().flat_map(|text| &text.lines).map(String::as_str);
        let encoder = TextEncoder::train(lines, 2000, 64).unwrap();
        let end_task = TaskData::encode(&suite.load("topic").unwrap(), &encoder).unwrap();
        let masked = |text| TaskData::masked("text", text, &Default::default(), &encoder).unwrap();
        let mut tasks = vec![end_task.clone()];
        tasks.extend(texts.iter().map(masked));
        let specs: Vec<_> = tasks.iter().map(|task| task.spec.clone()).collect();
        let dev = Arc::new(TaskData { train: end_task.dev.clone(), ..end_task });
        let mut config =
            BertConfig::new(encoder.vocab_size(), 16, 1).with_dropout(0.0).with_max_length(64);
        config.pad_token_id = Some(encoder.pad_id() as usize);
        let trunk = Encoder::new(&config, SEED, &device).unwrap();
        Self {
            tasks,
            dev: DevExamples { fit: dev.clone(), gradient: dev },
            config: DevHeadConfig { steps: 20, ..Default::default() },
            padding: TrainConfig::default().padding(encoder.pad_id()),
            model: MultiTask::new(trunk, &specs, SEED, &device).train(),
            device,
        }
    }

    /// The weighed gradients of one step from these logits, and the logits after it.
    fn step(&self, logits: &[f64], learned: &LearnedWeights) -> (GradientsParams, Vec<f64>) {
        let learned = LearnedWeights { dev: self.config.clone(), ..learned.clone() };
        let keys = (SEED, self.padding);
        let (weights, dev) = (TaskWeights::Learned(learned), Some(self.dev.clone()));
        let mut combine =
            EndTaskAware::new(weights, self.tasks.len(), 1, dev, keys, self.device.clone())
                .unwrap();
        let bits: Vec<u64> = logits.iter().map(|l| l.to_bits()).collect();
        let values = serde_json::json!({ "logits": bits, "dev_head": null });
        combine.restore(MethodState { values, tensors: vec![] }, &self.model).unwrap();
        combine.begin(0, &self.model).unwrap();
        for task in 0..self.tasks.len() {
            let draws: Vec<Draw> =
                (0..8).map(|example| Draw { task, example, weight: 1.0 }).collect();
            let device = self.device.clone().autodiff();
            let maker = BatchMaker {
                tasks: &self.tasks,
                seed: SEED,
                total: 1,
                padding: self.padding,
                text: &TextConfig::default(),
                device: &device,
            };
            let batch = maker.make(&draws, &draws, 0, DropoutKey::new(SEED, 0)).unwrap();
            let output = TrainStep::step(&self.model, batch.clone());
            combine.add(task, &batch, output, &self.model).unwrap();
        }
        let gradients = combine.finish(0, &self.model).unwrap().gradients;
        let state = combine.state(&self.model).values;
        let bits: Vec<u64> = serde_json::from_value(state["logits"].clone()).unwrap();
        (gradients, bits.into_iter().map(f64::from_bits).collect())
    }

    /// The dev loss after a step of `rate` along the gradients that these logits give.
    fn dev_loss_after(&self, logits: &[f64], learned: &LearnedWeights, rate: f64) -> f64 {
        let (gradients, _) = self.step(logits, learned);
        let mut sgd = ModuleOptimizer::from(SgdConfig::new().build());
        let moved = sgd.step(rate, self.model.clone(), gradients);
        let mut head = DevHead::new(
            self.config.clone(),
            self.dev.clone(),
            (SEED, self.padding),
            self.device.clone(),
        )
        .unwrap();
        head.gradient(0, &self.model).unwrap();
        let loss = head.loss(head.fitted.clone().unwrap(), 0, &moved).unwrap();
        f64::from(loss.without_autodiff().into_scalar::<f32>())
    }
}

#[test]
fn the_logits_move_as_the_dev_loss_falls() {
    let setting = Setting::new();
    let rule = MetaWeights { lr: 1.0, alignment: Alignment::Dot, jacobian: true };
    for floor in [0.0, 0.2] {
        let learned = LearnedWeights { rule: rule.clone(), floor, ..Default::default() };
        check_logits(&setting, &learned);
    }
}

fn check_logits(setting: &Setting, learned: &LearnedWeights) {
    let logits = [0.4, -0.3, 0.1];
    let (_, after) = setting.step(&logits, learned);
    let (beta, epsilon) = (0.02, 0.5);
    let mut largest = 0.0_f64;
    for task in 0..logits.len() {
        let difference = |rate: f64| {
            let at = |shift: f64| {
                let mut logits = logits;
                logits[task] += shift;
                setting.dev_loss_after(&logits, learned, rate)
            };
            at(epsilon) - at(-epsilon)
        };
        let derivative = (difference(beta) - difference(-beta)) / (4.0 * beta * epsilon);
        let moved = after[task] - logits[task];
        assert!(
            (moved + derivative).abs() < 0.05 * derivative.abs() + 1e-4,
            "floor {}: logit {task} moved by {moved}, the dev loss by {derivative}",
            learned.floor
        );
        largest = largest.max(derivative.abs());
    }
    assert!(largest > 1e-3, "the dev loss does not depend on the weights: {largest}");
}
