//! Labelled examples as JSON lines: one object a line, with the strings `text` and `label`.
//!
//! Other fields (entity positions, article numbers) are passed over. A line that is no such object is an error,
//! never skipped; a text may be empty, as one of the published Hyperpartisan articles is.

use serde_json::{Map, Value};

use crate::{
    Error, Example, ExampleId, Result, Target, Text,
    file::{DataFile, abridged, some_of},
};

/// All examples of a file, numbered from 0; below 2^32 because the size of a file is limited.
pub(super) fn of_file(labels: &[&str], file: &DataFile) -> Result<Vec<Example>> {
    if file.text.is_empty() {
        let problem = "empty file; expected a JSON object with `text` and `label` on every line";
        return Err(Error::File { path: file.source.path.clone(), problem: problem.into() });
    }
    let lines = file.text.lines().enumerate();
    lines
        .map(|(number, line)| {
            let (text, target) =
                example(labels, line).map_err(|problem| file.error(number + 1, problem))?;
            Ok(Example { id: ExampleId(number as u32), text, target: Some(target) })
        })
        .collect()
}

fn example(labels: &[&str], line: &str) -> std::result::Result<(Text, Target), String> {
    if line.trim().is_empty() {
        return Err("blank line; expected a JSON object".into());
    }
    let object: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| format!("not a JSON object ({error}); found {}", abridged(line)))?;
    let text = string(&object, "text")?;
    let label = string(&object, "label")?;
    let class = labels.iter().position(|known| *known == label).ok_or_else(|| {
        let label = abridged(label);
        format!("unknown label `{label}`; known labels: {}", labels.join(", "))
    })?;
    Ok((Text::One(text.into()), Target::Class(class)))
}

fn string<'a>(object: &'a Map<String, Value>, field: &str) -> std::result::Result<&'a str, String> {
    match object.get(field) {
        Some(Value::String(value)) => Ok(value),
        Some(other) => {
            let found = abridged(&other.to_string());
            Err(format!("field `{field}` is {found}; expected a string"))
        }
        None => {
            let found = some_of(object.keys().map(String::as_str));
            Err(format!("no field `{field}`; found {found}"))
        }
    }
}
