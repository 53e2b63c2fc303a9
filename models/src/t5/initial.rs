//! T5's first values (Raffel et al.'s Mesh TensorFlow code): normal with the inverse square root of
//! the number of inputs as deviation, queries further divided by `√d_kv` because scores are not
//! scaled, embeddings with deviation 1. An output of its own is drawn like any other matrix.

use super::{T5, T5Config};
use crate::parameters::{Initial, initialise_each};

pub(super) fn draw(model: T5, seed: u64) -> T5 {
    let config = model.config().clone();
    initialise_each(model, seed, |path| of(&config, path))
}

fn of(config: &T5Config, path: &str) -> Initial {
    let factor = config.initializer_factor;
    let [model, heads, feed, key] =
        [config.d_model, config.inner_width(), config.d_ff, config.d_kv]
            .map(|inputs| (inputs as f64).sqrt().recip());
    let normal = |deviation: f64| Initial::Normal { standard_deviation: factor * deviation };
    if path == "shared.weight" {
        normal(1.0)
    } else if path.ends_with("qkv.weight") {
        let standard_deviations = [model * key, model, model].map(|deviation| factor * deviation);
        Initial::NormalThirds { standard_deviations }
    } else if path.ends_with("query.weight") {
        normal(model * key)
    } else if path.ends_with("attention.output.weight") {
        normal(heads)
    } else if path.ends_with("down.weight") {
        normal(feed)
    } else {
        normal(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor};

    fn deviation(tensor: Tensor<2>) -> f64 {
        let values: Vec<f32> = tensor.into_data().iter().collect();
        let squares: f64 = values.iter().map(|v| f64::from(v * v)).sum();
        (squares / values.len() as f64).sqrt()
    }

    #[test]
    fn deviations_are_the_published_ones() {
        let config = T5Config::v1_1(300, 64, 160, 1, 4).with_head_width(36);
        let model = T5::new(&config, 5, &Device::default()).unwrap();
        let layer = &model.decoder.layers[0];
        let qkv = layer.attention.qkv.weight.val();
        let third = |n: usize| qkv.clone().narrow(1, n * 144, 144);
        let cross = &layer.cross_attention;
        let feed = &layer.feed_forward;
        let cases = [
            (model.shared.weight.val(), 1.0),
            (third(0), 1.0 / 8.0 / 6.0),
            (third(1), 1.0 / 8.0),
            (third(2), 1.0 / 8.0),
            (layer.attention.output.weight.val(), 1.0 / 12.0),
            (cross.query.weight.val(), 1.0 / 8.0 / 6.0),
            (cross.key.weight.val(), 1.0 / 8.0),
            (cross.output.weight.val(), 1.0 / 12.0),
            (feed.up.weight.val(), 1.0 / 8.0),
            (feed.down.weight.val(), 160f64.sqrt().recip()),
            (model.output.unwrap().weight.val(), 1.0 / 8.0),
        ];
        for (n, (tensor, expected)) in cases.into_iter().enumerate() {
            let found = deviation(tensor);
            assert!((found / expected - 1.0).abs() < 0.04, "{n}: {found}, not {expected}");
        }
    }
}
