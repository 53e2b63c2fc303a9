//! What `ext5` and `transfer` share: T5's settings, and which tasks are mixed and which are held out.

use taskgraft::{
    prelude::*,
    study::TrunkKind,
    tasks::{
        Catalogue,
        mixture::{LayoutConfig, MixtureConfig},
        objectives::Lengths,
    },
    train::{Decay, OptimiserKind, TextConfig},
};

/// Tasks that are made from the same examples: where one is held out, the other must be too.
const TWINS: [[&str; 2]; 4] = [
    ["glue/rte", "superglue/rte"],
    ["glue/wnli", "superglue/wsc"],
    ["t2t/commonsense_qa", "t2t/cos_e"],
    ["t2t/comve", "t2t/comve_explain"],
];
/// What is held out where nothing else is asked for: tasks with few examples.
const USUALLY_HELD_OUT: [&str; 6] = [
    "superglue/cb",
    "glue/cola",
    "superglue/copa",
    "superglue/wic",
    "synthetic/sentiment",
    "synthetic/entailment",
];

/// Sections `pretrain` and `finetune`, with T5's optimiser, schedules and mixing; lengths are what a machine can bear.
pub fn of_t5(settings: &mut Settings) {
    let common = TrainConfig {
        optimiser: OptimiserKind::Adafactor,
        layer_decay: 1.0,
        warmup: 0.0,
        // Adafactor clips updates itself.
        clip: 0.0,
        text: TextConfig { layout: LayoutConfig::default(), ..TextConfig::default() },
        mixture: MixtureConfig { batch_size: 32, ..MixtureConfig::sampled() },
        ..TrainConfig::default()
    };
    settings.set_sections(["pretrain", "finetune"], &common);
    let pretrain = settings.section_mut("pretrain");
    (pretrain.steps, pretrain.lr, pretrain.evaluations) = (Some(2_000), 1.0, 4);
    pretrain.decay = Decay::InverseSqrt(10_000);
    let finetune = settings.section_mut("finetune");
    (finetune.steps, finetune.lr, finetune.evaluations) = (Some(500), 1e-3, 10);
    (finetune.decay, finetune.select) = (Decay::Constant, Select::Best);
    finetune.text.layout.packing = false;
    finetune.mixture.bucket_window = 32;
    settings.trunk.kind = TrunkKind::T5;
    (settings.trunk.layers, settings.trunk.vocabulary) = (4, 8_000);
    (settings.max_examples, settings.max_dev) = (Some(10_000), Some(1_000));
}

/// Sizes and rates with which a T5 of two layers a stack learns the built-in tasks from scratch.
pub fn small_and_quick(settings: &mut Settings) {
    let trunk = &mut settings.trunk;
    (trunk.d_model, trunk.d_kv, trunk.d_ff, trunk.layers, trunk.heads) = (64, 16, 128, 2, 4);
    (trunk.vocabulary, trunk.sentinels) = (400, 20);
    settings.row = Lengths { inputs: 64, targets: 32 };
    settings.synthetic.dev_size = 200;
    let pretrain = settings.section_mut("pretrain");
    (pretrain.steps, pretrain.decay) = (Some(600), Decay::InverseSqrt(2_500));
    let finetune = settings.section_mut("finetune");
    (finetune.steps, finetune.lr) = (Some(200), 1e-2);
    settings.finetune_dropout = 0.0;
}

/// Tasks of the mixture and those held out of it: what is asked for, or else all others and the usual ones.
#[allow(dead_code)] // `transfer` holds none out.
pub fn choose(
    study: &mut Study<'_>,
    tasks: &[String],
    held_out: &[String],
) -> Result<(Vec<TaskUse>, Vec<TaskUse>)> {
    let catalogue = study.catalogue()?;
    let full = |name: &String| Ok(catalogue.find(name)?.full_name());
    let mixture: Vec<String> = tasks.iter().map(full).collect::<Result<_>>()?;
    let held_out: Vec<String> = match held_out {
        [] => {
            let usual = USUALLY_HELD_OUT.iter().map(|name| name.to_string());
            let there = |name: &String| catalogue.find(name).is_ok() && !mixture.contains(name);
            usual.filter(there).collect()
        }
        named => named.iter().map(full).collect::<Result<_>>()?,
    };
    let mixture = if mixture.is_empty() { all_but(catalogue, &held_out) } else { mixture };
    if let Some(both) = mixture.iter().find(|name| held_out.contains(name)) {
        return Err(Error::Usage(format!(
            "task `{both}` is in the mixture (`--tasks`) and held out of it (`--held-out`); name it in one of them"
        )));
    }
    if mixture.is_empty() || held_out.is_empty() {
        return Err(Error::Usage(format!(
            "a study of mixtures needs tasks for the mixture (`--tasks`, here {}) and tasks held out of it \
             (`--held-out`, here {}); {} tasks with training data were found",
            mixture.len(),
            held_out.len(),
            catalogue.trainable().len()
        )));
    }
    let all = study.uses(&[mixture.clone(), held_out.clone()].concat())?;
    let (mixture, held_out) = all.split_at(mixture.len());
    Ok((mixture.to_vec(), held_out.to_vec()))
}

/// All tasks that can be trained on and are not held out, nor made from the examples of one that is.
pub fn all_but(catalogue: &Catalogue, held_out: &[String]) -> Vec<String> {
    let is_held = |name: &str| held_out.iter().any(|held| held == name);
    let is_twin = |name: &str| {
        TWINS.iter().any(|twins| twins.contains(&name) && twins.iter().any(|twin| is_held(twin)))
    };
    let names = catalogue.trainable().into_iter().map(|spec| spec.full_name());
    names.filter(|name| !is_held(name) && !is_twin(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskgraft::tasks::{
        glue::Glue,
        registry::{Part, Sets},
        synthetic::Synthetic,
    };

    use super::*;

    #[test]
    fn what_is_made_from_held_out_examples_is_held_out_too() {
        let mut catalogue = Catalogue::new();
        catalogue.add(Arc::new(Synthetic::new(Default::default()).unwrap())).unwrap();
        let rest = all_but(&catalogue, &["synthetic/sentiment".to_string()]);
        let has = |name: &str| rest.contains(&name.to_string());
        assert!(has("synthetic/entailment") && !has("synthetic/sentiment"), "{rest:?}");
        let sets = [Part::Superglue, Part::T2t].map(|part| Sets::new(part, "nowhere").specs());
        let known: Vec<String> = Glue::new("nowhere")
            .specs()
            .into_iter()
            .chain(sets.concat())
            .map(|spec| spec.full_name())
            .collect();
        for name in TWINS.iter().flatten() {
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }
}
