//! Recognising what a folder holds: one suite's tasks, texts, or folders of such under their usual names.
//!
//! A layout is recognised by a file of one of its tasks. A folder with the usual name of a layout is looked at as that
//! layout first, so that what lies in it is not taken for another's. Texts are the last guess, since a text file may
//! be a part of anything: a folder that is not called `corpus` is taken for one where it holds nothing else.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    shelf::Shelf,
    texts::{Lines, entries, holds_texts_alone, name, texts_in},
};
use crate::{
    Error, Presence, Result,
    declared::Declared,
    file::some_of,
    glue::Glue,
    registry::{Part, Sets},
    tagging::Tagging,
    tartan::Tartan,
};

/// What was recognised.
#[derive(Default)]
pub(super) struct Found {
    pub shelves: Vec<Shelf>,
    pub texts: Vec<Lines>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Glue,
    Sets(Part),
    Tartan,
    Tagging,
}

/// The layouts of suites. A data folder holds them in folders of these names.
const LAYOUTS: [(&str, Layout, &str); 6] = [
    ("glue", Layout::Glue, "GLUE (RTE/train.tsv)"),
    ("superglue", Layout::Sets(Part::Superglue), "SuperGLUE (BoolQ/train.jsonl)"),
    ("t2t", Layout::Sets(Part::T2t), "the registry's sets (ag_news/train.csv)"),
    ("exmix", Layout::Sets(Part::Exmix), "sets in the common layout (samsum/train.jsonl)"),
    ("tartan", Layout::Tartan, "TARTAN (citation_intent/train.jsonl)"),
    ("tagging", Layout::Tagging, "tagging sets (conll2000/train.txt)"),
];
/// Describes the data sets beside it.
const TASKS_FILE: &str = "tasks.toml";
const CORPUS: &str = "corpus";

impl Layout {
    /// The suite in a folder, whether its data are there or not.
    fn shelf(self, dir: &Path) -> Result<Shelf> {
        let place = Some(PathBuf::from(dir));
        match self {
            Layout::Glue => Shelf::new(Arc::new(Glue::new(dir)), None, place),
            Layout::Sets(part) => Shelf::new(Arc::new(Sets::new(part, dir)), None, place),
            Layout::Tagging => Shelf::new(Arc::new(Tagging::new(dir)), None, place),
            Layout::Tartan => {
                let suite = Arc::new(Tartan::new(dir));
                Shelf::new(suite.clone(), Some(suite), place)
            }
        }
    }
}

/// The tasks that a TOML file describes, with their texts.
///
/// # Errors
/// The file can't be read, or says what makes no sense.
pub(super) fn of_tasks_file(file: &Path) -> Result<Found> {
    let declared = Arc::new(Declared::read(file)?);
    let shelf = Shelf::new(declared.clone(), Some(declared), Some(file.into()))?;
    Ok(Found { shelves: vec![shelf], texts: vec![] })
}

/// The suites that have a layout, as if in folders below `DIR`, for messages that say where data would be read.
pub(super) fn known() -> Vec<Shelf> {
    let each = LAYOUTS.iter().map(|(name, layout, _)| layout.shelf(&Path::new("DIR").join(name)));
    each.filter_map(Result::ok).collect()
}

/// What a folder holds.
///
/// # Errors
/// It is not there, or nothing in it is recognised.
pub(super) fn found_in(dir: &Path) -> Result<Found> {
    if !dir.is_dir() {
        let problem = "no such folder; `--data` names a folder of data sets".into();
        return Err(Error::File { path: dir.into(), problem });
    }
    let mut found = Found::default();
    // The name of the folder that is meant, also of `.`.
    let real = dir.canonicalize().map_err(|error| Error::io(dir, error))?;
    found.look_at(dir, usual(&real))?;
    if found.is_empty() {
        found.look_at(dir, None)?;
    }
    for path in entries(dir)?.iter().filter(|path| path.is_dir()) {
        if let Some(usual) = usual(path) {
            found.look_at(path, Some(usual))?;
        }
    }
    if found.is_empty() && holds_texts_alone(dir)? {
        found.texts = texts_in(dir)?;
    }
    if found.is_empty() { Err(nothing_in(dir)) } else { Ok(found) }
}

/// The usual name of a layout that a folder has, in small letters or capitals.
fn usual(path: &Path) -> Option<&'static str> {
    let mut names = LAYOUTS.iter().map(|(name, ..)| *name).chain([CORPUS]);
    names.find(|usual| usual.eq_ignore_ascii_case(name(path)))
}

impl Found {
    fn is_empty(&self) -> bool {
        self.shelves.is_empty() && self.texts.is_empty()
    }

    /// Adds the tasks and texts of a folder, as those of one layout if that is known.
    fn look_at(&mut self, dir: &Path, only: Option<&str>) -> Result<()> {
        if only == Some(CORPUS) {
            self.texts.extend(texts_in(dir)?);
        }
        let tasks_file = dir.join(TASKS_FILE);
        if tasks_file.is_file() {
            self.shelves.extend(of_tasks_file(&tasks_file)?.shelves);
        }
        for (name, layout, _) in LAYOUTS {
            if only.is_none_or(|only| only == name) {
                let shelf = layout.shelf(dir)?;
                if shelf.at_hand().next().is_some() {
                    self.shelves.push(shelf);
                }
            }
        }
        Ok(())
    }
}

/// Files without which data sets, whose folders are there, can't be read.
fn half_there(dir: &Path) -> String {
    let wanted = LAYOUTS.iter().filter_map(|(_, layout, _)| layout.shelf(dir).ok());
    let wanted = wanted.flat_map(|shelf| shelf.entries).filter_map(|entry| match entry.presence {
        Presence::Missing { wants } => Some(wants),
        _ => None,
    });
    let is_half = |wants: &String| {
        let folder = Path::new(wants).parent();
        folder.is_some_and(|folder| folder != dir && folder.is_dir())
    };
    let wanted: Vec<String> = wanted.filter(is_half).take(3).collect();
    match wanted.is_empty() {
        true => String::new(),
        false => {
            format!("; no such file: {}, which a data set that is there wants", wanted.join(", "))
        }
    }
}

fn nothing_in(dir: &Path) -> Error {
    let layouts: Vec<&str> = LAYOUTS.iter().map(|(.., shown)| *shown).collect();
    let there = entries(dir).unwrap_or_default();
    let there = match there.as_slice() {
        [] => "nothing is there".into(),
        there => format!("there is: {}", some_of(there.iter().map(|path| name(path)).take(8))),
    };
    let above = dir.canonicalize().ok().and_then(|dir| dir.parent().map(PathBuf::from));
    let is_above = |above: &PathBuf| {
        let mut found = Found::default();
        found.look_at(above, usual(above)).is_ok() && !found.is_empty()
    };
    let hint = match above.filter(is_above) {
        Some(above) => format!("; the folder above is one that is recognised: {}", above.display()),
        None => String::new(),
    };
    let hint = format!("{}{hint}", half_there(dir));
    Error::File {
        path: dir.into(),
        problem: format!(
            "no data set is recognised in this folder. Looked for: {}; a folder of texts (brown.txt or brown/*.txt, and \
             nothing else); {TASKS_FILE}, which describes \
             data sets of your own; or folders with the names {}, {CORPUS}. Here {there}{hint}",
            layouts.join(", "),
            LAYOUTS.map(|(name, ..)| name).join(", ")
        ),
    }
}
