//! What a case's comparison came to.

use serde::Serialize;

/// How far off a quantity may be, and in which measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "measure", content = "limit", rename_all = "snake_case")]
pub enum Tolerance {
    /// The largest difference, over the reference's largest absolute value.
    OfLargestValue(f64),
    /// The difference itself, over the larger of 1 and the reference.
    Absolute(f64),
    /// The norm of the difference, over the reference's norm.
    OfNorm(f64),
    /// The number of rows that differ.
    Rows(f64),
}

impl Tolerance {
    pub fn limit(self) -> f64 {
        match self {
            Self::OfLargestValue(limit)
            | Self::Absolute(limit)
            | Self::OfNorm(limit)
            | Self::Rows(limit) => limit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Agrees,
    Differs,
}

/// One compared quantity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// `loss`, `logits`, `hidden.N`, `grad.<Hugging Face's name>`, or the name of a reference.
    pub quantity: String,
    /// In the tolerance's measure; infinite where shapes differ or a value is not a number.
    pub difference: f64,
    pub tolerance: Tolerance,
    pub verdict: Verdict,
    /// What else there is to say, such as differing shapes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Row {
    pub(super) fn new(quantity: impl Into<String>, difference: f64, tolerance: Tolerance) -> Self {
        // Not a number must fail, so the comparison is for agreement.
        let agrees = difference <= tolerance.limit();
        Self {
            quantity: quantity.into(),
            difference: if difference.is_nan() { f64::INFINITY } else { difference },
            tolerance,
            verdict: if agrees { Verdict::Agrees } else { Verdict::Differs },
            note: None,
        }
    }

    pub(super) fn differs(
        quantity: impl Into<String>,
        tolerance: Tolerance,
        note: impl Into<String>,
    ) -> Self {
        let mut row = Self::new(quantity, f64::INFINITY, tolerance);
        row.note = Some(note.into());
        row
    }

    /// The kind of quantity: `loss`, `logits`, `hidden` or `grad`.
    pub fn kind(&self) -> &str {
        self.quantity.split('.').next().unwrap_or(&self.quantity)
    }
}

/// A case with all its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    pub case: String,
    pub architecture: String,
    pub rows: Vec<Row>,
    /// References in the folder that this crate computes nothing for.
    pub not_compared: Vec<String>,
}

impl CaseReport {
    pub fn agrees(&self) -> bool {
        !self.rows.is_empty() && self.failures().next().is_none()
    }

    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.verdict == Verdict::Differs)
    }

    /// Of each kind, the row that is furthest off measured by its tolerance, and the number of
    /// rows; in order of first appearance.
    pub fn worst_by_kind(&self) -> Vec<(&Row, usize)> {
        let excess = |row: &Row| row.difference / row.tolerance.limit().max(f64::MIN_POSITIVE);
        let mut kinds: Vec<(&Row, usize)> = Vec::new();
        for row in &self.rows {
            match kinds.iter_mut().find(|(worst, _)| worst.kind() == row.kind()) {
                None => kinds.push((row, 1)),
                Some((worst, count)) => {
                    *count += 1;
                    if excess(row) > excess(worst) {
                        *worst = row;
                    }
                }
            }
        }
        kinds
    }
}
