//! Losses: cross-entropy of tokens with and without z-loss, where some rows have no label, and that of class heads.

use burn::tensor::{Int, Tensor, TensorData, activation::log_softmax};
use taskgraft::models::kernels;

use super::super::tape::{Number, sum};
use super::operation::{Operation, scaled};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        token_losses(vec![0, 2, -100, 1], 3, 0.0),
        token_losses(vec![130, 7, 0, -100, 64], 131, 1e-4),
        token_losses(vec![130, 7, 0, -100, 64], 131, 0.1),
        class_losses(),
    ]
}

/// `log Σ exp` of a row.
fn log_partition<'t>(row: &[Number<'t>]) -> Number<'t> {
    let largest = row.iter().map(|x| x.value).fold(f64::NEG_INFINITY, f64::max);
    sum(row.iter().map(|&x| (x - largest).exp())).ln() + largest
}

fn token_loss<'t>(logits: &[Number<'t>], label: i32, z_loss: f64) -> Number<'t> {
    let Ok(label) = usize::try_from(label) else { return logits[0] * 0.0 };
    let log_z = log_partition(logits);
    log_z - logits[label] + log_z * log_z * z_loss
}

fn token_losses(labels: Vec<i32>, vocabulary: usize, z_loss: f64) -> Operation {
    let rows = labels.len();
    let defined = labels.clone();
    Operation::new(
        "token cross-entropy",
        format!("{rows}×{vocabulary}, a row without label, z-loss {z_loss}"),
        vec![scaled("logits", rows * vocabulary, 5.0)],
        move |t| {
            let labels = TensorData::new(labels.clone(), [rows]);
            let labels = Tensor::<1, Int>::from_data(labels, &t[0].device().inner());
            kernels::token_losses(t[0].clone().reshape([rows, vocabulary]), labels, z_loss)
        },
        move |t| {
            let rows = t[0].chunks(vocabulary).zip(&defined);
            rows.map(|(row, &label)| token_loss(row, label, z_loss)).collect()
        },
    )
}

fn class_loss<'t>(logits: &[Number<'t>], targets: &[f64]) -> Number<'t> {
    let log_z = log_partition(logits);
    sum(logits.iter().zip(targets).map(|(&x, &target)| (log_z - x) * target))
}

/// Of soft targets, made of plain tensor operations as learners make it.
fn class_losses() -> Operation {
    let (rows, classes) = (9, 5);
    let target = move |row: usize, class: usize| if row % classes == class { 0.6 } else { 0.1 };
    Operation::new(
        "class cross-entropy",
        format!("{rows}×{classes}, soft targets"),
        vec![scaled("logits", rows * classes, 5.0)],
        move |t| {
            let targets = (0..rows * classes).map(|i| target(i / classes, i % classes) as f32);
            let targets = TensorData::new(targets.collect::<Vec<f32>>(), [rows, classes]);
            let targets = Tensor::<2>::from_data(targets, &t[0].device());
            let logits = t[0].clone().reshape([rows, classes]);
            (log_softmax(logits, 1) * targets).sum_dim(1).neg().reshape([-1])
        },
        move |t| {
            // The targets as the device is given them.
            let weight = |row: usize, class: usize| f64::from(target(row, class) as f32);
            let of_row = |row: usize| -> Vec<_> { (0..classes).map(|c| weight(row, c)).collect() };
            let rows = t[0].chunks(classes).enumerate();
            rows.map(|(row, logits)| class_loss(logits, &of_row(row))).collect()
        },
    )
}
