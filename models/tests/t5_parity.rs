//! T5 agrees with transformers' reference values: states, loss, gradients and decoded texts; and
//! would not if it were a little different.

mod common;

use common::{Stored, case, cases_of, copy, device, read, write};
use taskgraft_models::parity::run_case;

#[test]
fn every_case_agrees_with_its_reference_in_every_quantity() {
    for path in cases_of(&["t5"]) {
        let report = run_case(&path, &device()).unwrap();
        let failures: Vec<_> = report.failures().collect();
        assert!(report.agrees(), "{}: {failures:#?}", path.display());
        assert_eq!(report.not_compared, Vec::<String>::new(), "{}", path.display());
        assert_eq!(report.architecture, "T5ForConditionalGeneration");
        let compared = |name: &str| report.rows.iter().any(|row| row.quantity == name);
        for name in ["loss", "logits", "encoder_hidden.0", "decoder_last_hidden_state", "greedy"] {
            assert!(compared(name), "{}: no {name} compared", path.display());
        }
    }
}

#[test]
fn a_weight_changed_by_one_percent_is_noticed_wherever_it_is() {
    for path in ["t5-v1.0", "t5-v1.1"].map(case) {
        let whole = read(&path);
        let directory = copy(&path);
        for (name, tensor) in &whole {
            let changed: Vec<f32> = tensor.values().iter().map(|v| v * 1.01).collect();
            let mut tensors = whole.clone();
            tensors.insert(name.clone(), Stored::floats(&tensor.shape, &changed));
            write(directory.path(), &tensors);
            let report = run_case(directory.path(), &device()).unwrap();
            assert!(!report.agrees(), "{}: {name}", path.display());
        }
    }
}

#[test]
fn a_decoded_text_with_one_other_token_is_noticed() {
    let path = case("t5-v1.0");
    let directory = copy(&path);
    let file = directory.path().join("expected.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for name in ["greedy", "beam4"] {
        let changed: Vec<_> = tensors
            .iter()
            .map(|(other, view)| {
                let mut bytes = view.data().to_vec();
                if other == name {
                    // The first token behind the start of the first row.
                    bytes[8] += 1;
                }
                let (dtype, shape) = (view.dtype(), view.shape().to_vec());
                (other.to_owned(), Stored { dtype, shape, bytes })
            })
            .collect();
        let views = changed.iter().map(|(name, tensor)| {
            let shape = tensor.shape.clone();
            let view = safetensors::tensor::TensorView::new(tensor.dtype, shape, &tensor.bytes);
            (name.as_str(), view.unwrap())
        });
        safetensors::serialize_to_file(views, None, &file).unwrap();
        let report = run_case(directory.path(), &device()).unwrap();
        let failing: Vec<_> = report.failures().map(|row| row.quantity.as_str()).collect();
        assert_eq!(failing, [name]);
    }
}
