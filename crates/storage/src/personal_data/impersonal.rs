//! What the list of personal columns leaves out, by name.

/// Text columns that hold nothing about a person: names of states and kinds, hashes, authored content, ids.
pub const IMPERSONAL_TEXT_COLUMNS: &[(&str, &[&str])] = &[
    ("users", &["role", "status"]),
    (
        "audit_log",
        &["actor_role", "action", "resource_type", "correlation_id", "mac"],
    ),
    ("audit_chain", &["row_mac", "link", "mac"]),
    ("audit_head", &["link", "mac"]),
    // Of machines; people write the names.
    ("api_keys", &["name", "secret_hash", "scopes"]),
    ("invitations", &["code_hash"]),
    ("secrets", &["purpose", "algorithm", "wrapped"]),
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
    ("review_decisions", &["decision"]),
    ("inquiries", &["state"]),
    ("inquiry_messages", &["author", "event"]),
    // Payloads: ids; that of `erase_again` also what stands for an address, until it has run.
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
            "error_class",
            "trace_context",
        ],
    ),
    ("job_attempts", &["outcome", "error_code"]),
    ("worker_processes", &["host"]),
    // Why a queue stands still, in an operator's words.
    ("queue_pauses", &["queue", "reason"]),
    ("service_leases", &["name"]),
    ("schema_migrations", &["name"]),
    ("schema_lock", &[]),
];
