//! Graded short answers from a CSV file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use domain::authoring::item::ItemKind;
use domain::authoring::rubric::Rubric;
use domain::points::Points;
use domain::scoring::local::TextTask;
use serde::Deserialize;

/// Where the development data is, from the root of the workspace.
const USUAL_PLACE: &str = "../shared/data/short-answers-dev.csv";
/// Full marks in the file.
pub(crate) const FULL_MARKS: f64 = 5.0;
/// Marks to score with, so fine that rounding tells nothing.
pub(crate) const FINE: Points = Points::whole(1_000_000);

/// One row of the file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Graded {
    pub(crate) question_id: String,
    pub(crate) question: String,
    pub(crate) reference_answer: String,
    pub(crate) student_answer: String,
    /// Mean of the graders, 0 to [`FULL_MARKS`].
    score_mean: f64,
}

impl Graded {
    /// Share of the marks that people gave.
    pub(crate) fn human(&self) -> f64 {
        self.score_mean / FULL_MARKS
    }

    /// The task of judging `answer` as the answer to this row's question.
    pub(crate) fn task<'t>(&'t self, rubric: &'t Rubric, answer: &'t str) -> TextTask<'t> {
        TextTask {
            question: &self.question,
            reference: Some(&self.reference_answer),
            rubric,
            marks: FINE,
            answer,
            item_kind: ItemKind::ShortAnswer,
        }
    }
}

/// A rubric of nothing: the answer is judged as a whole.
pub(crate) const fn whole() -> Rubric {
    Rubric {
        criteria: Vec::new(),
        floor: 0.0,
    }
}

/// The named file, or the one in the usual place.
pub(crate) fn place(named: Option<&str>) -> Result<PathBuf> {
    let path = named.map_or_else(|| PathBuf::from(USUAL_PLACE), PathBuf::from);
    if !path.is_file() {
        bail!(
            "{} is not there: name a CSV file with question_id, question, reference_answer, student_answer and score_mean",
            path.display()
        );
    }
    Ok(path)
}

/// The rows grouped by question, in the order of the file.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<Graded>>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    let mut questions: Vec<Vec<Graded>> = Vec::new();
    for row in reader.deserialize() {
        let row: Graded = row.with_context(|| path.display().to_string())?;
        match questions
            .iter_mut()
            .find(|rows| rows[0].question_id == row.question_id)
        {
            Some(rows) => rows.push(row),
            None => questions.push(vec![row]),
        }
    }
    Ok(questions)
}
