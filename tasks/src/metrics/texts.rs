//! Metrics that compare predicted texts with one or more references each.

use rayon::prelude::*;

use super::{
    Metric,
    bleu::{Tokenizer, bleu_of},
    chrf::{chrf, chrf_plus_plus},
    exact_match,
    rouge::Rouge,
    squad,
    token_f1::token_f1,
};
use crate::Result;

impl Metric {
    /// Whether the metric compares texts, so that it goes with [`Metric::compute_texts`].
    pub fn compares_texts(self) -> bool {
        matches!(
            self,
            Metric::ExactMatch
                | Metric::SquadEm
                | Metric::SquadF1
                | Metric::TokenF1
                | Metric::Rouge1
                | Metric::Rouge2
                | Metric::RougeL
                | Metric::RougeLsum
                | Metric::Bleu
                | Metric::BleuIntl
                | Metric::BleuZh
                | Metric::Chrf
                | Metric::ChrfPlusPlus
                | Metric::RecordF1
                | Metric::RecordEm
        )
    }

    /// Scores predicted texts, each against its references: the mean over the examples of the score with the best
    /// reference, or, for BLEU and chrF, the score of all examples together. In [0, 1].
    ///
    /// # Errors
    /// Different lengths, no examples, an example without references, or a metric that does not compare texts.
    pub fn compute_texts(self, predictions: &[String], references: &[Vec<String>]) -> Result<f64> {
        self.same_length(predictions.len(), references.len(), "lists of references")?;
        if let Some(at) = references.iter().position(Vec::is_empty) {
            return Err(
                self.invalid(format!("example {at} has no reference; it needs one or more"))
            );
        }
        let bleu = |tokenizer| Ok(bleu_of(tokenizer, predictions, references).score);
        // An example's own score; the corpus metrics have none.
        let one: fn(&str, &[String]) -> f64 = match self {
            Metric::ExactMatch => |p, r| f64::from(u8::from(exact_match::exact_match(p, r))),
            Metric::SquadEm | Metric::RecordEm => {
                |p, r| f64::from(u8::from(squad::exact_match(p, r)))
            }
            Metric::SquadF1 | Metric::RecordF1 => squad::f1,
            Metric::TokenF1 => token_f1,
            Metric::Rouge1 => |p, r| Rouge::N(1).best_f1(p, r),
            Metric::Rouge2 => |p, r| Rouge::N(2).best_f1(p, r),
            Metric::RougeL => |p, r| Rouge::L.best_f1(p, r),
            Metric::RougeLsum => |p, r| Rouge::Lsum.best_f1(p, r),
            Metric::Bleu => return bleu(Tokenizer::Of13a),
            Metric::BleuIntl => return bleu(Tokenizer::Intl),
            Metric::BleuZh => return bleu(Tokenizer::Zh),
            Metric::Chrf => return Ok(chrf(predictions, references)),
            Metric::ChrfPlusPlus => return Ok(chrf_plus_plus(predictions, references)),
            _ => {
                let problem = "it compares labels, scores or tags, not texts; use `parse` and `compute_parsed`";
                return Err(self.invalid(problem.into()));
            }
        };
        let pairs = predictions.par_iter().zip(references);
        let scores: Vec<f64> = pairs.map(|(p, r)| one(p, r)).collect();
        Ok(scores.iter().sum::<f64>() / scores.len() as f64)
    }
}
