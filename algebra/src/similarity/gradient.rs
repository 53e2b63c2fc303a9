//! The gradient cosine of two tasks, corrected for the noise of mini-batches.
//!
//! In high dimension two batches give nearly orthogonal gradients even for one task. The cosine of a
//! task's gradients on two of its own batches is therefore the ceiling against which a cosine between
//! tasks is read, as a correlation is corrected for attenuation: c / √(c₁ c₂).

/// The cosine between two tasks' gradients divided by the geometric mean of their ceilings, each the
/// cosine of one task's gradients on two disjoint batches of the same size.
///
/// `None` if a ceiling is not positive, since then the batches carry no direction that could be
/// compared, or if a value is not finite. Ceilings are estimates, so the result may leave [-1, 1]; it
/// is not clamped, because that would hide how noisy it is.
pub fn corrected_cosine(cosine: f64, first_ceiling: f64, second_ceiling: f64) -> Option<f64> {
    if !(first_ceiling > 0.0 && second_ceiling > 0.0) {
        return None;
    }
    let corrected = cosine / (first_ceiling.sqrt() * second_ceiling.sqrt());
    corrected.is_finite().then_some(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_divided_out_and_a_ceiling_that_is_not_positive_gives_nothing() {
        // Equal tasks seen through batches of which a tenth of the squared norm is signal.
        assert!((corrected_cosine(0.1, 0.1, 0.1).unwrap() - 1.0).abs() < 1e-15);
        assert!((corrected_cosine(-0.1, 0.4, 0.1).unwrap() + 0.5).abs() < 1e-15);
        assert_eq!(corrected_cosine(0.3, 0.1, 0.1).map(|c| c > 1.0), Some(true));
        for ceiling in [0.0, -0.2, f64::NAN] {
            assert_eq!(corrected_cosine(0.5, ceiling, 0.5), None);
            assert_eq!(corrected_cosine(0.5, 0.5, ceiling), None);
        }
        assert_eq!(corrected_cosine(f64::NAN, 0.5, 0.5), None);
    }
}
