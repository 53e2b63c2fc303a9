//! The depth of a parameter, read from its path, for layer-wise learning rates; and the group
//! that weight decay leaves alone. Both look at path components, so that they work on a trunk by
//! itself and on a learner that holds one under any name.

/// Where in an encoder a parameter sits, from the input up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    Embeddings,
    /// Counted from 0 at the input.
    Layer(usize),
    Pooler,
    /// Not in the trunk.
    Head,
}

impl Depth {
    /// The distance to the heads in an encoder of `layers` layers: 0 for a head, 1 for the pooler,
    /// 2 for the top layer, `layers + 2` for the embeddings (BAM, section 3). A layer-wise rate is
    /// the base rate times the decay to this power.
    pub fn from_head(self, layers: usize) -> usize {
        match self {
            Self::Head => 0,
            Self::Pooler => 1,
            Self::Layer(index) => layers.saturating_sub(index) + 1,
            Self::Embeddings => layers + 2,
        }
    }
}

/// The depth of the parameter at `path`, for example `encoder.layers.3.attention.qkv.weight`.
pub fn depth_of(path: &str) -> Depth {
    let mut components = path.split('.');
    while let Some(component) = components.next() {
        match component {
            "embeddings" | "shared" | "positions" => return Depth::Embeddings,
            "pooler" => return Depth::Pooler,
            "layers" => {
                if let Some(index) = components.next().and_then(|i| i.parse().ok()) {
                    return Depth::Layer(index);
                }
            }
            _ => {}
        }
    }
    Depth::Head
}

/// Whether the parameter at `path` belongs to a norm or is a bias: no weight decay on those.
pub fn is_norm_or_bias(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("bias" | "gamma" | "beta"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_from_the_head_down_to_the_embeddings() {
        let cases = [
            ("heads.rte.Classification.output.weight", Depth::Head, 0),
            ("trunk.pooler.weight", Depth::Pooler, 1),
            ("trunk.layers.5.feed_forward.up.bias", Depth::Layer(5), 2),
            ("layers.0.attention.qkv.weight", Depth::Layer(0), 7),
            ("embeddings.norm.gamma", Depth::Embeddings, 8),
        ];
        for (path, depth, exponent) in cases {
            assert_eq!(depth_of(path), depth, "{path}");
            assert_eq!(depth.from_head(6), exponent, "{path}");
        }
    }

    #[test]
    fn norms_and_biases_are_told_from_weights() {
        assert!(is_norm_or_bias("layers.0.attention.norm.gamma"));
        assert!(is_norm_or_bias("head.MaskedLanguageModel.bias"));
        assert!(!is_norm_or_bias("layers.0.attention.qkv.weight"));
    }
}
