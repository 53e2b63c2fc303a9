//! The words of a draft: comments, quoted texts, the table's name, and the files beside the given one.

use std::path::{Path, PathBuf};

use super::look::{Column, MOST_VALUES, is_there};
use crate::file::abridged;

/// What was seen of a column, as a comment.
pub(super) fn described(column: &Column) -> String {
    let name = comment(&column.name);
    match column.values.len() {
        few @ 0..=20 => {
            let values = column.values.iter().map(|(v, count)| format!("{} ({count})", comment(v)));
            format!("#   {name}: {few} values: {}\n", values.collect::<Vec<_>>().join(", "))
        }
        many => format!(
            "#   {name}: {many} values{}, {:.1} words on average, {} at most\n",
            if many == MOST_VALUES { " or more" } else { "" },
            column.mean_words,
            column.most_words
        ),
    }
}

/// A text that stays on its line.
pub(super) fn comment(text: &str) -> String {
    abridged(text).replace(char::is_control, " ")
}

/// A text in quotes, as TOML and JSON both write it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// The name of the file, or that of its folder where the file is called `train`.
pub(super) fn table_name(path: &Path) -> String {
    let stem = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default().split('.').next().unwrap_or_default().to_owned()
    };
    let mut name = stem(path);
    for part in ["_train", "-train", "train_", "train-"] {
        name = name.replace(part, "");
    }
    if name == "train" {
        let whole = path.canonicalize().unwrap_or_else(|_| path.into());
        name = whole.parent().map(stem).unwrap_or_default();
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if name.is_empty() { "task".into() } else { name }
}

/// A file that is called as this one, with another word for `train`.
pub(super) fn beside(path: &Path, words: &[&str]) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (before, after) = name.split_once("train")?;
    let after = after.strip_suffix(".gz").unwrap_or(after);
    let names = words.iter().flat_map(|word| {
        ["", ".gz"].map(|gz| path.with_file_name(format!("{before}{word}{after}{gz}")))
    });
    names.into_iter().find(|path| is_there(path))
}
