//! Random choices as functions of (seed, purpose, step, index): no generator's past, so a resumed run draws alike.

use rand::{
    SeedableRng,
    distr::{Distribution, Uniform},
    seq::SliceRandom,
};
use rand_chacha::ChaCha8Rng;

/// A generator that is used up within one step.
fn generator(seed: u64, step: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// The tasks other than `task` in a random order.
pub(crate) fn others_in_random_order(
    seed: u64,
    step: u64,
    task: usize,
    tasks: usize,
) -> Vec<usize> {
    let mut others: Vec<usize> = (0..tasks).filter(|&other| other != task).collect();
    others.shuffle(&mut generator(seed, step, task as u64));
    others
}

/// `count` draws from the standard normal distribution (by Box and Muller).
pub(crate) fn normals(seed: u64, step: u64, count: usize) -> Vec<f64> {
    let mut generator = generator(seed, step, u64::MAX);
    // The bounds are constants, finite and in order.
    let unit = Uniform::new(f64::MIN_POSITIVE, 1.0).expect("0 < 1");
    (0..count)
        .map(|_| {
            let (radius, angle) = (unit.sample(&mut generator), unit.sample(&mut generator));
            (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_depend_on_seed_step_and_task_alone() {
        let draw = |seed, step, task| others_in_random_order(seed, step, task, 12);
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        assert_ne!(draw(1, 2, 3), draw(2, 2, 3));
        assert_ne!(draw(1, 2, 3), draw(1, 3, 3));
        let mut sorted = draw(1, 2, 3);
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let draws: Vec<f64> = (0..2000).flat_map(|step| normals(7, step, 5)).collect();
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        assert!(mean.abs() < 0.04 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");
    }
}
