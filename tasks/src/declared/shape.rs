//! The target of a table and the columns that go with it: one target, and no key that belongs to another.

use super::{
    declaration::{Labels, Shape, Texts},
    keys::Keys,
    template::Template,
};
use crate::registry::record::Problem;

const TARGETS: &str =
    "expected `label` or `score` with `text`, `tags` with `words`, or `answer` with `input`";

pub(super) fn shape(keys: &Keys) -> Result<Shape, Problem> {
    let targets = ["label", "score", "tags", "answer"].into_iter().filter(|key| keys.has(key));
    let targets: Vec<&str> = targets.collect();
    let target = match targets.as_slice() {
        [one] => *one,
        [] => return Err(format!("no target; {TARGETS}")),
        [one, other, ..] => return Err(format!("both `{one}` and `{other}` are given; {TARGETS}")),
    };
    let fitting: &[&str] = match target {
        "label" => &["text", "pair", "labels", "names"],
        "score" => &["text", "pair"],
        "tags" => &["words", "labels", "names"],
        _ => &["input"],
    };
    let all = ["text", "pair", "words", "input", "labels", "names"];
    if let Some(key) = all.into_iter().find(|key| keys.has(key) && !fitting.contains(key)) {
        return Err(format!("`{key}` does not go with `{target}`; {TARGETS}"));
    }
    let template = |key: &str| -> Result<Template, Problem> {
        let why = format!("`{target}` needs it");
        Template::parse(keys.needed(key, &why)?).map_err(|problem| format!("`{key}`: {problem}"))
    };
    let texts = || -> Result<Texts, Problem> {
        let second = keys.has("pair").then(|| template("pair")).transpose()?;
        Ok(Texts { first: template("text")?, second })
    };
    Ok(match target {
        "label" => {
            let label = keys.needed("label", TARGETS)?.to_owned();
            Shape::Class { text: texts()?, label, labels: labels(keys)? }
        }
        "tags" => {
            let tags = keys.needed("tags", TARGETS)?.to_owned();
            let words = keys.needed("words", "`tags` needs it")?.to_owned();
            Shape::Tags { words, tags, labels: labels(keys)? }
        }
        "score" => {
            let (column, min, max) = keys.score()?.ok_or(TARGETS)?;
            Shape::Score { text: texts()?, column, min, max }
        }
        _ => Shape::Text { input: template("input")?, answer: template("answer")? },
    })
}

fn labels(keys: &Keys) -> Result<Labels, Problem> {
    let names = keys.pairs("names")?;
    let given = keys.texts("labels")?;
    if let Some(labels) = &given {
        if labels.len() < 2 {
            return Err("`labels` has fewer than two; there must be something to tell apart".into());
        }
        if let Some(at) = (1..labels.len()).find(|&at| labels[..at].contains(&labels[at])) {
            return Err(format!("`labels` has `{}` twice; name each label once", labels[at]));
        }
    }
    Ok(Labels { given, names })
}
