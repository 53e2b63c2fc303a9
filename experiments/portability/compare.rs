//! How two trainings part: the same network from the same values on the same batches, on other arithmetic.

/// Where the losses of a training leave those of a reference, and how far they end from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parting {
    /// The first step, counted from 1, whose loss is not the same number.
    pub first_other: Option<usize>,
    /// The first step, counted from 1, whose relative difference is beyond the tolerance.
    pub first_beyond: Option<usize>,
    /// The last loss less the reference's.
    pub last: f64,
    /// Of the mean over the last quarter, less the reference's: single losses are those of single batches.
    pub last_quarter: f64,
}

/// The difference of a loss from the reference's, over the latter.
pub fn relative(loss: f64, reference: f64) -> f64 {
    (loss - reference).abs() / reference.abs().max(f64::MIN_POSITIVE)
}

/// Compares losses by step with a reference's; beyond the shorter nothing is compared.
pub fn parting(losses: &[f64], reference: &[f64], tolerance: f64) -> Parting {
    let pairs = || losses.iter().copied().zip(reference.iter().copied());
    let first = |differs: &dyn Fn(f64, f64) -> bool| {
        pairs().position(|(loss, reference)| differs(loss, reference)).map(|step| step + 1)
    };
    let count = pairs().count();
    let difference = |of: usize| {
        let sum: f64 = pairs().skip(count - of).map(|(a, b)| a - b).sum();
        sum / of.max(1) as f64
    };
    Parting {
        first_other: first(&|loss, reference| loss != reference),
        first_beyond: first(&|loss, reference| {
            let difference = relative(loss, reference);
            difference > tolerance || difference.is_nan()
        }),
        last: difference(count.min(1)),
        last_quarter: difference(count.div_ceil(4)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_part_where_they_first_differ_by_more_than_the_tolerance() {
        let reference = [2.0, 1.0, 0.5, 0.25];
        let same = parting(&reference, &reference, 1e-6);
        let nowhere =
            Parting { first_other: None, first_beyond: None, last: 0.0, last_quarter: 0.0 };
        assert_eq!(same, nowhere);
        let parted = parting(&[2.0, 1.0001, 0.51, 0.125], &reference, 1e-3);
        assert_eq!((parted.first_other, parted.first_beyond), (Some(2), Some(3)));
        assert_eq!((parted.last, parted.last_quarter), (-0.125, -0.125));
        assert_eq!(parting(&[f64::NAN], &reference, 1e-3).first_beyond, Some(1));
        assert_eq!(parting(&[], &reference, 1e-3), nowhere);
    }
}
