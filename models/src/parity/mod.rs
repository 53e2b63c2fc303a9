//! Comparison with reference values computed elsewhere.
//!
//! A case is a folder: a checkpoint in Hugging Face layout, `inputs.safetensors` and
//! `expected.safetensors` (loss, logits, `hidden.N`, `grad.<name>`; for a T5 also the decoder's
//! states and what greedy and beam search yield), and notes. [`run_case`] builds the network,
//! computes everything that the folder has a reference for, and says for each quantity how far it
//! is off. Encoders of the BERT family, and T5.

mod case;
mod compare;
mod loss;
mod report;
mod t5;

use std::path::Path;

use burn::optim::GradientsParams;
use burn::tensor::Device;

use crate::Result;
use crate::Trunk;
use crate::heads::HeadOutput;
use crate::hugging_face::{Model, load_model, named_values};
use case::Case;
pub use report::{CaseReport, Row, Tolerance, Verdict};

/// Runs the case in `directory` on `device`, dropout off.
///
/// # Errors
/// Where the folder lacks a file or tensor, its checkpoint does not fit, or its architecture is
/// not built by this crate. A disagreement is not an error but a failed [`Row`].
pub fn run_case(directory: &Path, device: &Device) -> Result<CaseReport> {
    let device = device.clone().inner().autodiff();
    let case = Case::open(directory)?;
    if case.is_t5()? {
        return t5::run(&case, directory, &device);
    }
    let model = load_model(directory, &device)?.module;
    let Trunk::Encoder(encoder) = &model.trunk else {
        return Err(case.problem("this case is not of an encoder"));
    };
    let input = case.encoder_input(encoder.config(), &device)?;

    let output = encoder.forward_with_layers(&input, None);
    let predicted = model.predict(&output, None);
    let mut rows = Vec::new();
    for (index, hidden) in output.layers.into_iter().enumerate() {
        let name = format!("hidden.{index}");
        if let Some(expected) = case.expected(&name) {
            rows.push(compare::values(&name, hidden.into_data(), &expected));
        }
    }
    if let Some(predicted) = predicted {
        let logits = case.require("logits")?;
        rows.push(match &predicted {
            HeadOutput::Classes(x) => compare::values("logits", x.to_data(), &logits),
            HeadOutput::Scores(x) => compare::values("logits", x.to_data(), &logits),
            HeadOutput::Tokens(x) => compare::values("logits", x.to_data(), &logits),
        });
        let loss = loss::of(&predicted, &case, &device)?;
        let reference = case.require("loss")?;
        rows.push(compare::loss(loss.to_data(), &reference));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        rows.extend(gradient_rows(&case, &model, &gradients)?);
    }
    let not_compared = case.not_compared(&rows);
    Ok(CaseReport { case: case.name(), architecture: model.class_name(), rows, not_compared })
}

fn gradient_rows(case: &Case, model: &Model, gradients: &GradientsParams) -> Result<Vec<Row>> {
    let ours = named_values(model, &model.names(), Some(gradients))?;
    Ok(compare::gradients(&ours, &case.gradients()))
}
