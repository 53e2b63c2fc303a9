//! The list of built-in weightings: a line each, with name, options and paper.

use serde_json::json;

use super::{
    from_gramian::*,
    from_losses::*,
    registry::{Method, options},
};

/// An entry, from the method's name, configuration and paper.
macro_rules! method {
    ($name:literal, $config:ty, $paper:literal) => {
        method!($name, $config, $paper, None)
    };
    ($name:literal, $config:ty, $paper:literal, $example:expr) => {
        Method::listed(
            $name,
            $paper,
            |given| Ok(Box::new(options::<$config>($name, given)?.init()?)),
            $example,
        )
    };
}

pub(super) const METHODS: &[Method] = &[
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
    method!("uw-so", UwSoConfig, "UW-SO; Kirchdorfer et al., arXiv 2408.07985"),
    method!("dwa", DwaConfig, "Dynamic weight average; Liu et al., CVPR 2019"),
    method!("rlw", RlwConfig, "Random loss weighting; Lin et al., TMLR 2022"),
    method!("gls", GlsConfig, "Geometric loss strategy; Chennupati et al., CVPR Workshops 2019"),
    method!("stch", StchConfig, "Smooth Tchebycheff scalarisation; Lin et al., ICML 2024"),
    method!("cosmos", CosmosConfig, "COSMOS; Ruchte and Grabocka, ICDM 2021"),
    method!("pbi", PbiConfig, "PBI; Zhang and Li, IEEE TEVC 2007"),
    method!("imtl-l", ImtlLConfig, "IMTL-L; Liu et al., ICLR 2021"),
    method!("famo", FamoConfig, "FAMO; Liu et al., NeurIPS 2023"),
    method!("go4align", Go4AlignConfig, "GO4Align; Shen et al., NeurIPS 2024"),
    method!("gradnorm", GradNormConfig, "GradNorm; Chen et al., ICML 2018"),
    method!("mgda", MgdaConfig, "MGDA; Désidéri 2012; Sener and Koltun, NeurIPS 2018"),
    method!("pcgrad", PcGradConfig, "PCGrad; Yu et al., NeurIPS 2020"),
    method!("gradvac", GradVacConfig, "GradVac; Wang et al., ICLR 2021"),
    method!("cagrad", CaGradConfig, "CAGrad; Liu et al., NeurIPS 2021"),
    method!("imtl-g", ImtlGConfig, "IMTL-G; Liu et al., ICLR 2021"),
    method!("imtl", ImtlConfig, "IMTL; Liu et al., ICLR 2021"),
    method!("nash-mtl", NashMtlConfig, "Nash-MTL; Navon et al., ICML 2022"),
    method!("aligned-mtl", AlignedMtlConfig, "Aligned-MTL; Senushkin et al., CVPR 2023"),
    method!("fairgrad", FairGradConfig, "FairGrad; Ban and Ji, ICML 2024"),
    method!("sdmgrad", SdmGradConfig, "SDMGrad; Xiao et al., NeurIPS 2023"),
    method!("moco", MoCoConfig, "MoCo; Fernando et al., ICLR 2023"),
    method!("modo", MoDoConfig, "MoDo; Chen et al., JMLR 2024"),
    method!("db-mtl", DbMtlConfig, "DB-MTL; Lin et al., arXiv 2308.12029"),
    method!("upgrad", UpGradConfig, "UPGrad; Quinton and Rey, arXiv 2406.16232"),
    method!("dualproj", DualProjConfig, "DualProj; Lopez-Paz and Ranzato, NeurIPS 2017"),
    method!("config", ConFigConfig, "ConFIG; Liu et al., ICLR 2025"),
    method!("krum", KrumConfig, "Krum; Blanchard et al., NeurIPS 2017"),
    method!("cr-mogm", CrMogmConfig, "CR-MOGM; Zhou et al., NeurIPS 2022"),
];
