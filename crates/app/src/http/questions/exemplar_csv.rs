//! Graded answers as a table: `answer,points[,note]` with a header, as spreadsheets write it.

use csv::{ByteRecord, ReaderBuilder};
use domain::authoring::item::ItemBody;
use domain::points::Points;
use domain::scoring::answer::parse;
use serde_json::Value;

use crate::http::extract::some_lines;
use crate::http::problem::FieldError;

const MOST_ROWS: usize = 5000;
const MOST_NOTE_CHARS: usize = 2000;
/// Named at once; a table with another separator has one in every row.
const MOST_FAULTS: usize = 100;
/// What spreadsheets put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    /// The header is row 1; empty lines do not count.
    pub(super) number: usize,
    /// As it stands in the cell.
    pub(super) answer: String,
    /// What a person gave.
    pub(super) points: Points,
    /// Why.
    pub(super) note: Option<String>,
}

/// Where the columns are.
struct Columns {
    answer: usize,
    points: usize,
    note: Option<usize>,
    count: usize,
}

/// The rows of a table, or what is wrong with them by row and column.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, Vec<FieldError>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut records = reader.byte_records().zip(1..);
    let header = records.next().and_then(|(record, _)| record.ok());
    let columns = Columns::of(&header.unwrap_or_default())?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (record, number) in records {
        if number > MOST_ROWS + 1 {
            return Err(table(format!("must be at most {MOST_ROWS} rows")));
        }
        match record {
            Ok(record) => match columns.row(&record, number) {
                Ok(row) => rows.push(row),
                Err(more) => faults.extend(more),
            },
            Err(error) => faults.push(FieldError::new(format!("/rows/{number}"), error.to_string())),
        }
    }
    faults.truncate(MOST_FAULTS);
    match (faults.is_empty(), rows.is_empty()) {
        (false, _) => Err(faults),
        (true, true) => Err(table("must be at least one row below the header")),
        (true, false) => Ok(rows),
    }
}

/// What is wrong in one cell.
pub(super) fn fault(row: usize, column: &str, what: &str) -> FieldError {
    FieldError::new(
        format!("/rows/{row}/{column}"),
        format!("row {row}, column {column}: {what}"),
    )
}

/// What is wrong with all of it.
fn table(what: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new("/rows", what)]
}

/// The answer that a cell holds. Texts stand there as they are; of other kinds, what is not the JSON of an answer may be its
/// bare value (`b`, `42 ms`).
pub(super) fn in_cell(body: &ItemBody, cell: String) -> Value {
    if body.kind().is_text() {
        return Value::String(cell);
    }
    match serde_json::from_str(&cell) {
        Ok(value) if parse(body, &value).is_ok() => value,
        Ok(_) | Err(_) => Value::String(cell),
    }
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, Vec<FieldError>> {
        let named = |name: &str| {
            let is = |cell: &[u8]| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            header.iter().position(is)
        };
        match (named("answer"), named("points")) {
            (Some(answer), Some(points)) => Ok(Self {
                answer,
                points,
                note: named("note"),
                count: header.len(),
            }),
            _ => Err(vec![FieldError::new(
                "/rows/1",
                "must be a header with the columns answer, points and, if you like, note, separated by commas",
            )]),
        }
    }

    fn row(&self, record: &ByteRecord, number: usize) -> Result<Row, Vec<FieldError>> {
        if record.len() != self.count {
            let what = format!(
                "must have {} cells like the header, not {}",
                self.count,
                record.len()
            );
            return Err(vec![FieldError::new(format!("/rows/{number}"), what)]);
        }
        let text = |column: usize, name: &str| {
            let cell = record.get(column).unwrap_or_default();
            String::from_utf8(cell.to_vec()).map_err(|_| fault(number, name, "must be UTF-8"))
        };
        let answer = text(self.answer, "answer");
        let points = text(self.points, "points").and_then(|cell| {
            let number_in_cell = cell.trim().parse().ok().and_then(Points::from_f64);
            number_in_cell.ok_or_else(|| fault(number, "points", "must be a number such as 1.5"))
        });
        let note = match self.note {
            Some(column) => text(column, "note").and_then(|note| sound_note(note, number)),
            None => Ok(None),
        };
        match (answer, points, note) {
            (Ok(answer), Ok(points), Ok(note)) => Ok(Row {
                number,
                answer,
                points,
                note,
            }),
            (answer, points, note) => {
                let faults = [answer.err(), points.err(), note.err()];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }
}

/// None when the cell is empty.
fn sound_note(note: String, row: usize) -> Result<Option<String>, FieldError> {
    if note.chars().count() > MOST_NOTE_CHARS {
        return Err(fault(row, "note", "must have at most 2000 characters"));
    }
    match some_lines(&note, &()) {
        Ok(()) => Ok((!note.trim().is_empty()).then_some(note)),
        Err(error) => Err(fault(row, "note", error.message())),
    }
}

#[cfg(test)]
mod tests {
    use domain::authoring::item::{Choice, Negative, Tolerance};
    use serde_json::json;

    use super::*;

    fn faults(bytes: &[u8]) -> Vec<String> {
        let faults = read(bytes).unwrap_err();
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    fn row(number: usize, answer: &str, hundredths: i64, note: Option<&str>) -> Row {
        Row {
            number,
            answer: answer.to_owned(),
            points: Points::from_hundredths(hundredths),
            note: note.map(str::to_owned),
        }
    }

    #[test]
    fn a_table_is_read_as_spreadsheets_write_it() {
        let plain = read(b"answer,points\nA lock waits.,1.5\n\nb,0").unwrap();
        assert_eq!(plain, [row(2, "A lock waits.", 150, None), row(3, "b", 0, None)]);
        let quoted =
            "\u{feff}Note , POINTS,Answer\r\n\"good, short\", 2 ,\"two\nlines, \"\"quoted\"\"\"\r\n,1,x\r\n";
        let expected = [
            row(2, "two\nlines, \"quoted\"", 200, Some("good, short")),
            row(3, "x", 100, None),
        ];
        assert_eq!(read(quoted.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_named_by_row_and_column() {
        assert_eq!(
            faults(b"answer,points,note\nx,\"1,5\",\ny,1\n\xff,NaN,\x07\nz,2,fine"),
            [
                "/rows/2/points",
                "/rows/3",
                "/rows/4/answer",
                "/rows/4/points",
                "/rows/4/note"
            ]
        );
        let long = format!("answer,points,note\nx,1,{}", "n".repeat(2001));
        assert_eq!(faults(long.as_bytes()), ["/rows/2/note"]);
    }

    #[test]
    fn a_table_needs_a_header_and_a_bounded_number_of_rows() {
        for headless in [&b""[..], b"x,1\n", b"answer;points\nx;1\n", b"answer\nx\n"] {
            assert_eq!(faults(headless), ["/rows/1"]);
        }
        assert_eq!(faults(b"answer,points\n"), ["/rows"]);
        let of_length = |rows: usize| format!("answer,points\n{}", "x,1\n".repeat(rows));
        assert_eq!(read(of_length(MOST_ROWS).as_bytes()).unwrap().len(), MOST_ROWS);
        assert_eq!(faults(of_length(MOST_ROWS + 1).as_bytes()), ["/rows"]);
        let wrong = format!("answer,points\n{}", "x,y\n".repeat(200));
        assert_eq!(faults(wrong.as_bytes()).len(), MOST_FAULTS);
    }

    #[test]
    fn a_cell_holds_the_answer_in_the_shape_of_its_kind() {
        let options = ["a", "1"].map(|id| Choice {
            id: id.to_owned(),
            text: id.to_owned(),
        });
        let choice = ItemBody::MultipleChoice {
            options: options.to_vec(),
            key: vec!["a".to_owned()],
            negative: Negative::default(),
        };
        let cell = |body: &ItemBody, text: &str| in_cell(body, text.to_owned());
        assert_eq!(cell(&choice, "a"), json!("a"));
        assert_eq!(cell(&choice, "1"), json!("1"), "an id that looks like a number");
        let number = ItemBody::Numeric {
            key: 40.0,
            tolerance: Tolerance::Absolute(0.0),
            unit: Some("ms".to_owned()),
        };
        assert_eq!(cell(&number, "40"), json!(40));
        assert_eq!(cell(&number, "40 ms"), json!("40 ms"));
        let text = ItemBody::Essay {
            reference: None,
            rubric: domain::authoring::rubric::Rubric::default_for(domain::authoring::item::Difficulty::Easy),
        };
        assert_eq!(
            cell(&text, "{\"a\": 1}"),
            json!("{\"a\": 1}"),
            "a text is never read as JSON"
        );
    }
}
