//! First values of a module's parameters as a function of (seed, path): independent of the order
//! of construction, of the backend, and of any generator's past. Matrices are drawn; vectors keep
//! the value they were made with (zeros for biases, ones for norms).

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use super::ModulePath;

/// The distribution of a matrix' first values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initial {
    /// Normal with mean 0: BERT's own, with 0.02.
    Normal { standard_deviation: f64 },
    /// Uniform in ±√(6 / (in + out)): what BAM's heads start from.
    GlorotUniform,
    /// Normal with mean 0, each third of the columns with a deviation of its own: T5's fused
    /// query, key and value.
    NormalThirds { standard_deviations: [f64; 3] },
}

/// Draws every matrix of `module` anew.
pub fn initialise<M: Module>(module: M, initial: Initial, seed: u64) -> M {
    initialise_each(module, seed, |_| initial)
}

/// Draws every matrix of `module` anew from the distribution that its path has.
pub fn initialise_each<M: Module>(module: M, seed: u64, initial: impl Fn(&str) -> Initial) -> M {
    module.map(&mut Draw { initial, seed, path: ModulePath::default() })
}

struct Draw<F> {
    initial: F,
    seed: u64,
    path: ModulePath,
}

impl<F: Fn(&str) -> Initial> ModuleMapper for Draw<F> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D < 2 {
            return param;
        }
        let shape = param.lazy_shape();
        let path = self.path.joined();
        let mut stream = Stream::new(self.seed, &path);
        let values = (self.initial)(&path).draw(&mut stream, shape.as_slice());
        let tensor = Tensor::from_data(TensorData::new(values, shape), &param.lazy_device());
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}

impl Initial {
    fn draw(self, stream: &mut Stream, shape: &[usize]) -> Vec<f32> {
        let count: usize = shape.iter().product();
        match self {
            Self::Normal { standard_deviation } => {
                (0..count).map(|_| (stream.normal() * standard_deviation) as f32).collect()
            }
            Self::GlorotUniform => {
                let limit = (6.0 / shape.iter().sum::<usize>() as f64).sqrt();
                (0..count).map(|_| ((2.0 * stream.uniform() - 1.0) * limit) as f32).collect()
            }
            Self::NormalThirds { standard_deviations } => {
                let columns = shape.last().copied().unwrap_or(1);
                let third = |i: usize| 3 * (i % columns) / columns;
                let draw = |i| (stream.normal() * standard_deviations[third(i)]) as f32;
                (0..count).map(draw).collect()
            }
        }
    }
}

/// SplitMix64, started from a seed and a name.
struct Stream(u64);

impl Stream {
    fn new(seed: u64, name: &str) -> Self {
        let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let name = name.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, fnv);
        let seed = Self(seed).next();
        Self(seed ^ name)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// By Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_function_of_seed_and_name_and_has_unit_variance() {
        let draw = |seed, name| -> Vec<f64> {
            let mut stream = Stream::new(seed, name);
            (0..20_000).map(|_| stream.normal()).collect()
        };
        let values = draw(1, "layers.0.weight");
        assert_eq!(values, draw(1, "layers.0.weight"));
        assert_ne!(values, draw(2, "layers.0.weight"));
        assert_ne!(values, draw(1, "layers.1.weight"));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
