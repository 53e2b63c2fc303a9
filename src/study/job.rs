//! One training of a study: which method, on which tasks, with which seed; and who teaches it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taskgraft_tasks::mixture::PaddingWaste;

use crate::{
    evaluation::TaskScores,
    methods::{Method, Student},
    observe::GradientProbe,
};

/// A training to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub method: Method,
    /// Indices of the study's tasks.
    pub tasks: Vec<usize>,
    pub seed: u64,
    /// What is measured of the tasks' gradients along the training.
    pub probe: Option<GradientProbe>,
}

impl Job {
    /// The job of `method` that trains on `task` with `seed`.
    pub fn of(method: &Method, task: usize, all: usize, seed: u64) -> Self {
        let tasks = match method.student {
            Student::Single => vec![task],
            Student::Multi => (0..all).collect(),
        };
        Self { method: method.clone(), tasks, seed, probe: None }
    }

    /// All jobs that `methods` need on `tasks` tasks, teachers before students, each once.
    pub fn all(methods: &[Method], tasks: usize, seeds: impl Iterator<Item = u64>) -> Vec<Self> {
        let mut jobs = Vec::new();
        for seed in seeds {
            for method in methods.iter().flat_map(Method::lineage) {
                for task in 0..tasks {
                    let job = Self::of(method, task, tasks, seed);
                    if !jobs.contains(&job) {
                        jobs.push(job);
                    }
                }
            }
        }
        jobs
    }

    /// The jobs whose predictions teach this one, by task.
    pub fn teachers(&self, all: usize) -> Vec<(usize, Job)> {
        let teacher = self.method.teacher.as_deref();
        let of = |task: usize| teacher.map(|t| (task, Self::of(t, task, all, self.seed)));
        self.tasks.iter().filter_map(|&task| of(task)).collect()
    }

    /// What the job is called on screen.
    pub fn label(&self, names: &[&str]) -> String {
        match self.method.student {
            Student::Single => {
                format!("{} {} seed {}", self.method, names[self.tasks[0]], self.seed)
            }
            Student::Multi if self.tasks.len() == names.len() => {
                format!("{} seed {}", self.method, self.seed)
            }
            Student::Multi => {
                format!("{} {} seed {}", self.method, self.joined(names), self.seed)
            }
        }
    }

    /// The names of its tasks in one word.
    fn joined(&self, names: &[&str]) -> String {
        let names: Vec<&str> = self.tasks.iter().map(|&task| names[task]).collect();
        names.join("+")
    }

    /// Its folder: settings that differ have digests that differ, so nothing is ever overwritten.
    pub fn folder(&self, out: &Path, names: &[&str], digest: &str) -> PathBuf {
        let what = match self.method.student {
            Student::Multi if self.tasks.len() == names.len() => "all".to_string(),
            Student::Single | Student::Multi => self.joined(names),
        };
        let short = &digest[..digest.len().min(8)];
        out.join(self.method.slug())
            .join(format!("seed-{}", self.seed))
            .join(format!("{what}-{short}"))
    }
}

/// What a finished job leaves behind, beside files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// Scores of the network that was kept, by task of the job.
    pub scores: Vec<TaskScores>,
    /// Step and scores of every evaluation.
    pub evaluations: Vec<(u64, Vec<TaskScores>)>,
    pub steps: u64,
    /// Time in training steps, evaluation excluded.
    pub step_seconds: f64,
    /// The most memory the process held while it trained, in bytes, where the system says.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    pub padding: PaddingWaste,
    /// Steps left out, since a loss or gradient was not finite.
    #[serde(default)]
    pub skipped: u64,
    /// Task, share of draws asked for, share realised, and loss weight.
    pub rates: Vec<TaskRate>,
    /// Trained numbers in the network.
    pub parameters: usize,
}

/// What a mixture did with one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskRate {
    pub task: String,
    pub examples: usize,
    pub requested: f64,
    pub realised: f64,
    pub loss_weight: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teachers_come_before_students_and_every_job_once() {
        let methods = [Method::single(), Method::multi(), Method::born_again()];
        let jobs = Job::all(&methods, 3, 0..2);
        assert_eq!(jobs.len(), 2 * (3 + 1 + 1));
        for (i, job) in jobs.iter().enumerate() {
            for (_, teacher) in job.teachers(3) {
                assert!(jobs[..i].contains(&teacher));
            }
        }
    }

    #[test]
    fn a_student_is_taught_task_by_task_by_networks_of_its_own_seed() {
        let student = Job::of(&Method::born_again(), 1, 3, 7);
        let teachers = student.teachers(3);
        assert_eq!(teachers.len(), 3);
        assert!(teachers.iter().all(|(task, t)| t.tasks == [*task] && t.seed == 7));
        let joint = Method::multi().taught_by(Method::multi());
        let teachers = Job::of(&joint, 0, 3, 7).teachers(3);
        assert!(teachers.iter().all(|(_, t)| t.tasks == [0, 1, 2]));
    }
}
