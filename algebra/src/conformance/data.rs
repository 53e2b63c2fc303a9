//! Gradients and losses that depend on a key alone, and what is computed of them: the material of the suite, open to
//! tests of one's own.

/// A gradient for each task.
pub type Rows = Vec<Vec<f64>>;

/// Numbers in [−1, 1] that depend on their key alone.
pub fn noise(key: u64, count: usize) -> Vec<f64> {
    let mut state = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..20).for_each(|_| _ = next());
    (0..count).map(|_| next()).collect()
}

/// Gradients of `tasks` tasks, of norms within a factor of about three.
pub fn gradients(key: u64, tasks: usize, dim: usize) -> Rows {
    (0..tasks)
        .map(|task| {
            let key = key * 1000 + task as u64;
            let size = 1.7_f64.powf(noise(key + 500, 1)[0]);
            noise(key, dim).into_iter().map(|x| x * size).collect()
        })
        .collect()
}

/// Losses between 0.2 and 2.2.
pub fn losses(key: u64, tasks: usize) -> Vec<f64> {
    noise(key + 77_777, tasks).into_iter().map(|x| 1.2 + x).collect()
}

/// Σ wᵢ gᵢ.
pub fn combine(rows: &Rows, weights: &[f64]) -> Vec<f64> {
    let dim = rows.first().map_or(0, Vec::len);
    (0..dim).map(|k| rows.iter().zip(weights).map(|(r, w)| r[k] * w).sum()).collect()
}

/// The inner product.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The Euclidean norm.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// A vector of the same direction and norm one.
pub fn unit(a: &[f64]) -> Vec<f64> {
    let norm = norm(a);
    a.iter().map(|x| x / norm).collect()
}

/// ‖a − b‖ relative to the longer of both.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    let between: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    let longest = norm(a).max(norm(b));
    if longest > 0.0 { norm(&between) / longest } else { 0.0 }
}

/// The least product of a direction with a gradient, relative to the sizes that rounding comes from.
pub fn least_product(rows: &Rows, weights: &[f64]) -> f64 {
    let direction = combine(rows, weights);
    let sizes: f64 = rows.iter().zip(weights).map(|(row, w)| norm(row) * w.abs()).sum();
    let relative = |row: &Vec<f64>| dot(row, &direction) / norm(row) / sizes;
    rows.iter().map(relative).fold(f64::INFINITY, f64::min)
}
