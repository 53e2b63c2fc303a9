//! What a trunk makes of a fixed set of texts, layer by layer.
//!
//! A text is represented by the hidden state of its first token ([CLS]) or by the mean of those of its real tokens,
//! padding excluded. Layer 0 is the embeddings' output; the first token's is left out there, since it is the same for
//! every text. Dropout is off.

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt;
use taskgraft_algebra::similarity::Representations;
use taskgraft_models::bert::Encoder;
use taskgraft_tasks::text::Encoded;

use crate::{Error, Padding, Result, to_input};

/// Texts of a forward pass.
const BATCH: usize = 64;

/// What represents a text in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The first token's state.
    FirstToken,
    /// The mean over real tokens.
    Mean,
}

impl Pooling {
    pub const ALL: [Pooling; 2] = [Pooling::FirstToken, Pooling::Mean];

    /// The first layer that is represented; 0 is the embeddings' output.
    pub fn first_layer(self) -> usize {
        match self {
            Self::FirstToken => 1,
            Self::Mean => 0,
        }
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FirstToken => "[CLS]",
            Self::Mean => "mean of tokens",
        })
    }
}

/// The representations of a set of texts in all layers of one network.
#[derive(Debug, Clone)]
pub struct HiddenStates {
    first: Vec<Representations>,
    mean: Vec<Representations>,
}

impl HiddenStates {
    /// Runs a trunk without autodiff over the texts; rows are in their order.
    ///
    /// # Errors
    /// Fewer than two texts, a device that fails, or states that are not finite.
    pub fn of(trunk: &Encoder, texts: &[&Encoded], pad: u32, device: &Device) -> Result<Self> {
        let (layers, width) = (trunk.layers.len() + 1, trunk.config().hidden_size);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&i| texts[i].tokens.len());
        let empty = || vec![vec![0.0_f32; texts.len() * width]; layers];
        let (mut first, mut mean) = (empty(), empty());
        let padding = Padding { id: pad, multiple: 1, attended: false };
        for rows in order.chunks(BATCH) {
            let batch: Vec<&Encoded> = rows.iter().map(|&i| texts[i]).collect();
            let input = to_input(&padding.collate(&batch), padding, device);
            let output = trunk.forward_with_layers(&input, None);
            let lengths = input.mask.clone().sum_dim(1);
            let mask = input.mask.unsqueeze_dim::<3>(2);
            for (layer, hidden) in output.layers.into_iter().enumerate() {
                let [_, _, width] = hidden.dims();
                let tokens: Tensor<2> = hidden.clone().slice([0..rows.len(), 0..1]).squeeze_dim(1);
                let sum: Tensor<2> = (hidden * mask.clone()).sum_dim(1).squeeze_dim(1);
                put(tokens, rows, width, &mut first[layer])?;
                put(sum / lengths.clone(), rows, width, &mut mean[layer])?;
            }
        }
        let checked = |layers: &[Vec<f32>]| -> Result<Vec<Representations>> {
            let of = |values: &Vec<f32>| Representations::from_f32(texts.len(), width, values);
            layers.iter().map(of).collect::<Result<_, _>>().map_err(undefined)
        };
        Ok(Self { first: checked(&first[1..])?, mean: checked(&mean)? })
    }

    /// Layer by layer, from [`Pooling::first_layer`].
    pub fn layers(&self, pooling: Pooling) -> &[Representations] {
        match pooling {
            Pooling::FirstToken => &self.first,
            Pooling::Mean => &self.mean,
        }
    }

    /// The same with the texts in another order: the null control.
    #[must_use]
    pub fn shuffled(&self, seed: u64) -> Self {
        let all = |layers: &[Representations]| layers.iter().map(|l| l.shuffled(seed)).collect();
        Self { first: all(&self.first), mean: all(&self.mean) }
    }
}

/// Copies the rows of a tensor to their places.
fn put(from: Tensor<2>, rows: &[usize], width: usize, to: &mut [f32]) -> Result<()> {
    let data = from.try_into_data();
    let data = data.map_err(|e| Error::Training(format!("reading hidden states: {e}")))?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    for (row, values) in rows.iter().zip(values.chunks_exact(width)) {
        to[row * width..][..width].copy_from_slice(values);
    }
    Ok(())
}

pub(super) fn undefined(error: taskgraft_algebra::similarity::Error) -> Error {
    Error::Usage(format!("comparing representations: {error}"))
}
