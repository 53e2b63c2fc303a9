//! UL2's mixture of denoisers (Tay et al., 2023, section 3.1): every passage meets one of several objectives, and a
//! mode token before its inputs says of which sort it is.
//!
//! Regular denoising (R) is T5's span corruption, with spans of 3 or 8 tokens; extreme denoising (X) hides half of the
//! tokens or spans of 64; sequential denoising (S) is prefix language modelling with a quarter to be written on
//! average. The seven are drawn as often. UL2 draws the lengths of spans from a normal distribution; here they are
//! random parts of the noise as in T5, with the same mean.

use serde::{Deserialize, Serialize};

use super::{
    BertStyle, DrawKey, PrefixLm, SpanCorruption,
    text_to_text::{Lengths, Objective, T5Tokens, TextToText},
};
use crate::{Error, Result};

/// Any of the text-to-text objectives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denoising {
    Spans(SpanCorruption),
    Prefix(PrefixLm),
    BertStyle(BertStyle),
}

impl Denoising {
    fn objective(&self) -> &dyn Objective {
        match self {
            Denoising::Spans(objective) => objective,
            Denoising::Prefix(objective) => objective,
            Denoising::BertStyle(objective) => objective,
        }
    }
}

/// One objective of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denoiser {
    /// The token put before the inputs; none where the model is not to be told.
    pub mode: Option<u32>,
    /// How often it is drawn, relative to the others.
    pub weight: f64,
    pub denoising: Denoising,
}

impl Objective for Denoiser {
    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText> {
        let mut example = self.denoising.objective().example(documents, key)?;
        if let Some(mode) = self.mode {
            example.inputs.insert(0, mode);
        }
        Ok(example)
    }

    fn lengths(&self, tokens: usize) -> Lengths {
        let Lengths { inputs, targets } = self.denoising.objective().lengths(tokens);
        Lengths { inputs: inputs + usize::from(self.mode.is_some()), targets }
    }
}

/// The mode tokens of UL2's three sorts of denoising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeTokens {
    pub regular: u32,
    pub sequential: u32,
    pub extreme: u32,
}

/// Several objectives of which every passage meets one.
#[derive(Clone, Debug)]
pub struct MixtureOfDenoisers {
    denoisers: Vec<Denoiser>,
}

/// Unlike the purposes of the denoisers themselves, which see the same key.
const PICK: u64 = 0x7069_636b;

impl MixtureOfDenoisers {
    /// # Errors
    /// No denoisers, or a weight that is not a positive number.
    pub fn new(denoisers: Vec<Denoiser>) -> Result<Self> {
        if denoisers.is_empty() {
            return Err(Error::Invalid("a mixture of denoisers needs at least one".into()));
        }
        match denoisers.iter().find(|d| !(d.weight > 0.0 && d.weight.is_finite())) {
            None => Ok(MixtureOfDenoisers { denoisers }),
            Some(bad) => Err(Error::Invalid(format!(
                "mixture of denoisers: a weight is {}; give a number above 0",
                bad.weight
            ))),
        }
    }

    /// UL2's seven denoisers: two regular, four extreme, one sequential.
    pub fn ul2(tokens: T5Tokens, modes: ModeTokens) -> Self {
        let denoiser = |mode, denoising| Denoiser { mode: Some(mode), weight: 1.0, denoising };
        let spans = |mode, mean_span, density| {
            denoiser(mode, Denoising::Spans(SpanCorruption { density, mean_span, tokens }))
        };
        let prefix = Denoising::Prefix(PrefixLm { mean_suffix: 0.25, tokens });
        let ModeTokens { regular, sequential, extreme } = modes;
        MixtureOfDenoisers {
            denoisers: vec![
                spans(regular, 3.0, 0.15),
                spans(regular, 8.0, 0.15),
                spans(extreme, 3.0, 0.5),
                spans(extreme, 8.0, 0.5),
                spans(extreme, 64.0, 0.15),
                spans(extreme, 64.0, 0.5),
                denoiser(sequential, prefix),
            ],
        }
    }

    pub fn denoisers(&self) -> &[Denoiser] {
        &self.denoisers
    }

    /// The denoiser whose example a passage becomes; to be asked first where passages are to be as long as it allows.
    pub fn pick(&self, key: DrawKey) -> &Denoiser {
        let total: f64 = self.denoisers.iter().map(|d| d.weight).sum();
        let mut rest = key.of(PICK).unit(0) * total;
        let reached = self.denoisers.iter().position(|denoiser| {
            rest -= denoiser.weight;
            rest < 0.0
        });
        // Rounding can leave a little of the total over.
        &self.denoisers[reached.unwrap_or(self.denoisers.len() - 1)]
    }
}

/// The mean length of UL2's shortest spans.
const SHORTEST_SPAN: f64 = 3.0;

impl Objective for MixtureOfDenoisers {
    /// Of a passage whose documents are too short for the spans of its denoiser, spans are made shorter.
    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText> {
        let mut denoiser = self.pick(key).clone();
        loop {
            let made = denoiser.example(documents, key);
            match &mut denoiser.denoising {
                Denoising::Spans(spans) if made.is_err() && spans.mean_span > SHORTEST_SPAN => {
                    spans.mean_span = (spans.mean_span / 2.0).max(SHORTEST_SPAN);
                }
                _ => return made,
            }
        }
    }

    /// The most over all denoisers.
    fn lengths(&self, tokens: usize) -> Lengths {
        self.denoisers.iter().map(|d| d.lengths(tokens)).fold(
            Lengths { inputs: 0, targets: 0 },
            |a, b| Lengths { inputs: a.inputs.max(b.inputs), targets: a.targets.max(b.targets) },
        )
    }
}
