//! Operations are as exact as stated on each backend that is compiled in and works here, a wrong one is noticed, and
//! trainings repeat on CPU backends. `wgpu` is passed over, with a message, where it finds no adapter. The experiment
//! is part of this program, so that the tests in its own files run here too.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use common::wgpu_if_it_works;
use portability::{
    compare::parting,
    operations::{Operation, all as operations, measure},
    part::{Measured, Part, Work},
    training::{Network, train},
};
use taskgraft::{device::Backend, models::kernels::Precision};

mod common;
#[allow(dead_code)] // What only its command line and its report need.
#[path = "../experiments/portability/main.rs"]
mod portability;

/// The CPU backends of this program.
fn backends() -> Vec<Backend> {
    let is_cpu = |backend: &Backend| matches!(backend, Backend::Cpu | Backend::Ndarray);
    Backend::compiled_in().into_iter().filter(is_cpu).collect()
}

/// The same, and `wgpu` where it has an adapter.
fn backends_with_wgpu() -> Vec<Backend> {
    backends().into_iter().chain(wgpu_if_it_works()).collect()
}

fn operation(name: &str) -> Operation {
    let found = operations().into_iter().find(|operation| operation.name == name);
    found.unwrap_or_else(|| panic!("no operation `{name}`"))
}

#[test]
fn every_operation_is_within_its_bound_on_every_backend() {
    for backend in backends_with_wgpu() {
        let all = measure(&operations(), &backend.device().unwrap()).unwrap();
        assert!(all.len() >= 20, "{} operations", all.len());
        for operation in all {
            assert!(operation.is_within(), "{backend}: {operation:#?}");
            // Typical values are off by a few units in the last place, but where bf16 is to be that far off; a single
            // sum is no typical value.
            let is_coarse = operation.name.ends_with("against exact");
            let medians = [Some(&operation.forward), operation.backward.as_ref()];
            for errors in medians.into_iter().flatten() {
                let is_typical = errors.values == 1 || errors.median < 8.0;
                assert!(
                    errors.values > 0 && (is_coarse || is_typical),
                    "{backend}: {operation:#?}"
                );
            }
        }
    }
}

#[test]
fn an_operation_that_is_wrong_by_a_thousandth_is_beyond_its_bound() {
    let names: std::collections::BTreeSet<&str> =
        operations().iter().map(|operation| operation.name).collect();
    let device = backends()[0].device().unwrap();
    for name in names.into_iter().filter(|name| !name.ends_with("against exact")) {
        let right = operation(name);
        let wrong = operation(name).computed_by(move |t| right.run(t).mul_scalar(1.001));
        let errors = &measure(&[wrong], &device).unwrap()[0];
        assert!(!errors.is_within(), "{errors:#?}");
    }
}

#[test]
fn a_wrong_gradient_is_noticed_where_the_value_is_right() {
    let device = backends()[0].device().unwrap();
    let right = operation("GELU");
    // The same value; the gradient of the second half is lost.
    let wrong = operation("GELU")
        .computed_by(move |t| right.run(&[t[0].clone().detach()]) + t[0].clone() * 0.0);
    let errors = &measure(&[wrong], &device).unwrap()[0];
    assert!(errors.forward.relative <= errors.bound, "{errors:#?}");
    assert!(errors.backward.as_ref().unwrap().relative > 0.5, "{errors:#?}");
}

#[test]
fn a_training_against_itself_has_the_same_losses_and_learns() {
    for backend in backends() {
        let device = backend.device().unwrap();
        for network in Network::ALL {
            let run = || train(network, Precision::F32, (3, 12), &device).unwrap();
            let (once, again) = (run(), run());
            assert_eq!((once.losses.len(), once.seconds.len()), (12, 12));
            let parting = parting(&once.losses, &again.losses, 0.0);
            assert_eq!((parting.first_other, parting.first_beyond), (None, None), "{backend}");
            let other = train(network, Precision::F32, (4, 12), &device).unwrap();
            assert_ne!(once.losses, other.losses, "another seed");
        }
        let long = train(Network::TextToText, Precision::F32, (3, 40), &device).unwrap().losses;
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        assert!(mean(&long[30..]) < 0.8 * mean(&long[..10]), "{backend}: {long:?}");
    }
}

#[test]
fn bf16_stays_near_float32_and_is_not_the_same() {
    let device = backends()[0].device().unwrap();
    for network in Network::ALL {
        let [exact, rounded] = [Precision::F32, Precision::Bf16]
            .map(|precision| train(network, precision, (0, 8), &device).unwrap().losses);
        let parting = parting(&rounded, &exact, 0.2);
        assert_eq!(parting.first_beyond, None, "{exact:?}, {rounded:?}");
        assert_eq!(parting.first_other, Some(1), "{exact:?}, {rounded:?}");
    }
}

/// A backend's losses over `steps` steps are those of the first CPU backend.
fn assert_same_losses(network: Network, backend: Backend, steps: u64) {
    let course = |backend: Backend| {
        train(network, Precision::F32, (0, steps), &backend.device().unwrap()).unwrap().losses
    };
    let (losses, reference) = (course(backend), course(backends()[0]));
    let parting = parting(&losses, &reference, 1e-3);
    assert_eq!(losses.len() as u64, steps);
    assert_eq!(parting.first_beyond, None, "{backend}: {losses:?}, {reference:?}");
}

#[test]
fn cpu_backends_give_the_same_losses_up_to_rounding() {
    for &backend in &backends()[1..] {
        for network in Network::ALL {
            assert_same_losses(network, backend, 8);
        }
    }
}

#[test]
fn wgpu_gives_the_same_losses_up_to_rounding() {
    // Compiling and tuning kernels for the first step takes nearly all of the time, minutes on a CPU.
    if let Some(wgpu) = wgpu_if_it_works() {
        for network in Network::ALL {
            assert_same_losses(network, wgpu, 3);
        }
    }
}

#[test]
fn every_backend_is_measured_on_operations_and_on_both_networks_in_both_precisions() {
    for backend in Backend::ALL {
        let parts = Part::all(backend);
        let variants = if backend.fuses_operations() { 2 } else { 1 };
        assert_eq!(parts.len(), variants * 5, "{backend}");
        let mut names: Vec<String> = parts.iter().map(Part::to_string).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), parts.len(), "{names:?}");
        assert_eq!(parts[0].work, Work::Operations);
    }
    let part = Part::all(backends()[0])[1];
    let Measured::Training(course) = part.measure((0, 2)).unwrap() else { panic!("{part}") };
    assert_eq!(course.losses.len(), 2);
}
