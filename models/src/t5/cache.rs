//! What decoding position by position keeps: every layer's keys and values of the positions so far
//! and of memory. Rows of one example (its beams) share the example's memory.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{KeysAndValues, Memory, T5, masks};

/// One layer's part.
#[derive(Debug, Clone)]
pub(super) struct LayerCache {
    /// Of `[rows, positions, heads · d_kv]`; `None` before the first position.
    pub past: Option<KeysAndValues>,
    /// Of `[examples, source, heads · d_kv]`.
    pub memory: KeysAndValues,
}

/// The state of a decoder between two positions.
#[derive(Debug, Clone)]
pub struct DecoderCache {
    layers: Vec<LayerCache>,
    /// `[examples, source]`
    memory_mask: Tensor<2>,
    length: usize,
    device: Device,
}

impl KeysAndValues {
    fn select(&self, rows: &Tensor<1, Int>) -> Self {
        Self {
            keys: self.keys.clone().select(0, rows.clone()),
            values: self.values.clone().select(0, rows.clone()),
        }
    }
}

impl DecoderCache {
    /// The state before the first position.
    pub fn new(model: &T5, memory: &Memory) -> Self {
        let layer = |layer: &super::DecoderLayer| LayerCache {
            past: None,
            memory: layer.cross_attention.keys_and_values(memory.hidden.clone()),
        };
        Self {
            layers: model.decoder.layers.iter().map(layer).collect(),
            memory_mask: masks::padding(&memory.mask),
            length: 0,
            device: memory.hidden.device(),
        }
    }

    /// The number of positions so far.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Keeps these rows, in this order and as often as they are named; rows of one example must
    /// stay together.
    pub fn select_rows(&mut self, rows: &[usize]) {
        let rows = self.indices(rows);
        for layer in &mut self.layers {
            layer.past = layer.past.as_ref().map(|past| past.select(&rows));
        }
    }

    /// Keeps the memory of these examples.
    pub fn select_examples(&mut self, examples: &[usize]) {
        let examples = self.indices(examples);
        for layer in &mut self.layers {
            layer.memory = layer.memory.select(&examples);
        }
        self.memory_mask = self.memory_mask.clone().select(0, examples);
    }

    fn indices(&self, indices: &[usize]) -> Tensor<1, Int> {
        let count = indices.len();
        let indices: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
        Tensor::from_data(TensorData::new(indices, [count]), &self.device)
    }
}

impl T5 {
    /// The logits after the next token of every row.
    ///
    /// # Shapes
    /// `tokens` `[rows]` to `[rows, vocabulary]`; rows are a multiple of the cache's examples
    pub fn step(&self, tokens: &[usize], cache: &mut DecoderCache) -> Tensor<2> {
        let rows = tokens.len();
        let ids = cache.indices(tokens).reshape([rows, 1]);
        let bias = self.decoder.positions.bias(cache.length, 1, cache.length + 1);
        cache.length += 1;
        let embedded = self.shared.forward(ids);
        let hidden = self.decoder.step(embedded, bias, &mut cache.layers, &cache.memory_mask);
        self.logits(hidden.reshape([rows as isize, -1]))
    }
}
