//! Significance tests of a comparison: every method against every baseline, column by column.
//!
//! Two kinds, for two questions: Welch's t over seeds (would other seeds turn it?) and the paired
//! bootstrap over examples (would another dev set?). Marks in tables use the raw p-values of Welch's
//! test, or the bootstrap's where there are too few seeds; the p-value tables add Holm's correction
//! over all methods and columns of one baseline and one kind of test.

use super::comparison::{Comparison, MethodRow};
use super::p_value::{Column, PValue, SignificanceTest};
use crate::stats::{BootstrapResult, Summary, holm, welch_interval95, welch_t};

/// Marks of the first and second baseline.
const MARKS: [&str; 2] = ["*", "†"];

impl Comparison {
    /// Tests every method against every baseline by Welch's t over seeds, replacing earlier tests
    /// of that kind.
    pub fn test_over_seeds(&mut self) {
        let test = SignificanceTest::WelchOverSeeds;
        self.p_values.retain(|p| p.test != test);
        let mut found = Vec::new();
        for baseline in self.baselines.iter().filter_map(|name| self.method(name)) {
            let others = self.methods.iter().filter(|m| m.name != baseline.name);
            for method in others {
                let columns = self.columns();
                found.extend(columns.into_iter().filter_map(|c| welch(method, baseline, c)));
            }
        }
        self.p_values.extend(found);
        self.correct(test);
    }

    /// Adds the result of a paired bootstrap over the examples of one column's task.
    pub fn add_bootstrap(
        &mut self,
        method: &str,
        baseline: &str,
        column: Column,
        result: &BootstrapResult,
    ) {
        let test = SignificanceTest::BootstrapOverExamples;
        self.p_values.push(PValue {
            method: method.to_owned(),
            baseline: baseline.to_owned(),
            column,
            test,
            difference: result.difference,
            interval95: Some(result.interval95),
            p: Some(result.p),
            holm: None,
        });
        self.correct(test);
    }

    /// The test of a method against a baseline in a column.
    pub fn p_value(
        &self,
        method: &str,
        baseline: &str,
        column: Column,
        test: SignificanceTest,
    ) -> Option<&PValue> {
        self.p_values.iter().find(|p| {
            p.test == test && p.column == column && p.method == method && p.baseline == baseline
        })
    }

    /// The kinds of test that gave at least one p-value.
    pub(super) fn answered_tests(&self) -> Vec<SignificanceTest> {
        let kinds = [SignificanceTest::WelchOverSeeds, SignificanceTest::BootstrapOverExamples];
        let answered = |test: &SignificanceTest| {
            let mut of_kind = self.p_values.iter().filter(|p| p.test == *test);
            of_kind.any(|p| p.p.is_some())
        };
        kinds.into_iter().filter(answered).collect()
    }

    /// The marks behind a method's score, one run of symbols per marked baseline.
    pub(super) fn marks(&self, method: &str, column: Column) -> String {
        let Some(test) = self.answered_tests().first().copied() else {
            return String::new();
        };
        let marked = self.baselines.iter().zip(MARKS);
        marked
            .filter_map(|(baseline, mark)| {
                let p = self.p_value(method, baseline, column, test)?.p?;
                let strength = [0.05, 0.01, 0.001].iter().filter(|l| p < **l).count();
                Some(mark.repeat(strength))
            })
            .collect()
    }

    /// What the marks mean; `None` if nothing was tested.
    pub(super) fn marks_legend(&self) -> Option<String> {
        let test = self.answered_tests().first().copied()?;
        let meanings: Vec<String> = self
            .baselines
            .iter()
            .zip(MARKS)
            .map(|(baseline, m)| {
                format!("{m} p < 0.05, {m}{m} p < 0.01, {m}{m}{m} p < 0.001 against {baseline}")
            })
            .collect();
        Some(format!(
            "{} ({}, two-sided, not corrected for the number of comparisons).",
            meanings.join("; "),
            test.name()
        ))
    }

    fn correct(&mut self, test: SignificanceTest) {
        for baseline in &self.baselines {
            let of_family = |p: &&mut PValue| p.test == test && p.baseline == *baseline;
            let (mut family, raw): (Vec<&mut PValue>, Vec<f64>) = self
                .p_values
                .iter_mut()
                .filter(of_family)
                .filter_map(|entry| entry.p.map(|p| (entry, p)))
                .unzip();
            for (entry, corrected) in family.iter_mut().zip(holm(&raw)) {
                entry.holm = Some(corrected);
            }
        }
    }
}

fn welch(method: &MethodRow, baseline: &MethodRow, column: Column) -> Option<PValue> {
    let (scores, reference) = (method.scores(column), baseline.scores(column));
    Some(PValue {
        method: method.name.clone(),
        baseline: baseline.name.clone(),
        column,
        test: SignificanceTest::WelchOverSeeds,
        difference: Summary::of(&scores)?.mean - Summary::of(&reference)?.mean,
        interval95: welch_interval95(&scores, &reference),
        p: welch_t(&scores, &reference).map(|t| t.p),
        holm: None,
    })
}
