//! The outcome of a study on screen and in files.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use burn::tensor::Device;

use super::{Settings, runner::Runner};
use crate::{
    Error, Result,
    device::Backend,
    methods::Student,
    report::{
        Comparison, Provenance, TerminalStyle, render_html, render_markdown, render_terminal,
    },
    run_dir::{Manifest, locked_version, write_atomic},
};

/// A finished study.
pub struct StudyReport {
    /// Scores, tests, curves and costs.
    pub comparison: Comparison,
    folder: PathBuf,
}

impl StudyReport {
    pub(super) fn new(
        mut comparison: Comparison,
        name: &str,
        settings: &Settings,
        runner: &Runner<'_>,
    ) -> Self {
        comparison.summary = Some(summary(settings, runner));
        if let Some(mixture) = &mut comparison.mixture {
            let config = &settings.multi.mixture;
            mixture.rule = format!("{:?}, {:?}", config.rate, config.balance);
        }
        let seeds = comparison.seed_count();
        if seeds < 5 {
            comparison.notes.push(format!("{} BAM reports medians of 20.", few(seeds)));
        }
        Self::of(comparison, name, (runner.backend, &runner.device), runner.out)
    }

    /// Adds where the numbers come from.
    pub(super) fn of(
        mut comparison: Comparison,
        name: &str,
        (backend, device): (Backend, &Device),
        folder: &Path,
    ) -> Self {
        if !backend.is_deterministic() {
            let note = "This backend does not promise the same bits for the same seed.";
            comparison.notes.push(note.into());
        }
        Self::on(comparison, name, format!("{backend} ({device:?})"), folder)
    }

    /// The same where what it ran on is described in words.
    pub fn on(mut comparison: Comparison, name: &str, backend: String, folder: &Path) -> Self {
        comparison.title = name.to_string();
        let manifest = Manifest::begin(vec![], "", "", 0);
        comparison.provenance = Provenance {
            command: manifest.command.clone(),
            commit: manifest.git.as_ref().map(ToString::to_string),
            machine: manifest.machine.to_string(),
            backend,
            date: manifest.started_at.clone(),
            version: format!(
                "Taskgraft {}, Burn {}",
                manifest.taskgraft,
                locked_version("burn").unwrap_or("unknown")
            ),
        };
        Self { comparison, folder: folder.to_path_buf() }
    }

    /// Prints the table and writes `report.html`, `report.md` and `comparison.json` beside the runs.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn report(self) -> Result<()> {
        let terminal = std::io::stdout().is_terminal();
        let style = TerminalStyle { bold: terminal, width: None };
        println!("\n{}", render_terminal(&self.comparison, style));
        let drawn = |e: crate::report::ReportError| Error::Usage(e.to_string());
        let html = render_html(&self.comparison).map_err(drawn)?;
        let json = serde_json::to_vec_pretty(&self.comparison)
            .map_err(|e| Error::Usage(format!("the comparison can't be written: {e}")))?;
        write_atomic(&self.folder.join("comparison.json"), &json)?;
        write_atomic(&self.folder.join("report.md"), render_markdown(&self.comparison).as_bytes())?;
        let page = self.folder.join("report.html");
        write_atomic(&page, html.as_bytes())?;
        println!("report: {}", page.display());
        Ok(())
    }
}

/// Says what computes bfloat16 products.
pub(super) fn announce_precision(backend: Backend) {
    println!("bf16 products by {}", backend.bf16_products());
}

/// `1 seed`, `3 seeds`.
pub(super) fn number_of_seeds(seeds: u64) -> String {
    if seeds == 1 { "1 seed".into() } else { format!("{seeds} seeds") }
}

/// A warning about the number of seeds.
pub(super) fn few(seeds: usize) -> String {
    match seeds {
        1 => "One seed: no test over seeds is possible (–), and small differences may be chance."
            .into(),
        _ => format!("{seeds} seeds: too few to tell small differences from chance."),
    }
}

pub(super) fn summary(settings: &Settings, runner: &Runner<'_>) -> String {
    let describe = |student: Student| {
        let (name, config) = match student {
            Student::Single => ("Networks for one task", &settings.single),
            Student::Multi => ("networks for all tasks", &settings.multi),
        };
        let length = match config.steps {
            Some(steps) => format!("{steps} steps"),
            None => format!("{} epochs", config.epochs),
        };
        format!(
            "{name}: {length}, batch {}, learning rate {:e}, layer decay {}",
            config.mixture.batch_size, config.lr, config.layer_decay
        )
    };
    let trunk = match runner.bench.init_files.first() {
        Some(file) => format!("pretrained encoder {}", file.path.display()),
        None => format!(
            "encoder of {} layers of width {} from scratch",
            settings.trunk.layers, settings.trunk.hidden
        ),
    };
    format!("{}; {}; {trunk}.", describe(Student::Single), describe(Student::Multi))
}
