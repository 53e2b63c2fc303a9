//! What must hold of the similarity indices for any representations, and where they have no value.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use taskgraft_algebra::similarity::{Error, Index, Layers, Representations};

/// Independent values, uniform in [-1, 1).
fn noise(rows: usize, features: usize, seed: u64) -> DMatrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, features, |_, _| random.random_range(-1.0..1.0))
}

fn of(matrix: &DMatrix<f64>) -> Representations {
    let row_major = matrix.transpose();
    Representations::new(matrix.nrows(), matrix.ncols(), row_major.as_slice()).unwrap()
}

/// Two representations that share some structure.
fn related(rows: usize, widths: (usize, usize), seed: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let first = noise(rows, widths.0, seed);
    let second = &first * noise(widths.0, widths.1, seed ^ 1) + noise(rows, widths.1, seed ^ 2);
    (first, second)
}

fn orthogonal(size: usize, seed: u64) -> DMatrix<f64> {
    noise(size, size, seed).qr().q()
}

fn symmetric() -> impl Iterator<Item = Index> {
    Index::ALL.into_iter().filter(|index| *index != Index::Pwcca)
}

fn centring() -> impl Iterator<Item = Index> {
    Index::ALL.into_iter().filter(|index| *index != Index::Cosine)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn every_index_stays_in_its_range(
        rows in 4_usize..40, first in 1_usize..12, second in 1_usize..12, seed: u64,
    ) {
        let (x, y) = related(rows, (first, second), seed);
        for index in Index::ALL {
            let low = match index {
                Index::UnbiasedLinearCka | Index::Cosine => -1.0,
                _ => 0.0,
            };
            match index.compute(&of(&x), &of(&y)) {
                Ok(value) => prop_assert!((low..=1.0).contains(&value), "{index} is {value}"),
                Err(error) => prop_assert!(index == Index::Cosine && first != second, "{error}"),
            }
        }
    }

    #[test]
    fn every_index_of_a_representation_with_itself_is_one(
        rows in 5_usize..40, features in 1_usize..12, seed: u64,
    ) {
        let x = of(&noise(rows, features, seed));
        for index in Index::ALL {
            let value = index.compute(&x, &x).unwrap();
            prop_assert!((value - 1.0).abs() < 1e-9, "{index} is {value}");
        }
    }

    #[test]
    fn all_but_pwcca_are_symmetric(
        rows in 5_usize..40, first in 1_usize..12, second in 1_usize..12, seed: u64,
    ) {
        let (x, y) = related(rows, (first, second), seed);
        for index in symmetric().filter(|index| *index != Index::Cosine || first == second) {
            let forth = index.compute(&of(&x), &of(&y)).unwrap();
            let back = index.compute(&of(&y), &of(&x)).unwrap();
            prop_assert!((forth - back).abs() < 1e-9, "{index}: {forth} and {back}");
        }
    }

    #[test]
    fn shifts_rotations_and_a_common_scale_of_features_change_nothing(
        rows in 20_usize..40, features in 1_usize..8, scale in 0.01_f64..100.0, seed: u64,
    ) {
        let (x, y) = related(rows, (features, 6), seed);
        let shift = noise(1, features, seed ^ 3);
        let moved = &x * orthogonal(features, seed ^ 4) * scale
            + DMatrix::from_element(rows, 1, 1.0) * shift;
        for index in centring() {
            // PWCCA weights by the features of its first side, which a rotation mixes.
            let (before, after) = if index == Index::Pwcca {
                (index.compute(&of(&y), &of(&x)), index.compute(&of(&y), &of(&moved)))
            } else {
                (index.compute(&of(&x), &of(&y)), index.compute(&of(&moved), &of(&y)))
            };
            let (before, after) = (before.unwrap(), after.unwrap());
            prop_assert!((before - after).abs() < 1e-8, "{index}: {before}, moved {after}");
        }
    }

    #[test]
    fn mean_cca_is_unchanged_by_invertible_linear_maps(
        rows in 20_usize..40, features in 1_usize..8, seed: u64, spread in 0.0_f64..4.0,
    ) {
        let (x, y) = related(rows, (features, 5), seed);
        let stretch = DMatrix::from_diagonal(&nalgebra::DVector::from_fn(features, |i, _| {
            10_f64.powf(spread * i as f64 / features as f64)
        }));
        let map = orthogonal(features, seed ^ 5) * stretch * orthogonal(features, seed ^ 6);
        let before = Index::MeanCca.compute(&of(&x), &of(&y)).unwrap();
        let after = Index::MeanCca.compute(&of(&(x * map)), &of(&y)).unwrap();
        prop_assert!((before - after).abs() < 1e-8, "{before}, mapped {after}");
    }

    #[test]
    fn constant_and_repeated_features_are_no_obstacle(
        rows in 8_usize..40, features in 1_usize..6, seed: u64,
    ) {
        let (x, y) = related(rows, (features, 4), seed);
        let mut padded = x.clone().resize_horizontally(features + 2, 0.25);
        padded.set_column(features, &x.column(0));
        for index in [Index::MeanCca, Index::Svcca { variance: 1.0 }] {
            let plain = index.compute(&of(&x), &of(&y)).unwrap();
            let got = index.compute(&of(&padded), &of(&y)).unwrap();
            prop_assert!((plain - got).abs() < 1e-8, "{index}: {plain}, padded {got}");
        }
        for index in centring() {
            prop_assert!(index.compute(&of(&padded), &of(&y)).unwrap().is_finite());
        }
    }
}

#[test]
fn unbiased_cka_of_unrelated_rows_is_zero_on_average_where_plain_cka_is_high() {
    let draws = 200;
    let mean = |index: Index| {
        let total: f64 = (0..draws)
            .map(|draw| {
                let (x, y) = (noise(12, 30, 2 * draw), noise(12, 30, 2 * draw + 1));
                index.compute(&of(&x), &of(&y)).unwrap()
            })
            .sum();
        total / draws as f64
    };
    let (unbiased, biased) = (mean(Index::UnbiasedLinearCka), mean(Index::LinearCka));
    assert!(unbiased.abs() < 0.02, "{unbiased}");
    assert!(biased > 0.6, "{biased}");
}

#[test]
fn a_side_without_structure_is_an_error_that_names_the_side() {
    let varying = of(&noise(6, 3, 1));
    let constant = of(&DMatrix::from_element(6, 3, 0.1));
    for index in centring() {
        let first = index.compute(&constant, &varying).unwrap_err().to_string();
        assert!(first.contains("first representation") && first.contains("no feature"), "{first}");
        let second = index.compute(&varying, &constant).unwrap_err().to_string();
        assert!(second.contains("second representation"), "{second}");
    }
    let zeros = of(&DMatrix::from_fn(3, 2, |i, _| i as f64));
    let error = Index::Cosine.compute(&of(&noise(3, 2, 1)), &zeros).unwrap_err().to_string();
    assert!(error.contains("row 0 is all zeros"), "{error}");
}

#[test]
fn sides_that_cannot_be_compared_are_typed_errors() {
    let (x, y) = (of(&noise(6, 3, 1)), of(&noise(7, 3, 2)));
    for index in Index::ALL {
        let rows = Err(Error::RowCounts { index: index.name(), first: 6, second: 7 });
        assert_eq!(index.compute(&x, &y), rows);
    }
    let wider = of(&noise(6, 4, 3));
    let widths = Err(Error::Widths { index: "cosine", first: 3, second: 4 });
    assert_eq!(Index::Cosine.compute(&x, &wider), widths);
    let three = of(&noise(3, 2, 1));
    let few = Index::UnbiasedLinearCka.compute(&three, &three).unwrap_err().to_string();
    assert!(few.contains("needs at least 4 rows"), "{few}");
    for index in [Index::Svcca { variance: 0.0 }, Index::RbfCka { bandwidth: f64::NAN }] {
        let setting = index.compute(&x, &x).unwrap_err().to_string();
        assert!(setting.contains(index.name()) && setting.contains("expected"), "{setting}");
    }
    let (linear, cosine) = (Index::LinearCka.prepare(&x), Index::Cosine.prepare(&x));
    assert!(matches!(linear.unwrap().compare(&cosine.unwrap()), Err(Error::Mixed { .. })));
}

#[test]
fn values_at_the_ends_of_the_range_of_floats_give_no_nan() {
    let x = noise(16, 4, 9);
    for index in Index::ALL {
        for scale in [1e-300, 1e300] {
            let value = index.compute(&of(&(&x * scale)), &of(&x)).unwrap();
            assert!((value - 1.0).abs() < 1e-9, "{index} at {scale:e} is {value}");
        }
    }
}

#[test]
fn shuffled_rows_take_the_index_to_its_floor() {
    let (x, y) = related(200, (6, 6), 4);
    let (x, y) = (of(&x), of(&y));
    for index in [Index::LinearCka, Index::UnbiasedLinearCka, Index::RbfCka { bandwidth: 0.5 }] {
        let (aligned, null) = (index.compute(&x, &y), index.compute(&x, &y.shuffled(1)));
        let (aligned, null) = (aligned.unwrap(), null.unwrap());
        assert!(aligned > 0.5 && null < 0.35, "{index}: {aligned}, shuffled {null}");
    }
}

#[test]
fn curves_and_matrices_hold_the_index_of_each_pair_of_layers() {
    let layers = |seed: u64, widths: [usize; 3]| -> Vec<Representations> {
        let base = noise(20, 5, 7);
        let layer = |(i, width): (usize, usize)| {
            of(&(&base * noise(5, width, seed + i as u64) + noise(20, width, 50 + seed + i as u64)))
        };
        widths.into_iter().enumerate().map(layer).collect()
    };
    // 30 features are more than rows: Gram and feature forms meet.
    let (first, second) = (layers(1, [5, 30, 8]), layers(20, [5, 30, 8]));
    for index in Index::ALL {
        let (a, b) = (Layers::prepare(index, &first).unwrap(), Layers::prepare(index, &second));
        let b = b.unwrap();
        let curve = a.curve(&b).unwrap();
        for (at, value) in curve.iter().enumerate() {
            assert_eq!(*value, index.compute(&first[at], &second[at]).unwrap(), "{index}");
        }
        if index == Index::Cosine {
            let error = a.matrix(&b).unwrap_err().to_string();
            assert!(error.contains("layers 0 and 1"), "{error}");
            continue;
        }
        let matrix = a.matrix(&b).unwrap();
        for (i, row) in matrix.values.iter().enumerate() {
            assert_eq!(row[i], curve[i], "{index}");
            assert_eq!(row[2], index.compute(&first[i], &second[2]).unwrap(), "{index}");
        }
    }
    let short = Layers::prepare(Index::LinearCka, &first[..2]).unwrap();
    let long = Layers::prepare(Index::LinearCka, &second).unwrap();
    assert_eq!(short.curve(&long), Err(Error::Depths { first: 2, second: 3 }));
    assert_eq!(short.matrix(&long).unwrap().values.len(), 2);
}
