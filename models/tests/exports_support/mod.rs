//! Small networks of every trunk family with every head. Their values come from whole-number arithmetic, so that they
//! are the same on every machine.
#![allow(dead_code)] // each test binary uses a part

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use taskgraft_models::bert::{BertConfig, Encoder, EncoderInput, Family};
use taskgraft_models::heads::{
    ClassificationHead, Head, HeadOutput, MaskedLanguageModelHead, RegressionHead,
    RobertaClassificationHead, TaggingHead,
};
use taskgraft_models::hugging_face::{HeadDescription, Model};
use taskgraft_models::parameters::Initial;
use taskgraft_models::t5::{T5, T5Config};
use taskgraft_models::{Trunk, TrunkConfig};

pub const VOCABULARY: usize = 30;
const CLASSES: [&str; 3] = ["contradiction", "entailment", "neutral"];
const TAGS: [&str; 5] = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"];

pub struct Export {
    pub name: String,
    pub model: Model,
    pub description: HeadDescription,
}

pub fn device() -> Device {
    Device::default()
}

fn encoder(family: Family) -> Trunk {
    let config = BertConfig {
        model_type: family,
        num_attention_heads: 2,
        intermediate_size: 32,
        type_vocab_size: if family == Family::Bert { 2 } else { 1 },
        pad_token_id: Some(usize::from(family == Family::Roberta)),
        ..BertConfig::new(VOCABULARY, 16, 1).with_dropout(0.0)
    };
    Encoder::new(&config.with_max_length(20), 1, &device()).unwrap().into()
}

fn t5(config: T5Config) -> Trunk {
    let config = T5Config { relative_attention_num_buckets: 8, ..config.with_head_width(8) };
    T5::new(&config.with_dropout(0.0), 1, &device()).unwrap().into()
}

fn trunks() -> [(&'static str, Trunk); 4] {
    [
        ("bert", encoder(Family::Bert)),
        ("roberta", encoder(Family::Roberta)),
        ("t5-v1.0", t5(T5Config::v1_0(VOCABULARY, 16, 32, 1, 2))),
        ("t5-v1.1", t5(T5Config::v1_1(VOCABULARY, 16, 32, 1, 2))),
    ]
}

fn heads(config: &BertConfig) -> Vec<(&'static str, Head, HeadDescription)> {
    let (initial, device) = (Initial::GlorotUniform, &device());
    let classes = ClassificationHead::new(config, CLASSES.len(), initial, 1, device);
    let tags = TaggingHead::new(config, TAGS.len(), initial, 1, device);
    let score = RegressionHead::new(config, initial, 1, device);
    let tokens = MaskedLanguageModelHead::new(config, 1, device);
    vec![
        ("class", Head::Classification(classes), HeadDescription::labels(CLASSES)),
        ("score", Head::Regression(score), HeadDescription::Score { min: 1.0, max: 6.0 }),
        ("tags", Head::Tagging(tags), HeadDescription::labels(TAGS)),
        ("masked-lm", Head::MaskedLanguageModel(tokens), HeadDescription::Plain),
    ]
}

/// Every trunk with every head; for encoders also with RoBERTa's own head.
pub fn exports() -> Vec<Export> {
    let mut exports = Vec::new();
    for (family, trunk) in trunks() {
        let config = trunk.head_config();
        let mut heads = heads(&config);
        if let TrunkConfig::Bert(config) = trunk.config() {
            let (initial, device) = (Initial::GlorotUniform, &device());
            let of = |outputs| RobertaClassificationHead::new(&config, outputs, initial, 1, device);
            let labels = HeadDescription::labels(CLASSES);
            heads.push(("own-class", Head::RobertaClassification(of(3)), labels));
            let scale = HeadDescription::Score { min: -1.0, max: 1.5 };
            heads.push(("own-score", Head::RobertaClassification(of(1)), scale));
        }
        for (kind, head, description) in heads {
            let model = Model { trunk: trunk.clone(), head: Some(head) };
            let model = model.map(&mut Values::default());
            exports.push(Export { name: format!("{family}-{kind}"), model, description });
        }
    }
    exports
}

/// Two texts, the second shorter, with the trunk's padding.
pub fn input(model: &Model) -> EncoderInput {
    let (padding, segments) = match model.trunk.config() {
        TrunkConfig::Bert(config) => (config.padding() as i64, config.type_vocab_size > 1),
        TrunkConfig::T5(config) => (config.pad_token_id as i64, false),
    };
    let second = i64::from(segments);
    let integers = |values: [i64; 12]| -> Tensor<2, Int> {
        Tensor::from_data(TensorData::new(values.to_vec(), [2, 6]), &device())
    };
    let mask = vec![1.0f32, 1., 1., 1., 1., 1., 1., 1., 1., 1., 0., 0.];
    EncoderInput {
        tokens: integers([5, 9, 17, 2, 29, 11, 7, 12, 13, 2, padding, padding]),
        segments: integers([0, 0, 0, second, second, second, 0, 0, 0, 0, 0, 0]),
        mask: Tensor::from_data(TensorData::new(mask, [2, 6]), &device()),
    }
}

/// What the head gives for [`input`], in one row.
pub fn outputs(model: &Model) -> Vec<f32> {
    let predicted = model.forward(&input(model), None).1.unwrap();
    let data = match predicted {
        HeadOutput::Classes(x) => x.into_data(),
        HeadOutput::Scores(x) => x.into_data(),
        HeadOutput::Tokens(x) => x.into_data(),
    };
    data.iter::<f32>().collect()
}

/// Thousandths from a linear congruence, around 1 for the scales of norms.
#[derive(Default)]
struct Values {
    state: u64,
    is_scale: bool,
}

impl ModuleMapper for Values {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.is_scale = name == "gamma";
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let around = if self.is_scale { 1.0 } else { 0.0 };
        let mut value = || {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let thousandths = (self.state >> 33) % 801;
            around + (thousandths as f32 - 400.0) / 1000.0
        };
        let values: Vec<f32> = (0..shape.num_elements()).map(|_| value()).collect();
        let id = param.id;
        param.transform_for_load(Tensor::from_data(TensorData::new(values, shape), &device), id)
    }
}
