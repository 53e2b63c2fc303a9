//! `--set key=value`: changes one value of settings that are written as JSON, and says what is wrong with a key.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, Result};

/// Applies `key=value` to settings made of sections; keys that don't begin with one go to all sections of `shared`.
///
/// # Errors
/// An unknown key (the nearest known one is named) or a value of the wrong type.
pub fn assign<S>(settings: &mut S, assignment: &str, shared: &[&str]) -> Result<()>
where
    S: Serialize + DeserializeOwned,
{
    let usage = |text: String| Error::Usage(format!("setting {assignment}: {text}"));
    let (given, value) = assignment
        .split_once('=')
        .ok_or_else(|| usage("expected KEY=VALUE, as in `lr=3e-5`".into()))?;
    let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    let mut all = serde_json::to_value(&*settings).map_err(|e| usage(e.to_string()))?;
    let section = given.split('.').next().unwrap_or_default();
    let is_section = all.as_object().is_some_and(|o| o.contains_key(section));
    let keys = if is_section || shared.is_empty() {
        vec![given.to_string()]
    } else {
        shared.iter().map(|section| format!("{section}.{given}")).collect()
    };
    let mut absent = None;
    for key in keys {
        absent = place(&mut all, &key, given, value.clone())?.or(absent);
    }
    let read = serde_json::from_value(all);
    *settings = read.map_err(|e| match absent {
        Some((name, unknown)) if e.to_string().starts_with(&format!("unknown field `{name}`")) => {
            unknown
        }
        _ => usage(e.to_string()),
    })?;
    Ok(())
}

/// Puts a value at `key`; messages speak of keys as they were `given`, which may go without a section. What has no
/// value may be left out of the settings: of a part of the key that is not among them, its name is given back with
/// the error that is due if it is unknown.
fn place(
    root: &mut Value,
    key: &str,
    given: &str,
    value: Value,
) -> Result<Option<(String, Error)>> {
    let mut at = root;
    let mut absent = None;
    let unspoken = key.len() - given.len();
    let mut start = 0;
    for part in key.split('.') {
        let end = start + part.len();
        if at.get(part).is_none() {
            let section = key[..start].get(unspoken..).unwrap_or_default();
            let known: Vec<String> = at.as_object().map_or_else(Vec::new, |object| {
                object.keys().map(|name| format!("{section}{name}")).collect()
            });
            let wrong = key[..end].get(unspoken..).unwrap_or(given);
            // The same name elsewhere is what is meant, rather than one that looks alike here.
            let elsewhere = paths_to(at, part, section);
            let known = if elsewhere.is_empty() { known } else { elsewhere };
            let unknown: Error = taskgraft_tasks::Error::unknown("setting", wrong, known).into();
            match at.as_object_mut() {
                Some(object) => object.insert(part.to_string(), Value::Object(Default::default())),
                None => return Err(unknown),
            };
            absent.get_or_insert((part.to_string(), unknown));
        }
        at = &mut at[part];
        start = end + 1;
    }
    *at = value;
    Ok(absent)
}

/// Keys below a value whose last part is `name`.
fn paths_to(value: &Value, name: &str, above: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, inner) in value.as_object().into_iter().flatten() {
        if key == name {
            found.push(format!("{above}{key}"));
        }
        found.extend(paths_to(inner, name, &format!("{above}{key}.")));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::study::Settings;

    #[test]
    fn a_setting_of_training_goes_to_both_kinds_of_network() {
        let mut settings = Settings::default();
        settings.set("lr=0.001").unwrap();
        settings.set("multi.mixture.batch_size=64").unwrap();
        settings.set("mixture.rate=uniform").unwrap();
        assert_eq!((settings.section("single").lr, settings.section("multi").lr), (0.001, 0.001));
        assert_eq!(settings.section("single").mixture.batch_size, 32);
        assert_eq!(settings.section("multi").mixture.batch_size, 64);
        assert_eq!(settings.section("multi").mixture.rate, taskgraft_tasks::mixture::Rate::Uniform);
        let schedule = r#"{"change":"linear","knots":[{"step":100,"rate":"uniform"}]}"#;
        settings.set(&format!("multi.mixture.schedule={schedule}")).unwrap();
        assert_eq!(settings.section("multi").mixture.schedule.as_ref().unwrap().knots.len(), 1);
    }

    #[test]
    fn wrong_settings_say_what_is_wrong() {
        let mut settings = Settings::default();
        let message = settings.set("wramup=0.2").unwrap_err().to_string();
        assert!(message.contains("did you mean `warmup`?"), "{message}");
        let message = settings.set("multi.mixture.batchsize=2").unwrap_err().to_string();
        assert!(
            message.contains("`multi.mixture.batchsize`; did you mean `multi.mixture.batch_size`?"),
            "{message}"
        );
        let message = settings.set("mixture.batchsize=2").unwrap_err().to_string();
        assert!(
            message.contains("`mixture.batchsize`; did you mean `mixture.batch_size`?"),
            "{message}"
        );
        let message = settings.set("lr=fast").unwrap_err().to_string();
        assert!(message.contains("lr=fast"), "{message}");
        let message = settings.set("mixture.schedule=5").unwrap_err().to_string();
        assert!(
            message.contains("mixture.schedule=5") && !message.contains("unknown"),
            "{message}"
        );
        let value = r#"mixture.schedule={"chnge":"linear","knots":[]}"#;
        let message = settings.set(value).unwrap_err().to_string();
        assert!(message.contains("chnge") && !message.contains("unknown setting"), "{message}");
        let message = settings.set("mixture.schedule.change=linear").unwrap_err().to_string();
        assert!(message.contains("missing field `knots`"), "{message}");
        let message = settings.set("multi.no.such=1").unwrap_err().to_string();
        assert!(message.contains("unknown setting `multi.no`"), "{message}");
        assert!(settings.set("lr").is_err());
        assert_eq!(settings, Settings::default());
    }
}
