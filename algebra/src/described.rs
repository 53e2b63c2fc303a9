//! Settings as their types describe them: the default, range and meaning of every key.
//!
//! A type that derives `JsonSchema` says all this beside its fields: the meaning in the doc comment, the range in an
//! attribute, as `#[schemars(range(min = 0.0))]` for 0 or more and `#[schemars(extend("exclusiveMinimum" = 0.0))]` for
//! above 0. [`check`] holds a value to the ranges, and [`describe`] lists the keys, for commands and documents. What
//! must hold between two settings is the owner's to check.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value};

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Its key, with those of the groups it is in: `mixture.batch_size`.
    pub key: String,
    pub default: Value,
    /// The values that are allowed, in words; empty where the type says all.
    pub range: String,
    /// What it does, in a line.
    pub meaning: String,
}

/// All settings of a type, by key.
pub fn describe<T: JsonSchema + Serialize + Default>() -> Vec<Described> {
    let schema = schema_for!(T);
    let root = schema.as_value();
    // Settings can be written as JSON; of one that could not, no default would be known.
    let defaults = serde_json::to_value(T::default()).unwrap_or_default();
    let mut found = vec![];
    list(root, root, &defaults, "", &mut found);
    found
}

impl Described {
    /// The default as it is given on a command line; `none` where there is none.
    pub fn default_text(&self) -> String {
        let small = |x: &f64| *x != 0.0 && x.abs() < 1e-3;
        match (&self.default, self.default.as_f64().filter(small)) {
            (Value::Null, _) => "none".to_owned(),
            (Value::String(text), _) => text.clone(),
            (_, Some(x)) => format!("{x:e}"),
            (value, None) => value.to_string(),
        }
    }
}

/// Holds settings to the ranges that their types state. Numbers must be finite.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema)]
/// struct Optimiser {
///     #[schemars(extend("exclusiveMinimum" = 0.0))]
///     lr: f64,
/// }
///
/// let error = taskgraft_algebra::described::check(&Optimiser { lr: -1.0 }).unwrap_err();
/// assert_eq!(error, "`lr` is -1; it must be above 0");
/// ```
///
/// # Errors
/// A value out of its range: its key, what it is, and what it must be.
pub fn check<T: JsonSchema + Serialize>(settings: &T) -> Result<(), String> {
    let schema = schema_for!(T);
    // Settings are numbers, texts, lists and maps with text keys, which JSON can hold.
    let value = serde_json::to_value(settings).map_err(|error| error.to_string())?;
    walk(schema.as_value(), schema.as_value(), &value, "")
}

fn list(root: &Value, node: &Value, defaults: &Value, key: &str, found: &mut Vec<Described>) {
    let Some(properties) = node.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        let key = joined(key, name);
        let resolved = resolve(root, property);
        let default = defaults.get(name).cloned().unwrap_or_default();
        if resolved.get("properties").is_some() {
            list(root, resolved, &default, &key, found);
            continue;
        }
        let meaning = property.get("description").or_else(|| resolved.get("description"));
        let meaning = meaning.and_then(Value::as_str).unwrap_or_default();
        // The first paragraph, in one line.
        let meaning = meaning.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let meaning = without_default(&meaning);
        found.push(Described { key, default, range: range(root, resolved), meaning });
    }
}

/// A meaning without a number that the default says, as in `λ; default 0.5.`
fn without_default(meaning: &str) -> String {
    const SAID: &str = "; default ";
    let said = meaning.split_once(SAID).and_then(|(before, rest)| {
        let end = rest.find(". ").unwrap_or_else(|| rest.trim_end_matches('.').len());
        rest[..end].parse::<f64>().ok().map(|_| format!("{before}{}", &rest[end..]))
    });
    said.unwrap_or_else(|| meaning.to_owned())
}

fn walk(root: &Value, node: &Value, value: &Value, key: &str) -> Result<(), String> {
    let node = fitting(root, resolve(root, node), value);
    match value {
        Value::Object(fields) => {
            let known = node.get("properties").and_then(Value::as_object);
            fields.iter().try_for_each(|(name, value)| {
                let of_field = known.and_then(|known| known.get(name));
                match of_field.or_else(|| node.get("additionalProperties")) {
                    Some(of_field) => walk(root, of_field, value, &joined(key, name)),
                    None => Ok(()),
                }
            })
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(place, value)| {
            let of_place = node.get("prefixItems").and_then(|items| items.get(place));
            match of_place.or_else(|| node.get("items")) {
                Some(of_item) => walk(root, of_item, value, key),
                None => Ok(()),
            }
        }),
        // JSON has no infinity and no NaN: they are written as null.
        Value::Null if node.get("type").is_some_and(|kind| kind == "number") => {
            let range = Some(range(root, node)).filter(|range| !range.is_empty());
            let range = range.map_or_else(String::new, |range| format!(", {range}"));
            Err(format!("`{key}` is not finite; it must be a finite number{range}"))
        }
        Value::Number(number) if !Bounds::of(node).hold(number.as_f64().unwrap_or(f64::NAN)) => {
            let value = number
                .as_u64()
                .map_or_else(|| number.as_f64().unwrap_or(f64::NAN).to_string(), |n| n.to_string());
            Err(format!("`{key}` is {value}; it must be {}", Bounds::of(node).words()))
        }
        _ => Ok(()),
    }
}

fn joined(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    target.and_then(|to| root.pointer(to.trim_start_matches('#'))).unwrap_or(node)
}

fn variants(node: &Value) -> impl Iterator<Item = &Value> {
    let all = node.get("oneOf").or_else(|| node.get("anyOf"));
    all.and_then(Value::as_array).into_iter().flatten()
}

/// Of a choice, the variant whose required keys the value has.
fn fitting<'a>(root: &'a Value, node: &'a Value, value: &Value) -> &'a Value {
    let has_required = |variant: &&Value| {
        let required = variant.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut names = required.filter_map(Value::as_str);
        variant.get("properties").is_some() && names.all(|name| value.get(name).is_some())
    };
    variants(node).map(|variant| resolve(root, variant)).find(has_required).unwrap_or(node)
}

/// What is allowed, in words: a range of numbers, or names.
fn range(root: &Value, node: &Value) -> String {
    let names: Vec<String> = variants(node)
        .flat_map(|variant| of_choice(resolve(root, variant)))
        .chain(of_choice(node))
        .collect();
    if !names.is_empty() {
        return names.join(", ");
    }
    let of_items = node.get("items").map(|items| Bounds::of(items).words());
    match of_items.filter(|words| !words.is_empty()) {
        Some(words) => format!("each {words}"),
        None => Bounds::of(node).words(),
    }
}

/// The values of a choice: its names, or the keys of those with values of their own.
fn of_choice(node: &Value) -> Vec<String> {
    let name = node.get("const").and_then(Value::as_str);
    let names = node.get("enum").and_then(Value::as_array).into_iter().flatten();
    let only = |properties: &&Map<String, Value>| properties.len() == 1;
    let keys = node.get("properties").and_then(Value::as_object).filter(only).map(Map::keys);
    let plain = name.into_iter().chain(names.filter_map(Value::as_str)).map(str::to_owned);
    plain.chain(keys.into_iter().flatten().map(|key| format!("{{\"{key}\": …}}"))).collect()
}

/// The bounds of a number.
struct Bounds {
    least: Option<f64>,
    above: Option<f64>,
    largest: Option<f64>,
    below: Option<f64>,
}

impl Bounds {
    fn of(node: &Value) -> Self {
        let of = |key: &str| node.get(key).and_then(Value::as_f64);
        // That a count is not negative goes without saying.
        let count = node.get("format").and_then(Value::as_str).is_some_and(|f| f.contains("uint"));
        Self {
            least: of("minimum").filter(|least| !(count && *least == 0.0)),
            above: of("exclusiveMinimum"),
            largest: of("maximum"),
            below: of("exclusiveMaximum"),
        }
    }

    fn hold(&self, x: f64) -> bool {
        x.is_finite()
            && self.least.is_none_or(|bound| x >= bound)
            && self.above.is_none_or(|bound| x > bound)
            && self.largest.is_none_or(|bound| x <= bound)
            && self.below.is_none_or(|bound| x < bound)
    }

    fn words(&self) -> String {
        let lower = match (self.least, self.above) {
            (Some(least), _) => Some((number(least), "")),
            (None, Some(above)) => Some((number(above), "above ")),
            (None, None) => None,
        };
        match (lower, self.largest, self.below) {
            (None, None, None) => String::new(),
            (Some((least, "")), None, None) => format!("{least} or more"),
            (Some((least, "")), Some(largest), _) => format!("{least} to {}", number(largest)),
            (Some((least, "")), None, Some(below)) => {
                format!("{least} or more and below {}", number(below))
            }
            (Some((bound, above)), None, None) => format!("{above}{bound}"),
            (Some((bound, above)), Some(largest), _) => {
                format!("{above}{bound} and at most {}", number(largest))
            }
            (Some((bound, above)), None, Some(below)) => {
                format!("{above}{bound} and below {}", number(below))
            }
            (None, Some(largest), _) => format!("at most {}", number(largest)),
            (None, None, Some(below)) => format!("below {}", number(below)),
        }
    }
}

/// A number with its thousands marked: 1,048,576.
fn number(x: f64) -> String {
    if x.fract() != 0.0 || x.abs() < 1000.0 {
        return x.to_string();
    }
    let digits = format!("{:.0}", x.abs());
    let marked: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    format!("{}{}", if x < 0.0 { "-" } else { "" }, marked.join(","))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Settings {
        /// Learning rate,
        /// of the heads.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        lr: f64,
        #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
        warmup: f64,
        #[schemars(range(min = 8, max = 1_048_576))]
        length: usize,
        #[schemars(range(min = 1))]
        steps: Option<u64>,
        #[schemars(inner(range(min = 0.0)))]
        weights: Vec<f64>,
        decay: Decay,
        inside: Inside,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Decay {
        Linear,
        Steps {
            #[schemars(range(min = 1))]
            of: u64,
        },
    }

    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    struct Inside {
        /// A share.
        #[schemars(range(min = 0.0, max = 1.0))]
        share: f64,
    }

    impl Default for Settings {
        fn default() -> Self {
            let inside = Inside { share: 0.5 };
            let (weights, decay) = (vec![], Decay::Linear);
            Self { lr: 1e-3, warmup: 0.1, length: 128, steps: None, weights, decay, inside }
        }
    }

    fn refusal(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        check(&settings).unwrap_err()
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_range() {
        assert_eq!(check(&Settings::default()), Ok(()));
        assert_eq!(refusal(|s| s.lr = 0.0), "`lr` is 0; it must be above 0");
        assert_eq!(refusal(|s| s.warmup = 1.0), "`warmup` is 1; it must be 0 or more and below 1");
        assert_eq!(refusal(|s| s.length = 7), "`length` is 7; it must be 8 to 1,048,576");
        assert_eq!(refusal(|s| s.steps = Some(0)), "`steps` is 0; it must be 1 or more");
        assert_eq!(
            refusal(|s| s.weights = vec![1.0, -2.0]),
            "`weights` is -2; it must be 0 or more"
        );
        assert_eq!(refusal(|s| s.inside.share = 2.0), "`inside.share` is 2; it must be 0 to 1");
        let of_variant = refusal(|s| s.decay = Decay::Steps { of: 0 });
        assert_eq!(of_variant, "`decay.steps.of` is 0; it must be 1 or more");
        let not_finite = "`lr` is not finite; it must be a finite number, above 0";
        assert_eq!(refusal(|s| s.lr = f64::NAN), not_finite);
    }

    #[test]
    fn a_default_is_said_once() {
        assert_eq!(without_default("λ; default 0.5. The paper takes 8."), "λ. The paper takes 8.");
        assert_eq!(without_default("The rate; default 1e-4."), "The rate.");
        let told = "The rate; default none, which takes the largest.";
        assert_eq!(without_default(told), told);
    }

    #[test]
    fn every_key_has_its_default_range_and_meaning() {
        let all = describe::<Settings>();
        let of = |key: &str| all.iter().find(|setting| setting.key == key).unwrap();
        let lr = Described {
            key: "lr".into(),
            default: 1e-3.into(),
            range: "above 0".into(),
            meaning: "Learning rate, of the heads.".into(),
        };
        assert_eq!(*of("lr"), lr);
        assert_eq!(of("inside.share").default, 0.5);
        assert_eq!(of("decay").range, "linear, {\"steps\": …}");
        assert_eq!(of("weights").range, "each 0 or more");
        assert_eq!(all.len(), 7);
    }
}
