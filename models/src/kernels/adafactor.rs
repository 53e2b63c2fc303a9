//! Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) as T5 uses it: second moments of matrices
//! kept as the means of their rows and columns, updates clipped by their root mean square, steps
//! relative to the parameter's own size, no momentum and no weight decay.
//!
//! A matrix that holds several side by side, as a fused query, key and value does, is treated as
//! those several: each has its own size and its own clipping. Tensors of other ranks keep their
//! second moment whole.

use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::prelude::*;

/// Adafactor's hyperparameters; T5's by [`Default`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adafactor {
    /// After t updates the second moment's decay is `1 - t^-decay`.
    pub decay: f64,
    /// Added to squared gradients.
    pub epsilon: f64,
    /// The largest root mean square of an update before it is scaled.
    pub clip: f64,
    /// Whether steps are multiplied by the parameter's root mean square.
    pub scale_parameter: bool,
    /// The least root mean square of a parameter for that purpose.
    pub least_scale: f64,
    /// Whether the rate given is multiplied by `min(0.01, 1/√t)`, t being the number of updates.
    pub relative_step: bool,
    /// The second moment is factored where both sides of a matrix are at least this.
    pub factored_from: usize,
    /// Matrices of equal width that lie side by side in one parameter.
    pub side_by_side: usize,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self {
            decay: 0.8,
            epsilon: 1e-30,
            clip: 1.0,
            scale_parameter: true,
            least_scale: 1e-3,
            relative_step: false,
            factored_from: 128,
            side_by_side: 1,
        }
    }
}

/// What Adafactor remembers of one parameter, which it sees as `[rows, matrices, columns]`.
#[derive(Clone, Debug)]
pub struct AdafactorState<const D: usize> {
    /// Number of updates.
    pub time: usize,
    /// The second moment: whole, or its means over columns, `[rows, matrices, 1]`, and over rows,
    /// `[1, matrices, columns]`.
    pub second: Vec<Tensor<3>>,
}

/// Names of the second moment's parts in checkpoints.
const WHOLE: [&str; 1] = ["second"];
const FACTORS: [&str; 2] = ["rows", "columns"];

impl<const D: usize> RecordState for AdafactorState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "time", self.time.into());
        let names = if self.second.len() == 1 { &WHOLE[..] } else { &FACTORS };
        for (name, part) in names.iter().zip(&self.second) {
            out.push_tensor(prefix, name, part.to_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let time = source.take_scalar(prefix, "time")?.try_into().ok()?;
        let mut part = |name| Some(Tensor::from_data(source.take_tensor(prefix, name)?, device));
        let second = match part(WHOLE[0]) {
            Some(second) => vec![second],
            None => FACTORS.into_iter().map(part).collect::<Option<_>>()?,
        };
        Some(Self { time, second })
    }
}

impl Adafactor {
    /// Rows, matrices and columns of a parameter of these dimensions.
    fn view<const D: usize>(&self, dims: [usize; D]) -> [usize; 3] {
        match dims[..] {
            [rows, columns] => [rows, self.side_by_side, columns / self.side_by_side],
            _ => [dims.iter().product(), 1, 1],
        }
    }

    fn is_factored(&self, [rows, _, columns]: [usize; 3]) -> bool {
        rows.min(columns) >= self.factored_from.max(2)
    }

    fn empty(&self, view: [usize; 3], device: &Device) -> Vec<Tensor<3>> {
        let [rows, matrices, columns] = view;
        match self.is_factored(view) {
            true => vec![
                Tensor::zeros([rows, matrices, 1], device),
                Tensor::zeros([1, matrices, columns], device),
            ],
            false => vec![Tensor::zeros(view, device)],
        }
    }

    /// The second moment after a gradient, and the gradient over its root.
    fn normalise(
        &self,
        second: Vec<Tensor<3>>,
        g: Tensor<3>,
        time: usize,
    ) -> (Vec<Tensor<3>>, Tensor<3>) {
        let new = (time as f64).powf(-self.decay);
        let square = g.clone() * g.clone() + self.epsilon;
        let mix = |old: &Tensor<3>, square: Tensor<3>| old.clone() * (1.0 - new) + square * new;
        match &second[..] {
            [rows, columns] => {
                let rows = mix(rows, square.clone().mean_dim(2));
                let columns = mix(columns, square.mean_dim(0));
                let of_rows = (rows.clone() / rows.clone().mean_dim(0)).sqrt().recip();
                let update = g * of_rows * columns.clone().sqrt().recip();
                (vec![rows, columns], update)
            }
            whole => {
                let second = mix(&whole[0], square);
                (vec![second.clone()], g / second.sqrt())
            }
        }
    }
}

/// The root mean square of each matrix.
///
/// # Shapes
/// `[rows, matrices, columns]` to `[1, matrices, 1]`
fn root_mean_square(x: Tensor<3>) -> Tensor<3> {
    (x.clone() * x).mean_dim(2).mean_dim(0).sqrt()
}

impl Optimizer for Adafactor {
    type State<const D: usize> = AdafactorState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (shape, device) = (parameter.shape(), parameter.device());
        let view = self.view(parameter.dims());
        let state =
            state.unwrap_or_else(|| AdafactorState { time: 0, second: self.empty(view, &device) });
        let time = state.time + 1;
        let rate = match self.relative_step {
            true => rate * (time as f64).sqrt().recip().min(0.01),
            false => rate,
        };
        let parameter = parameter.reshape(view);
        let (second, update) = self.normalise(state.second, gradient.reshape(view), time);
        let too_large = (root_mean_square(update.clone()) / self.clip).clamp_min(1.0);
        let mut factor = too_large.recip() * rate;
        if self.scale_parameter {
            let size = root_mean_square(parameter.clone());
            factor = factor * size.clamp_min(self.least_scale);
        }
        let parameter = parameter - update * factor;
        (parameter.reshape(shape), Some(AdafactorState { time, second }))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.second = state.second.into_iter().map(|part| part.to_device(device)).collect();
        state
    }
}
