//! The similarity indices by name, and what each prepares of one side.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    Error, Representations,
    cca::Span,
    centre::centred,
    cosine::{mean_cosine, unit_rows},
    linear::Linear,
    rbf::Rbf,
};

/// A similarity index of two representations of the same inputs.
///
/// All but the cosine are unchanged by shifts, rotations and a common scale of either side's features
/// (PWCCA: no rotations of the first). Mean CCA is unchanged by every invertible linear map of either
/// side, PWCCA by those of the second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Index {
    /// Linear CKA, in [0, 1]. Biased upwards where rows are not many more than features.
    LinearCka,
    /// Linear CKA of unbiased HSIC, in [-1, 1]: about 0 for unrelated rows. At least four rows.
    UnbiasedLinearCka,
    /// CKA of a radial basis function kernel, in [0, 1].
    RbfCka {
        /// The kernel's σ as a multiple of the median distance between rows.
        bandwidth: f64,
    },
    /// Mean canonical correlation, in [0, 1].
    MeanCca,
    /// Mean canonical correlation of the principal directions, in [0, 1].
    Svcca {
        /// Share of each side's variance that the kept directions hold, in (0, 1].
        variance: f64,
    },
    /// Canonical correlations weighted by what they carry of the first side, in [0, 1]; not symmetric.
    Pwcca,
    /// Mean cosine of corresponding rows, in [-1, 1]; for networks that started from equal weights.
    Cosine,
}

impl Index {
    /// Every index, with its usual options.
    pub const ALL: [Index; 7] = [
        Index::LinearCka,
        Index::UnbiasedLinearCka,
        Index::RbfCka { bandwidth: 0.5 },
        Index::MeanCca,
        Index::Svcca { variance: 0.99 },
        Index::Pwcca,
        Index::Cosine,
    ];

    /// The name in commands and reports, such as `linear_cka`.
    pub fn name(self) -> &'static str {
        match self {
            Index::LinearCka => "linear_cka",
            Index::UnbiasedLinearCka => "unbiased_linear_cka",
            Index::RbfCka { .. } => "rbf_cka",
            Index::MeanCca => "mean_cca",
            Index::Svcca { .. } => "svcca",
            Index::Pwcca => "pwcca",
            Index::Cosine => "cosine",
        }
    }

    /// The index of two representations of the same inputs, in the same order.
    ///
    /// # Shapes
    /// `[rows, features]` each; features may differ, except for the cosine.
    ///
    /// # Errors
    /// Different numbers of rows, too few of them, an option out of range, or a side for which the index
    /// has no value: no feature varies, or (cosine) a row is all zeros.
    pub fn compute(self, first: &Representations, second: &Representations) -> Result<f64, Error> {
        // Before the work, not after it.
        self.check_rows(first.rows(), second.rows())?;
        let prepared = self.prepare(first).map_err(|e| e.at("first representation"))?;
        let other = self.prepare(second).map_err(|e| e.at("second representation"))?;
        prepared.compare(&other)
    }

    /// What the index needs of one side, computed once for many comparisons.
    ///
    /// # Errors
    /// Too few rows, an option out of range, or representations for which the index has no value.
    pub fn prepare(self, side: &Representations) -> Result<Prepared, Error> {
        let features = || {
            let unvarying = Error::Unvarying { index: self.name(), rows: side.rows() };
            centred(side.matrix()).ok_or(unvarying)
        };
        let form = match self {
            Index::LinearCka => Form::Linear(Linear::of(features()?)),
            Index::UnbiasedLinearCka => {
                if side.rows() < 4 {
                    let (what, rows) = (self.name(), side.rows());
                    return Err(Error::TooFewRows { what, needed: 4, rows });
                }
                let linear = Linear::of(features()?);
                linear.unbiased_norm()?;
                Form::Linear(linear)
            }
            Index::RbfCka { bandwidth } => {
                let usable = bandwidth.is_finite() && bandwidth > 0.0;
                self.check(usable, "bandwidth", bandwidth, "a positive multiple of the median")?;
                Form::Rbf(Rbf::of(&features()?, bandwidth)?)
            }
            Index::MeanCca | Index::Pwcca => Form::Span(Span::of_all(features()?)),
            Index::Svcca { variance } => {
                let usable = variance > 0.0 && variance <= 1.0;
                self.check(usable, "variance", variance, "a share above 0 and at most 1")?;
                Form::Span(Span::of_variance(features()?, variance))
            }
            Index::Cosine => Form::Unit(unit_rows(side.matrix())?),
        };
        Ok(Prepared { index: self, rows: side.rows(), form })
    }

    fn check_rows(self, first: usize, second: usize) -> Result<(), Error> {
        let index = self.name();
        if first == second { Ok(()) } else { Err(Error::RowCounts { index, first, second }) }
    }

    fn check(
        self,
        usable: bool,
        option: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), Error> {
        let index = self.name();
        if usable { Ok(()) } else { Err(Error::Setting { index, option, value, expected }) }
    }
}

/// One side of a comparison, with all that does not depend on the other.
#[derive(Debug, Clone)]
pub struct Prepared {
    index: Index,
    rows: usize,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Linear(Linear),
    Rbf(Rbf),
    Span(Span),
    Unit(nalgebra::DMatrix<f64>),
}

impl Prepared {
    /// The index of this side (the first) and another.
    ///
    /// # Errors
    /// The sides were prepared for different indices, or have different numbers of rows or (cosine)
    /// features.
    pub fn compare(&self, other: &Self) -> Result<f64, Error> {
        if self.index != other.index {
            let (first, second) = (self.index.to_string(), other.index.to_string());
            return Err(Error::Mixed { first, second });
        }
        self.index.check_rows(self.rows, other.rows)?;
        match (&self.form, &other.form) {
            (Form::Linear(a), Form::Linear(b)) if self.index == Index::UnbiasedLinearCka => {
                a.unbiased_cka(b)
            }
            (Form::Linear(a), Form::Linear(b)) => Ok(a.cka(b)),
            (Form::Rbf(a), Form::Rbf(b)) => Ok(a.cka(b)),
            (Form::Span(a), Form::Span(b)) if self.index == Index::Pwcca => {
                Ok(a.weighted_correlation(b))
            }
            (Form::Span(a), Form::Span(b)) => Ok(a.mean_correlation(b)),
            (Form::Unit(a), Form::Unit(b)) => {
                let (index, first, second) = (self.index.name(), a.ncols(), b.ncols());
                if first != second {
                    return Err(Error::Widths { index, first, second });
                }
                Ok(mean_cosine(a, b))
            }
            _ => unreachable!("one index prepares one form"),
        }
    }
}

impl fmt::Display for Index {
    /// The name, and the option where it is not the usual one: `svcca:0.95`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Index::RbfCka { bandwidth: option } | Index::Svcca { variance: option }
                if !Index::ALL.contains(self) =>
            {
                f.pad(&format!("{}:{option}", self.name()))
            }
            _ => f.pad(self.name()),
        }
    }
}

impl FromStr for Index {
    type Err = Error;

    /// Reads what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, option) = match text.split_once(':') {
            Some((name, option)) => (name, Some(option)),
            None => (text, None),
        };
        let usual = Index::ALL.into_iter().find(|index| index.name() == name);
        let option = option.map(str::parse::<f64>).transpose();
        match (usual, option) {
            (Some(usual), Ok(None)) => Ok(usual),
            (Some(Index::RbfCka { .. }), Ok(Some(bandwidth))) => Ok(Index::RbfCka { bandwidth }),
            (Some(Index::Svcca { .. }), Ok(Some(variance))) => Ok(Index::Svcca { variance }),
            _ => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> Error {
    let near = Index::ALL
        .map(|index| (strsim::damerau_levenshtein(index.name(), text), index.name()))
        .into_iter()
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3);
    Error::UnknownIndex {
        name: text.into(),
        hint: near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default(),
        known: Index::ALL.map(|index| index.name()).join(", ")
            + " (`rbf_cka:BANDWIDTH` and `svcca:VARIANCE` take an option)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_options_are_read_back_as_written() {
        let others = [Index::Svcca { variance: 0.95 }, Index::RbfCka { bandwidth: 1.0 }];
        for index in Index::ALL.into_iter().chain(others) {
            assert_eq!(index.to_string().parse(), Ok(index));
        }
        assert_eq!(others[0].to_string(), "svcca:0.95");
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_known_one() {
        let error = "linear-cka".parse::<Index>().unwrap_err().to_string();
        assert!(error.contains("did you mean `linear_cka`?"), "{error}");
        for text in ["linear_cka:2", "svcca:much", "zebra", ""] {
            assert!(matches!(text.parse::<Index>(), Err(Error::UnknownIndex { .. })), "{text}");
        }
    }
}
