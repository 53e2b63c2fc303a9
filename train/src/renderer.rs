//! Progress without burn-train's dashboard: a bar where somebody looks, a line per evaluation everywhere.

use std::{collections::HashMap, time::Instant};

use burn::train::{
    LearnerSummary,
    logger::{EvaluationProgressLogger, TrainingProgressLogger},
    metric::{MetricDefinition, MetricId, NumericEntry},
    renderer::{
        EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
        MetricsRendererTraining,
    },
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal's standard error; nothing where there is no terminal.
pub fn progress_bar(label: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{prefix:32} {bar:24} {pos:>5}/{len} {per_sec:>9} eta {eta:>4}  {msg}",
    );
    // The template is a constant with names that indicatif knows; its default serves as well.
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(label.to_string());
    bar
}

/// Shows one training as a progress bar on a terminal's standard error, and its evaluations as lines.
pub struct LineRenderer {
    label: String,
    total: u64,
    bar: ProgressBar,
    names: HashMap<MetricId, String>,
    training: bool,
    step: u64,
    loss: Option<f64>,
    scores: Vec<(String, f64)>,
    started: Instant,
}

impl LineRenderer {
    /// Shows a training of `total` steps that goes on after step `done`.
    pub fn new(label: &str, done: u64, total: u64) -> Self {
        let bar = progress_bar(label, total);
        bar.set_position(done);
        bar.reset_eta();
        if done > 0 {
            println!("{label:48} goes on after step {done}");
        }
        Self {
            label: label.into(),
            total,
            bar,
            names: HashMap::new(),
            training: false,
            step: done,
            loss: None,
            scores: vec![],
            started: Instant::now(),
        }
    }

    fn take(&mut self, state: MetricState) -> Option<(String, f64)> {
        match state {
            MetricState::Numeric(entry, Some(NumericEntry::Value(value))) => {
                self.names.get(&entry.metric_id).map(|name| (name.clone(), value))
            }
            _ => None,
        }
    }
}

impl MetricsRendererTraining for LineRenderer {
    fn update_train(&mut self, state: MetricState) {
        match self.take(state) {
            Some((name, value)) if name == "loss" => {
                // A running mean over about 20 steps; single steps jump too much to be read.
                self.loss = Some(self.loss.map_or(value, |old| old + 0.05 * (value - old)));
            }
            Some((name, value)) if name == "step" => self.step = value as u64,
            _ => {}
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        if let Some((name, value)) = self.take(state)
            && name != "step"
        {
            self.scores.push((name, value));
        }
    }

    fn on_train_end(
        &mut self,
        _summary: Option<LearnerSummary>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        self.bar.finish_and_clear();
        Ok(())
    }
}

impl TrainingProgressLogger for LineRenderer {
    fn start(
        &mut self,
        _epochs: usize,
        _first: usize,
        _items: Option<usize>,
        _label: Option<&str>,
    ) {
        self.started = Instant::now();
    }

    fn update_epoch(&mut self, _epoch: usize) {
        let scores: Vec<String> =
            self.scores.drain(..).map(|(name, value)| format!("{name} {value:.4}")).collect();
        let line = format!(
            "{:32} step {:>5}/{}  {:>5.0} s  loss {:.4}  {}",
            self.label,
            self.step,
            self.total,
            self.started.elapsed().as_secs_f64(),
            self.loss.unwrap_or(f64::NAN),
            scores.join("  ")
        );
        self.bar.suspend(|| println!("{line}"));
    }

    fn start_split(&mut self, split: &str, _items: usize) {
        self.training = split == "train";
        self.bar.set_message(if self.training { "" } else { "evaluating" });
    }

    fn update_split(&mut self, _items: usize) {
        if self.training {
            self.bar.set_position(self.step);
            if let Some(loss) = self.loss {
                self.bar.set_message(format!("loss {loss:.4}"));
            }
        }
    }

    fn end_split(&mut self) {}

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }

    fn log_event_training(&mut self, _event: String) {}
}

// burn-train's trait for renderers asks for these; Taskgraft evaluates within training.
impl MetricsRendererEvaluation for LineRenderer {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
}

impl EvaluationProgressLogger for LineRenderer {
    fn start_global_progress(&mut self, _tests: usize) {}
    fn start_test(&mut self, _name: &str, _items: usize) {}
    fn update_test_progress(&mut self, _items: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRenderer for LineRenderer {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name.to_string());
    }
}
