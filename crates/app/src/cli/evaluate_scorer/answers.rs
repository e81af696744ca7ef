//! Graded answers, by question.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use domain::points::Points;

use crate::cli::judging::TextQuestion;
use crate::cli::table::{Row, Table, TableError, Wanted};

const WANTED: [Wanted; 5] = [
    Wanted::required(&["question_id"]),
    Wanted::required(&["question"]),
    Wanted::required(&["reference_answer"]),
    Wanted::required(&["student_answer", "answer"]),
    Wanted::required(&["score_mean"]),
];
const QUESTION_ID: usize = 0;
const QUESTION: usize = 1;
const REFERENCE: usize = 2;
const ANSWER: usize = 3;
const SCORE: usize = 4;

/// Marks to judge with: a fine scale, so that rounding to hundredths cannot be measured.
pub(super) const MARKS: Points = Points::whole(1000);

/// The answers with one `question_id`.
pub(super) struct GradedQuestion {
    pub(super) reference: String,
    pub(super) question: Arc<TextQuestion>,
    pub(super) answers: Vec<GradedText>,
}

/// An answer and what people gave it, as a share of the scale.
pub(super) struct GradedText {
    pub(super) text: String,
    pub(super) human: f64,
}

/// Questions in the order in which they appear; scores run from 0 to `scale`.
pub(super) fn read(path: &Path, scale: f64) -> Result<Vec<GradedQuestion>, TableError> {
    let mut table = Table::open(path, &WANTED)?;
    let columns: Vec<usize> = (0..WANTED.len())
        .filter_map(|column| table.place(column))
        .collect();
    let mut questions: Vec<GradedQuestion> = Vec::new();
    let mut places = HashMap::new();
    while let Some(row) = table.next_row()? {
        let cell = |column: usize| row.cells[columns[column]].as_str();
        let wrong = |column: usize, what: &str| table.cell_error(&row, columns[column], what);
        let human = score(cell(SCORE), scale).map_err(|what| wrong(SCORE, &what))?;
        let place = if let Some(place) = places.get(cell(QUESTION_ID)) {
            *place
        } else {
            let question = question(&row, &columns).map_err(|(column, what)| wrong(column, what))?;
            questions.push(question);
            places.insert(cell(QUESTION_ID).to_owned(), questions.len() - 1);
            questions.len() - 1
        };
        let known = &mut questions[place];
        if known.question.stem != cell(QUESTION) {
            return Err(wrong(
                QUESTION,
                "is not the question that had this question_id before",
            ));
        }
        if known.reference != cell(REFERENCE) {
            return Err(wrong(
                REFERENCE,
                "is not the reference that had this question_id before",
            ));
        }
        known.answers.push(GradedText {
            text: cell(ANSWER).to_owned(),
            human,
        });
    }
    Ok(questions)
}

fn question(row: &Row, columns: &[usize]) -> Result<GradedQuestion, (usize, &'static str)> {
    for (column, what) in [
        (QUESTION_ID, "must name the question"),
        (QUESTION, "must say what is asked"),
        (REFERENCE, "must say what a full answer says"),
    ] {
        if row.cells[columns[column]].trim().is_empty() {
            return Err((column, what));
        }
    }
    let cell = |column: usize| row.cells[columns[column]].clone();
    let question = TextQuestion::new(cell(QUESTION), &cell(REFERENCE), TextQuestion::no_rubric(), MARKS);
    Ok(GradedQuestion {
        reference: cell(REFERENCE),
        question: Arc::new(question),
        answers: Vec::new(),
    })
}

fn score(text: &str, scale: f64) -> Result<f64, String> {
    let score: Option<f64> = text.trim().parse().ok();
    score
        .filter(|score| (0.0..=scale).contains(score))
        .map(|score| score / scale)
        .ok_or_else(|| format!("must be a number from 0 to {scale}; --scale names another highest score"))
}
