//! Which run of one study is which of another: by their paths, and where these differ in the config's digest alone, by
//! the paths without it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// Runs by their paths below two folders.
#[derive(Debug, Default, PartialEq)]
pub struct Pairs {
    pub both: Vec<(PathBuf, PathBuf)>,
    pub only_a: Vec<PathBuf>,
    pub only_b: Vec<PathBuf>,
}

impl Pairs {
    /// Pairs the runs of two folders; of two folders that are runs, these.
    ///
    /// # Errors
    /// If one of the folders is a run and the other holds runs.
    pub fn of(a: &Path, b: &Path, runs_a: Vec<PathBuf>, runs_b: Vec<PathBuf>) -> Result<Self> {
        let is_run = |runs: &[PathBuf]| runs == [PathBuf::new()];
        if is_run(&runs_a) != is_run(&runs_b) {
            let (run, study) = if is_run(&runs_a) { (a, b) } else { (b, a) };
            return Err(Error::Usage(format!(
                "{} is one run and {} holds several; name two runs or two folders of runs",
                run.display(),
                study.display()
            )));
        }
        Ok(Self::by_path(runs_a, runs_b))
    }

    /// Pairs each run of the folder `a`, a full path, with the one of `others` whose path is the end of its own.
    pub fn by_end(a: &Path, runs: Vec<PathBuf>, others: &[PathBuf]) -> Self {
        let mut pairs = Self::default();
        for run in runs {
            let at = a.join(&run);
            let same = |other: &&PathBuf| at.ends_with(other);
            let alike = |other: &&PathBuf| without_digest(&at).ends_with(without_digest(other));
            match others.iter().find(same).or_else(|| others.iter().find(alike)) {
                Some(other) => pairs.both.push((run, other.clone())),
                None => pairs.only_a.push(run),
            }
        }
        pairs
    }

    fn by_path(mut a: Vec<PathBuf>, mut b: Vec<PathBuf>) -> Self {
        let mut both = Vec::new();
        a.retain(|path| match b.iter().position(|other| other == path) {
            Some(at) => {
                both.push((path.clone(), b.remove(at)));
                false
            }
            None => true,
        });
        // Several runs that differ in settings alone can't be told apart by what is left of their paths.
        let (unique_a, unique_b) = (unique(&a), unique(&b));
        for (stem, path) in unique_a {
            if let Some(other) = unique_b.get(&stem) {
                a.retain(|run| *run != path);
                b.retain(|run| run != other);
                both.push((path, other.clone()));
            }
        }
        both.sort();
        Self { both, only_a: a, only_b: b }
    }
}

/// Runs by path without digest, those alone that share it with no other.
fn unique(runs: &[PathBuf]) -> BTreeMap<PathBuf, PathBuf> {
    let mut by_stem: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    runs.iter().for_each(|run| by_stem.entry(without_digest(run)).or_default().push(run));
    by_stem.retain(|_, runs| runs.len() == 1);
    by_stem.into_iter().map(|(stem, runs)| (stem, runs[0].clone())).collect()
}

/// A path without the digest's eight hexadecimal digits at the end.
fn without_digest(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_digest = |text: &str| text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit());
    match name.rsplit_once('-') {
        Some((what, digest)) if is_digest(digest) => path.with_file_name(what),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn runs_are_paired_by_path_and_else_by_path_without_digest() {
        let a = paths(&["multi/seed-0/all-00000001", "single/seed-0/rte-00000002", "x/one"]);
        let b = paths(&["multi/seed-0/all-00000001", "single/seed-0/rte-0000000a", "x/two"]);
        let pairs = Pairs::by_path(a.clone(), b.clone());
        assert_eq!(pairs.both, [(a[0].clone(), b[0].clone()), (a[1].clone(), b[1].clone())]);
        assert_eq!((pairs.only_a, pairs.only_b), (paths(&["x/one"]), paths(&["x/two"])));
    }

    #[test]
    fn runs_that_could_be_several_are_not_paired() {
        let a = paths(&["m/all-00000001"]);
        let b = paths(&["m/all-00000002", "m/all-00000003"]);
        let pairs = Pairs::by_path(a.clone(), b.clone());
        assert_eq!((pairs.both.len(), &pairs.only_a, &pairs.only_b), (0, &a, &b));
        // The equal path decides first, and one is left on each side.
        let a = paths(&["m/all-00000001", "m/all-00000002"]);
        assert_eq!(Pairs::by_path(a, b).both.len(), 2);
    }

    #[test]
    fn a_run_is_found_again_by_the_end_of_its_path() {
        let again = paths(&["multi/seed-0/all-0000000a", "multi/seed-1/all-0000000b"]);
        let found = |a: &str, runs: &[&str]| Pairs::by_end(Path::new(a), paths(runs), &again);
        let one = found("/runs/bam/multi/seed-1/all-00000001", &[""]);
        assert_eq!(one.both, [("".into(), again[1].clone())]);
        let part = found("/runs/bam/multi", &["seed-0/all-0000000a", "seed-2/all-0000000a"]);
        assert_eq!(part.both, [("seed-0/all-0000000a".into(), again[0].clone())]);
        assert_eq!(part.only_a, paths(&["seed-2/all-0000000a"]));
    }

    #[test]
    fn a_run_against_a_folder_of_runs_is_refused() {
        let study = paths(&["m/all-00000002"]);
        let (a, b) = (Path::new("one"), Path::new("many"));
        let error = Pairs::of(a, b, paths(&[""]), study).unwrap_err().to_string();
        assert!(error.contains("one is one run and many holds several"), "{error}");
    }
}
