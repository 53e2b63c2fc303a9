//! A comparison as text: per pair of runs what differs, and a last line that sums up.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::{Agreement, CurveDiff, RunDiff, RunsDiff, ValueDiff};

/// Curves that are listed of each pair; the others are counted.
const LISTED: usize = 12;

/// Characters of a value that are shown.
const LONGEST: usize = 48;

impl Display for RunsDiff {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "A: {}\nB: {}", self.a.display(), self.b.display())?;
        let mut has_details = true;
        for run in &self.runs {
            let text = run.to_string();
            // Runs of which there is nothing to say stand line by line.
            let had_details = std::mem::replace(&mut has_details, text.lines().count() > 1);
            if has_details || had_details {
                writeln!(f)?;
            }
            f.write_str(&text)?;
        }
        let lists = [("only in A", &self.only_a), ("only in B", &self.only_b)];
        for (what, runs) in lists.iter().filter(|(_, runs)| !runs.is_empty()) {
            writeln!(f, "\n{what}:")?;
            runs.iter().try_for_each(|run| writeln!(f, "  {}", run.display()))?;
        }
        writeln!(f, "\n{}", self.summary())
    }
}

impl RunsDiff {
    /// What was compared and how it agrees, in a line.
    pub fn summary(&self) -> String {
        let values: usize = self.runs.iter().map(|run| run.compared.values).sum();
        let what = format!(
            "{}, {}, {}",
            count(self.runs.len() as u64, "run"),
            count(self.compared_steps(), "step"),
            count(values as u64, "metric value")
        );
        let counted = |is: fn(&RunDiff) -> bool| self.runs.iter().filter(|run| is(run)).count();
        let results = match self.results() {
            Agreement::Equal => "all bit-equal".to_string(),
            Agreement::EqualSoFar => "all bit-equal as far as the unfinished runs got".to_string(),
            Agreement::Different => {
                let differing = counted(|run| run.results() == Agreement::Different);
                let metrics = match self.metrics_are_equal() {
                    true => "metrics are bit-equal",
                    false => "metrics differ",
                };
                let lonely = match self.only_a.len() + self.only_b.len() {
                    0 => String::new(),
                    n => format!(", {} without counterpart", count(n as u64, "run")),
                };
                format!("{differing} of {} differ{lonely}; {metrics}", self.runs.len())
            }
        };
        let settings = match counted(|run| !run.settings.is_empty()) {
            0 => String::new(),
            n => format!("; settings of {} differ", count(n as u64, "run")),
        };
        format!("{what}: {results}{settings}")
    }
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl Display for RunDiff {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let agreement = match self.agreement() {
            Agreement::Equal => "equal",
            Agreement::EqualSoFar => "equal so far",
            Agreement::Different if self.results() == Agreement::Equal => {
                "other settings, equal results"
            }
            Agreement::Different => "different",
        };
        match self.path_a.as_os_str().is_empty() {
            true => writeln!(f, "{agreement}")?,
            false if self.path_a == self.path_b => {
                writeln!(f, "{}: {agreement}", self.path_a.display())?;
            }
            false => {
                let (a, b) = (self.path_a.display(), self.path_b.display());
                writeln!(f, "{a} and {b}: {agreement}")?;
            }
        }
        let unfinished = [("A", self.unfinished_a), ("B", self.unfinished_b)];
        for (which, _) in unfinished.iter().filter(|(_, unfinished)| *unfinished) {
            writeln!(f, "  {which} has not finished: scores and files are not compared")?;
        }
        table(f, "settings", &self.settings)?;
        table(f, "settings that bear on no result", &self.settings_without_effect)?;
        table(f, "made from", &self.made_from)?;
        if !self.curves.is_empty() {
            writeln!(f, "  curves")?;
            self.curves.iter().take(LISTED).try_for_each(|curve| writeln!(f, "    {curve}"))?;
            if self.curves.len() > LISTED {
                let more = self.curves.len() - LISTED;
                writeln!(f, "    and {}, later; --json lists all", count(more as u64, "curve"))?;
            }
        }
        table(f, "scores", &self.scores)?;
        if !self.files.is_empty() {
            writeln!(f, "  files")?;
        }
        let width = self.files.iter().map(|file| file.path.as_os_str().len()).max().unwrap_or(0);
        self.files.iter().try_for_each(|file| {
            let path = file.path.display().to_string();
            writeln!(f, "    {path:width$}  {}", file.difference)
        })
    }
}

fn table(f: &mut Formatter<'_>, title: &str, diffs: &[ValueDiff]) -> fmt::Result {
    if diffs.is_empty() {
        return Ok(());
    }
    let width = diffs.iter().map(|diff| diff.key.chars().count()).max().unwrap_or(0);
    let a = diffs.iter().map(|diff| shown(&diff.a).chars().count()).max().unwrap_or(0);
    writeln!(f, "  {title:width$}  {:a$}  B", "A", width = width + 2)?;
    for diff in diffs {
        writeln!(f, "    {:width$}  {:a$}  {}", diff.key, shown(&diff.a), shown(&diff.b))?;
    }
    Ok(())
}

/// A value in few characters: digests and long texts are cut.
fn shown(value: &Option<Value>) -> String {
    match value {
        None => "–".into(),
        Some(Value::String(text)) => cut(text),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(&Some(item.clone()))).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    let is_digest = text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    match text.char_indices().nth(if is_digest { 12 } else { LONGEST }) {
        Some((end, _)) if is_digest => text[..end].to_string(),
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

impl Display for CurveDiff {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let (Some(first), Some(largest)) = (self.first, self.largest) {
            let (step, by) = (first.step, first.by());
            parts.push(format!("first at step {step} by {by:.3e} ({} and {})", first.a, first.b));
            if largest.step != first.step {
                parts.push(format!("most at step {} by {:.3e}", largest.step, largest.by()));
            }
            parts.push(format!("{} of {} values", self.differing, self.common));
        }
        for (which, only) in [("A", self.only_a), ("B", self.only_b)] {
            if let Some(only) = only {
                let values = count(only.count as u64, "value");
                parts.push(format!("{values} only in {which}, from step {}", only.first));
            }
        }
        write!(f, "{}: {}", self.series, parts.join("; "))
    }
}
