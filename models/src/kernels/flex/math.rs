//! Vectorisable elementary functions and reductions.
//!
//! All are branch-free and inlined into the callers' loops, which the compiler then vectorises for
//! each instruction set. Sums use sixteen partial sums, so their order is the same on every
//! instruction set.

const LANES: usize = 16;

/// `exp(x)` with a relative error below 2e-7; x is clamped to [-87.3, 88]. Cody-Waite reduction and
/// the degree-6 polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.0);
    let rounder = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer
    let n = (x * std::f32::consts::LOG2_E + rounder) - rounder;
    let r = x - n * 0.693_359_4;
    let r = r + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    // SAFETY: n is an integer in [-126, 127] by the clamp, or NaN, for which any result will do.
    let exponent = unsafe { if n.is_nan() { 0 } else { n.to_int_unchecked::<i32>() } };
    y * f32::from_bits(((exponent + 127) << 23) as u32)
}

/// `erf(x)` with an absolute error below 5e-7: the odd rational approximation of XLA and Eigen, of
/// degree 13 over 10, with x clamped to [-4, 4] and the result to [-1, 1].
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut p = -2.726_142_3e-10;
    p = p * square + 2.770_681_4e-8;
    p = p * square - 2.101_024e-6;
    p = p * square - 5.692_506_4e-5;
    p = p * square - 7.349_906_3e-4;
    p = p * square - 2.954_6e-3;
    p = p * square - 1.609_603_3e-2;
    let mut q = -1.456_607_2e-5;
    q = q * square - 2.133_740_6e-4;
    q = q * square - 1.682_827e-3;
    q = q * square - 7.373_329e-3;
    q = q * square - 1.426_473_9e-2;
    (x * p / q).clamp(-1.0, 1.0)
}

/// `f(0) + .. + f(n - 1)`.
#[inline(always)]
pub(super) fn sum(n: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut partial = [0.0f32; LANES];
    let whole = n / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, partial) in partial.iter_mut().enumerate() {
            *partial += f(start + lane);
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            partial[lane] += partial[lane + width];
        }
        width /= 2;
    }
    (whole..n).fold(partial[0], |total, i| total + f(i))
}

/// The largest element; minus infinity of none.
#[inline(always)]
pub(super) fn max(row: &[f32]) -> f32 {
    let mut partial = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (partial, &value) in partial.iter_mut().zip(chunk) {
            *partial = if value > *partial { value } else { *partial };
        }
    }
    let larger = |a: f32, &b: &f32| if b > a { b } else { a };
    rest.iter().fold(partial.iter().fold(f32::NEG_INFINITY, larger), larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_in_ten_million() {
        for i in -870_000..880_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
        }
    }

    #[test]
    fn erf_is_within_five_in_ten_million_of_its_derivatives_integral() {
        // Trapezoids over the derivative 2/sqrt(pi) exp(-t²).
        let (step, mut integral) = (1e-4, 0.0f64);
        let density = |t: f64| std::f64::consts::FRAC_2_SQRT_PI * (-t * t).exp();
        for i in 0..50_000 {
            let x = f64::from(i) * step;
            let error = (f64::from(erf(x as f32)) - integral).abs();
            assert!(error < 5e-7, "erf({x}): error {error}");
            assert_eq!(erf(-x as f32), -erf(x as f32));
            integral += 0.5 * step * (density(x) + density(x + step));
        }
    }
}
