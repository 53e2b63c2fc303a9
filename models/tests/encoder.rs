//! What holds for encoders and heads whatever their weights.

use burn::tensor::{Device, Int, Tensor, TensorData, Tolerance};
use taskgraft_models::bert::{BertConfig, Encoder, EncoderInput, Family};
use taskgraft_models::heads::{
    ClassificationHead, Head, HeadOutput, MaskedLanguageModelHead, RegressionHead,
    RobertaClassificationHead, TaggingHead,
};
use taskgraft_models::kernels::DropoutKey;
use taskgraft_models::parameters::Initial;

const ROWS: [&[i64]; 3] = [&[5, 9, 17, 2, 30], &[7], &[11, 12, 13]];

fn device() -> Device {
    Device::default()
}

fn configs() -> [BertConfig; 2] {
    // Heads of an odd width, and another padding id.
    let bert = BertConfig {
        hidden_size: 21,
        num_attention_heads: 3,
        ..BertConfig::tiny(40).with_max_length(16)
    };
    let roberta = BertConfig {
        model_type: Family::Roberta,
        pad_token_id: Some(1),
        type_vocab_size: 1,
        ..bert.clone()
    };
    [bert, roberta.with_max_length(16)]
}

/// The rows padded to `length`.
fn input(config: &BertConfig, length: usize) -> EncoderInput {
    let shape = [ROWS.len(), length];
    let padded = |row: &&[i64]| -> Vec<i64> {
        let padding = std::iter::repeat(config.padding() as i64);
        row.iter().copied().chain(padding).take(length).collect()
    };
    let tokens: Vec<i64> = ROWS.iter().flat_map(padded).collect();
    let mask = |row: &&[i64]| (0..length).map(|i| f32::from(i < row.len())).collect::<Vec<_>>();
    let mask: Vec<f32> = ROWS.iter().flat_map(mask).collect();
    EncoderInput {
        tokens: Tensor::<2, Int>::from_data(TensorData::new(tokens, shape), &device()),
        segments: Tensor::zeros(shape, &device()),
        mask: Tensor::from_data(TensorData::new(mask, shape), &device()),
    }
}

fn heads(config: &BertConfig) -> [Head; 5] {
    let initial = Initial::GlorotUniform;
    [
        Head::Classification(ClassificationHead::new(config, 3, initial, 2, &device())),
        Head::RobertaClassification(RobertaClassificationHead::new(
            config,
            3,
            initial,
            2,
            &device(),
        )),
        Head::Regression(RegressionHead::new(config, initial, 2, &device())),
        Head::Tagging(TaggingHead::new(config, 4, initial, 2, &device())),
        Head::MaskedLanguageModel(MaskedLanguageModelHead::new(config, 2, &device())),
    ]
}

/// A head's predictions for the first `tokens` tokens of the first row, or for all rows.
fn predictions(
    encoder: &Encoder,
    head: &Head,
    input: &EncoderInput,
    key: Option<DropoutKey>,
) -> TensorData {
    let output = encoder.forward(input, key);
    match head.forward(encoder, &output, key) {
        HeadOutput::Classes(x) => x.into_data(),
        HeadOutput::Scores(x) => x.into_data(),
        HeadOutput::Tokens(x) => x.slice([0..1, 0..ROWS[0].len()]).into_data(),
    }
}

#[test]
fn padding_more_changes_nothing_of_real_tokens() {
    for config in configs() {
        let encoder = Encoder::new(&config, 1, &device()).unwrap();
        for head in heads(&config) {
            let near = predictions(&encoder, &head, &input(&config, 5), None);
            let far = predictions(&encoder, &head, &input(&config, 16), None);
            near.assert_approx_eq::<f32>(&far, Tolerance::absolute(1e-5));
        }
    }
}

#[test]
fn evaluation_drops_nothing_and_a_key_drops_the_same_each_time() {
    for config in configs() {
        let config = config.with_dropout(0.3);
        let undropped = Encoder::new(&config.clone().with_dropout(0.0), 1, &device()).unwrap();
        let encoder = Encoder::new(&config, 1, &device()).unwrap();
        let input = input(&config, 6);
        let run = |encoder: &Encoder, head: &Head, key| predictions(encoder, head, &input, key);
        for head in heads(&config) {
            let evaluated = run(&encoder, &head, None);
            assert_eq!(evaluated, run(&undropped, &head, None));
            assert_eq!(evaluated, run(&encoder, &head, None));
            let first = run(&encoder, &head, Some(DropoutKey::new(1, 1)));
            assert_ne!(first, evaluated);
            assert_eq!(first, run(&encoder, &head, Some(DropoutKey::new(1, 1))));
            assert_ne!(first, run(&encoder, &head, Some(DropoutKey::new(1, 2))));
            assert_ne!(first, run(&encoder, &head, Some(DropoutKey::new(2, 1))));
        }
    }
}

#[test]
fn first_values_are_a_function_of_the_seed() {
    let [config, _] = configs();
    let words = |seed| {
        let encoder = Encoder::new(&config, seed, &device()).unwrap();
        encoder.word_embeddings().into_data()
    };
    assert_eq!(words(4), words(4));
    assert_ne!(words(4), words(5));
}

#[test]
fn layers_are_kept_only_where_asked_for() {
    let [config, _] = configs();
    let encoder = Encoder::new(&config, 1, &device()).unwrap();
    let input = input(&config, 5);
    assert!(encoder.forward(&input, None).layers.is_empty());
    let output = encoder.forward_with_layers(&input, None);
    assert_eq!(output.layers.len(), config.num_hidden_layers + 1);
    let last = output.layers[config.num_hidden_layers].to_data();
    assert_eq!(last, output.hidden.to_data());
}

#[test]
#[should_panic(expected = "sequences of 17 tokens, but the encoder has positions for 16")]
fn a_sequence_longer_than_the_positions_is_refused() {
    let [config, _] = configs();
    let encoder = Encoder::new(&config, 1, &device()).unwrap();
    encoder.forward(&input(&config, 17), None);
}

#[test]
fn looking_up_padding_gives_its_vectors_no_gradient() {
    for config in configs() {
        let encoder = Encoder::new(&config, 1, &device().autodiff()).unwrap();
        let EncoderInput { tokens, segments, mask } = input(&config, 6);
        let input = EncoderInput {
            tokens: tokens.autodiff(),
            segments: segments.autodiff(),
            mask: mask.autodiff(),
        };
        let hidden = encoder.forward(&input, None).hidden;
        let gradients = hidden.powi_scalar(3).sum().backward();
        let words = encoder.word_embeddings().grad(&gradients).unwrap();
        let largest =
            |row: usize| words.clone().slice(row..row + 1).abs().max().into_scalar::<f32>();
        assert_eq!(largest(config.padding()), 0.0);
        assert!(largest(ROWS[0][0] as usize) > 0.0);
    }
}
