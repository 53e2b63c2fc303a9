//! From a file of tasks to declarations: a table is a task, and the keys of a table must fit together.
//!
//! A problem in one table does not keep the others from being read, so that all can be told at once.

use std::path::{Path, PathBuf};

use regex::Regex;
use toml::Table;

use super::{
    declaration::{Declaration, Dev, Shape},
    keys::Keys,
    rows::{Encoding, Files, Format, Layout},
    shape::shape,
};
use crate::{Error, Family, Result, file::DataFile, metrics::Metric, registry::record::Problem};

/// The file that is found in a data folder, whose suite is called after the folder.
const IN_FOLDER: &str = "tasks.toml";

/// The tables of a file of tasks, in order.
pub(super) type Declarations = Vec<(String, Result<Declaration>)>;

/// The suite's name, and its tasks.
pub(super) fn read(file: &Path) -> Result<(String, Declarations)> {
    let data = DataFile::open(file)?;
    let table: Table = data.text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| data.text.get(..span.start)).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        data.error(line, format!("not sound TOML: {}", error.message()))
    })?;
    let suite = suite_name(file)?;
    let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let wrong = |problem: String| Error::File { path: file.into(), problem };
    if table.is_empty() {
        let problem = "no task is declared here; begin one with a line such as `[mine]`";
        return Err(wrong(problem.into()));
    }
    let declared = table.iter().map(|(name, value)| {
        let keys = value.as_table().ok_or_else(|| {
            "expected a table: write the keys of the task below its name, as in `[mine]`".to_owned()
        });
        let declaration = keys.and_then(|keys| declaration(keys, name, &suite, file, &folder));
        let in_task = |problem| wrong(format!("task `{name}`: {problem}"));
        (name.clone(), declaration.map_err(in_task))
    });
    let declared = declared.collect();
    Ok((suite, declared))
}

/// The stem of the file's name, or the name of the folder of a `tasks.toml`.
fn suite_name(file: &Path) -> Result<String> {
    let named: Option<PathBuf> = match file.file_name() {
        Some(name) if name == IN_FOLDER => {
            let path = file.canonicalize().map_err(|error| Error::io(file, error))?;
            path.parent().map(Path::to_path_buf)
        }
        _ => Some(file.with_extension("")),
    };
    let name = named.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
    name.map(|name| name.into_owned()).ok_or_else(|| Error::File {
        path: file.into(),
        problem: "the suite is called after this file or its folder, and neither has a name; rename the file".into(),
    })
}

fn declaration(
    table: &Table,
    name: &str,
    suite: &str,
    file: &Path,
    folder: &Path,
) -> Result<Declaration, Problem> {
    let keys = Keys::new(table, folder)?;
    let train = keys.files("train")?.ok_or("no `train`; name the file of the training rows")?;
    let dev = match keys.hold_out("dev")? {
        Some(share) => Dev::HoldOut(share),
        None => Dev::Files(keys.files("dev")?.ok_or(
            "no `dev`; name the file of the development rows, or hold out a part of the training rows with \
             `dev = { hold_out = 0.1 }`",
        )?),
    };
    let shape = shape(&keys)?;
    let symmetric = keys.flag("symmetric")?.unwrap_or(false);
    let is_pair = matches!(&shape, Shape::Class { text, .. } | Shape::Score { text, .. }
        if text.second.is_some());
    if symmetric && !is_pair {
        return Err(
            "`symmetric` says that two texts may change places; it needs `pair`, the second text"
                .into(),
        );
    }
    let said = |error: Error| error.to_string();
    let metrics = keys.texts("metrics")?.map(|names| {
        let named = names.iter().map(|name| Metric::named(name));
        named.collect::<Result<Vec<_>>>().map(|all| all.concat()).map_err(said)
    });
    let metrics = metrics.transpose()?;
    if metrics.as_ref().is_some_and(Vec::is_empty) {
        return Err("`metrics` is empty; leave it out for the usual ones".into());
    }
    Ok(Declaration {
        name: name.into(),
        suite: suite.into(),
        file: file.into(),
        layout: layout(&keys, &train)?,
        train,
        dev,
        test: keys.files("test")?,
        shape,
        metrics,
        family: keys.text("family")?.map(Family::named).transpose().map_err(said)?,
        symmetric,
        corpus: keys.path("corpus")?,
    })
}

fn layout(keys: &Keys, train: &Files) -> Result<Layout, Problem> {
    let said = |error: Error| error.to_string();
    let format = keys.text("format")?.map(Format::named).transpose().map_err(said)?;
    if let (Files::Columns(_), Some(other)) = (train, format.filter(|f| *f != Format::Lines)) {
        return Err(format!(
            "files side by side are lines, but `format` is `{}`; leave it out",
            other.name()
        ));
    }
    let pattern = keys.text("pattern")?.map(|pattern| {
        Regex::new(&format!("^(?:{pattern})$")).map_err(|error| format!("`pattern`: {error}"))
    });
    let pattern = pattern.transpose()?;
    if let Some(pattern) = &pattern {
        if pattern.capture_names().flatten().next().is_none() {
            return Err(
                "`pattern` has no named group; write `(?P<column>…)` for each column".into()
            );
        }
        if format.is_some_and(|format| format != Format::Lines) {
            return Err("`pattern` is for `format = \"lines\"`; leave one of the two out".into());
        }
    }
    Ok(Layout {
        // A pattern tells the format of files whose names do not.
        format: format.or(pattern.is_some().then_some(Format::Lines)),
        header: keys.flag("header")?.unwrap_or(true),
        quoting: keys.flag("quoting")?,
        encoding: keys
            .text("encoding")?
            .map_or(Ok(Encoding::Utf8), Encoding::named)
            .map_err(said)?,
        pattern,
    })
}
