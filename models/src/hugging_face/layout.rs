//! How a parameter's values lie in Hugging Face's tensors, and back.
//!
//! Burn's dense weights are `[in, out]`, PyTorch's `[out, in]`; and one fused parameter may be
//! several tensors in the file, side by side along the output.

use rayon::prelude::*;

/// The file's tensors that make up one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// In the order in which they lie side by side.
    pub names: Vec<String>,
    /// Whether each is the transpose of its part.
    pub transposed: bool,
}

impl Stored {
    /// The shape of each tensor in the file, for a parameter of `shape`.
    pub fn part_shape(&self, shape: &[usize]) -> Vec<usize> {
        let mut part = shape.to_vec();
        if self.transposed {
            part.reverse();
        }
        if let Some(out) = part.first_mut() {
            *out /= self.names.len();
        }
        part
    }

    /// The parameter's values from its parts'.
    pub fn join(&self, parts: &[Vec<f32>], shape: &[usize]) -> Vec<f32> {
        if !self.transposed {
            return parts.concat();
        }
        let (input, width) = (shape[0], shape[1] / parts.len());
        let mut values = vec![0.0; input * shape[1]];
        let rows = values.par_chunks_mut(shape[1]).enumerate();
        rows.for_each(|(i, row)| {
            for (part, row) in parts.iter().zip(row.chunks_mut(width)) {
                for (o, value) in row.iter_mut().enumerate() {
                    *value = part[o * input + i];
                }
            }
        });
        values
    }

    /// The parts' values from the parameter's: what [`join`](Self::join) undoes.
    pub fn split(&self, values: &[f32], shape: &[usize]) -> Vec<Vec<f32>> {
        let count = self.names.len();
        if !self.transposed {
            let size = values.len() / count;
            return values.chunks(size.max(1)).map(<[f32]>::to_vec).collect();
        }
        let (input, output) = (shape[0], shape[1]);
        let width = output / count;
        let part = |p: usize| {
            let mut part = vec![0.0; input * width];
            let rows = part.par_chunks_mut(input).enumerate();
            rows.for_each(|(o, row)| {
                for (i, value) in row.iter_mut().enumerate() {
                    *value = values[i * output + p * width + o];
                }
            });
            part
        };
        (0..count).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_undoes_join_and_the_file_is_transposed() {
        let stored = Stored { names: vec!["q".into(), "k".into()], transposed: true };
        let parts = [vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![7.0; 6]];
        let shape = [3, 4];
        assert_eq!(stored.part_shape(&shape), [2, 3]);
        let joined = stored.join(&parts, &shape);
        assert_eq!(joined[..8], [1.0, 4.0, 7.0, 7.0, 2.0, 5.0, 7.0, 7.0]);
        assert_eq!(stored.split(&joined, &shape), parts);
    }
}
