//! What is wrong with a table, in one line.

use std::io;

use super::Row;

/// See the module.
#[derive(Debug, thiserror::Error)]
#[error("{place} {what}")]
pub(crate) struct TableError {
    place: String,
    what: String,
    source: Option<io::Error>,
}

impl TableError {
    /// Something about the whole file; `what` reads on after its name.
    pub(crate) fn whole(file: &str, what: &str) -> Self {
        Self::at(file.to_owned(), what)
    }

    pub(super) fn row(file: &str, row: &Row, what: &str) -> Self {
        Self::at(
            format!("{file}, data row {} (line {})", row.number, row.line),
            what,
        )
    }

    pub(super) fn cell(file: &str, row: &Row, column: &str, what: &str) -> Self {
        let place = format!(
            "{file}, data row {} (line {}), column `{column}`:",
            row.number, row.line
        );
        Self::at(place, what)
    }

    /// A file that cannot be opened or read.
    pub(crate) fn unreadable(file: &str, source: io::Error) -> Self {
        Self {
            source: Some(source),
            ..Self::at(file.to_owned(), "cannot be read")
        }
    }

    fn at(place: String, what: &str) -> Self {
        Self {
            place,
            what: what.to_owned(),
            source: None,
        }
    }
}
