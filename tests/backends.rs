//! Backends agree: the same training has nearly the same losses on each.
#![cfg(all(feature = "cpu", feature = "ndarray"))]

use common::{Bench, losses, tiny_config, tiny_settings, wgpu_if_it_works};
use taskgraft::device::Backend;

mod common;

#[test]
fn a_training_has_nearly_the_same_losses_on_every_backend() {
    let tasks = ["sentiment", "similarity", "tagging"];
    let run = |backend: Backend| {
        let out = tempfile::tempdir().unwrap();
        let bench = Bench::with(&tasks, &tiny_settings(), backend.device().unwrap());
        bench.train(&tiny_config(6), out.path()).unwrap();
        losses(out.path())
    };
    let cpu = run(Backend::Cpu);
    assert_eq!(cpu.len(), 6);
    for other in [Backend::Ndarray].into_iter().chain(wgpu_if_it_works()) {
        let losses = run(other);
        assert_eq!(losses.len(), 6);
        for (step, (a, b)) in cpu.iter().zip(&losses).enumerate() {
            assert!((a - b).abs() < 1e-3, "step {}: loss {a} on cpu, {b} on {other}", step + 1);
        }
    }
}
