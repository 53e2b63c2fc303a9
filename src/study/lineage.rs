//! Recipes by name: who is trained, who teaches, and how tasks are weighed.
//!
//! The names are BAM's: `Single` and `Multi` learn from gold labels; `Teacher→Student` learns from the stored
//! predictions of another lineage's networks. Chains such as Single→Multi→Single→Multi nest. In parentheses stand what
//! differs from the defaults and the weighting of the tasks: `Multi (PCGrad)`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Plan, Row, Stage, TaskUse};
use crate::{
    Error, Result,
    methods::{Anneal, TaskWeighting},
};

/// Which networks are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Student {
    /// One network per task.
    Single,
    /// One network for all tasks.
    Multi,
}

/// A recipe by name.
///
/// ```
/// use taskgraft::prelude::*;
///
/// let student = Lineage::multi().taught_by(Lineage::single()).anneal(Anneal::Constant(0.5));
/// assert_eq!(student.to_string(), "Single→Multi (λ=0.5)");
/// assert_eq!("single->multi (lambda=0.5)".parse::<Lineage>()?, student);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    pub student: Student,
    /// Whose predictions on the training set are the soft targets.
    pub teacher: Option<Box<Lineage>>,
    /// How gold labels and teacher are weighed; without meaning where there is no teacher.
    pub anneal: Anneal,
    /// How the losses or gradients of the tasks are weighed, with a batch of every task in each step; without it, as
    /// the mixture has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighting: Option<TaskWeighting>,
}

impl Lineage {
    /// # Errors
    /// A weight λ of gold labels outside [0, 1], here or in a teacher.
    pub fn check(&self) -> Result<()> {
        if let Anneal::Constant(weight) = self.anneal
            && !(0.0..=1.0).contains(&weight)
        {
            return Err(Error::Usage(format!(
                "`{self}`: λ, the weight of gold labels against the teacher, must be a number from 0 to 1"
            )));
        }
        self.teacher.as_ref().map_or(Ok(()), |teacher| teacher.check())
    }

    /// One network per task, trained on its gold labels.
    pub fn single() -> Self {
        Self::of(Student::Single)
    }

    /// One network with a shared trunk and a head per task, trained on gold labels.
    pub fn multi() -> Self {
        Self::of(Student::Multi)
    }

    fn of(student: Student) -> Self {
        Self { student, teacher: None, anneal: Anneal::default(), weighting: None }
    }

    /// Distils from the networks of `teacher`, which is run first if need be.
    #[must_use]
    pub fn taught_by(mut self, teacher: Lineage) -> Self {
        self.teacher = Some(Box::new(teacher));
        self
    }

    /// Sets how the gold label's weight moves over training.
    #[must_use]
    pub fn anneal(mut self, anneal: Anneal) -> Self {
        self.anneal = anneal;
        self
    }

    /// Weighs the tasks at every step. Each step has a batch of every task.
    #[must_use]
    pub fn weighted(mut self, weighting: TaskWeighting) -> Self {
        self.weighting = Some(weighting);
        self
    }

    /// BAM's own method, Single→Multi with teacher annealing.
    pub fn born_again() -> Self {
        Self::multi().taught_by(Self::single())
    }

    /// Whether other methods are tested against it: those that learn from gold labels and weigh tasks by nothing that
    /// is computed in training.
    pub fn is_baseline(&self) -> bool {
        self.teacher.is_none() && self.weighting.as_ref().is_none_or(TaskWeighting::is_baseline)
    }

    /// The method and its teachers, teachers first.
    pub fn lineage(&self) -> Vec<&Lineage> {
        let mut all = self.teacher.as_ref().map_or_else(Vec::new, |t| t.lineage());
        all.push(self);
        all
    }

    /// Adds its networks to a plan, and those that teach them.
    ///
    /// # Errors
    /// As for [`Plan::add`].
    pub fn plan(&self, plan: &mut Plan<'_>, tasks: &[TaskUse]) -> Result<Row> {
        self.check()?;
        let teachers = match &self.teacher {
            Some(teacher) => Some(teacher.plan(plan, tasks)?),
            None => None,
        };
        let taught = |stage: Stage| {
            let stage = stage.called(self.to_string());
            let stage = match &self.weighting {
                Some(weighting) => stage.method(weighting.clone()),
                None => stage,
            };
            match &teachers {
                Some(teachers) => stage.taught_by(teachers).anneal(self.anneal),
                None => stage,
            }
        };
        match self.student {
            Student::Single => plan.each(tasks, |task| taught(Stage::train([task]))),
            Student::Multi => plan.together(taught(Stage::train(tasks).trained_as("multi"))),
        }
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(teacher) = &self.teacher {
            write!(f, "{teacher}→")?;
        }
        f.write_str(match self.student {
            Student::Single => "Single",
            Student::Multi => "Multi",
        })?;
        let mut details = Vec::new();
        if let (Some(_), Anneal::Constant(weight)) = (&self.teacher, self.anneal) {
            details.push(format!("λ={weight}"));
        }
        details.extend(self.weighting.as_ref().map(ToString::to_string));
        if details.is_empty() { Ok(()) } else { write!(f, " ({})", details.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::stage::slug;

    #[test]
    fn names_tell_teacher_and_student() {
        assert_eq!(Lineage::born_again().to_string(), "Single→Multi");
        assert_eq!(slug(&Lineage::born_again().to_string()), "single-to-multi");
        let chain = Lineage::multi().taught_by(Lineage::single().taught_by(Lineage::born_again()));
        assert_eq!(chain.to_string(), "Single→Multi→Single→Multi");
        assert_eq!(chain.lineage().len(), 4);
        let half = Lineage::born_again().anneal(Anneal::Constant(0.5));
        assert_eq!(half.to_string(), "Single→Multi (λ=0.5)");
        assert_eq!(slug(&half.to_string()), "single-to-multi-gold0.5");
    }

    #[test]
    fn a_folder_of_any_name_lies_below_the_study() {
        for name in ["..", "../..", "/", "", "日本", "a/../b", r"..\x"] {
            let slug = slug(name);
            assert!(!slug.is_empty() && !slug.starts_with('.'), "{name}: {slug}");
            assert!(!slug.contains(['/', '\\']), "{name}: {slug}");
        }
    }

    #[test]
    fn names_tell_the_weighting() {
        let weighted = Lineage::multi().weighted(TaskWeighting::named("pcgrad"));
        assert_eq!(
            (weighted.to_string(), slug(&weighted.to_string())),
            ("Multi (PCGrad)".into(), "multi-pcgrad".into())
        );
        let both = Lineage::born_again()
            .anneal(Anneal::Constant(0.5))
            .weighted(TaskWeighting::named("cagrad").with("c", 0.25));
        assert_eq!(both.to_string(), "Single→Multi (λ=0.5, CAGrad c=0.25)");
        assert_eq!(slug(&both.to_string()), "single-to-multi-gold0.5-cagrad-c-0.25");
    }

    #[test]
    fn a_method_without_weighting_is_written_as_it_always_was() {
        let written = serde_json::to_string(&Lineage::multi()).unwrap();
        assert_eq!(written, r#"{"student":"multi","teacher":null,"anneal":"linear"}"#);
    }
}
