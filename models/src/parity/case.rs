//! The files of one case.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde_json::Value;

use super::report::Row;
use crate::bert::{BertConfig, EncoderInput};
use crate::hugging_face::Checkpoint;
use crate::t5::TokenBatch;
use crate::{Error, Result};

/// A reference tensor.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

#[derive(Debug)]
pub(super) struct Case {
    directory: PathBuf,
    inputs: Checkpoint,
    expected: Checkpoint,
}

impl Case {
    pub fn open(directory: &Path) -> Result<Self> {
        Ok(Self {
            directory: directory.to_owned(),
            inputs: Checkpoint::open_file(&directory.join("inputs.safetensors"))?,
            expected: Checkpoint::open_file(&directory.join("expected.safetensors"))?,
        })
    }

    pub fn name(&self) -> String {
        let name = self.directory.file_name().unwrap_or(self.directory.as_os_str());
        name.to_string_lossy().into_owned()
    }

    pub fn problem(&self, problem: impl Into<String>) -> Error {
        Error::Case { path: self.directory.clone(), problem: problem.into() }
    }

    pub fn expected(&self, name: &str) -> Option<Reference> {
        let shape = self.expected.shape(name)?.to_vec();
        let values = self.expected.floats(name)?;
        Some(Reference { shape, values: values.into_iter().map(f64::from).collect() })
    }

    pub fn require(&self, name: &str) -> Result<Reference> {
        let missing = || self.problem(format!("expected.safetensors lacks a float `{name}`"));
        self.expected(name).ok_or_else(missing)
    }

    /// The reference gradients under the parameters' names.
    pub fn gradients(&self) -> Vec<(String, Reference)> {
        let names = self.expected.names();
        let gradient = |name: &str| {
            let parameter = name.strip_prefix("grad.")?.to_owned();
            Some((parameter, self.expected(name)?))
        };
        names.filter_map(gradient).collect()
    }

    /// The references that no row is about.
    pub fn not_compared(&self, rows: &[Row]) -> Vec<String> {
        let compared: BTreeSet<_> = rows.iter().map(|row| row.quantity.as_str()).collect();
        let names = self.expected.names();
        let left = names.filter(|name| !compared.contains(name));
        left.map(str::to_owned).collect()
    }

    /// Whether the configuration is that of a T5.
    pub fn is_t5(&self) -> Result<bool> {
        let path = self.directory.join("config.json");
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        let parsed: Result<Value, _> = serde_json::from_str(&text);
        let config = parsed.map_err(|e| Error::Config { path, problem: e.to_string() })?;
        Ok(matches!(config["model_type"].as_str(), Some("t5" | "mt5")))
    }

    /// What the notes say of a quantity, empty where nothing.
    pub fn note(&self, quantity: &str) -> String {
        let text = std::fs::read_to_string(self.directory.join("notes.json")).unwrap_or_default();
        let notes: Value = serde_json::from_str(&text).unwrap_or_default();
        notes[quantity].as_str().unwrap_or_default().to_owned()
    }

    /// The rows of an integer reference.
    pub fn expected_rows(&self, name: &str) -> Option<Vec<Vec<i64>>> {
        let values = self.expected.integers(name)?;
        let columns = *self.expected.shape(name)?.last()?;
        Some(values.chunks(columns.max(1)).map(<[i64]>::to_vec).collect())
    }

    /// Source tokens, with a mask of 1 where the inputs leave it out, and labels.
    pub fn text_to_text(
        &self,
        vocabulary: usize,
        device: &Device,
    ) -> Result<(TokenBatch, Tensor<2, Int>)> {
        let (tokens, shape) = self.matrix("input_ids")?;
        self.check_range("input_ids", &tokens, vocabulary)?;
        let mask = match self.inputs.shape("attention_mask") {
            None => vec![1; tokens.len()],
            Some(_) => self.matrix("attention_mask")?.0,
        };
        if mask.len() != tokens.len() {
            return Err(self.problem("attention_mask and input_ids differ in size"));
        }
        let mask: Vec<f32> = mask.into_iter().map(|v| v as f32).collect();
        let (_, of_labels) = self.matrix("labels")?;
        let labels = self.classes(vocabulary)?;
        if of_labels[0] != shape[0] {
            return Err(self.problem("labels and input_ids differ in rows"));
        }
        let source = TokenBatch {
            tokens: Tensor::from_data(TensorData::new(tokens, shape), device),
            mask: Tensor::from_data(TensorData::new(mask, shape), device),
            segments: None,
        };
        Ok((source, Tensor::from_data(TensorData::new(labels, of_labels), device)))
    }

    /// Token ids, with segments of 0 and a mask of 1 where the inputs leave them out.
    pub fn encoder_input(&self, config: &BertConfig, device: &Device) -> Result<EncoderInput> {
        let (tokens, shape) = self.matrix("input_ids")?;
        let [_, length] = shape;
        if length > config.max_length() {
            return Err(self.problem(format!(
                "input_ids are {length} long, but there are positions for {}",
                config.max_length()
            )));
        }
        self.check_range("input_ids", &tokens, config.vocab_size)?;
        let optional = |name: &str, default: i64| match self.inputs.shape(name) {
            None => Ok(vec![default; tokens.len()]),
            Some(_) => match self.matrix(name)? {
                (values, same) if same == shape => Ok(values),
                (_, other) => {
                    Err(self.problem(format!("{name} is {other:?}, but input_ids are {shape:?}")))
                }
            },
        };
        let segments = optional("token_type_ids", 0)?;
        self.check_range("token_type_ids", &segments, config.type_vocab_size)?;
        let mask = optional("attention_mask", 1)?.into_iter().map(|v| v as f32);
        let integers = |values: Vec<i64>| -> Tensor<2, Int> {
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        Ok(EncoderInput {
            mask: Tensor::from_data(TensorData::new(mask.collect::<Vec<_>>(), shape), device),
            tokens: integers(tokens),
            segments: integers(segments),
        })
    }

    fn matrix(&self, name: &str) -> Result<(Vec<i64>, [usize; 2])> {
        match (self.inputs.integers(name), self.inputs.shape(name)) {
            (Some(values), Some(&[rows, columns])) => Ok((values, [rows, columns])),
            _ => Err(self.problem(format!("inputs.safetensors lacks an I64 matrix `{name}`"))),
        }
    }

    fn check_range(&self, name: &str, values: &[i64], size: usize) -> Result<()> {
        match values.iter().find(|v| **v < 0 || **v >= size as i64) {
            None => Ok(()),
            Some(v) => Err(self.problem(format!("{name} has {v}; expected 0 to {}", size - 1))),
        }
    }

    /// Integer labels: classes, -100 where there is none.
    pub fn classes(&self, count: usize) -> Result<Vec<i64>> {
        let labels = self.inputs.integers("labels");
        let labels = labels.ok_or_else(|| self.problem("inputs.safetensors lacks I64 `labels`"))?;
        let wrong = labels.iter().find(|v| **v != -100 && (**v < 0 || **v >= count as i64));
        match wrong {
            None => Ok(labels),
            Some(v) => Err(self.problem(format!("labels has {v}, but there are {count} classes"))),
        }
    }

    /// Labels of a score.
    pub fn scores(&self) -> Result<Vec<f32>> {
        let integers = self.inputs.integers("labels");
        let floats = self.inputs.floats("labels");
        let converted = integers.map(|v| v.into_iter().map(|v| v as f32).collect());
        let labels: Option<Vec<f32>> = floats.or(converted);
        labels.ok_or_else(|| self.problem("inputs.safetensors lacks the tensor `labels`"))
    }
}
