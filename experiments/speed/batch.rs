//! Batches of made-up tokens, as large as a work asks for. Those of all steps hold the same tokens.

use burn::tensor::{Device, Int, Tensor, TensorData};
use taskgraft::{
    models::{
        bert::EncoderInput,
        kernels::DropoutKey,
        t5::{TextToTextInput, TokenBatch},
    },
    train::{MicroBatch, Targets, TaskPart, TextBatch, TextPart},
};

use super::work::{Shape, Size, Work};

/// The batch of a step: the same tokens, another dropout mask.
pub fn batch(work: Work, size: Size, step: u64, device: &Device) -> MicroBatch {
    let Shape { vocabulary, batch, source, target, .. } = work.shape(size);
    // Past the special tokens.
    let token = |place: usize| (100 + place * 7919 % (vocabulary - 100)) as i32;
    let ints = |values: Vec<i32>, width: usize| {
        Tensor::<2, Int>::from_data(TensorData::new(values, [batch, width]), device)
    };
    let tokens = ints((0..batch * source).map(token).collect(), source);
    let mask = Tensor::<2>::ones([batch, source], device);
    let input = EncoderInput { segments: tokens.zeros_like(), tokens, mask };
    let (parts, text) = match work {
        Work::MiniLm => (vec![class_part(batch, device)], None),
        Work::T5 | Work::Generate => {
            let labels: Vec<i32> = (0..batch * target).map(|i| token(i * 31 + 7)).collect();
            let flat = |values: Vec<i32>| {
                Tensor::<1, Int>::from_data(TensorData::from(&values[..]), device)
            };
            let source = TokenBatch {
                tokens: input.tokens.clone(),
                mask: input.mask.clone(),
                segments: None,
            };
            let places = flat((0..labels.len() as i32).collect());
            let targets = flat(labels.clone());
            let part = TextPart {
                task: 0,
                tokens: places.clone(),
                weights: Tensor::ones([labels.len()], device) / labels.len() as f64,
                total_weight: 1.0,
            };
            let input = TextToTextInput {
                source,
                labels: ints(labels, target),
                segments: None,
                places,
                targets,
            };
            (vec![], Some(TextBatch { input, z_loss: 0.0, parts: vec![part] }))
        }
    };
    let tokens = work.tokens(size) as u64;
    MicroBatch {
        step,
        input,
        dropout: DropoutKey::new(0, step),
        parts,
        text,
        tokens: (tokens, tokens),
        gold_weight: 1.0,
    }
}

/// Classes 0 and 1 in turn.
fn class_part(batch: usize, device: &Device) -> TaskPart {
    let targets = (0..batch).flat_map(|row| [f32::from(row % 2 == 0), f32::from(row % 2 == 1)]);
    let targets = TensorData::new(targets.collect::<Vec<f32>>(), [batch, 2]);
    let rows: Vec<i32> = (0..batch as i32).collect();
    TaskPart {
        task: 0,
        rows: Tensor::from_data(TensorData::from(&rows[..]), device),
        targets: Targets::Distributions(Tensor::from_data(targets, device)),
        weights: Tensor::ones([batch], device) / batch as f64,
        total_weight: 1.0,
        whole_batch: true,
    }
}
