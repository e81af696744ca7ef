//! The graded table: every column it came with, then what was found.

use std::fs::File;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use domain::points::Points;
use domain::scoring::{Reason, Scorer, Verdict};

use super::GradeError;
use crate::cli::table::{Row, Table, TableError};

/// Columns that are added, in this order.
const ADDED: [&str; 8] = [
    "points",
    "max_points",
    "confidence",
    "reason",
    "evidence",
    "flags",
    "scorer_version",
    "criteria",
];

/// Writes the graded table in the form of the one that was read.
pub(super) struct Writer {
    csv: csv::Writer<File>,
}

impl Writer {
    /// Writes the header; refused when the table has a column of the same name as one to be added.
    pub(super) fn new(file: File, table: &Table) -> Result<Self, GradeError> {
        for name in table.columns() {
            if ADDED.iter().any(|added| name.eq_ignore_ascii_case(added)) {
                let what = format!("has a column `{name}`, which grading adds; rename it");
                return Err(TableError::whole(table.file(), &what).into());
            }
        }
        let mut csv = WriterBuilder::new()
            .delimiter(table.separator())
            .quote_style(QuoteStyle::Necessary)
            .terminator(if table.ends_in_crlf() {
                Terminator::CRLF
            } else {
                Terminator::Any(b'\n')
            })
            .from_writer(file);
        let header = table.columns().iter().map(String::as_str).chain(ADDED);
        csv.write_record(header).map_err(failed)?;
        Ok(Self { csv })
    }

    /// One row.
    pub(super) fn write(&mut self, row: &Row, verdict: &Verdict) -> Result<(), GradeError> {
        let added = added(verdict).map_err(|error| failed(std::io::Error::from(error)))?;
        self.csv
            .write_record(row.cells.iter().chain(&added))
            .map_err(failed)
    }

    /// The file with everything in it.
    pub(super) fn finish(self) -> Result<File, GradeError> {
        self.csv.into_inner().map_err(|error| failed(error.into_error()))
    }
}

fn failed(error: impl Into<std::io::Error>) -> GradeError {
    GradeError::Output(String::new(), error.into())
}

/// Cells for [`ADDED`].
fn added(verdict: &Verdict) -> Result<[String; 8], serde_json::Error> {
    let mut quotes: Vec<&str> = Vec::new();
    for quote in verdict.criteria.iter().flat_map(|criterion| &criterion.evidence) {
        if !quotes.contains(&quote.text.as_str()) {
            quotes.push(&quote.text);
        }
    }
    let points = verdict.points.as_ref().map(Points::to_string);
    Ok([
        points.unwrap_or_default(),
        verdict.max_points.to_string(),
        confidence(verdict),
        verdict.reason.as_str().to_owned(),
        serde_json::to_string(&quotes)?,
        verdict.flags.join(" "),
        verdict.scorer_version.clone(),
        serde_json::to_string(&verdict.criteria)?,
    ])
}

/// Rules leave no doubt; about what is ungraded nothing can be said.
fn confidence(verdict: &Verdict) -> String {
    let confidence = match verdict.confidence {
        None if verdict.scorer == Scorer::Rule && verdict.reason != Reason::Ungraded => Some(1.0),
        confidence => confidence,
    };
    confidence.map_or_else(String::new, |confidence| format!("{confidence:.2}"))
}
