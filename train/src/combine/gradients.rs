//! Sets of gradients as vectors: inner products and weighted sums over a module's parameters.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use taskgraft_models::kernels;

/// Inner products of pairs of gradient sets, parameter by parameter, over the parameters of `module`.
pub struct InnerProducts {
    /// Path of each parameter that has a gradient in any of the sets.
    pub parameters: Vec<String>,
    /// `[parameters · pairs]`, pair by pair within a parameter; still on the device. `None` where there are no
    /// gradients.
    pub products: Option<Tensor<1>>,
}

/// The inner products of the sets that `pairs` name. A set without a gradient for a parameter counts as zero there.
pub fn inner_products<M: Module>(
    module: &M,
    sets: &[&GradientsParams],
    pairs: &[(usize, usize)],
) -> InnerProducts {
    struct Products<'a> {
        sets: &'a [&'a GradientsParams],
        pairs: &'a [(usize, usize)],
        at: taskgraft_models::parameters::ModulePath,
        /// Whether the pairs are all there are, each once and in order.
        all_pairs: bool,
        parameters: Vec<String>,
        products: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Products<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.at.enter(name);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.at.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradients: Vec<Option<Tensor<D>>> =
                self.sets.iter().map(|set| set.get::<D>(param.id)).collect();
            let Some(any) = gradients.iter().flatten().next() else { return };
            let zero = Tensor::<1>::zeros([1], &any.device());
            self.parameters.push(self.at.joined());
            if self.all_pairs && gradients.iter().all(Option::is_some) {
                let gradients = gradients.into_iter().flatten().collect();
                self.products.push(kernels::gramian(gradients));
                return;
            }
            for &(i, j) in self.pairs {
                self.products.push(match (&gradients[i], &gradients[j]) {
                    (Some(a), Some(b)) => kernels::dot(a.clone(), b.clone()),
                    _ => zero.clone(),
                });
            }
        }
    }
    let all = (0..sets.len()).flat_map(|i| (i..sets.len()).map(move |j| (i, j)));
    let mut visitor = Products {
        sets,
        pairs,
        all_pairs: pairs.iter().copied().eq(all),
        at: Default::default(),
        parameters: vec![],
        products: vec![],
    };
    module.visit(&mut visitor);
    let products = (!visitor.products.is_empty()).then(|| Tensor::cat(visitor.products, 0));
    InnerProducts { parameters: visitor.parameters, products }
}

/// Adds `factor · from` to `to`, over the parameters of `module`; takes them out of `from`.
pub fn add_scaled<M: Module>(
    module: &M,
    to: &mut GradientsParams,
    from: &mut GradientsParams,
    factor: f64,
) {
    struct Add<'a> {
        to: &'a mut GradientsParams,
        from: &'a mut GradientsParams,
        factor: f64,
    }
    impl ModuleVisitor for Add<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(added) = self.from.remove::<D>(param.id) else { return };
            let factor = Tensor::<1>::from_floats([self.factor as f32], &added.device());
            let added = kernels::scale(added, factor);
            let sum = match self.to.remove::<D>(param.id) {
                Some(sum) => sum + added,
                None => added,
            };
            self.to.register(param.id, sum);
        }
    }
    module.visit(&mut Add { to, from, factor });
}

/// Adds Σ weightᵢ · setᵢ to `to`, over the parameters of `module`; takes them out of the sets.
pub fn weighted_sum<M: Module>(
    module: &M,
    to: &mut GradientsParams,
    sets: &mut [GradientsParams],
    weights: &[f64],
) {
    struct Sum<'a> {
        to: &'a mut GradientsParams,
        sets: &'a mut [GradientsParams],
        weights: &'a [f64],
    }
    impl ModuleVisitor for Sum<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let (mut tensors, mut weights) = (vec![], vec![]);
            if let Some(sum) = self.to.remove::<D>(param.id) {
                tensors.push(sum);
                weights.push(1.0);
            }
            for (set, weight) in self.sets.iter_mut().zip(self.weights) {
                if let Some(gradient) = set.remove::<D>(param.id) {
                    tensors.push(gradient);
                    weights.push(*weight as f32);
                }
            }
            if !tensors.is_empty() {
                self.to.register(param.id, kernels::weighted_sum(tensors, weights));
            }
        }
    }
    module.visit(&mut Sum { to, sets, weights });
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::{
        nn::{Linear, LinearConfig},
        tensor::Device,
    };

    use super::*;

    fn set(layer: &Linear, weight: Option<[f32; 2]>, bias: Option<f32>) -> GradientsParams {
        let device = Device::flex();
        let mut gradients = GradientsParams::new();
        if let Some([a, b]) = weight {
            gradients.register(layer.weight.id, Tensor::<2>::from_floats([[a], [b]], &device));
        }
        if let (Some(value), Some(param)) = (bias, &layer.bias) {
            gradients.register(param.id, Tensor::<1>::from_floats([value], &device));
        }
        gradients
    }

    #[test]
    fn inner_products_are_by_parameter_and_absent_gradients_count_as_zero() {
        let layer = LinearConfig::new(2, 1).init(&Device::flex());
        let (a, b) =
            (set(&layer, Some([1.0, 2.0]), Some(3.0)), set(&layer, Some([4.0, 5.0]), None));
        let all = inner_products(&layer, &[&a, &b], &[(0, 0), (0, 1), (1, 1)]);
        assert_eq!(all.parameters, ["weight", "bias"]);
        let products: Vec<f32> = all.products.unwrap().into_data().iter().collect();
        assert_eq!(products, [5.0, 14.0, 41.0, 9.0, 0.0, 0.0]);
        let some = inner_products(&layer, &[&a, &b], &[(0, 1), (1, 1)]);
        let products: Vec<f32> = some.products.unwrap().into_data().iter().collect();
        assert_eq!(products, [14.0, 41.0, 0.0, 0.0]);
    }

    #[test]
    fn a_weighted_sum_is_that_of_adding_one_set_after_the_other() {
        let layer = LinearConfig::new(2, 1).init(&Device::flex());
        let sets = || {
            let all = [([1.0, 2.0], Some(3.0)), ([4.0, 5.0], None), ([-1.0, 0.5], Some(-2.0))];
            all.map(|(weight, bias)| set(&layer, Some(weight), bias))
        };
        let weights = [0.5, -2.0, 3.0];
        let (mut at_once, mut one_by_one) =
            (set(&layer, None, Some(1.0)), set(&layer, None, Some(1.0)));
        let mut taken = sets();
        weighted_sum(&layer, &mut at_once, &mut taken, &weights);
        assert!(taken.iter().all(GradientsParams::is_empty));
        for (mut set, weight) in sets().into_iter().zip(weights) {
            add_scaled(&layer, &mut one_by_one, &mut set, weight);
        }
        let values = |sum: &GradientsParams| -> Vec<f32> {
            let bias = layer.bias.as_ref().unwrap().id;
            let weight: Vec<f32> =
                sum.get::<2>(layer.weight.id).unwrap().into_data().iter().collect();
            let bias: Vec<f32> = sum.get::<1>(bias).unwrap().into_data().iter().collect();
            [weight, bias].concat()
        };
        assert_eq!(values(&at_once), [-10.5, -7.5, -3.5]);
        assert_eq!(values(&at_once), values(&one_by_one));
    }

    #[test]
    fn weighted_sums_take_what_is_there() {
        let layer = LinearConfig::new(2, 1).init(&Device::flex());
        let mut sum = set(&layer, Some([1.0, 2.0]), None);
        let mut added = set(&layer, Some([4.0, 5.0]), Some(3.0));
        add_scaled(&layer, &mut sum, &mut added, 0.5);
        assert!(added.is_empty());
        let weight: Vec<f32> = sum.get::<2>(layer.weight.id).unwrap().into_data().iter().collect();
        assert_eq!(weight, [3.0, 4.5]);
        let bias = layer.bias.as_ref().unwrap().id;
        assert_eq!(sum.get::<1>(bias).unwrap().into_scalar::<f32>(), 1.5);
    }
}
