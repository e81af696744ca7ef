//! Rows that go to the database as one JSON value, as the program sends them.

use serde::Serialize;
use uuid::Uuid;

/// Rows of one shape; a field is a column.
pub(crate) trait GivenRow: Serialize {
    /// Names and PostgreSQL's types of the fields, in their order.
    const COLUMNS: &'static [(&'static str, &'static str)];
}

/// The rows in `$1` as a relation of PostgreSQL.
pub(crate) fn on_postgres(columns: &[(&str, &str)]) -> String {
    let columns: Vec<String> = columns.iter().map(|(name, of)| format!("{name} {of}")).collect();
    format!(
        "json_to_recordset(CAST($1 AS json)) AS given ({})",
        columns.join(", ")
    )
}

/// The rows in `$1` as a relation of SQLite.
pub(crate) fn on_sqlite(columns: &[(&str, &str)]) -> String {
    let column = |(name, of): &(&str, &str)| match *of {
        "uuid" => format!("unhex(value ->> '{name}', '-') AS {name}"),
        _ => format!("value ->> '{name}' AS {name}"),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("(SELECT {} FROM json_each($1)) AS given", columns.join(", "))
}

/// An answer.
#[derive(Serialize)]
pub(crate) struct GivenAnswer {
    pub(crate) of_item: Uuid,
    pub(crate) new_seq: i64,
    pub(crate) new_answer: String,
    pub(crate) was_written_at: i64,
}

impl GivenRow for GivenAnswer {
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("of_item", "uuid"),
        ("new_seq", "bigint"),
        ("new_answer", "text"),
        ("was_written_at", "bigint"),
    ];
}

/// A job.
#[derive(Serialize)]
pub(crate) struct GivenJob {
    pub(crate) new_id: Uuid,
    pub(crate) of_kind: &'static str,
    pub(crate) in_queue: &'static str,
    pub(crate) known_as: String,
    pub(crate) new_state: &'static str,
    pub(crate) due_at: i64,
    pub(crate) tries: i32,
    pub(crate) given: String,
    pub(crate) of_parent: Option<Uuid>,
    pub(crate) about: Uuid,
    pub(crate) by_owner: Uuid,
    pub(crate) line: i32,
}

impl GivenRow for GivenJob {
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("new_id", "uuid"),
        ("of_kind", "text"),
        ("in_queue", "text"),
        ("known_as", "text"),
        ("new_state", "text"),
        ("due_at", "bigint"),
        ("tries", "integer"),
        ("given", "text"),
        ("of_parent", "uuid"),
        ("about", "uuid"),
        ("by_owner", "uuid"),
        ("line", "integer"),
    ];
}

/// A score.
#[derive(Serialize)]
pub(crate) struct GivenRecord {
    pub(crate) new_id: Uuid,
    pub(crate) of_attempt: Uuid,
    pub(crate) of_item: Uuid,
    pub(crate) by_scorer: &'static str,
    pub(crate) in_version: &'static str,
    pub(crate) for_cause: &'static str,
    pub(crate) got: i64,
    pub(crate) of_most: i64,
    pub(crate) why: &'static str,
    pub(crate) by_criteria: &'static str,
    pub(crate) flagged: &'static str,
    pub(crate) came_at: i64,
}

impl GivenRow for GivenRecord {
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("new_id", "uuid"),
        ("of_attempt", "uuid"),
        ("of_item", "uuid"),
        ("by_scorer", "text"),
        ("in_version", "text"),
        ("for_cause", "text"),
        ("got", "bigint"),
        ("of_most", "bigint"),
        ("why", "text"),
        ("by_criteria", "text"),
        ("sure", "double precision"),
        ("flagged", "text"),
        ("of_job", "uuid"),
        ("came_at", "bigint"),
    ];
}

/// Which score counts.
#[derive(Serialize)]
pub(crate) struct GivenResolution {
    pub(crate) of_attempt: Uuid,
    pub(crate) of_item: Uuid,
    pub(crate) by_record: Uuid,
    pub(crate) is_provisional: bool,
    pub(crate) why: &'static str,
    pub(crate) came_at: i64,
}

impl GivenRow for GivenResolution {
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("of_attempt", "uuid"),
        ("of_item", "uuid"),
        ("by_record", "uuid"),
        ("is_provisional", "boolean"),
        ("why", "text"),
        ("came_at", "bigint"),
    ];
}
