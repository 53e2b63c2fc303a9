//! The gradient of the end-task's dev loss in the trunk, through a head that is fitted to dev examples for the purpose.
//!
//! The head starts anew and takes a few AdamW steps on the trunk's features of one batch, computed once; the trunk does
//! not move. The gradient is then that of another batch. Which examples are drawn depends on seed and step alone.

#[cfg(test)]
mod finite_differences;

use std::sync::Arc;

use burn::{
    module::{Module, Param, ParamId},
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use taskgraft_models::{
    heads::Head,
    kernels::{AdamW, DropoutKey},
};
use taskgraft_tasks::mixture::{Draw, hash, permute};

use super::DevHeadConfig;
use crate::{
    Error, MicroBatch, MultiTask, Padding, Result, TaskData, TextConfig, batch::BatchMaker,
    learner::new_head,
};

/// Purposes of draws.
const FIT: u64 = 1;
const GRADIENT: u64 = 2;

/// The examples behind the dev gradient, as training examples of the end-task.
#[derive(Clone, Debug)]
pub struct DevExamples {
    /// The head is fitted to these.
    pub fit: Arc<TaskData>,
    /// The gradient is of these.
    pub gradient: Arc<TaskData>,
}

/// Fits heads and makes dev gradients.
pub struct DevHead {
    config: DevHeadConfig,
    examples: DevExamples,
    seed: u64,
    padding: Padding,
    /// Without autodiff.
    device: Device,
    fitted: Option<Head>,
}

impl DevHead {
    /// # Errors
    /// Settings that fit no head.
    pub fn new(
        config: DevHeadConfig,
        examples: DevExamples,
        (seed, padding): (u64, Padding),
        device: Device,
    ) -> Result<Self> {
        Ok(Self { config, examples, seed, padding, device, fitted: None })
    }

    /// The gradient of the dev loss in the trunk's parameters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn gradient(&mut self, step: u64, model: &MultiTask) -> Result<GradientsParams> {
        if self.examples.gradient.text.is_some() {
            return self.gradient_in_words(step, model);
        }
        let head = match self.fitted.take() {
            Some(head) if !step.is_multiple_of(self.config.refit_every) => head,
            _ => self.fit(step, model)?,
        };
        let loss = self.loss(head.clone(), step, model)?;
        self.fitted = Some(head);
        Ok(GradientsParams::from_grads(loss.backward(), &model.trunk))
    }

    /// The gradient of what the decoder is to write for dev examples: it has no head that was fitted to training
    /// examples alone, so that none is fitted to dev examples in its place.
    fn gradient_in_words(&self, step: u64, model: &MultiTask) -> Result<GradientsParams> {
        let size = self.config.gradient_batch_size;
        let device = self.device.clone().autodiff();
        let batch = self.batch(&self.examples.gradient, (step, GRADIENT), size, &device)?;
        let losses =
            MultiTask::without_head(model.trunk.clone()).losses(&batch, self.dropout(&batch));
        let loss = Tensor::cat(losses, 0).sum();
        Ok(GradientsParams::from_grads(loss.backward(), &model.trunk))
    }

    /// The loss of the dev gradient's batch through a head, `[1]`.
    ///
    /// # Errors
    /// If a batch can't be made.
    fn loss(&self, head: Head, step: u64, model: &MultiTask) -> Result<Tensor<1>> {
        let size = self.config.gradient_batch_size;
        let device = self.device.clone().autodiff();
        let batch = self.batch(&self.examples.gradient, (step, GRADIENT), size, &device)?;
        let probe = MultiTask::with_head(model.trunk.clone(), head.no_grad());
        Ok(Tensor::cat(probe.losses(&batch, self.dropout(&batch)), 0).sum())
    }

    fn fit(&self, step: u64, model: &MultiTask) -> Result<Head> {
        let size = self.config.batch_size;
        let inner = self.batch(&self.examples.fit, (step, FIT), size, &self.device)?;
        let device = self.device.clone().autodiff();
        let batch = self.batch(&self.examples.fit, (step, FIT), size, &device)?;
        let trunk = model.trunk.clone().valid();
        let features = trunk.encode(&inner.input, self.dropout(&inner)).first_tokens().autodiff();

        let seed = hash(&[self.seed, 0x6465_7668, step]);
        let head = self.head(model, seed, &device)?;
        let mut model = MultiTask::with_head(model.trunk.clone(), head).train();
        let adamw = AdamW {
            beta2: 0.98,
            epsilon: 1e-6,
            weight_decay: self.config.weight_decay as f32,
            ..AdamW::default()
        };
        let mut optimiser = ModuleOptimizer::from(adamw);
        let mut last = f64::INFINITY;
        for _ in 0..self.config.steps {
            let Some(part) = batch.parts.first() else { break };
            let predicted = model.predict(&features, part, None);
            let loss = MultiTask::loss(predicted, part);
            let value: f64 = loss
                .clone()
                .without_autodiff()
                .try_into_scalar()
                .map_err(|e| Error::Training(format!("fitting the dev head: {e}")))?;
            if (last - value).abs() < self.config.tolerance {
                break;
            }
            last = value;
            let gradients = GradientsParams::from_grads(loss.backward(), &model.heads);
            model.heads = optimiser.step(self.config.lr, model.heads, gradients);
        }
        Ok(model.head(0).clone())
    }

    fn head(&self, model: &MultiTask, seed: u64, device: &Device) -> Result<Head> {
        let spec = &self.examples.fit.spec;
        let head = new_head(spec, &model.trunk.head_config(), seed, device);
        let what = "has written targets, for which no dev head can be fitted";
        head.ok_or_else(|| Error::Usage(format!("task `{}` {what}", spec.name)))
    }

    /// Dropout of a batch, where it is asked for.
    fn dropout(&self, batch: &MicroBatch) -> Option<DropoutKey> {
        self.config.dropout.then_some(batch.dropout)
    }

    /// Examples drawn without replacement.
    fn batch(
        &self,
        data: &Arc<TaskData>,
        (step, purpose): (u64, u64),
        size: usize,
        device: &Device,
    ) -> Result<MicroBatch> {
        let count = data.size();
        let key = hash(&[self.seed, step, purpose, 0x6465_7665]);
        let draws: Vec<Draw> = (0..size.min(count))
            .map(|i| Draw { task: 0, example: permute(key, count, i), weight: 1.0 })
            .collect();
        let task = std::slice::from_ref(data.as_ref());
        let dropout = DropoutKey::new(key, 0);
        let maker = BatchMaker {
            tasks: task,
            seed: self.seed,
            total: u64::MAX,
            padding: self.padding,
            text: &TextConfig::default(),
            device,
        };
        Ok(maker.make(&draws, &draws, step, dropout)?)
    }

    /// The fitted head, where it will be used again.
    pub fn state(&self) -> Value {
        let kept = self.fitted.as_ref().filter(|_| self.config.refit_every > 1);
        kept.map_or(Value::Null, |head| serde_json::json!(HeadValues::of(head)))
    }

    /// Restores [`state`](Self::state).
    ///
    /// # Errors
    /// Values of another head.
    pub fn restore(&mut self, state: &Value, model: &MultiTask) -> Result<()> {
        if state.is_null() {
            return Ok(());
        }
        let wrong = || Error::Training("the checkpoint's dev head is of another task".into());
        let values: HeadValues = serde_json::from_value(state.clone()).map_err(|_| wrong())?;
        let device = self.device.clone().autodiff();
        let fresh = self.head(model, 0, &device)?;
        self.fitted = Some(values.put_into(fresh).ok_or_else(wrong)?);
        Ok(())
    }
}

/// A head's parameters, one after the other, as bits.
#[derive(Serialize, Deserialize)]
struct HeadValues(Vec<Vec<u32>>);

impl HeadValues {
    fn of(head: &Head) -> Self {
        struct Values(Vec<Vec<u32>>);
        impl burn::module::ModuleVisitor for Values {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let values = param.val().into_data();
                self.0.push(values.iter::<f32>().map(f32::to_bits).collect());
            }
        }
        let mut values = Values(vec![]);
        head.visit(&mut values);
        Self(values.0)
    }

    fn put_into(self, head: Head) -> Option<Head> {
        struct Put {
            values: std::vec::IntoIter<Vec<u32>>,
            fits: bool,
        }
        impl burn::module::ModuleMapper for Put {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let tensor = param.val();
                let (shape, device) = (tensor.shape(), tensor.device());
                let values = self.values.next().filter(|v| v.len() == shape.num_elements());
                let Some(values) = values else {
                    self.fits = false;
                    return param;
                };
                let values: Vec<f32> = values.into_iter().map(f32::from_bits).collect();
                let data = TensorData::new(values, shape);
                Param::initialized(ParamId::new(), Tensor::from_data(data, &device))
            }
        }
        let mut put = Put { values: self.0.into_iter(), fits: true };
        let head = head.map(&mut put);
        (put.fits && put.values.next().is_none()).then_some(head)
    }
}
