//! Gradients as one vector: their global norm, and scaling by a number on the device.
//!
//! Burn clips tensor by tensor; fine-tuning recipes clip by the norm over all parameters. Nothing is read back to the
//! host: the factor stays a tensor.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

/// The norm of all gradients together, `[1]`; `None` where there are none.
pub fn global_norm<M: Module>(module: &M, gradients: &GradientsParams) -> Option<Tensor<1>> {
    struct SumOfSquares<'a> {
        gradients: &'a GradientsParams,
        parts: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for SumOfSquares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                self.parts.push(taskgraft_models::kernels::sum_of_squares(gradient));
            }
        }
    }
    let mut visitor = SumOfSquares { gradients, parts: vec![] };
    module.visit(&mut visitor);
    (!visitor.parts.is_empty()).then(|| Tensor::cat(visitor.parts, 0).sum().sqrt())
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
        let half = Tensor::<1>::from_floats([0.5], &device);
        let scaled = scale_gradients(&layer, gradients, half);
        let scaled = scaled.get::<1>(bias).unwrap().into_data();
        assert_eq!(scaled.as_slice::<f32>().unwrap(), [0.0, 2.0]);
    }
}
