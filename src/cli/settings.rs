//! `taskgraft settings`: every setting with its default, range and meaning, as the code states them.

use clap::Args;
use taskgraft::{
    Error, Result,
    algebra::described::{Described, describe},
    methods::{LearnedWeights, TaskWeighting},
    study::Settings,
    train::TrainConfig,
};

#[derive(Args)]
pub struct SettingsArgs {
    /// Shows only settings with this text in their key or meaning.
    text: Option<String>,
    /// Shows the options of a method, as in `--method 'cagrad c=0.25'`.
    #[arg(long, value_name = "NAME")]
    method: Option<String>,
}

/// Prints the settings that are asked for.
///
/// # Errors
/// An unknown method, or a text that no setting has.
pub fn run(args: &SettingsArgs) -> Result<()> {
    let groups = match &args.method {
        Some(name) => vec![(String::new(), TaskWeighting::options_of(name)?)],
        None => all(),
    };
    let has_text = |setting: &Described| {
        args.text.as_ref().is_none_or(|text| {
            setting.key.contains(text.as_str()) || setting.meaning.contains(text.as_str())
        })
    };
    let mut shown = 0;
    for (title, settings) in groups {
        let settings: Vec<&Described> = settings.iter().filter(|one| has_text(one)).collect();
        if !(title.is_empty() || settings.is_empty()) {
            println!("{}{title}\n", if shown > 0 { "\n" } else { "" });
        }
        settings.iter().for_each(|setting| show(setting));
        shown += settings.len();
    }
    match (shown, &args.text, &args.method) {
        (0, Some(text), _) => Err(Error::Usage(format!(
            "no setting has `{text}` in its key or meaning; leave the text out to see all settings"
        ))),
        (0, None, Some(name)) => {
            println!("{name} has no options");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// All groups of settings, with what is to be known of each.
fn all() -> Vec<(String, Vec<Described>)> {
    [
        (
            "Training. Every section of an experiment has these keys: `single.lr`, `multi.lr`. A key without a section \
             is set in all sections.",
            describe::<TrainConfig>(),
        ),
        ("The study. An experiment may have other defaults.", Settings::described()),
        (
            "How META-TARTAN learns its weights: `--meta KEY=VALUE` of the experiment `tartan`.",
            describe::<LearnedWeights>(),
        ),
    ]
    .map(|(title, settings)| (title.to_string(), settings))
    .into()
}

fn show(setting: &Described) {
    let Described { key, range, meaning, .. } = setting;
    let default = setting.default_text();
    let range = if range.is_empty() { String::new() } else { format!("   ({range})") };
    println!("{key} = {default}{range}\n    {meaning}");
}
