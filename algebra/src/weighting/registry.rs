//! All weightings by name, with paper and options.
//!
//! [`by_name`] makes one from JSON options, each method's own configuration with its defaults; an unknown name is answered
//! with the nearest known one. Case, blanks and underscores in names do not matter.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Needs, Properties, Result, Weighting, WeightingError, from_gramian::*, from_losses::*,
};

/// A registered weighting.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The name by which it is made.
    pub name: &'static str,
    /// The name in the literature, and where it was published.
    pub paper: &'static str,
    build: fn(&Value) -> Result<Box<dyn Weighting>>,
    /// Options for a number of tasks, where there are no defaults for all.
    example: Option<fn(usize) -> Value>,
}

impl Method {
    /// Makes it; `options` is an object or null.
    ///
    /// # Errors
    /// When an option is unknown, of the wrong kind or out of range.
    pub fn build(&self, options: &Value) -> Result<Box<dyn Weighting>> {
        (self.build)(options)
    }

    /// Options with which it runs on `tasks` tasks: none, except for methods that have to be given something per task.
    pub fn example_options(&self, tasks: usize) -> Value {
        self.example.map_or(Value::Null, |example| example(tasks))
    }

    /// What it needs with its default options.
    ///
    /// # Errors
    /// None for registered methods.
    pub fn needs(&self) -> Result<Needs> {
        Ok(self.build(&self.example_options(2))?.needs())
    }

    /// What it claims with its default options.
    ///
    /// # Errors
    /// None for registered methods.
    pub fn properties(&self) -> Result<Properties> {
        Ok(self.build(&self.example_options(2))?.properties())
    }
}

/// Every weighting, those from losses alone first.
pub fn all() -> &'static [Method] {
    METHODS
}

/// Makes the weighting called `name`; `options` is an object or null for its defaults.
///
/// # Errors
/// When the name is unknown, or an option is unknown, of the wrong kind or out of range.
pub fn by_name(name: &str, options: &Value) -> Result<Box<dyn Weighting>> {
    let wanted = name.trim().to_lowercase().replace(['_', ' '], "-");
    match METHODS.iter().find(|method| method.name == wanted) {
        Some(method) => method.build(options),
        None => {
            let nearest = METHODS
                .iter()
                .map(|method| method.name)
                .min_by_key(|known| strsim::damerau_levenshtein(known, &wanted))
                .unwrap_or_default();
            let known: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
            Err(WeightingError::UnknownName {
                name: name.to_owned(),
                nearest: nearest.to_owned(),
                known: known.join(", "),
            })
        }
    }
}

fn options<C: DeserializeOwned>(method: &'static str, given: &Value) -> Result<C> {
    let object = if given.is_null() { json!({}) } else { given.clone() };
    serde_json::from_value(object)
        .map_err(|error| WeightingError::Options { method, problem: error.to_string() })
}

/// An entry, from the method's name, configuration and paper.
macro_rules! method {
    ($name:literal, $config:ty, $paper:literal) => {
        method!($name, $config, $paper, None)
    };
    ($name:literal, $config:ty, $paper:literal, $example:expr) => {
        Method {
            name: $name,
            paper: $paper,
            build: |given| Ok(Box::new(options::<$config>($name, given)?.init()?)),
            example: $example,
        }
    };
}

const METHODS: &[Method] = &[
    method!("equal", EqualConfig, "Equal weighting"),
    method!(
        "fixed",
        FixedConfig,
        "Fixed scalarisation",
        Some(|tasks| json!({ "weights": (1..=tasks).collect::<Vec<_>>() }))
    ),
    method!(
        "scalarisation",
        ScalarisationConfig,
        "Temperature-tuned scalarisation; temperature as in Arivazhagan et al., arXiv 1907.05019",
        Some(|tasks| json!({ "sizes": (1..=tasks).map(|i| 100 * i).collect::<Vec<_>>() }))
    ),
    method!("uncertainty", UncertaintyConfig, "Uncertainty weighting; Kendall et al., CVPR 2018"),
    method!("dwa", DwaConfig, "Dynamic weight average; Liu et al., CVPR 2019"),
    method!("rlw", RlwConfig, "Random loss weighting; Lin et al., TMLR 2022"),
    method!("gls", GlsConfig, "Geometric loss strategy; Chennupati et al., CVPR Workshops 2019"),
    method!("stch", StchConfig, "Smooth Tchebycheff scalarisation; Lin et al., ICML 2024"),
    method!("imtl-l", ImtlLConfig, "IMTL-L; Liu et al., ICLR 2021"),
    method!("famo", FamoConfig, "FAMO; Liu et al., NeurIPS 2023"),
    method!("gradnorm", GradNormConfig, "GradNorm; Chen et al., ICML 2018"),
    method!("mgda", MgdaConfig, "MGDA; Désidéri 2012; Sener and Koltun, NeurIPS 2018"),
    method!("pcgrad", PcGradConfig, "PCGrad; Yu et al., NeurIPS 2020"),
    method!("gradvac", GradVacConfig, "GradVac; Wang et al., ICLR 2021"),
    method!("cagrad", CaGradConfig, "CAGrad; Liu et al., NeurIPS 2021"),
    method!("imtl-g", ImtlGConfig, "IMTL-G; Liu et al., ICLR 2021"),
    method!("nash-mtl", NashMtlConfig, "Nash-MTL; Navon et al., ICML 2022"),
    method!("aligned-mtl", AlignedMtlConfig, "Aligned-MTL; Senushkin et al., CVPR 2023"),
    method!("fairgrad", FairGradConfig, "FairGrad; Ban and Ji, ICML 2024"),
    method!("sdmgrad", SdmGradConfig, "SDMGrad; Xiao et al., NeurIPS 2023"),
    method!("moco", MoCoConfig, "MoCo; Fernando et al., ICLR 2023"),
    method!("db-mtl", DbMtlConfig, "DB-MTL; Lin et al., arXiv 2308.12029"),
    method!("upgrad", UpGradConfig, "UPGrad; Quinton and Rey, arXiv 2406.16232"),
    method!("dualproj", DualProjConfig, "DualProj; Lopez-Paz and Ranzato, NeurIPS 2017"),
    method!("config", ConFigConfig, "ConFIG; Liu et al., ICLR 2025"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_under_the_name_it_gives_itself() {
        for method in all() {
            let built = by_name(method.name, &method.example_options(3)).unwrap();
            assert_eq!(built.name(), method.name);
        }
        assert_eq!(by_name("Nash_MTL", &Value::Null).unwrap().name(), "nash-mtl");
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let Err(error) = by_name("pc-grad", &Value::Null) else { panic!("no such name") };
        assert!(error.to_string().contains("did you mean `pcgrad`"), "{error}");
    }

    #[test]
    fn an_unknown_option_or_one_out_of_range_is_refused() {
        for (name, given) in [
            ("cagrad", json!({ "d": 1.0 })),
            ("cagrad", json!({ "c": -1.0 })),
            ("mgda", json!({ "normalisation": "none at all" })),
            ("fixed", Value::Null),
            ("gls", json!({ "alpha": 1 })),
        ] {
            let Err(error) = by_name(name, &given) else { panic!("{name} took {given}") };
            assert!(matches!(error, WeightingError::Options { .. }), "{error}");
        }
    }
}
