//! The learner: a shared trunk with a head per task, and the step that makes gradients from a batch.
//!
//! A batch may mix tasks (BAM): the trunk runs once over all rows, each head over its own. The loss of an example is
//! the cross-entropy to its target distribution, or the squared error to its target score in [0, 1]; losses are
//! weighted by the mixture and averaged over the batch. Tasks whose targets are written have no head: T5's decoder
//! writes for all of them, in one pass. `step` is a function of learner and batch alone: dropout comes
//! from the batch's key. A network for one task is this learner with one head.

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor, activation::log_softmax},
    train::{InferenceStep, TrainOutput, TrainStep},
};
use taskgraft_models::{
    Trunk,
    bert::{BertConfig, EncoderOutput},
    heads::{
        ClassificationHead, Head, HeadOutput, MaskedLanguageModelHead, RegressionHead, TaggingHead,
    },
    hugging_face::{HeadDescription, Model},
    kernels::DropoutKey,
    parameters::Initial,
};
use taskgraft_tasks::{TargetKind, TaskSpec, mixture::hash};

use super::{
    EvalBatch, EvalItem, MicroBatch, StepItem, Targets, TaskPart, TextBatch, data::name_key, write,
};

/// Where the heads' dropout sites start; the trunk's lie below.
const HEAD_SITES: u64 = 1 << 40;
/// The dropout site of the pass over text-to-text rows.
const TEXT_SITE: u64 = 1 << 41;

/// A trunk and one head per task.
#[derive(Module, Debug)]
pub struct MultiTask {
    pub trunk: Trunk,
    pub heads: Vec<Head>,
    /// Index of each task's head: tasks that predict hidden tokens share one, and those that write have none.
    #[module(skip)]
    head_of: Vec<Option<usize>>,
}

impl MultiTask {
    /// Puts a new head for each task on a trunk. A head's first values depend on the seed and the task's name, so that
    /// they are the same whichever tasks are beside it.
    pub fn new(trunk: impl Into<Trunk>, tasks: &[TaskSpec], seed: u64, device: &Device) -> Self {
        let trunk = trunk.into().with_pooler(seed);
        let config = trunk.head_config();
        let head = |task: &TaskSpec| {
            let name = if is_tokens(task) { "masked language model" } else { &task.name };
            new_head(task, &config, hash(&[seed, name_key(name)]), device)
        };
        let (mut heads, mut head_of, mut of_tokens) = (vec![], vec![], None);
        for task in tasks {
            let shared = of_tokens.filter(|_| is_tokens(task));
            let index = shared.or_else(|| {
                heads.push(head(task)?);
                Some(heads.len() - 1)
            });
            if is_tokens(task) {
                of_tokens = index;
            }
            head_of.push(index);
        }
        Self { trunk, heads, head_of }
    }

    /// Takes over the head that another network has for a task, if it is of the same kind.
    pub fn take_head(&mut self, task: usize, of: &Self, at: usize) {
        if let (Some(mine), Some(theirs)) = (self.head_of[task], of.head_of[at]) {
            let (head, other) = (&self.heads[mine], &of.heads[theirs]);
            if std::mem::discriminant(head) == std::mem::discriminant(other)
                && head.num_params() == other.num_params()
            {
                self.heads[mine] = other.clone();
            }
        }
    }

    /// A trunk with a trained head for its one task.
    pub fn with_head(trunk: impl Into<Trunk>, head: Head) -> Self {
        Self { trunk: trunk.into(), heads: vec![head], head_of: vec![Some(0)] }
    }

    /// A trunk whose one task is answered in words.
    pub fn without_head(trunk: impl Into<Trunk>) -> Self {
        Self { trunk: trunk.into(), heads: vec![], head_of: vec![None] }
    }

    /// The head of a task, by the task's index.
    ///
    /// # Panics
    /// If what the task predicts is written, for which there is no head.
    pub fn head(&self, task: usize) -> &Head {
        let index = self.head_of[task];
        &self.heads[index.expect("a task whose targets are written has no head")]
    }

    /// The trunk with the head of a task, as checkpoints hold them.
    ///
    /// # Panics
    /// As [`head`](Self::head).
    pub fn to_model(&self, task: usize) -> Model {
        Model { trunk: self.trunk.clone(), head: Some(self.head(task).clone()) }
    }

    /// The weighted loss of every task of a batch, `[1]` each, in the order of [`MicroBatch::tasks`].
    pub fn losses(&self, batch: &MicroBatch, dropout: Option<DropoutKey>) -> Vec<Tensor<1>> {
        let mut losses = Vec::new();
        if !batch.parts.is_empty() {
            let output = self.trunk.encode(&batch.input, dropout);
            let loss = |part| Self::loss(self.predict(&output, part, dropout), part);
            losses.extend(batch.parts.iter().map(loss));
        }
        if let Some(text) = &batch.text {
            losses.extend(self.text_losses(text, dropout));
        }
        losses
    }

    fn text_losses(&self, text: &TextBatch, dropout: Option<DropoutKey>) -> Vec<Tensor<1>> {
        let t5 =
            self.trunk.as_t5().expect("trainers refuse such tasks on a trunk that can't write");
        let dropout = dropout.map(|key| key.site(TEXT_SITE));
        let losses = t5.target_losses(&text.input, text.z_loss, dropout);
        let weighed = |part: &super::TextPart| {
            (losses.clone().select(0, part.tokens.clone()) * part.weights.clone()).sum()
        };
        text.parts.iter().map(weighed).collect()
    }

    /// What the head of a part predicts for its rows.
    ///
    /// # Shapes
    /// `[n, outputs]` for the `n` rows (tagging: words) of the part.
    pub(super) fn predict(
        &self,
        output: &EncoderOutput,
        part: &TaskPart,
        dropout: Option<DropoutKey>,
    ) -> Tensor<2> {
        let head = self.head(part.task);
        let rows = match (head, part.whole_batch) {
            (Head::Tagging(_) | Head::MaskedLanguageModel(_), _) => {
                words(output, part.rows.clone())
            }
            (_, true) => output.first_tokens(),
            (_, false) => {
                let first = output.first_tokens();
                EncoderOutput {
                    hidden: first.hidden.select(0, part.rows.clone()),
                    pooled: first.pooled.map(|p| p.select(0, part.rows.clone())),
                    layers: vec![],
                }
            }
        };
        let dropout = dropout.map(|key| key.site(HEAD_SITES + part.task as u64));
        two_dimensional(self.trunk.apply(head, &rows, dropout))
    }

    /// The weighted loss of one part, `[1]`.
    pub(super) fn loss(predicted: Tensor<2>, part: &TaskPart) -> Tensor<1> {
        let losses = match &part.targets {
            Targets::Scores(scores) => {
                let error = predicted - scores.clone();
                (error.clone() * error).sum_dim(1)
            }
            Targets::Distributions(distributions) => {
                (log_softmax(predicted, 1) * distributions.clone()).sum_dim(1).neg()
            }
            Targets::Tokens(ids) => {
                log_softmax(predicted, 1).gather(1, ids.clone().unsqueeze_dim(1)).neg()
            }
        };
        (losses.squeeze_dim::<1>(1) * part.weights.clone()).sum()
    }
}

/// What an export says of a task's head.
pub fn description(task: &TaskSpec) -> HeadDescription {
    match &task.kind {
        TargetKind::Class { labels } | TargetKind::Tags { labels } => {
            HeadDescription::Labels(labels.clone())
        }
        TargetKind::Score { min, max } => HeadDescription::Score { min: *min, max: *max },
        TargetKind::Tokens { .. } | TargetKind::Text { .. } => HeadDescription::Plain,
    }
}

/// A head for a task, with first values drawn from `seed`; `None` where what is predicted is written.
pub(super) fn new_head(
    task: &TaskSpec,
    config: &BertConfig,
    seed: u64,
    device: &Device,
) -> Option<Head> {
    let initial = Initial::GlorotUniform;
    Some(match &task.kind {
        TargetKind::Class { labels } => Head::Classification(ClassificationHead::new(
            config,
            labels.len(),
            initial,
            seed,
            device,
        )),
        TargetKind::Score { .. } => {
            Head::Regression(RegressionHead::new(config, initial, seed, device))
        }
        TargetKind::Tags { labels } => {
            Head::Tagging(TaggingHead::new(config, labels.len(), initial, seed, device))
        }
        TargetKind::Tokens { .. } => {
            Head::MaskedLanguageModel(MaskedLanguageModelHead::new(config, seed, device))
        }
        TargetKind::Text { .. } => return None,
    })
}

fn is_tokens(task: &TaskSpec) -> bool {
    matches!(task.kind, TargetKind::Tokens { .. })
}

fn two_dimensional(output: HeadOutput) -> Tensor<2> {
    match output {
        HeadOutput::Classes(logits) => logits,
        HeadOutput::Scores(scores) => scores.unsqueeze_dim(1),
        HeadOutput::Tokens(logits) => logits.flatten(0, 1),
    }
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
        let losses = self.losses(&batch, Some(batch.dropout));
        let total = Tensor::cat(losses.clone(), 0).sum();
        let gradients = GradientsParams::from_grads(total.backward(), self);
        let by_task = losses.into_iter().zip(batch.tasks());
        let item = StepItem::new(
            batch.step,
            by_task.map(|(loss, (task, weight))| (task, weight, loss.without_autodiff())).collect(),
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
        if let Some(text) = &batch.text {
            let t5 = self.trunk.as_t5();
            let t5 = t5.expect("trainers refuse such tasks on a trunk that can't write");
            return write(t5, &batch, text);
        }
        let output = self.trunk.encode(&batch.input, None);
        let rows = match batch.words {
            Some(positions) => words(&output, positions),
            None => output.first_tokens(),
        };
        let head = self.head(batch.task);
        let outputs = two_dimensional(self.trunk.apply(head, &rows, None));
        EvalItem::outputs(batch.task, batch.examples, batch.rows, outputs)
    }
}
