//! Scores predictions for a SQuAD data set, both in the files that the official scripts take.
//!
//! The data set is JSON of version 1.1 or 2.0 (`data`, `paragraphs`, `qas`); predictions are one JSON object that
//! maps each question's id to a text, an empty one where the question is held to have no answer. Version 2.0 is
//! told by `is_impossible` and scored with and without answer apart as well. There is no threshold on a probability
//! of having no answer. A question without prediction counts as wrong, as in version 1.1's script; version 2.0's
//! leaves it out, which rewards leaving out hard ones.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    pairs::Pairs,
    squad::{exact_match, f1, normalised},
};
use crate::{Error, Result, file::DataFile};

#[derive(Deserialize)]
struct DataSet {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    qas: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    #[serde(default)]
    answers: Vec<Answer>,
    is_impossible: Option<bool>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
}

/// Scores over some of the questions, in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    pub questions: usize,
    pub exact_match: f64,
    pub f1: f64,
}

/// Scores of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SquadScores {
    pub all: Part,
    /// Questions with and without answer; of version 2.0 only.
    pub by_answer: Option<[Part; 2]>,
    /// Questions without prediction, which count as wrong.
    pub missing: usize,
    /// Predictions for questions that are not in the data set, which do not count.
    pub unknown: usize,
    /// Predictions for a question that has another one further below, which counts.
    pub repeated: usize,
}

/// Whether a file's name or content says that it is a SQuAD data set.
pub fn is_data_set(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let by_name = name.ends_with(".json") || name.ends_with(".json.gz");
    by_name || read::<DataSet>(path).is_ok()
}

/// Scores the predictions of one file for the data set of another.
///
/// # Errors
/// Files that cannot be read or do not have the form above, a question that has no answer but is not marked as
/// impossible, or predictions of which none is for a question of the data set.
pub fn score(data_set: &Path, predictions: &Path) -> Result<SquadScores> {
    let questions = questions(data_set)?;
    let predictions_file = predictions;
    let Pairs(pairs) = read(predictions_file)?;
    let given = pairs.len();
    let predictions: BTreeMap<String, String> = pairs.into_iter().collect();
    let mut sums = [Part::default(); 2];
    let mut found = 0;
    for question in &questions {
        let (answers, part) = (question.answers(), &mut sums[usize::from(question.impossible())]);
        part.questions += 1;
        if let Some(prediction) = predictions.get(&question.id) {
            found += 1;
            part.exact_match += f64::from(u8::from(exact_match(prediction, &answers)));
            part.f1 += f1(prediction, &answers);
        }
    }
    if found == 0 {
        let problem = format!(
            "none of its {} ids is of a question in {}; expected {{\"QUESTION ID\": \"ANSWER\", …}}",
            predictions.len(),
            data_set.display()
        );
        return Err(Error::File { path: predictions_file.into(), problem });
    }
    let [with, without] = sums;
    let all = Part {
        questions: with.questions + without.questions,
        exact_match: with.exact_match + without.exact_match,
        f1: with.f1 + without.f1,
    };
    let is_second_version = questions.iter().any(|question| question.is_impossible.is_some());
    Ok(SquadScores {
        all: all.mean(),
        by_answer: is_second_version.then(|| [with.mean(), without.mean()]),
        missing: questions.len() - found,
        unknown: predictions.len() - found,
        repeated: given - predictions.len(),
    })
}

impl Part {
    fn mean(self) -> Self {
        let count = self.questions.max(1) as f64;
        Part { exact_match: self.exact_match / count, f1: self.f1 / count, ..self }
    }
}

impl Question {
    fn impossible(&self) -> bool {
        self.is_impossible == Some(true)
    }

    /// The answers that have words; the empty one where there are none.
    fn answers(&self) -> Vec<&str> {
        let texts = self.answers.iter().map(|answer| answer.text.as_str());
        let mut answers: Vec<&str> = texts.filter(|text| !normalised(text).is_empty()).collect();
        if self.impossible() || answers.is_empty() {
            answers = vec![""];
        }
        answers
    }
}

/// The questions of a data set, each id once.
fn questions(path: &Path) -> Result<Vec<Question>> {
    let data: DataSet = read(path)?;
    let paragraphs = data.data.into_iter().flat_map(|article| article.paragraphs);
    let mut questions: BTreeMap<String, Question> = BTreeMap::new();
    for question in paragraphs.flat_map(|paragraph| paragraph.qas) {
        let problem = if question.answers.is_empty() && !question.impossible() {
            "has no answers and is not marked as impossible"
        } else if questions.contains_key(&question.id) {
            "is there twice; give each question an id of its own"
        } else {
            questions.insert(question.id.clone(), question);
            continue;
        };
        let problem = format!("question `{}` {problem}", question.id);
        return Err(Error::File { path: path.into(), problem });
    }
    if questions.is_empty() {
        return Err(Error::File {
            path: path.into(),
            problem: "it has no questions; expected a data set in SQuAD's form".into(),
        });
    }
    Ok(questions.into_values().collect())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = DataFile::open(path)?;
    serde_json::from_str(&file.text).map_err(|error| {
        file.error(error.line(), format!("not in the form of SQuAD's files: {error}"))
    })
}
