//! Gradients as vectors: what clipping by global norm and methods for several tasks need.

use taskgraft::models::kernels;

use super::super::tape::{Number, inner, sum};
use super::operation::{Input, Operation, input};

const LENGTH: usize = 4099;
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

pub(super) fn operations() -> Vec<Operation> {
    let several = |count: usize| -> Vec<Input> {
        NAMES[..count].iter().map(|name| input(name, LENGTH)).collect()
    };
    let weights = [0.5f32, -1.5, 2.25, 0.1, -0.3];
    let case = |count: usize| format!("{count} of {LENGTH}");
    let all = [
        Operation::new(
            "sum of squares",
            case(1),
            several(1),
            |t| kernels::sum_of_squares(t[0].clone()),
            |t| vec![inner(&t[0], &t[0])],
        ),
        Operation::new(
            "inner product",
            case(2),
            several(2),
            |t| kernels::dot(t[0].clone(), t[1].clone()),
            |t| vec![inner(&t[0], &t[1])],
        ),
        Operation::new(
            "Gramian",
            case(5),
            several(5),
            |t| kernels::gramian(t.to_vec()),
            |t| {
                let pairs = (0..t.len()).flat_map(|i| (i..t.len()).map(move |j| (i, j)));
                pairs.map(|(i, j)| inner(&t[i], &t[j])).collect()
            },
        ),
        Operation::new(
            "weighted sum",
            case(5),
            several(5),
            move |t| kernels::weighted_sum(t.to_vec(), weights.to_vec()),
            move |t| {
                let one = |i: usize| -> Number<'_> {
                    sum(t.iter().zip(weights).map(|(x, weight)| x[i] * f64::from(weight)))
                };
                (0..LENGTH).map(one).collect()
            },
        ),
        Operation::new(
            "scaling",
            case(1),
            vec![input("a", LENGTH), input("factor", 1)],
            |t| kernels::scale(t[0].clone(), t[1].clone()),
            |t| t[0].iter().map(|&x| x * t[1][0]).collect(),
        ),
    ];
    all.into_iter().map(Operation::without_gradients).collect()
}
