//! Gradients as one vector: their global norm, and scaling by a number on the device.
//!
//! Burn clips tensor by tensor; fine-tuning recipes clip by the norm over all parameters. Nothing is read back to the
//! host: the factor stays a tensor. The norm is also what tells a gradient that is not finite, and the squares it is
//! made of tell the parameter.

use burn::{
    module::{Module, ModuleVisitor, Param, ParamId},
    optim::GradientsParams,
    tensor::{ExecutionError, Tensor},
};

use super::optimiser::paths_by_id;

/// The norm of a step's gradients, and what it is made of; all on the device.
#[derive(Clone, Debug)]
pub struct GradientNorm {
    /// Sums of squares, `[parameters]`.
    squares: Tensor<1>,
    parameters: Vec<ParamId>,
}

impl GradientNorm {
    /// `None` where there are no gradients.
    pub fn of<M: Module>(module: &M, gradients: &GradientsParams) -> Option<Self> {
        struct SumOfSquares<'a> {
            gradients: &'a GradientsParams,
            parts: Vec<Tensor<1>>,
            parameters: Vec<ParamId>,
        }
        impl ModuleVisitor for SumOfSquares<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = self.gradients.get::<D>(param.id) {
                    self.parts.push(taskgraft_models::kernels::sum_of_squares(gradient));
                    self.parameters.push(param.id);
                }
            }
        }
        let mut visitor = SumOfSquares { gradients, parts: vec![], parameters: vec![] };
        module.visit(&mut visitor);
        let SumOfSquares { parts, parameters, .. } = visitor;
        (!parts.is_empty()).then(|| Self { squares: Tensor::cat(parts, 0), parameters })
    }

    /// Over all parameters, `[1]`.
    pub fn total(&self) -> Tensor<1> {
        self.squares.clone().sum().sqrt()
    }

    /// The path of the first parameter whose gradient is not finite, or too large to be squared; waits for the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn not_finite<M: Module>(&self, module: &M) -> Result<Option<String>, ExecutionError> {
        let squares = self.squares.clone().try_into_data()?;
        let bad = squares.iter::<f64>().position(|square| !square.is_finite());
        let named = paths_by_id(module);
        Ok(bad.and_then(|at| named.get(&self.parameters[at]).cloned()))
    }
}

/// The path of the first parameter whose gradient is not finite; waits for the device.
///
/// # Errors
/// If the device fails.
pub fn not_finite<M: Module>(
    module: &M,
    gradients: &GradientsParams,
) -> Result<Option<String>, ExecutionError> {
    GradientNorm::of(module, gradients).map_or(Ok(None), |norm| norm.not_finite(module))
}

/// The norm of all gradients together, `[1]`; `None` where there are none.
pub fn global_norm<M: Module>(module: &M, gradients: &GradientsParams) -> Option<Tensor<1>> {
    GradientNorm::of(module, gradients).map(|norm| norm.total())
}

/// Multiplies every gradient by `factor`, `[1]`.
pub fn scale_gradients<M: Module>(
    module: &M,
    gradients: GradientsParams,
    factor: Tensor<1>,
) -> GradientsParams {
    struct Scale {
        gradients: GradientsParams,
        factor: Tensor<1>,
    }
    impl ModuleVisitor for Scale {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.remove::<D>(param.id) {
                let scaled = taskgraft_models::kernels::scale(gradient, self.factor.clone());
                self.gradients.register(param.id, scaled);
            }
        }
    }
    let mut visitor = Scale { gradients, factor };
    module.visit(&mut visitor);
    visitor.gradients
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::{nn::LinearConfig, tensor::Device};

    use super::*;

    #[test]
    fn the_norm_is_over_all_parameters_together() {
        let device = Device::flex();
        let layer = LinearConfig::new(2, 2).init(&device);
        let mut gradients = GradientsParams::new();
        gradients
            .register(layer.weight.id, Tensor::<2>::from_floats([[1.0, 2.0], [2.0, 0.0]], &device));
        let bias = layer.bias.as_ref().unwrap().id;
        gradients.register(bias, Tensor::<1>::from_floats([0.0, 4.0], &device));
        let norm = global_norm(&layer, &gradients).unwrap();
        assert_eq!(norm.into_scalar::<f32>(), 5.0);
        assert_eq!(not_finite(&layer, &gradients).unwrap(), None);
        let half = Tensor::<1>::from_floats([0.5], &device);
        let scaled = scale_gradients(&layer, gradients, half);
        let scaled = scaled.get::<1>(bias).unwrap().into_data();
        assert_eq!(scaled.as_slice::<f32>().unwrap(), [0.0, 2.0]);
    }

    #[test]
    fn a_gradient_that_is_not_finite_is_found_by_its_path() {
        let device = Device::flex();
        let layer = LinearConfig::new(2, 2).init(&device);
        let mut gradients = GradientsParams::new();
        gradients.register(layer.weight.id, Tensor::<2>::ones([2, 2], &device));
        let bias = layer.bias.as_ref().unwrap().id;
        gradients.register(bias, Tensor::<1>::from_floats([0.0, f32::NAN], &device));
        assert_eq!(not_finite(&layer, &gradients).unwrap().as_deref(), Some("bias"));
    }
}
