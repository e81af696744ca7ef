//! The graded table: every column it came with, then what was found.

use std::fs::File;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use domain::points::Points;
use domain::scoring::llm::Thresholds;
use domain::scoring::{Reason, Scorer, Verdict};

use super::GradeError;
use crate::cli::judging::{Opinions, Ruling, ScorerArg};
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

/// Columns about verdicts of models, named as results of the HTTP API name them.
const BY_MODELS: [&str; 4] = ["scorer", "counts_because", "provisional", "degraded"];
/// Columns about the second opinion; the gap is in percent of the marks.
const SECOND: [&str; 3] = ["local_points", "local_confidence", "gap"];

/// Columns that a run with this scorer adds.
fn columns(who: ScorerArg) -> impl Iterator<Item = &'static str> + Clone {
    let (models, second): (&[_], &[_]) = match who {
        ScorerArg::Local => (&[], &[]),
        ScorerArg::Llm => (&BY_MODELS, &[]),
        ScorerArg::Both => (&BY_MODELS, &SECOND),
    };
    ADDED.iter().chain(models).chain(second).copied()
}

/// Writes the graded table in the form of the one that was read.
pub(super) struct Writer {
    csv: csv::Writer<File>,
}

impl Writer {
    /// Writes the header; refused when the table has a column of the same name as one to be added.
    pub(super) fn new(file: File, table: &Table, who: ScorerArg) -> Result<Self, GradeError> {
        for name in table.columns() {
            if columns(who).any(|added| name.eq_ignore_ascii_case(added)) {
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
        let added: Vec<&str> = columns(who).collect();
        let header = table.columns().iter().map(String::as_str).chain(added);
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

    /// One row that models were asked about; what counts of it.
    pub(super) fn write_opinions(
        &mut self,
        row: &Row,
        opinions: &Opinions,
        (who, thresholds): (ScorerArg, &Thresholds),
    ) -> Result<Ruling, GradeError> {
        let ruling = opinions.ruling(who, thresholds);
        let found = added(&ruling.verdict).map_err(|error| failed(std::io::Error::from(error)))?;
        let second = (who == ScorerArg::Both).then(|| second(opinions));
        let cells = row.cells.iter().cloned().chain(found).chain(by_models(&ruling));
        self.csv
            .write_record(cells.chain(second.into_iter().flatten()))
            .map_err(failed)?;
        Ok(ruling)
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

/// Cells for [`BY_MODELS`].
fn by_models(ruling: &Ruling) -> [String; 4] {
    [
        ruling.verdict.scorer.as_str().to_owned(),
        ruling.because.as_str().to_owned(),
        ruling.because.is_provisional().to_string(),
        ruling.degraded.unwrap_or_default().to_owned(),
    ]
}

/// Cells for [`SECOND`].
fn second(opinions: &Opinions) -> [String; 3] {
    let local = &opinions.local;
    let points = local.points.as_ref().map(Points::to_string);
    let gap = opinions.gap().map(|gap| format!("{gap:.1}"));
    [
        points.unwrap_or_default(),
        confidence(local),
        gap.unwrap_or_default(),
    ]
}

/// Rules leave no doubt; about what is ungraded nothing can be said.
fn confidence(verdict: &Verdict) -> String {
    let confidence = match verdict.confidence {
        None if verdict.scorer == Scorer::Rule && verdict.reason != Reason::Ungraded => Some(1.0),
        confidence => confidence,
    };
    confidence.map_or_else(String::new, |confidence| format!("{confidence:.2}"))
}
