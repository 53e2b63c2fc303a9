//! What several benches share: an encoder of MiniLM's shape and a task that fills its batches. The work in PyTorch is
//! in `pytorch/`.

use burn::tensor::Device;
use taskgraft::{
    models::bert::{BertConfig, Encoder},
    tasks::{ExampleId, Family, Target, TargetKind, TaskSpec, metrics::Metric, text::Encoded},
    train::TaskData,
};

/// Lengths in MiniLM's tokens of GLUE's training texts, pairs as one, cut to 128: sixteen quantiles of each of RTE,
/// MRPC, CoLA and STS-B.
pub const GLUE_LENGTHS: [[usize; 16]; 4] = [
    [26, 33, 37, 41, 44, 47, 50, 54, 57, 62, 67, 76, 95, 118, 128, 128],
    [30, 36, 39, 42, 45, 47, 50, 52, 54, 57, 59, 61, 64, 67, 70, 77],
    [6, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 17, 22],
    [14, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 29, 33, 42, 52, 65],
];

/// A task of 16 made-up texts of 128 tokens.
pub fn full_length_task() -> TaskData {
    task_of(&[128; 16])
}

/// A task of made-up texts of these lengths.
pub fn task_of(lengths: &[usize]) -> TaskData {
    let text = |(id, &length): (u32, &usize)| Encoded {
        id: ExampleId(id),
        tokens: (0..length as u32).map(|i| 1000 + (id * 977 + i * 131) % 29_000).collect(),
        segments: vec![0; length],
        word_starts: vec![],
        target: Some(Target::Class(id as usize % 2)),
        truncated: false,
    };
    let labels = vec!["no".into(), "yes".into()];
    let spec = TaskSpec {
        name: "made-up".into(),
        suite: "bench".into(),
        family: Family::Entailment,
        kind: TargetKind::Class { labels },
        metrics: vec![Metric::Accuracy],
        symmetric: false,
    };
    let train: Vec<Encoded> = (0..).zip(lengths).map(text).collect();
    TaskData {
        spec,
        dev: train.clone(),
        train,
        fingerprint: String::new(),
        dev_fingerprint: String::new(),
        teacher: None,
        masking: None,
        text: None,
    }
}

/// 6 layers, width 384, 12 heads, 30,522 tokens.
///
/// # Panics
/// If the device can't hold it.
pub fn minilm_trunk(device: &Device) -> Encoder {
    let mut config = BertConfig::new(30_522, 384, 6);
    config.num_attention_heads = 12;
    Encoder::new(&config, 0, device).expect("MiniLM's shape is a valid one")
}

/// The middle one, the greater of two.
///
/// # Panics
/// If there are none.
pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
