//! Which backends there are, what each is, and how to have more.

use taskgraft::{
    device::Backend,
    report::{FactTable, Section},
};

use super::{
    super::part::Outcome,
    cells::{NONE, words},
};

/// A row a backend, of those that are compiled in and those that are not.
pub fn section(outcomes: &[Outcome]) -> Section {
    let row = |backend: Backend| {
        let of: Vec<&Outcome> = outcomes.iter().filter(|(p, _)| p.backend == backend).collect();
        let reason = of.iter().find_map(|(_, outcome)| outcome.as_ref().err());
        let state = match (backend.is_compiled_in(), of.is_empty(), reason) {
            (false, ..) => format!("not compiled in: add --features {backend}"),
            (true, true, _) => "not asked for".into(),
            (true, false, Some(reason)) => format!("not available: {reason}"),
            (true, false, None) => "measured".into(),
        };
        let fusion = if backend.fuses_operations() { "yes" } else { "no" };
        let same = if backend.is_deterministic() { "meant to" } else { "not promised" };
        let (device, products) = match reason {
            None if !of.is_empty() => {
                (backend.device_name().unwrap_or(NONE.into()), backend.bf16_products())
            }
            _ => (NONE.into(), NONE.into()),
        };
        vec![backend.name().into(), state, device, products, fusion.into(), same.into()]
    };
    let mut text = vec![];
    if Backend::compiled_in().len() == 1 {
        text.push(
            "Only one backend is compiled into this program, so that float32 is compared with bf16 alone. To compare \
             backends, compile more in: cargo run --release --example portability --features ndarray, or wgpu, cuda, metal, \
             vulkan, rocm, several with commas."
                .into(),
        );
    }
    Section {
        title: "Backends".into(),
        text,
        tables: vec![FactTable {
            title: String::new(),
            header: words(&[
                "backend",
                "state",
                "device",
                "bf16 products by",
                "fuses",
                "same bits again",
            ]),
            rows: Backend::ALL.map(row).into(),
        }],
        ..Section::default()
    }
}
