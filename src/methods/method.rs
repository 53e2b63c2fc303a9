//! A method as a user declares it: who is trained, and who teaches.
//!
//! The names are BAM's: `Single` and `Multi` learn from gold labels; `Teacher→Student` learns from the stored
//! predictions of another method's networks. Chains such as Single→Multi→Single→Multi nest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Anneal;

/// Which networks a method trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Student {
    /// One network per task.
    Single,
    /// One network for all tasks.
    Multi,
}

/// A method of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    pub student: Student,
    /// Whose predictions on the training set are the soft targets.
    pub teacher: Option<Box<Method>>,
    /// How gold labels and teacher are weighed; without meaning where there is no teacher.
    pub anneal: Anneal,
}

impl Method {
    /// One network per task, trained on its gold labels.
    pub fn single() -> Self {
        Self { student: Student::Single, teacher: None, anneal: Anneal::default() }
    }

    /// One network with a shared trunk and a head per task, trained on gold labels.
    pub fn multi() -> Self {
        Self { student: Student::Multi, teacher: None, anneal: Anneal::default() }
    }

    /// Distils from the networks of `teacher`, which is run first if need be.
    #[must_use]
    pub fn taught_by(mut self, teacher: Method) -> Self {
        self.teacher = Some(Box::new(teacher));
        self
    }

    /// Sets how the gold label's weight moves over training.
    #[must_use]
    pub fn anneal(mut self, anneal: Anneal) -> Self {
        self.anneal = anneal;
        self
    }

    /// BAM's own method, Single→Multi with teacher annealing.
    pub fn born_again() -> Self {
        Self::multi().taught_by(Self::single())
    }

    /// The method and its teachers, teachers first.
    pub fn lineage(&self) -> Vec<&Method> {
        let mut all = self.teacher.as_ref().map_or_else(Vec::new, |t| t.lineage());
        all.push(self);
        all
    }

    /// A name for folders: lower case, ASCII.
    pub fn slug(&self) -> String {
        let name = self.to_string().to_lowercase();
        name.replace('→', "-to-").replace(" (λ=", "-gold").replace(')', "")
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(teacher) = &self.teacher {
            write!(f, "{teacher}→")?;
        }
        f.write_str(match self.student {
            Student::Single => "Single",
            Student::Multi => "Multi",
        })?;
        match (&self.teacher, self.anneal) {
            (Some(_), Anneal::Constant(weight)) => write!(f, " (λ={weight})"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_teacher_and_student() {
        assert_eq!(Method::born_again().to_string(), "Single→Multi");
        assert_eq!(Method::born_again().slug(), "single-to-multi");
        let chain = Method::multi().taught_by(Method::single().taught_by(Method::born_again()));
        assert_eq!(chain.to_string(), "Single→Multi→Single→Multi");
        assert_eq!(chain.lineage().len(), 4);
        let half = Method::born_again().anneal(Anneal::Constant(0.5));
        assert_eq!(half.to_string(), "Single→Multi (λ=0.5)");
        assert_eq!(half.slug(), "single-to-multi-gold0.5");
    }
}
