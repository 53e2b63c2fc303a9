//! The learner: a shared trunk with a head per task, and the step that makes gradients from a batch.
//!
//! A batch may mix tasks (BAM): the trunk runs once over all rows, each head over its own. The loss of an example is
//! the cross-entropy to its target distribution, or the squared error to its target score in [0, 1]; losses are
//! weighted by the mixture and averaged over the batch. `step` is a function of learner and batch alone: dropout comes
//! from the batch's key. A network for one task is this learner with one head.

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor, activation::log_softmax},
    train::{InferenceStep, TrainOutput, TrainStep},
};
use taskgraft_models::{
    bert::{Encoder, EncoderOutput},
    heads::{ClassificationHead, Head, HeadOutput, RegressionHead, TaggingHead},
    kernels::DropoutKey,
    parameters::Initial,
};
use taskgraft_tasks::{TargetKind, TaskSpec, mixture::hash};

use super::{EvalBatch, EvalItem, MicroBatch, StepItem, TaskPart, data::name_key};

/// Where the heads' dropout sites start; the trunk's lie below.
const HEAD_SITES: u64 = 1 << 40;

/// A trunk and one head per task.
#[derive(Module, Debug)]
pub struct MultiTask {
    pub trunk: Encoder,
    pub heads: Vec<Head>,
}

impl MultiTask {
    /// Puts a new head for each task on a trunk. A head's first values depend on the seed and the task's name, so that
    /// they are the same whichever tasks are beside it.
    pub fn new(trunk: Encoder, tasks: &[TaskSpec], seed: u64, device: &Device) -> Self {
        let trunk = trunk.with_pooler(seed);
        let config = trunk.config().clone();
        let head = |task: &TaskSpec| {
            let seed = hash(&[seed, name_key(&task.name)]);
            let initial = Initial::GlorotUniform;
            match &task.kind {
                TargetKind::Class { labels } => Head::Classification(ClassificationHead::new(
                    &config,
                    labels.len(),
                    initial,
                    seed,
                    device,
                )),
                TargetKind::Score { .. } => {
                    Head::Regression(RegressionHead::new(&config, initial, seed, device))
                }
                TargetKind::Tags { labels } => {
                    Head::Tagging(TaggingHead::new(&config, labels.len(), initial, seed, device))
                }
            }
        };
        let heads = tasks.iter().map(head).collect();
        Self { trunk, heads }
    }

    /// What the head of a part predicts for its rows.
    ///
    /// # Shapes
    /// `[n, outputs]` for the `n` rows (tagging: words) of the part.
    fn predict(
        &self,
        output: &EncoderOutput,
        part: &TaskPart,
        dropout: Option<DropoutKey>,
    ) -> Tensor<2> {
        let head = &self.heads[part.task];
        let rows = match (head, part.whole_batch) {
            (Head::Tagging(_), _) => words(output, part.rows.clone()),
            (_, true) => first_tokens(output),
            (_, false) => {
                let first = first_tokens(output);
                EncoderOutput {
                    hidden: first.hidden.select(0, part.rows.clone()),
                    pooled: first.pooled.map(|p| p.select(0, part.rows.clone())),
                    layers: vec![],
                }
            }
        };
        let dropout = dropout.map(|key| key.site(HEAD_SITES + part.task as u64));
        two_dimensional(head.forward(&self.trunk, &rows, dropout))
    }

    /// The weighted loss of one part, `[1]`.
    fn loss(&self, predicted: Tensor<2>, part: &TaskPart) -> Tensor<1> {
        let losses = match &self.heads[part.task] {
            Head::Regression(_) => {
                let error = predicted - part.targets.clone();
                (error.clone() * error).sum_dim(1)
            }
            _ => (log_softmax(predicted, 1) * part.targets.clone()).sum_dim(1).neg(),
        };
        (losses.squeeze_dim::<1>(1) * part.weights.clone()).sum()
    }
}

fn two_dimensional(output: HeadOutput) -> Tensor<2> {
    match output {
        HeadOutput::Classes(logits) => logits,
        HeadOutput::Scores(scores) => scores.unsqueeze_dim(1),
        HeadOutput::Tokens(logits) => logits.flatten(0, 1),
    }
}

/// The output with the first token alone: all that heads on whole texts read.
fn first_tokens(output: &EncoderOutput) -> EncoderOutput {
    let [rows, _, width] = output.hidden.dims();
    let hidden = output.hidden.clone().slice([0..rows, 0..1, 0..width]);
    EncoderOutput { hidden, pooled: output.pooled.clone(), layers: vec![] }
}

/// The output at given positions of the flattened tokens, as one row.
fn words(output: &EncoderOutput, positions: Tensor<1, burn::tensor::Int>) -> EncoderOutput {
    let flat: Tensor<2> = output.hidden.clone().flatten(0, 1);
    EncoderOutput { hidden: flat.select(0, positions).unsqueeze(), pooled: None, layers: vec![] }
}

impl TrainStep for MultiTask {
    type Input = MicroBatch;
    type Output = StepItem;

    fn step(&self, batch: MicroBatch) -> TrainOutput<StepItem> {
        let output = self.trunk.forward(&batch.input, Some(batch.dropout));
        let losses: Vec<Tensor<1>> = batch
            .parts
            .iter()
            .map(|part| self.loss(self.predict(&output, part, Some(batch.dropout)), part))
            .collect();
        let total = Tensor::cat(losses.clone(), 0).sum();
        let gradients = GradientsParams::from_grads(total.backward(), self);
        let by_task = losses.into_iter().zip(&batch.parts);
        let item = StepItem::new(
            batch.step,
            by_task
                .map(|(loss, part)| (part.task, part.total_weight, loss.without_autodiff()))
                .collect(),
            batch.tokens,
            batch.gold_weight,
        );
        TrainOutput { grads: gradients, item }
    }
}

impl InferenceStep for MultiTask {
    type Input = EvalBatch;
    type Output = EvalItem;

    fn step(&self, batch: EvalBatch) -> EvalItem {
        let output = self.trunk.forward(&batch.input, None);
        let rows = match batch.words {
            Some(positions) => words(&output, positions),
            None => first_tokens(&output),
        };
        let head = &self.heads[batch.task];
        let outputs = two_dimensional(head.forward(&self.trunk, &rows, None));
        EvalItem::outputs(batch.task, batch.examples, batch.rows, outputs)
    }
}
