//! Relative position bias (Raffel et al., 2020, section 2.1): a number per head and bucket of
//! distances, added to the attention scores. One table serves all layers of a stack; cross-attention
//! has none.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::T5Config;

/// Which distances there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Keys before and after the query, half of the buckets each: the encoder.
    Bidirectional,
    /// Keys up to the query: the decoder.
    Causal,
}

/// The bucket of a key `distance` positions after its query (negative: before it).
///
/// The first half of the buckets of a direction hold one distance each; the others grow
/// logarithmically up to `max_distance`, and the last holds all beyond. In causal attention later
/// keys fall into bucket 0, where the mask hides them.
pub fn bucket(distance: i64, direction: Direction, buckets: usize, max_distance: usize) -> usize {
    let (first, buckets, distance) = match direction {
        Direction::Bidirectional => {
            let half = buckets / 2;
            (if distance > 0 { half } else { 0 }, half, distance.unsigned_abs() as usize)
        }
        Direction::Causal => (0, buckets, distance.min(0).unsigned_abs() as usize),
    };
    let exact = buckets / 2;
    if distance < exact {
        return first + distance;
    }
    // Exact powers would otherwise fall to either side of a bucket's start.
    const ROUNDING: f64 = 1e-9;
    let part = (distance as f64 / exact as f64).ln() / (max_distance as f64 / exact as f64).ln();
    let above = (part * (buckets - exact) as f64 + ROUNDING) as usize;
    first + (exact + above).min(buckets - 1)
}

/// The table of one stack.
#[derive(Module, Debug)]
pub struct RelativePositions {
    /// `[buckets, heads]`
    pub weight: Param<Tensor<2>>,
    #[module(skip)]
    direction: Direction,
    max_distance: usize,
}

impl RelativePositions {
    pub(super) fn zeros(config: &T5Config, direction: Direction, device: &Device) -> Self {
        let shape = [config.relative_attention_num_buckets, config.num_heads];
        Self {
            weight: Param::from_tensor(Tensor::zeros(shape, device)),
            direction,
            max_distance: config.relative_attention_max_distance,
        }
    }

    /// The bias of `queries` queries, of which the first is at position `start`, on `keys` keys
    /// from position 0.
    ///
    /// # Shapes
    /// to `[1, heads, queries, keys]`
    pub fn bias(&self, start: usize, queries: usize, keys: usize) -> Tensor<4> {
        let weight = self.weight.val();
        let [buckets, heads] = weight.dims();
        // Of a distance; the first is that of key 0 from the last query.
        let last = start + queries;
        let by_distance: Vec<i32> = (0..last + keys)
            .map(|i| i as i64 + 1 - last as i64)
            .map(|distance| bucket(distance, self.direction, buckets, self.max_distance) as i32)
            .collect();
        let indices: Vec<i32> = (start..last)
            .flat_map(|query| {
                let first = last - 1 - query;
                by_distance[first..first + keys].iter().copied()
            })
            .collect();
        let indices: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(indices, [queries * keys]), &weight.device());
        weight.transpose().select(1, indices).reshape([1, heads, queries, keys])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest distance of each bucket beyond the exact ones, as (distance, bucket).
    fn starts(direction: Direction) -> Vec<(i64, usize)> {
        let of = |distance: i64| bucket(-distance, direction, 32, 128);
        let exact = if direction == Direction::Causal { 16 } else { 8 };
        (0..exact as i64).for_each(|distance| assert_eq!(of(distance), distance as usize));
        (exact as i64..200).filter(|d| of(*d) != of(d - 1)).map(|d| (d, of(d))).collect()
    }

    #[test]
    fn buckets_start_at_the_published_distances() {
        let bidirectional =
            [(8, 8), (12, 9), (16, 10), (23, 11), (32, 12), (46, 13), (64, 14), (91, 15)];
        assert_eq!(starts(Direction::Bidirectional), bidirectional);
        let causal = [
            (16, 16),
            (19, 17),
            (21, 18),
            (24, 19),
            (27, 20),
            (31, 21),
            (35, 22),
            (40, 23),
            (46, 24),
            (52, 25),
            (59, 26),
            (67, 27),
            (77, 28),
            (87, 29),
            (99, 30),
            (113, 31),
        ];
        assert_eq!(starts(Direction::Causal), causal);
    }

    #[test]
    fn later_keys_have_the_other_half_of_the_buckets_or_none() {
        for distance in 1..300 {
            let before = bucket(-distance, Direction::Bidirectional, 32, 128);
            let after = bucket(distance, Direction::Bidirectional, 32, 128);
            assert_eq!(after, before + 16);
            assert_eq!(bucket(distance, Direction::Causal, 32, 128), 0);
        }
        assert_eq!(bucket(0, Direction::Bidirectional, 32, 128), 0);
    }

    #[test]
    fn the_bias_of_a_query_is_the_row_of_the_whole() {
        let config = T5Config::v1_0(10, 8, 8, 1, 3);
        let device = Device::default();
        for direction in [Direction::Bidirectional, Direction::Causal] {
            let mut positions = RelativePositions::zeros(&config, direction, &device);
            let values: Vec<f32> = (0..96).map(|v| v as f32).collect();
            let table = Tensor::from_data(TensorData::new(values, [32, 3]), &device);
            positions.weight = Param::from_tensor(table);
            let whole: Vec<f32> = positions.bias(0, 40, 40).into_data().iter().collect();
            for (head, query, key) in [(0, 0, 39), (1, 39, 0), (2, 17, 17), (2, 30, 3)] {
                let distance = key as i64 - query as i64;
                let expected = bucket(distance, direction, 32, 128) * 3 + head;
                assert_eq!(whole[(head * 40 + query) * 40 + key], expected as f32);
            }
            let row: Vec<f32> = positions.bias(21, 1, 22).into_data().iter().collect();
            for head in 0..3 {
                let from = (head * 40 + 21) * 40;
                assert_eq!(row[head * 22..(head + 1) * 22], whole[from..from + 22]);
            }
        }
    }
}
