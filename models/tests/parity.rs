//! The networks agree with PyTorch's reference values, gradients included, and would not if they
//! were a little different.

mod common;

use common::{Stored, case, cases, copy, device, read, write};
use taskgraft_models::parity::run_case;

#[test]
fn every_case_agrees_with_its_reference() {
    for path in cases() {
        let report = run_case(&path, &device()).unwrap();
        let failures: Vec<_> = report.failures().collect();
        assert!(report.agrees(), "{}: {failures:#?}", path.display());
        let kinds: Vec<_> = report.worst_by_kind().iter().map(|(row, _)| row.kind()).collect();
        let is_bare = report.architecture.ends_with("Model");
        let wanted: &[&str] = match is_bare {
            true => &["hidden"],
            false => &["loss", "logits", "grad"],
        };
        for kind in wanted {
            assert!(kinds.contains(kind), "{}: no {kind} compared", path.display());
        }
    }
}

#[test]
fn a_weight_changed_by_one_percent_is_noticed_wherever_it_is() {
    let names = ["bert-classify", "bert-mlm", "roberta-classify", "roberta-mlm"];
    for path in names.map(case) {
        let whole = read(&path);
        let directory = copy(&path);
        for (name, tensor) in &whole {
            // Softmax ignores what is added to all scores of a query, so nothing can notice it.
            if name.ends_with("key.bias") {
                continue;
            }
            let changed: Vec<f32> = tensor.values().iter().map(|v| v * 1.01).collect();
            let mut tensors = whole.clone();
            tensors.insert(name.clone(), Stored::floats(&tensor.shape, &changed));
            write(directory.path(), &tensors);
            let report = run_case(directory.path(), &device()).unwrap();
            let is_zero = tensor.values().iter().all(|v| *v == 0.0);
            assert_eq!(report.agrees(), is_zero, "{}: {name}", path.display());
        }
    }
}

#[test]
fn a_case_of_another_architecture_is_an_error_that_names_it() {
    let directory = copy(&case("bert-classify"));
    let config = directory.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let other = text.replace("\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"");
    assert_ne!(text, other);
    std::fs::write(&config, other).unwrap();
    let message = run_case(directory.path(), &device()).unwrap_err().to_string();
    assert!(message.contains("config.json"), "{message}");
    assert!(message.contains("`gpt2`"), "{message}");
    assert!(message.contains("`bert`"), "{message}");
}

#[test]
fn a_case_without_references_does_not_agree() {
    let directory = copy(&case("bert-classify"));
    std::fs::remove_file(directory.path().join("expected.safetensors")).unwrap();
    let message = run_case(directory.path(), &device()).unwrap_err().to_string();
    assert!(message.contains("expected.safetensors"), "{message}");
}
