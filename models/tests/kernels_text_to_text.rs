//! T5's kernels, forward and backward, against their definitions in plain tensor operations and
//! against finite differences, on each CPU backend that is compiled in; their portable bodies, too,
//! which double precision takes.

mod kernels_support;

use burn::prelude::*;
use burn::tensor::{FloatDType, activation};
use kernels_support::{check, check_differences, devices, values};
use taskgraft_models::kernels::{self, DropoutKey, Gate, Precision};

/// Both bodies against the definition.
fn check_both(
    lengths: &[usize],
    own: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    plain: impl Fn(&[Tensor<1>]) -> Tensor<1>,
) {
    check(lengths, &own, &plain);
    let portable = |t: &[Tensor<1>]| {
        let wide: Vec<_> = t.iter().map(|t| t.clone().cast(FloatDType::F64)).collect();
        own(&wide).cast(FloatDType::F32)
    };
    check(lengths, portable, &plain);
}

fn plain_rms_norm(x: Tensor<2>, gamma: Tensor<1>) -> Tensor<2> {
    let square = (x.clone() * x.clone()).mean_dim(1);
    x / (square + 1e-6).sqrt() * gamma.unsqueeze::<2>()
}

fn plain_gate(x: Tensor<2>, gate: Gate) -> Tensor<2> {
    match gate {
        Gate::Relu => activation::relu(x),
        Gate::GatedGelu => {
            let columns = x.dims()[1] / 2;
            let (gated, passed) = (x.clone().narrow(1, 0, columns), x.narrow(1, columns, columns));
            let cube = gated.clone() * gated.clone() * gated.clone();
            let inner = (gated.clone() + cube * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
            gated * (inner.tanh() + 1.0) * 0.5 * passed
        }
    }
}

#[test]
fn rms_norm_divides_rows_by_their_root_mean_square() {
    for (rows, width) in [(1, 1), (3, 5), (70, 33), (33, 128)] {
        check_both(
            &[rows * width, width],
            |t| {
                let x = t[0].clone().reshape([rows, 1, width]);
                kernels::rms_norm(x, t[1].clone(), 1e-6).reshape([-1])
            },
            |t| plain_rms_norm(t[0].clone().reshape([rows, width]), t[1].clone()).reshape([-1]),
        );
    }
    check_differences(&[12, 4], |t| {
        kernels::rms_norm(t[0].clone().reshape([3, 4]), t[1].clone(), 1e-6).reshape([-1])
    });
}

#[test]
fn rms_norm_takes_views_that_are_not_contiguous() {
    let view = |t: &[Tensor<1>]| t[0].clone().reshape([7, 40]).transpose();
    check_both(
        &[280, 7],
        |t| kernels::rms_norm(view(t), t[1].clone(), 1e-6).reshape([-1]),
        |t| plain_rms_norm(view(t), t[1].clone()).reshape([-1]),
    );
}

#[test]
fn add_dropped_adds_what_dropout_leaves() {
    let key = DropoutKey::new(3, 4).site(5);
    for length in [1, 7, 40_003] {
        for dropout in [None, Some((0.3, key))] {
            check_both(
                &[length, length],
                |t| kernels::add_dropped(t[0].clone(), t[1].clone(), dropout),
                |t| match dropout {
                    None => t[0].clone() + t[1].clone(),
                    Some((p, key)) => t[0].clone() + kernels::dropout(t[1].clone(), p, key),
                },
            );
        }
    }
}

#[test]
fn gates_are_relu_and_gated_gelu_with_dropout() {
    let key = DropoutKey::new(3, 4).site(6);
    for gate in [Gate::Relu, Gate::GatedGelu] {
        for (rows, columns) in [(1, 2), (5, 6), (67, 34)] {
            for dropout in [None, Some((0.25, key))] {
                // Four times as wide as the numbers, to reach the flat parts.
                let x = |t: &[Tensor<1>]| (t[0].clone() * 4.0).reshape([rows, columns]);
                check_both(
                    &[rows * columns],
                    |t| kernels::gate(x(t), gate, dropout).reshape([-1]),
                    |t| match (plain_gate(x(t), gate), dropout) {
                        (y, None) => y.reshape([-1]),
                        (y, Some((p, key))) => kernels::dropout(y, p, key).reshape([-1]),
                    },
                );
            }
        }
    }
    check_differences(&[12], |t| {
        kernels::gate(t[0].clone().reshape([2, 6]), Gate::GatedGelu, None).reshape([-1])
    });
}

#[test]
fn linear_transposed_is_the_product_with_the_transpose() {
    for (rows, inputs, outputs) in [(1, 3, 1), (8, 48, 130), (13, 17, 700), (90, 65, 33)] {
        let parts = |t: &[Tensor<1>]| {
            let x = t[0].clone().reshape([1, rows, inputs]);
            (x, t[1].clone().reshape([outputs, inputs]))
        };
        check_both(
            &[rows * inputs, outputs * inputs],
            |t| {
                let (x, weight) = parts(t);
                kernels::linear_transposed(x, weight, Precision::F32).reshape([-1])
            },
            |t| {
                let (x, weight) = parts(t);
                x.matmul(weight.transpose().unsqueeze::<3>()).reshape([-1])
            },
        );
    }
}

fn labels(labels: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

#[test]
fn token_losses_are_cross_entropy_and_z_loss_where_there_is_a_label() {
    for (chosen, vocabulary) in
        [(vec![0, 2, -100, 1], 3), (vec![-100, -1], 5), (vec![130, 7, 0, -100, 64], 131)]
    {
        for z_loss in [0.0, 0.1] {
            let rows = chosen.len();
            let logits = |t: &[Tensor<1>]| (t[0].clone() * 5.0).reshape([rows, vocabulary]);
            check_both(
                &[rows * vocabulary],
                |t| kernels::token_losses(logits(t), labels(&chosen, &t[0].device()), z_loss),
                |t| {
                    let logits = logits(t);
                    let log_z = logits.clone().exp().sum_dim(1).log();
                    let labels = labels(&chosen, &t[0].device()).reshape([rows, 1]);
                    let given = labels.clone().greater_equal_elem(0).float();
                    let of_label = logits.gather(1, labels.clamp_min(0));
                    let loss = log_z.clone() - of_label + log_z.clone() * log_z * z_loss;
                    (loss * given).reshape([-1])
                },
            );
        }
    }
    check_differences(&[12], |t| {
        let logits = t[0].clone().reshape([3, 4]);
        kernels::token_losses(logits, labels(&[1, -100, 3], &t[0].device()), 0.05)
    });
}

#[test]
fn token_losses_of_large_logits_are_finite() {
    for device in devices() {
        let logits = Tensor::<2>::from_data([[1.0e4f32, -1.0e4], [-3.0e4, -3.0e4]], &device);
        let losses = kernels::token_losses(logits, labels(&[1, 0], &device), 0.0);
        let losses = values(&losses);
        assert_eq!(losses[0], 2.0e4);
        assert!((losses[1] - 2f32.ln()).abs() < 2e-3, "{losses:?}");
    }
}
