//! Why two representations could not be compared.

/// An error in representations, or an index that has no value for them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The values do not fill the matrix.
    #[error(
        "representations: {rows} rows of {features} features need {} values, got {values}",
        rows * features
    )]
    Size { rows: usize, features: usize, values: usize },
    /// A row is longer or shorter than the first.
    #[error(
        "representations: row {row} has {found} features, but row 0 has {expected}; give each row as many"
    )]
    Ragged { row: usize, expected: usize, found: usize },
    /// Nothing to compare.
    #[error("representations: rows have no features; give at least one")]
    NoFeatures,
    /// A NaN or an infinity.
    #[error(
        "representations: the value at row {row}, feature {feature} is {value}; look for the step or \
         layer that first left the finite numbers"
    )]
    NotFinite { row: usize, feature: usize, value: f64 },
    /// Fewer rows than the computation is defined for.
    #[error("{what}: needs at least {needed} rows (probe inputs), got {rows}")]
    TooFewRows { what: &'static str, needed: usize, rows: usize },
    /// The two sides do not describe the same inputs.
    #[error(
        "{index}: the first side has {first} rows, the second {second}; give both the same inputs in \
         the same order"
    )]
    RowCounts { index: &'static str, first: usize, second: usize },
    /// The cosine of rows compares feature by feature.
    #[error(
        "{index}: the first side has {first} features, the second {second}; it only compares networks \
         of one width, CKA and CCA compare any"
    )]
    Widths { index: &'static str, first: usize, second: usize },
    /// All rows are equal: there is no structure to compare.
    #[error("{index}: no feature varies over the {rows} rows; there is nothing to compare")]
    Unvarying { index: &'static str, rows: usize },
    /// The estimator's own norm vanishes although features vary.
    #[error("{index}: undefined, {reason}")]
    Undefined { index: &'static str, reason: &'static str },
    /// A row of zeros has no direction.
    #[error("{index}: row {row} is all zeros and has no direction; leave it out on both sides")]
    ZeroRow { index: &'static str, row: usize },
    /// An option of an index is outside its range.
    #[error("{index}: {option} is {value}, expected {expected}")]
    Setting { index: &'static str, option: &'static str, value: f64, expected: &'static str },
    /// Two sides were prepared for different indices.
    #[error(
        "one side was prepared for {first}, the other for {second}; prepare both for one index"
    )]
    Mixed { first: String, second: String },
    /// A curve needs the same depth on both sides.
    #[error(
        "a curve compares layer by layer: the first network has {first} layers, the second {second}; \
         use the matrix of all pairs"
    )]
    Depths { first: usize, second: usize },
    /// No index of this name.
    #[error("unknown similarity index `{name}`{hint}; known: {known}")]
    UnknownIndex { name: String, hint: String, known: String },
    /// One of the above, and where.
    #[error("{place}: {source}")]
    At { place: String, source: Box<Error> },
}

impl Error {
    /// The error with the place it arose in.
    pub(super) fn at(self, place: impl Into<String>) -> Self {
        Error::At { place: place.into(), source: Box::new(self) }
    }
}
