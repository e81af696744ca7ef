//! Reads the table of expected answers.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("table.txt");
/// Callers in the order of the columns.
pub(super) const CALLERS: [Caller; 8] = [
    Caller::Nobody,
    Caller::Owner,
    Caller::Stranger,
    Caller::Advisor,
    Caller::Outsider,
    Caller::Admin,
    Caller::Key,
    Caller::Unscoped,
];

/// Who asks; see the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Nobody,
    Owner,
    Stranger,
    Advisor,
    Outsider,
    Admin,
    Key,
    Unscoped,
}

/// One operation.
pub(super) struct Row {
    /// In capitals.
    pub(super) method: String,
    /// From the root.
    pub(super) path: String,
    /// What is asked of; `-` for nothing.
    pub(super) object: String,
    /// JSON with placeholders, `file`, or nothing.
    pub(super) body: String,
    /// Statuses in the order of [`CALLERS`].
    pub(super) expected: Vec<u16>,
}

/// All rows by `METHOD path`.
pub(super) fn rows() -> BTreeMap<String, Row> {
    let lines = TABLE.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut rows = BTreeMap::new();
    for line in lines {
        let row = row(line);
        let name = format!("{} {}", row.method, row.path);
        assert!(rows.insert(name, row).is_none(), "twice in the table: {line}");
    }
    rows
}

fn row(line: &str) -> Row {
    // A body may hold anything but the separator with spaces around it.
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [operation, object, body, expected] = columns[..] else {
        panic!("not four columns: {line}");
    };
    let (method, path) = operation.split_once(' ').unwrap();
    let words: Vec<&str> = expected.split_whitespace().collect();
    let expected: Vec<u16> = match words[..] {
        ["anyone", status] => vec![status.parse().unwrap(); CALLERS.len()],
        _ => words.iter().map(|word| word.parse().unwrap()).collect(),
    };
    assert_eq!(expected.len(), CALLERS.len(), "not eight answers: {line}");
    Row {
        method: method.to_owned(),
        path: path.trim().to_owned(),
        object: object.to_owned(),
        body: body.to_owned(),
        expected,
    }
}
