//! How far single-precision values are from exact ones, in units in the last place.
//!
//! One unit is the distance between neighbouring float32 numbers at the exact value. Near zero that distance shrinks
//! without end while the error of a sum does not, so values below a share of their tensor's largest are measured by the
//! unit there.

/// Values smaller than this share of the largest of their tensor are measured as if they had that size.
pub const NEAR_ZERO: f64 = 1.0 / 256.0;

/// Bits behind the point of a float32's mantissa.
const MANTISSA: i32 = 23;
/// The exponent of the smallest normal float32.
const LEAST_EXPONENT: i32 = -126;

/// The distance between neighbouring float32 numbers at `value`; that of the subnormal ones around zero.
pub fn unit(value: f64) -> f64 {
    let exponent = match value.abs() {
        0.0 => LEAST_EXPONENT,
        size => (size.log2().floor() as i32).max(LEAST_EXPONENT),
    };
    f64::from(exponent - MANTISSA).exp2()
}

/// Errors of the values of a tensor, or of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    /// In units in the last place, of each value; infinite where a value is not a number.
    pub units: Vec<f64>,
    /// The largest error over the exact value's size.
    pub relative: f64,
}

impl Errors {
    /// Of `found` against `exact`, which are as many.
    pub fn of(found: &[f32], exact: &[f64]) -> Self {
        let largest = exact.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let size = |exact: f64| exact.abs().max(largest * NEAR_ZERO);
        let error = |found: f32, exact: f64| match (f64::from(found) - exact).abs() {
            error if error.is_nan() => f64::INFINITY,
            error => error,
        };
        let pairs = || found.iter().zip(exact).map(|(&found, &exact)| (error(found, exact), exact));
        let relative = pairs().filter(|(error, _)| *error > 0.0);
        Self {
            units: pairs().map(|(error, exact)| error / unit(size(exact))).collect(),
            relative: relative.map(|(error, exact)| error / size(exact)).fold(0.0, f64::max),
        }
    }

    /// Both together.
    pub fn join(&mut self, other: &Self) {
        self.units.extend(&other.units);
        self.relative = self.relative.max(other.relative);
    }

    /// The largest, in units.
    pub fn largest(&self) -> f64 {
        self.units.iter().copied().fold(0.0, f64::max)
    }

    /// The median, in units; the greater of two middle ones.
    pub fn median(&self) -> f64 {
        let mut sorted = self.units.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_distance_to_the_next_number() {
        for value in [1.0f32, 1.5, 1.999, 2.0, 3.7e-5, 8.1e20, f32::MIN_POSITIVE] {
            let next = f32::from_bits(value.to_bits() + 1);
            assert_eq!(unit(value.into()), f64::from(next - value), "{value}");
            assert_eq!(unit((-value).into()), unit(value.into()));
        }
        assert_eq!(unit(0.0), f64::from(f32::from_bits(1)));
        assert_eq!(unit(1e-45), unit(0.0));
    }

    #[test]
    fn errors_count_the_numbers_between_found_and_exact() {
        let above = |value: f32, steps: u32| f32::from_bits(value.to_bits() + steps);
        let errors = Errors::of(&[above(1.0, 3), 1.5, above(1.25, 1)], &[1.0, 1.5, 1.25]);
        assert_eq!(errors.units, [3.0, 0.0, 1.0]);
        assert_eq!((errors.largest(), errors.median()), (3.0, 1.0));
        assert_eq!(errors.relative, 3.0 * f64::from(f32::EPSILON));
        // Half way between two numbers.
        let exact = 1.0 + f64::from(f32::EPSILON) / 2.0;
        assert_eq!(Errors::of(&[1.0], &[exact]).largest(), 0.5);
    }

    #[test]
    fn near_zero_the_unit_is_that_of_a_share_of_the_largest() {
        let errors = Errors::of(&[1.0, 2f32.powi(-31)], &[1.0, 0.0]);
        assert_eq!(errors.largest(), 1.0);
        assert_eq!(errors.relative, 2f64.powi(-23));
        // Where all is zero, any other value is far off.
        assert!(Errors::of(&[1e-30], &[0.0]).largest() > 1e6);
        assert_eq!(Errors::of(&[-0.0], &[0.0]), Errors { units: vec![0.0], relative: 0.0 });
    }

    #[test]
    fn what_is_not_a_number_is_infinitely_far_off() {
        for (found, exact) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (f32::NAN, 0.0)] {
            assert_eq!(Errors::of(&[found, 1.0], &[exact, 1.0]).largest(), f64::INFINITY);
        }
    }
}
