//! The measures: logits and hidden states by their largest difference relative to the reference's
//! largest value (1e-4), losses absolutely (1e-5), gradients by the norm of their difference
//! relative to each tensor's norm (1e-3); generated texts must be equal.
//!
//! A gradient that is zero in exact arithmetic (that of a key's bias, as softmax ignores shifts)
//! has no norm to be relative to; norms below a thousandth of the whole gradient's count as that.

use burn::tensor::TensorData;

use super::case::Reference;
use super::report::{Row, Tolerance};
use crate::generation::Generated;
use crate::hugging_face::NamedTensor;

const VALUES: Tolerance = Tolerance::OfLargestValue(1e-4);
const LOSS: Tolerance = Tolerance::Absolute(1e-5);
const GRADIENTS: Tolerance = Tolerance::OfNorm(1e-3);
const TEXTS: Tolerance = Tolerance::Rows(0.0);
const SMALLEST_NORM: f64 = 1e-3;

pub(super) fn values(quantity: &str, ours: TensorData, reference: &Reference) -> Row {
    let shape = ours.shape().to_vec();
    // A column of scores is a vector here.
    let same = shape == reference.shape || [&shape[..], &[1]].concat() == reference.shape;
    match floats(ours) {
        Some(ours) if same => {
            let differences = ours.iter().zip(&reference.values).map(|(a, b)| (a - b).abs());
            let difference = largest(differences);
            let scale = largest(reference.values.iter().map(|v| v.abs()));
            let relative = difference / scale.max(f64::MIN_POSITIVE);
            Row::new(quantity, relative, VALUES)
        }
        _ => Row::differs(quantity, VALUES, shapes(&shape, &reference.shape)),
    }
}

pub(super) fn loss(ours: TensorData, reference: &Reference) -> Row {
    match (floats(ours).as_deref(), &reference.values[..]) {
        (Some([ours]), [reference]) => {
            let difference = (ours - reference).abs() / reference.abs().max(1.0);
            Row::new("loss", difference, LOSS)
        }
        _ => Row::differs("loss", LOSS, "not a single number"),
    }
}

/// Compares generated texts row by row: the reference has a start token, the text, and padding of
/// any kind behind its end.
pub(super) fn texts(quantity: &str, ours: &[Generated], reference: &[Vec<i64>], end: i64) -> Row {
    let text = |row: &Vec<i64>| -> Vec<i64> {
        let row = row.iter().skip(1).copied();
        row.take_while(|token| *token != end).collect()
    };
    let same = |(ours, reference): (&Generated, &Vec<i64>)| {
        let text = text(reference);
        let ended = text.len() + 1 < reference.len();
        ours.ended == ended && ours.tokens.iter().map(|token| *token as i64).eq(text)
    };
    if ours.len() != reference.len() {
        return Row::differs(quantity, TEXTS, shapes(&[ours.len()], &[reference.len()]));
    }
    let differing = ours.iter().zip(reference).filter(|pair| !same(*pair)).count();
    Row::new(quantity, differing as f64, TEXTS)
}

/// Compares gradients by name. A parameter without a gradient here has a gradient of zero; one
/// without a reference fails.
pub(super) fn gradients(ours: &[NamedTensor], references: &[(String, Reference)]) -> Vec<Row> {
    let squares = references.iter().flat_map(|(_, r)| &r.values).map(|v| v * v);
    let smallest = SMALLEST_NORM * squares.sum::<f64>().sqrt();
    let mut rows: Vec<Row> = references
        .iter()
        .map(|(name, reference)| {
            let ours = ours.iter().find(|tensor| tensor.name == *name);
            gradient(format!("grad.{name}"), ours, reference, smallest)
        })
        .collect();
    if references.is_empty() {
        return rows;
    }
    for tensor in ours {
        let known = references.iter().any(|(name, _)| *name == tensor.name);
        if !known && tensor.values.iter().any(|v| *v != 0.0) {
            let quantity = format!("grad.{}", tensor.name);
            rows.push(Row::differs(quantity, GRADIENTS, "no reference for it"));
        }
    }
    rows
}

fn gradient(
    quantity: String,
    ours: Option<&NamedTensor>,
    reference: &Reference,
    smallest: f64,
) -> Row {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let own = norm(&mut reference.values.iter().copied());
    let scale = own.max(smallest).max(f64::MIN_POSITIVE);
    let Some(ours) = ours else {
        let mut row = Row::new(quantity, own / scale, GRADIENTS);
        row.note = Some("no gradient here".into());
        return row;
    };
    if ours.shape != reference.shape {
        return Row::differs(quantity, GRADIENTS, shapes(&ours.shape, &reference.shape));
    }
    let pairs = ours.values.iter().zip(&reference.values);
    let difference = norm(&mut pairs.map(|(a, b)| f64::from(*a) - b));
    Row::new(quantity, difference / scale, GRADIENTS)
}

fn floats(data: TensorData) -> Option<Vec<f64>> {
    data.convert::<f64>().try_into_vec::<f64>().ok()
}

/// The largest of the values, or not a number where one of them is not.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(
        0.0,
        |largest, value| {
            if value.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(value) }
        },
    )
}

fn shapes(ours: &[usize], reference: &[usize]) -> String {
    format!("shape {ours:?}, reference {reference:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::Verdict;

    fn reference(values: &[f64]) -> Reference {
        Reference { shape: vec![values.len()], values: values.to_vec() }
    }

    #[test]
    fn a_value_that_is_not_a_number_or_of_another_shape_differs() {
        let nan = TensorData::from([1.0f32, f32::NAN]);
        let row = values("logits", nan, &reference(&[1.0, 2.0]));
        assert_eq!(row.verdict, Verdict::Differs);
        let short = TensorData::from([1.0f32]);
        let row = values("logits", short, &reference(&[1.0, 2.0]));
        assert_eq!(row.verdict, Verdict::Differs);
    }

    #[test]
    fn a_gradient_that_only_one_side_has_differs_unless_it_is_zero() {
        let tensor = |name: &str, value: f32| NamedTensor {
            name: name.into(),
            shape: vec![1],
            values: vec![value],
        };
        let references = [("a".into(), reference(&[1.0])), ("b".into(), reference(&[0.0]))];
        let verdicts = |ours: &[NamedTensor]| -> Vec<Verdict> {
            let rows = gradients(ours, &references);
            rows.into_iter().map(|row| row.verdict).collect()
        };
        use Verdict::{Agrees, Differs};
        assert_eq!(verdicts(&[tensor("a", 1.0)]), [Agrees, Agrees]);
        assert_eq!(verdicts(&[tensor("b", 0.0)]), [Differs, Agrees]);
        let more = [tensor("a", 1.0), tensor("c", 0.1)];
        assert_eq!(verdicts(&more), [Agrees, Agrees, Differs]);
    }
}
