//! Tables as people send them.

use std::io::{BufReader, Cursor};

use super::*;

const WANTED: [Wanted; 3] = [
    Wanted::required(&["question"]),
    Wanted::required(&["answer", "student_answer"]),
    Wanted::optional(&["marks"]),
];

fn table(bytes: &[u8]) -> Result<Table, TableError> {
    // Small reads, so that nothing depends on where they end.
    let input = BufReader::with_capacity(3, Cursor::new(bytes.to_vec()));
    Table::read("t.csv", Box::new(input), None, &WANTED)
}

fn rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut table = table(bytes).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    while let Some(row) = table.next_row().map_err(|error| error.to_string())? {
        rows.push(row);
    }
    Ok(rows)
}

fn refusal(bytes: &[u8]) -> String {
    rows(bytes).unwrap_err()
}

#[test]
fn spreadsheets_of_all_countries_are_read() {
    let cells = |bytes: &[u8]| rows(bytes).unwrap().remove(0).cells;
    let expected = ["Why?", "It \"waits\",\nthen; writes."];
    assert_eq!(
        cells(b"question,answer\nWhy?,\"It \"\"waits\"\",\nthen; writes.\""),
        expected
    );
    assert_eq!(
        cells(b"\xef\xbb\xbfQuestion;Student_Answer\r\nWhy?;\"It \"\"waits\"\",\nthen; writes.\"\r\n"),
        expected
    );
    assert_eq!(
        cells(b"question\tanswer\nWhy?\t\"It \"\"waits\"\",\nthen; writes.\"\n"),
        expected
    );
    let semicolons = table(b"a,b;question;answer\r\n1;2;3").unwrap();
    assert_eq!((semicolons.separator(), semicolons.ends_in_crlf()), (b';', true));
    assert_eq!(semicolons.columns(), ["a,b", "question", "answer"]);
    let places = [0, 1, 2].map(|index| semicolons.place(index));
    assert_eq!(places, [Some(1), Some(2), None]);
}

#[test]
fn rows_know_their_number_and_line() {
    let rows_of = |bytes: &[u8]| {
        let rows = rows(bytes).unwrap();
        rows.iter().map(|row| (row.number, row.line)).collect::<Vec<_>>()
    };
    let places = rows_of(b"question,answer\nA,\"two\nlines\"\n\nB,x\n");
    assert_eq!(places, [(1, 2), (2, 5)]);
    let windows = rows_of(b"question,answer\r\nA,\"two\r\nlines\"\r\n\r\nB,x\r\nC,y");
    assert_eq!(windows, [(1, 2), (2, 5), (3, 6)]);
}

#[test]
fn what_is_no_table_is_said_to_be_none() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "t.csv is empty; a header and at least one row are needed"),
        (b"question,answer\n", "t.csv has no row below its header"),
        (
            b"\xff\xfeq\0,\0a\0\n\0",
            "t.csv is UTF-16; save it as CSV in UTF-8",
        ),
        (
            b"PK\x03\x04\x14",
            "t.csv is a workbook or another zip archive; save it as CSV",
        ),
        (b"q\0", "t.csv is not a text file; save it as CSV"),
        (
            b"question,ma\xdfe,answer\nA,1,x\n",
            "t.csv has a header that is not UTF-8; save it as CSV in UTF-8",
        ),
        (
            b"question,answer,Answer\nA,x,y\n",
            "t.csv has the column `Answer` twice",
        ),
        (
            b"question,answer,student_answer\nA,x,y\n",
            "t.csv has both `answer` and `student_answer`; keep one of them",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refusal(bytes), expected);
    }
    assert_eq!(
        refusal(b"question,reply\nA,x\n"),
        "t.csv has no column `answer` or `student_answer`; its header reads: question, reply"
    );
}

#[test]
fn what_is_wrong_in_a_row_is_named_by_row_line_and_column() {
    assert_eq!(
        refusal(b"question,answer\n\"two\nlines\",x\nA,x,y\n"),
        "t.csv, data row 2 (line 4) has 3 cells, and the header has 2"
    );
    assert_eq!(
        refusal(b"question,answer\nA,\xe4\n"),
        "t.csv, data row 1 (line 2), column `answer`: is not UTF-8; save the file as UTF-8"
    );
    assert_eq!(
        refusal(b"question,answer\nA,x\nB,\"open\nC,y\nD,z\n"),
        "t.csv, data row 2 (line 3), column `answer`: a quotation mark is opened here and never closed"
    );
    let long = format!("question,answer\nA,{}\n", "x".repeat(MOST_CELL_CHARACTERS + 1));
    assert_eq!(
        refusal(long.as_bytes()),
        "t.csv, data row 1 (line 2), column `answer`: has more than 100000 characters"
    );
    let full = format!("question,answer\nA,{}\n", "ü".repeat(MOST_CELL_CHARACTERS));
    assert_eq!(rows(full.as_bytes()).unwrap().len(), 1);
}

#[test]
fn quotation_marks_inside_cells_are_no_end_of_the_table() {
    let cells = |bytes: &[u8]| rows(bytes).unwrap().remove(0).cells;
    assert_eq!(cells(b"question,answer\nA,5\" disk\n"), ["A", "5\" disk"]);
    assert_eq!(cells(b"question,answer\nA,\"\"\"\"\n"), ["A", "\""]);
    assert_eq!(cells(b"question,answer\nA,\"x\""), ["A", "x"]);
}
