//! Two JSON values compared leaf by leaf, under dotted keys.
//!
//! Lists of named things (scores by task, metrics by name, evaluations by step) are compared by name and not by
//! position, so that a difference says whose it is. A list of plain values is one value.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A value that differs; `None` where a side has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueDiff {
    /// Dotted key.
    pub key: String,
    pub a: Option<Value>,
    pub b: Option<Value>,
}

/// All leaves that differ, by key.
pub fn differences(a: &Value, b: &Value) -> Vec<ValueDiff> {
    let (mut a, mut b) = (leaves(a), leaves(b));
    let keys: Vec<String> = a.keys().chain(b.keys()).cloned().collect();
    let mut all = Vec::new();
    for key in keys {
        let (a, b) = (a.remove(&key), b.remove(&key));
        // Keys of both are met twice, with nothing left the second time.
        if a != b {
            all.push(ValueDiff { key, a, b });
        }
    }
    all.sort_by(|x, y| x.key.cmp(&y.key));
    all
}

/// As [`differences`], without what measures time or memory.
pub fn results(a: &Value, b: &Value) -> Vec<ValueDiff> {
    let mut all = differences(a, b);
    all.retain(|diff| !diff.key.split('.').any(measures_cost));
    all
}

/// Whether a figure of this name measures the machine: time, memory or throughput. No two runs have the same.
pub fn measures_cost(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["seconds", "second", "time", "duration", "memory", "throughput", "speed", "utilisation"];
    name.split(|c: char| !c.is_alphanumeric())
        .any(|word| WORDS.iter().any(|cost| word.eq_ignore_ascii_case(cost)))
}

fn leaves(value: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    collect(value, String::new(), &mut all);
    all
}

fn collect(value: &Value, key: String, all: &mut BTreeMap<String, Value>) {
    let below =
        |part: &str| if key.is_empty() { part.to_string() } else { format!("{key}.{part}") };
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(part, v)| collect(v, below(part), all)),
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            let named = items.iter().map(named).collect::<Option<Vec<_>>>();
            let named = named.unwrap_or_else(|| {
                items.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect()
            });
            named.into_iter().for_each(|(part, v)| collect(v, below(&part), all));
        }
        leaf => {
            all.insert(key, leaf.clone());
        }
    }
}

/// The name of a list's item, and what it names: `["accuracy", 0.5]`, `[40, […]]`, `{"task": "rte", …}`.
fn named(item: &Value) -> Option<(String, &Value)> {
    match item {
        Value::Array(pair) => match pair.as_slice() {
            [Value::String(name), value] => Some((name.clone(), value)),
            [Value::Number(step), value] => Some((step.to_string(), value)),
            _ => None,
        },
        Value::Object(map) => Some((map.get("task")?.as_str()?.to_string(), item)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(a: &Value, b: &Value) -> Vec<String> {
        differences(a, b).into_iter().map(|diff| diff.key).collect()
    }

    #[test]
    fn a_changed_an_added_and_a_removed_setting_are_named_by_dotted_keys() {
        let a = json!({"train": {"lr": 0.1, "steps": 3, "rate": "uniform"}, "seed": 1});
        let b = json!({"train": {"lr": 0.2, "steps": 3, "rate": {"size_power": 0.5}}, "seed": 1});
        assert_eq!(keys(&a, &b), ["train.lr", "train.rate", "train.rate.size_power"]);
        let diffs = differences(&a, &b);
        assert_eq!((&diffs[0].a, &diffs[0].b), (&Some(json!(0.1)), &Some(json!(0.2))));
        assert_eq!(diffs[2].a, None);
        assert!(differences(&a, &a).is_empty());
    }

    #[test]
    fn scores_are_compared_by_task_and_metric() {
        let scores = |rte: f64, first: &str| {
            let other = json!({"task": "cola", "metrics": [["matthews", 0.5]]});
            let rte = json!({"task": "rte", "metrics": [["accuracy", rte], ["f1", 0.5]]});
            let order = if first == "rte" { [rte, other] } else { [other, rte] };
            json!({"evaluations": [[40, order]]})
        };
        assert!(differences(&scores(0.5, "rte"), &scores(0.5, "cola")).is_empty());
        let found = keys(&scores(0.5, "rte"), &scores(0.25, "rte"));
        assert_eq!(found, ["evaluations.40.rte.metrics.accuracy"]);
    }

    #[test]
    fn costs_are_no_results() {
        for name in ["step_seconds", "peak_memory", "tokens per second", "wall time"] {
            assert!(measures_cost(name), "{name}");
        }
        for name in ["loss", "gradient norm", "timely", "padding", "score", "steps"] {
            assert!(!measures_cost(name), "{name}");
        }
        let of = |seconds: f64| json!({"step_seconds": seconds, "steps": 4});
        assert!(results(&of(1.0), &of(2.0)).is_empty());
    }
}
