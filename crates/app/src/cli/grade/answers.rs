//! Rows of the table as texts to be judged.

use std::sync::Arc;

use domain::authoring::rubric::Rubric;
use domain::points::Points;
use domain::scoring::local::TextScorer;

use super::GradeError;
use super::rubrics;
use crate::cli::judging::{TextQuestion, TextToJudge};
use crate::cli::table::{Row, Table, TableError, Wanted};

/// The columns, in the order of the constants below.
pub(super) const WANTED: [Wanted; 5] = [
    Wanted::required(&["question"]),
    Wanted::required(&["reference_answer"]),
    Wanted::required(&["answer", "student_answer"]),
    Wanted::optional(&["rubric"]),
    Wanted::optional(&["marks"]),
];
const QUESTION: usize = 0;
const REFERENCE: usize = 1;
const ANSWER: usize = 2;
const RUBRIC: usize = 3;
const MARKS: usize = 4;

const MOST_MARKS: Points = Points::whole(1000);

/// The rows still to be judged.
pub(super) struct Answers {
    table: Table,
    scorer: Arc<dyn TextScorer>,
    marks: Points,
    rubric: Rubric,
    /// The question of the row before; tables hold many answers to one.
    latest: Option<([String; 4], Arc<TextQuestion>)>,
}

impl Answers {
    /// `defaults` are marks and rubric of rows without their own; without any rubric texts are judged as a whole.
    pub(super) fn new(table: Table, scorer: Arc<dyn TextScorer>, defaults: (Points, Option<Rubric>)) -> Self {
        let (marks, rubric) = defaults;
        Self {
            table,
            scorer,
            marks,
            rubric: rubric.unwrap_or_else(TextQuestion::no_rubric),
            latest: None,
        }
    }

    /// Bytes of the table read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.table.bytes_read()
    }

    /// The next rows, at most `most`; none at the end.
    pub(super) fn batch(&mut self, most: usize) -> Result<Vec<(Row, TextToJudge)>, GradeError> {
        let mut batch = Vec::with_capacity(most);
        while batch.len() < most
            && let Some(row) = self.table.next_row()?
        {
            let text = TextToJudge {
                question: self.question(&row)?,
                answer: self.cell(&row, ANSWER).to_owned(),
                scorer: Arc::clone(&self.scorer),
            };
            batch.push((row, text));
        }
        Ok(batch)
    }

    fn question(&mut self, row: &Row) -> Result<Arc<TextQuestion>, TableError> {
        let key = [QUESTION, REFERENCE, RUBRIC, MARKS].map(|column| self.cell(row, column).to_owned());
        if let Some((known, question)) = &self.latest
            && *known == key
        {
            return Ok(Arc::clone(question));
        }
        let [stem, reference, rubric, marks] = &key;
        if stem.trim().is_empty() {
            return Err(self.error(row, QUESTION, "must say what is asked"));
        }
        let marks = match marks.trim() {
            "" => self.marks,
            cell => self::marks(cell).map_err(|what| self.error(row, MARKS, &what))?,
        };
        let rubric = match rubric.trim() {
            "" => self.rubric.clone(),
            cell => rubrics::parse(cell).map_err(|what| self.error(row, RUBRIC, &what))?,
        };
        let question = Arc::new(TextQuestion::new(stem.clone(), reference, rubric, marks));
        self.latest = Some((key, Arc::clone(&question)));
        Ok(question)
    }

    /// Empty where the table has no such column.
    fn cell<'row>(&self, row: &'row Row, column: usize) -> &'row str {
        self.table
            .place(column)
            .map_or("", |place| row.cells[place].as_str())
    }

    fn error(&self, row: &Row, column: usize, what: &str) -> TableError {
        self.table
            .cell_error(row, self.table.place(column).unwrap_or_default(), what)
    }
}

/// Full marks of an answer.
pub(super) fn marks(text: &str) -> Result<Points, String> {
    let points = text.trim().parse().ok().and_then(Points::from_f64);
    points
        .filter(|points| *points > Points::ZERO && *points <= MOST_MARKS)
        .ok_or_else(|| "must be a number above 0 and at most 1000, such as 2.5".to_owned())
}
