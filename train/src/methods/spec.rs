//! How a step is made of the tasks' losses and gradients, as data: a method by name, or one of the user's own.
//!
//! A user's own [`Weighting`] (a function of losses and Gramian) or [`MethodConfig`] (which makes a method that owns
//! the step) stands beside the built-in ones: its name is in tables, its options in the digest, its state in
//! checkpoints.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};
use serde_json::Value;
use taskgraft_algebra::weighting::Weighting;

use super::{Passes, TaskWeighting, TaskWeights};
use crate::{
    Error, MultiTask, Result,
    combine::{Combine, Weighing, Weighted},
};

/// How a step is made of the tasks' losses and gradients.
///
/// ```
/// use taskgraft_train::methods::{IntoMethod, MethodSpec};
///
/// let method: MethodSpec = "cagrad c=0.5".into_method()?;
/// assert_eq!(method.to_string(), "CAGrad c=0.5");
/// # Ok::<(), taskgraft_train::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodSpec {
    /// Losses are averaged as the mixture weighs them.
    #[default]
    Average,
    /// A weighting by name; a step has a batch of every task.
    Weighted(TaskWeighting),
    /// End-task-aware weights, of which the first task's is the end-task's; a step has a batch of every task.
    EndTask(TaskWeights),
    /// The user's own; a step has a batch of every task.
    Own(OwnMethod),
}

impl MethodSpec {
    /// Refuses what makes no sense for tasks of these sizes.
    ///
    /// # Errors
    /// Exactly then.
    pub fn check(&self, sizes: &[usize], seed: u64) -> Result<()> {
        match self {
            Self::Average | Self::Own(_) => Ok(()),
            Self::Weighted(weighting) => weighting.check(sizes, seed),
            Self::EndTask(weights) => weights.check(sizes.len()).map_err(Error::Usage),
        }
    }

    /// Forward and backward passes of a step, where they are known.
    pub fn passes(&self) -> Option<Passes> {
        match self {
            Self::Average => None,
            Self::Weighted(weighting) => weighting.passes().ok(),
            Self::EndTask(_) => Some(Passes { forward: 1, backward: 1, shared: false }),
            Self::Own(own) => own.0.passes(),
        }
    }

    /// Whether others must beat it: it weighs tasks by nothing that is computed in training.
    pub fn is_baseline(&self) -> bool {
        match self {
            Self::Average => true,
            Self::Weighted(weighting) => weighting.is_baseline(),
            Self::EndTask(_) | Self::Own(_) => false,
        }
    }
}

impl fmt::Display for MethodSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Average => f.write_str("average"),
            Self::Weighted(weighting) => weighting.fmt(f),
            Self::EndTask(weights) => f.write_str(match weights {
                TaskWeights::Equal => "MT-TARTAN",
                TaskWeights::Fixed { .. } => "fixed weights",
                TaskWeights::Random => "random weights",
                TaskWeights::Learned(_) => "META-TARTAN",
            }),
            Self::Own(own) => f.write_str(&own.0.name()),
        }
    }
}

/// What makes a method of the user's own for a training.
///
/// ```
/// use burn::{optim::GradientsParams, train::TrainOutput};
/// use taskgraft_train::{
///     Combine, Combined, MicroBatch, MultiTask, Result, StepItem,
///     combine::{TaskParts, Weighing, add_scaled},
///     methods::{IntoMethod, MethodConfig},
/// };
///
/// /// Gradients of all tasks are summed.
/// struct Sum;
///
/// impl MethodConfig for Sum {
///     fn name(&self) -> String {
///         "sum".into()
///     }
///
///     fn make(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
///         let (parts, sum) = (training.parts(), GradientsParams::new());
///         Ok(Box::new(Summed { parts, sum, items: vec![] }))
///     }
/// }
///
/// struct Summed {
///     parts: TaskParts,
///     sum: GradientsParams,
///     items: Vec<StepItem>,
/// }
///
/// impl Combine<MultiTask> for Summed {
///     fn parts(&self) -> usize {
///         self.parts.count()
///     }
///
///     fn add(
///         &mut self,
///         _part: usize,
///         _batch: &MicroBatch,
///         mut output: TrainOutput<StepItem>,
///         model: &MultiTask,
///     ) -> Result<()> {
///         let share = 1.0 / self.parts.accumulation as f64;
///         add_scaled(model, &mut self.sum, &mut output.grads, share);
///         self.items.push(output.item);
///         Ok(())
///     }
///
///     fn finish(&mut self, _step: u64, _model: &MultiTask) -> Result<Combined> {
///         let item = StepItem::average(std::mem::take(&mut self.items));
///         Ok(Combined { gradients: std::mem::take(&mut self.sum), factor: 1.0, item })
///     }
///
///     fn abandon(&mut self) {
///         self.sum = GradientsParams::new();
///         self.items.clear();
///     }
/// }
///
/// assert_eq!(Sum.into_method()?.to_string(), "sum"); // as `Stage::method` takes it
/// # Ok::<(), taskgraft_train::Error>(())
/// ```
pub trait MethodConfig: Send + Sync + 'static {
    /// What it is called in tables.
    fn name(&self) -> String;

    /// All that its outcome depends on, for the digest of a stage.
    fn options(&self) -> Value {
        Value::Null
    }

    /// Forward and backward passes of a step, for the cost columns of tables.
    fn passes(&self) -> Option<Passes> {
        None
    }

    /// The method at the start of a training.
    ///
    /// # Errors
    /// Options that make no sense for the training's tasks.
    fn make(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>>;
}

/// A weighting of the user's own as a method: its weights make the step's gradients.
struct OwnWeighting<W>(W);

impl<W: Weighting + Clone + Serialize + Sync + 'static> MethodConfig for OwnWeighting<W> {
    fn name(&self) -> String {
        self.0.name().to_string()
    }

    fn options(&self) -> Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    fn passes(&self) -> Option<Passes> {
        let forward = 1 + usize::from(self.0.needs().losses_after);
        Some(Passes { forward, backward: 1, shared: false })
    }

    fn make(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let weighting = Box::new(self.0.clone());
        Ok(Box::new(Weighted::new(weighting, training.parts(), training.steps)))
    }
}

/// A user's own method with its name and options.
#[derive(Clone)]
pub struct OwnMethod(pub(crate) Arc<dyn MethodConfig>);

impl fmt::Debug for OwnMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.name(), self.0.options())
    }
}

impl PartialEq for OwnMethod {
    fn eq(&self, other: &Self) -> bool {
        (self.0.name(), self.0.options()) == (other.0.name(), other.0.options())
    }
}

impl Serialize for OwnMethod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({ "name": self.0.name(), "options": self.0.options() })
            .serialize(serializer)
    }
}

/// What a stage takes as its method: a name, data, or a value of the user's own. `By` tells the kinds apart and is
/// inferred.
pub trait IntoMethod<By> {
    /// The method.
    ///
    /// # Errors
    /// A name or options that are none.
    fn into_method(self) -> Result<MethodSpec>;
}

/// Data that say what the method is.
pub struct ByData;
/// A name with options.
pub struct ByName;
/// A weighting of the user's own.
pub struct ByWeighting;
/// What makes a method of the user's own.
pub struct ByConfig;

impl<S: Into<MethodSpec>> IntoMethod<ByData> for S {
    fn into_method(self) -> Result<MethodSpec> {
        Ok(self.into())
    }
}

impl From<TaskWeighting> for MethodSpec {
    fn from(weighting: TaskWeighting) -> Self {
        Self::Weighted(weighting)
    }
}

impl From<TaskWeights> for MethodSpec {
    fn from(weights: TaskWeights) -> Self {
        Self::EndTask(weights)
    }
}

/// `average`, `mt-tartan`, `meta-tartan`, or a weighting with its options as in `cagrad c=0.5`.
impl IntoMethod<ByName> for &str {
    fn into_method(self) -> Result<MethodSpec> {
        Ok(match self {
            "average" => MethodSpec::Average,
            "mt-tartan" => MethodSpec::EndTask(TaskWeights::Equal),
            "meta-tartan" => MethodSpec::EndTask(TaskWeights::learned()),
            name => MethodSpec::Weighted(name.parse()?),
        })
    }
}

impl<W: Weighting + Clone + Serialize + Sync + 'static> IntoMethod<ByWeighting> for W {
    fn into_method(self) -> Result<MethodSpec> {
        Ok(MethodSpec::Own(OwnMethod(Arc::new(OwnWeighting(self)))))
    }
}

impl<C: MethodConfig> IntoMethod<ByConfig> for C {
    fn into_method(self) -> Result<MethodSpec> {
        Ok(MethodSpec::Own(OwnMethod(Arc::new(self))))
    }
}
