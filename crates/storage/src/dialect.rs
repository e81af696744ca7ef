//! The few places where the two databases really differ.

use uuid::Uuid;

use crate::database::Backend;

/// Appended to a `SELECT` whose rows are about to be changed. SQLite needs none: its transactions already exclude
/// each other.
pub(crate) const fn for_update(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE",
    }
}

/// The same for rows whose keys stay: rows that refer to them can be inserted meanwhile.
pub(crate) const fn for_change(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR NO KEY UPDATE",
    }
}

/// Appended to the `SELECT` of a claim: rows another worker is claiming are passed over.
pub(crate) const fn skip_locked(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

/// The same for one of several tables of the `SELECT`.
pub(crate) fn skip_locked_of(backend: Backend, table: &str) -> String {
    match backend {
        Backend::Sqlite => String::new(),
        Backend::Postgres => format!(" FOR UPDATE OF {table} SKIP LOCKED"),
    }
}

/// A state as a condition on rows that are found by their ids. PostgreSQL takes a plain column for a way in by the partial index of
/// that state as well, and the statistics of yesterday, when nobody sat and no job waited, say that this is the shortest one. Constant texts write `(state || '')` out.
pub(crate) fn not_by_index(column: &str) -> String {
    format!("({column} || '')")
}

/// The type of a column in [`rows_of_json`].
#[derive(Clone, Copy)]
pub(crate) enum Column {
    /// As serde writes it.
    Uuid,
    /// 64 bits.
    BigInt,
    /// 32 bits.
    Integer,
    /// A floating-point number.
    Double,
    /// Any text.
    Text,
    /// Yes or no.
    Boolean,
}

/// A type that a field of [`json_rows`] may have.
pub(crate) trait OfColumn {
    const COLUMN: Column;

    /// What is absent is NULL, and shorter.
    fn is_null(&self) -> bool {
        false
    }
}

macro_rules! of_column {
    ($($of:ty: $column:ident),+ $(,)?) => {
        $(impl OfColumn for $of {
            const COLUMN: Column = Column::$column;
        })+
    };
}

of_column!(Uuid: Uuid, i64: BigInt, i32: Integer, f64: Double, String: Text, &str: Text, bool: Boolean);

impl<T: OfColumn> OfColumn for Option<T> {
    const COLUMN: Column = T::COLUMN;

    fn is_null(&self) -> bool {
        self.is_none()
    }
}

/// A row of [`rows_of_json`] and its `COLUMNS`, which are its fields.
macro_rules! json_rows {
    ($(#[$about:meta])* $seen:vis struct $name:ident $(<$life:lifetime>)? { $($field:ident: $of:ty,)+ }) => {
        $(#[$about])*
        #[derive(serde::Serialize)]
        $seen struct $name $(<$life>)? {
            $(#[serde(skip_serializing_if = "crate::dialect::OfColumn::is_null")] $field: $of,)+
        }

        impl $(<$life>)? $name $(<$life>)? {
            const COLUMNS: &'static [(&'static str, crate::dialect::Column)] =
                &[$((stringify!($field), <$of as crate::dialect::OfColumn>::COLUMN),)+];
        }
    };
}
pub(crate) use json_rows;

/// What stands after `FROM` to read parameter 1, a JSON array of objects, as rows of these columns.
pub(crate) fn rows_of_json(backend: Backend, columns: &[(&str, Column)]) -> String {
    let column = |(name, of): &(&str, Column)| match (backend, of) {
        (Backend::Postgres, Column::Uuid) => format!("{name} uuid"),
        (Backend::Postgres, Column::BigInt) => format!("{name} bigint"),
        (Backend::Postgres, Column::Integer) => format!("{name} integer"),
        (Backend::Postgres, Column::Double) => format!("{name} double precision"),
        (Backend::Postgres, Column::Text) => format!("{name} text"),
        (Backend::Postgres, Column::Boolean) => format!("{name} boolean"),
        (Backend::Sqlite, Column::Uuid) => format!("unhex(value ->> '{name}', '-') AS {name}"),
        (Backend::Sqlite, _) => format!("value ->> '{name}' AS {name}"),
    };
    let columns = columns.iter().map(column).collect::<Vec<_>>().join(", ");
    match backend {
        Backend::Postgres => format!("json_to_recordset(CAST($1 AS json)) AS given ({columns})"),
        Backend::Sqlite => format!("(SELECT {columns} FROM json_each($1)) AS given"),
    }
}

/// SQLite names the columns of a violated unique index instead of the index.
const SQLITE_UNIQUE: [(&str, &str); 33] = [
    ("audit_chain.audit_id", "audit_chain_row"),
    ("audit_chain.seq", "audit_chain_pkey"),
    ("api_keys.user_id", "api_keys_account"),
    ("invitations.code_hash", "invitations_code"),
    ("secrets.purpose", "secrets_one_of_purpose"),
    ("users.email", "users_email"),
    ("cohorts.name", "cohorts_name"),
    ("llm_calls.digest", "llm_calls_answered"),
    ("tracks.slug", "tracks_slug"),
    ("exemplars.item_id, exemplars.answer_hash", "exemplars_answer"),
    ("attempts.user_id, attempts.definition_id", "attempts_one_open"),
    ("attempts.user_id", "attempts_one_in_progress"),
    ("resolutions.attempt_id", "resolutions_one_fail"),
    (
        "inquiries.attempt_id, inquiries.item_version_id",
        "inquiries_one_open",
    ),
    ("inquiries.attempt_id", "inquiries_one_open_whole"),
    ("credentials.title, credentials.provider", "credentials_title"),
    (
        "credential_versions.credential_id, credential_versions.version",
        "credential_versions_pkey",
    ),
    ("recommendations.attempt_id", "recommendations_attempt"),
    (
        "recommendation_items.recommendation_id, recommendation_items.credential_id",
        "recommendation_items_once",
    ),
    (
        "recommendation_traces.recommendation_id, recommendation_traces.position, recommendation_traces.number",
        "recommendation_traces_number",
    ),
    ("regrades.item_id", "regrades_one_live_item"),
    ("regrades.definition_id", "regrades_one_live_definition"),
    (
        "item_versions.item_id, item_versions.version",
        "item_versions_number",
    ),
    (
        "definition_versions.definition_id, definition_versions.number",
        "definition_versions_number",
    ),
    ("jobs.kind, jobs.dedupe_key", "jobs_dedupe"),
    (
        "idempotency_keys.principal, idempotency_keys.route, idempotency_keys.key",
        "idempotency_keys_pkey",
    ),
    (
        "section_submissions.attempt_id, section_submissions.section_index",
        "section_submissions_pkey",
    ),
    ("refresh_tokens.token_hash", "refresh_tokens_pkey"),
    (
        "responses.attempt_id, responses.item_version_id",
        "responses_pkey",
    ),
    (
        "resolutions.attempt_id, resolutions.item_version_id",
        "resolutions_pkey",
    ),
    (
        "score_records.attempt_id, score_records.item_version_id, score_records.scorer, score_records.cause",
        "score_records_once",
    ),
    (
        "definition_items.definition_id, definition_items.section_index, definition_items.position",
        "definition_items_place",
    ),
    (
        "definition_version_items.definition_version_id, definition_version_items.section_index, \
         definition_version_items.position",
        "definition_version_items_place",
    ),
];

/// The schema's name for the constraint in an SQLite message, or the message itself.
pub(crate) fn sqlite_constraint_name(message: &str) -> String {
    let tail = message.rsplit_once("failed: ").map_or(message, |(_, tail)| tail);
    SQLITE_UNIQUE
        .iter()
        .find(|(columns, _)| *columns == tail)
        .map_or_else(|| tail.to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(columns as SQLite names them, index)` of every unique index in the schema.
    fn unique_indexes() -> Vec<(String, String)> {
        let schema = concat!(
            include_str!("../migrations/0001_initial.sql"),
            include_str!("../migrations/0002_attempts_complete.sql"),
            include_str!("../migrations/0003_accounts.sql"),
            include_str!("../migrations/0004_audit_chain.sql"),
            include_str!("../migrations/0005_rate_limits.sql"),
            include_str!("../migrations/0006_erasure.sql"),
            include_str!("../migrations/0007_item_review.sql"),
            include_str!("../migrations/0008_job_engine.sql"),
            include_str!("../migrations/0009_lighter_writes.sql"),
            include_str!("../migrations/0010_reasons.sql"),
            include_str!("../migrations/0011_reviews.sql"),
            include_str!("../migrations/0012_llm_calls.sql"),
            include_str!("../migrations/0013_regrades.sql"),
            include_str!("../migrations/0014_catalog.sql"),
            include_str!("../migrations/0015_recommendations.sql"),
            include_str!("../migrations/0016_overseen_fails.sql"),
        );
        let described = |statement: &str| {
            let (index, rest) = statement.split_once(" ON ").unwrap();
            let rest = rest.trim_start();
            let (table, columns) = rest.split_once(" (").unwrap();
            let columns: Vec<String> = columns
                .split(')')
                .next()
                .unwrap()
                .split(',')
                .map(str::trim)
                .map(|column| format!("{table}.{column}"))
                .collect();
            (columns.join(", "), index.trim().to_owned())
        };
        let statements = schema.split("CREATE UNIQUE INDEX ").skip(1);
        statements
            .map(|statement| described(&statement.replace('\n', " ")))
            .collect()
    }

    #[test]
    fn every_unique_index_of_the_schema_is_named() {
        let indexes = unique_indexes();
        assert!(indexes.len() >= 9, "{indexes:?}");
        for (columns, index) in indexes {
            assert_eq!(
                sqlite_constraint_name(&format!("UNIQUE constraint failed: {columns}")),
                index
            );
        }
    }

    #[test]
    fn sqlite_messages_become_constraint_names() {
        assert_eq!(
            sqlite_constraint_name("UNIQUE constraint failed: attempts.user_id"),
            "attempts_one_in_progress"
        );
        assert_eq!(
            sqlite_constraint_name("CHECK constraint failed: attempts_state"),
            "attempts_state"
        );
        assert_eq!(
            sqlite_constraint_name("audit_log is append-only"),
            "audit_log is append-only"
        );
    }
}
