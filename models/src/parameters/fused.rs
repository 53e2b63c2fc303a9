//! Parameters that hold several matrices side by side, so that one product serves all: query, key
//! and value of self-attention, and a gate beside the values it gates. What depends on the size of
//! a matrix must tell them apart.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use super::ModulePath;

/// Path and number of matrices of every parameter that holds more than one.
pub fn fused_matrices<M: Module>(module: &M) -> BTreeMap<String, usize> {
    #[derive(Default)]
    struct Shapes {
        at: ModulePath,
        matrices: BTreeMap<String, [usize; 2]>,
    }
    impl ModuleVisitor for Shapes {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.at.enter(name);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.at.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let [rows, columns] = param.lazy_shape().as_slice() {
                self.matrices.insert(self.at.joined(), [*rows, *columns]);
            }
        }
    }
    let mut shapes = Shapes::default();
    module.visit(&mut shapes);
    let count = |path: &str, columns: usize| {
        if path.ends_with("qkv.weight") {
            return 3;
        }
        let down = path.strip_suffix("up.weight").map(|layer| format!("{layer}down.weight"));
        let down = down.and_then(|path| shapes.matrices.get(&path));
        if down.is_some_and(|[rows, _]| 2 * rows == columns) { 2 } else { 1 }
    };
    let counted = shapes.matrices.iter().map(|(path, [_, columns])| (path, count(path, *columns)));
    counted.filter(|(_, count)| *count > 1).map(|(path, count)| (path.clone(), count)).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::t5::{T5, T5Config};

    #[test]
    fn attention_holds_three_matrices_and_a_gated_layer_two() {
        let of = |config: T5Config| {
            let model = T5::new(&config, 0, &Device::default()).unwrap();
            fused_matrices(&model).into_iter().collect::<Vec<_>>()
        };
        let names = |all: &[(String, usize)]| -> Vec<(String, usize)> {
            all.iter().filter(|(path, _)| path.starts_with("encoder")).cloned().collect()
        };
        let gated = names(&of(T5Config::v1_1(12, 8, 6, 1, 2).with_head_width(4)));
        let attention = ("encoder.layers.0.attention.qkv.weight".to_string(), 3);
        let gate = ("encoder.layers.0.feed_forward.up.weight".to_string(), 2);
        assert_eq!(gated, [attention.clone(), gate]);
        let relu = names(&of(T5Config::v1_0(12, 8, 6, 1, 2).with_head_width(4)));
        assert_eq!(relu, [attention]);
    }
}
