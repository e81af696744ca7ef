//! Every column that can hold something about a person, with how long it is kept.
//!
//! Export and erasure have to walk this list. A test reads the schema and fails on a text column that is neither here nor named
//! as impersonal, so a new column cannot be forgotten.

/// How long the content of a column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// As long as the account; erased with the subject.
    WithSubject,
    /// 72 hours.
    Hours72,
    /// As long as the law wants a log; holds ids only, which erasure makes anonymous.
    Log,
}

/// One column about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalColumn {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// How long.
    pub retention: Retention,
}

const fn column(table: &'static str, column: &'static str, retention: Retention) -> PersonalColumn {
    PersonalColumn {
        table,
        column,
        retention,
    }
}

/// The list.
pub const PERSONAL_COLUMNS: [PersonalColumn; 17] = [
    column("users", "email", Retention::WithSubject),
    column("users", "display_name", Retention::WithSubject),
    column("users", "password_hash", Retention::WithSubject),
    column("refresh_tokens", "token_hash", Retention::WithSubject),
    column("responses", "answer", Retention::WithSubject),
    column("score_records", "criteria", Retention::WithSubject),
    column("attempts", "metadata", Retention::WithSubject),
    column("accommodations", "note", Retention::WithSubject),
    column("exemplars", "answer", Retention::WithSubject),
    column("exemplars", "note", Retention::WithSubject),
    column("idempotency_keys", "principal", Retention::Hours72),
    column("idempotency_keys", "key", Retention::Hours72),
    column("idempotency_keys", "reply", Retention::Hours72),
    column("jobs", "last_error", Retention::WithSubject),
    column("job_attempts", "error", Retention::WithSubject),
    column("audit_log", "details", Retention::Log),
    column("definition_items", "review_note", Retention::Log),
];

/// Text columns that hold nothing about a person: names of states and kinds, hashes, authored content, ids.
pub const IMPERSONAL_TEXT_COLUMNS: [(&str, &[&str]); 23] = [
    ("users", &["role", "status"]),
    (
        "audit_log",
        &["actor_role", "action", "resource_type", "correlation_id"],
    ),
    ("idempotency_keys", &["route", "request_hash"]),
    (
        "syllabi",
        &[
            "subject",
            "file_name",
            "media_type",
            "content_hash",
            "pages",
            "status",
        ],
    ),
    (
        "assessment_definitions",
        &[
            "title",
            "kind",
            "status",
            "generation_key",
            "blueprint",
            "settings",
            "dropped",
        ],
    ),
    ("definition_sections", &["title"]),
    ("item_versions", &["kind", "content", "content_hash"]),
    ("definition_items", &["review"]),
    ("definition_versions", &["title", "settings", "sections"]),
    (
        "attempts",
        &[
            "state",
            "scoring",
            "degraded_reasons",
            "kind",
            "form",
            "voided_by",
        ],
    ),
    ("tracks", &["slug", "description", "skills"]),
    ("cohorts", &["name"]),
    ("exemplars", &["answer_hash"]),
    ("schedules", &["name"]),
    ("service_marks", &["name"]),
    (
        "score_records",
        &["scorer", "scorer_version", "cause", "reason", "flags"],
    ),
    ("resolutions", &["reason"]),
    (
        "jobs",
        &[
            "kind",
            "queue",
            "dedupe_key",
            "state",
            "payload",
            "result",
            "error_code",
            "trace_context",
        ],
    ),
    ("job_attempts", &["outcome", "error_code"]),
    ("worker_processes", &["host"]),
    ("service_leases", &["name"]),
    ("schema_migrations", &["name"]),
    ("schema_lock", &[]),
];
