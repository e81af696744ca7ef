//! The list. Erasure goes through it from the top: `users`, by whose address others are found, comes last.

use super::{Context, Erased, PersonalColumn, PersonalTable, Retention, Shown, Whose};

const SECRET: Shown = Shown::Never("a secret, or a hash of one");
const COPY: Shown = Shown::Never("a copy for repetitions; what it told stands in the other tables");

const PROPOSED: Shown =
    Shown::Never("a verdict that does not count; what counts stands in the score records");

const OWN: Whose = Whose::Id("user_id = $1");
const OF_OWN_ATTEMPTS: Whose = Whose::Id("attempt_id IN (SELECT id FROM attempts WHERE user_id = $1)");

const OF_RELEASED_ATTEMPTS: &str = "attempt_id IN (SELECT id FROM attempts
    WHERE user_id = $1 AND released_at IS NOT NULL AND state <> 'voided')";

const OF_OWN_RECOMMENDATIONS: Whose = Whose::Id(
    "recommendation_id IN (SELECT r.id FROM recommendations r JOIN attempts a ON a.id = r.attempt_id WHERE a.user_id = $1)",
);
const OF_RELEASED_RECOMMENDATIONS: &str =
    "recommendation_id IN (SELECT r.id FROM recommendations r JOIN attempts a ON a.id = r.attempt_id
        WHERE a.user_id = $1 AND a.released_at IS NOT NULL AND a.state <> 'voided')";

const fn column(column: &'static str, retention: Retention, shown: Shown, erased: Erased) -> PersonalColumn {
    PersonalColumn {
        column,
        retention,
        shown,
        erased,
    }
}

/// A column that is kept with the subject.
const fn of_subject(name: &'static str, shown: Shown, erased: Erased) -> PersonalColumn {
    column(name, Retention::WithSubject, shown, erased)
}

/// A column of the table, shown by its own name.
const fn beside(name: &'static str, shown: Shown) -> Context {
    Context {
        name,
        sql: name,
        shown,
    }
}

/// A table of which an export shows nothing.
const fn hidden(table: &'static str, whose: Whose, columns: &'static [PersonalColumn]) -> PersonalTable {
    PersonalTable {
        table,
        whose,
        exported_if: None,
        context: &[],
        columns,
    }
}

const fn shown(
    table: &'static str,
    whose: Whose,
    context: &'static [Context],
    columns: &'static [PersonalColumn],
) -> PersonalTable {
    PersonalTable {
        table,
        whose,
        exported_if: None,
        context,
        columns,
    }
}

/// See the module.
pub const PERSONAL_TABLES: &[PersonalTable] = &[
    hidden(
        "refresh_tokens",
        OWN,
        &[of_subject("token_hash", SECRET, Erased::WithRow)],
    ),
    hidden(
        "idempotency_keys",
        Whose::IdText("principal = $1"),
        &[
            column("principal", Retention::Hours72, COPY, Erased::WithRow),
            column("key", Retention::Hours72, COPY, Erased::WithRow),
            column("reply", Retention::Hours72, COPY, Erased::WithRow),
        ],
    ),
    // Replies to others that tell of the account: whoever made it, or put it into a cohort.
    hidden(
        "idempotency_keys",
        Whose::IdText("reply LIKE '%' || $1 || '%'"),
        &[],
    ),
    hidden(
        "password_resets",
        OWN,
        &[of_subject("token_hash", SECRET, Erased::WithRow)],
    ),
    // An invitation for this address and no other; without the address it would be for anybody.
    shown(
        "invitations",
        Whose::Id("email = (SELECT u.email FROM users u WHERE u.id = $1)"),
        &[
            beside("created_at", Shown::Instant),
            beside("expires_at", Shown::Instant),
        ],
        &[of_subject("email", Shown::Text, Erased::WithRow)],
    ),
    hidden(
        "sign_in_failures",
        Whose::AddressHash("subject = $1"),
        &[column(
            "subject",
            Retention::Hours24,
            Shown::Never("a hash of the address, until it is forgotten"),
            Erased::WithRow,
        )],
    ),
    // Buckets by the address of a sign-in, and by the account.
    hidden("rate_limits", Whose::AddressHash("bucket LIKE '%:' || $1"), &[]),
    hidden(
        "rate_limits",
        Whose::IdText("bucket LIKE '%:' || $1"),
        &[column(
            "bucket",
            Retention::Hours24,
            Shown::Never("an id or a hash, until the bucket is full again"),
            Erased::WithRow,
        )],
    ),
    shown(
        "accommodations",
        OWN,
        &[
            beside("time_factor", Shown::Integer),
            beside("updated_at", Shown::Instant),
        ],
        &[of_subject("note", Shown::Text, Erased::WithRow)],
    ),
    shown(
        "cohort_members",
        OWN,
        &[
            beside("cohort_id", Shown::Id),
            Context {
                name: "cohort",
                sql: "(SELECT c.name FROM cohorts c WHERE c.id = cohort_members.cohort_id)",
                shown: Shown::Text,
            },
        ],
        &[],
    ),
    shown(
        "attempt_notes",
        OF_OWN_ATTEMPTS,
        &[
            beside("attempt_id", Shown::Id),
            beside("created_at", Shown::Instant),
        ],
        &[of_subject("note", Shown::Text, Erased::WithRow)],
    ),
    // What the candidate is told of a person's verdict stands in the rationales of its score record.
    hidden(
        "review_decisions",
        OF_OWN_ATTEMPTS,
        &[of_subject(
            "reason",
            Shown::Never("for staff; the candidate is told the rationales of the verdict"),
            Erased::Null,
        )],
    ),
    shown(
        "inquiry_messages",
        Whose::Id(
            "inquiry_id IN (SELECT i.id FROM inquiries i JOIN attempts a ON a.id = i.attempt_id WHERE a.user_id = $1)",
        ),
        &[
            beside("inquiry_id", Shown::Id),
            beside("author", Shown::Text),
            beside("event", Shown::Text),
            beside("created_at", Shown::Instant),
        ],
        &[of_subject("message", Shown::Text, Erased::WithRow)],
    ),
    shown(
        "inquiries",
        OF_OWN_ATTEMPTS,
        &[
            beside("id", Shown::Id),
            beside("attempt_id", Shown::Id),
            beside("item_version_id", Shown::Id),
            beside("state", Shown::Text),
            beside("opened_at", Shown::Instant),
        ],
        &[],
    ),
    // What scoring again came to; what counts of it stands in the score records.
    hidden(
        "regrade_changes",
        OF_OWN_ATTEMPTS,
        &[
            of_subject("verdict", PROPOSED, Erased::WithRow),
            of_subject("second", PROPOSED, Erased::WithRow),
        ],
    ),
    hidden("regrade_attempts", OF_OWN_ATTEMPTS, &[]),
    // Answers of the candidate that a review has made exemplars; what they say is told with the responses.
    hidden("exemplars", OF_OWN_ATTEMPTS, &[]),
    shown(
        "attempts",
        OWN,
        &[
            beside("id", Shown::Id),
            beside("definition_id", Shown::Id),
            Context {
                name: "title",
                sql: "(SELECT v.title FROM definition_versions v WHERE v.id = attempts.definition_version_id)",
                shown: Shown::Text,
            },
            beside("kind", Shown::Text),
            beside("state", Shown::Text),
            beside("opted_in_at", Shown::Instant),
            beside("started_at", Shown::Instant),
            beside("deadline_at", Shown::Instant),
            beside("last_activity_at", Shown::Instant),
            beside("submitted_at", Shown::Instant),
            beside("ended_at", Shown::Instant),
            beside("released_at", Shown::Instant),
            beside("time_factor", Shown::Integer),
        ],
        &[of_subject("metadata", Shown::Json(&[]), Erased::Null)],
    ),
    shown(
        "responses",
        OF_OWN_ATTEMPTS,
        &[
            beside("attempt_id", Shown::Id),
            beside("item_version_id", Shown::Id),
            beside("saved_at", Shown::Instant),
        ],
        &[of_subject("answer", Shown::Json(&[]), Erased::Text("null"))],
    ),
    hidden(
        "llm_calls",
        OF_OWN_ATTEMPTS,
        &[of_subject(
            "answer",
            Shown::Never("a model's words on an answer; what was made of them stands in the score records"),
            Erased::Text(""),
        )],
    ),
    PersonalTable {
        table: "score_records",
        whose: OF_OWN_ATTEMPTS,
        exported_if: Some(OF_RELEASED_ATTEMPTS),
        context: &[
            beside("id", Shown::Id),
            beside("attempt_id", Shown::Id),
            beside("item_version_id", Shown::Id),
            beside("scorer", Shown::Text),
            beside("scorer_version", Shown::Text),
            beside("points", Shown::Points),
            beside("max_points", Shown::Points),
            beside("reason", Shown::Text),
            beside("confidence", Shown::Number),
            beside("created_at", Shown::Instant),
        ],
        // Weights are the rubric's.
        columns: &[of_subject(
            "criteria",
            Shown::Json(&["weight"]),
            Erased::Text("[]"),
        )],
    },
    PersonalTable {
        table: "recommendations",
        whose: OF_OWN_ATTEMPTS,
        exported_if: Some(OF_RELEASED_ATTEMPTS),
        context: &[
            beside("id", Shown::Id),
            beside("attempt_id", Shown::Id),
            beside("outcome", Shown::Text),
            beside("made_at", Shown::Instant),
        ],
        columns: &[of_subject("summary", Shown::Text, Erased::Text(""))],
    },
    PersonalTable {
        table: "recommendation_traces",
        whose: OF_OWN_RECOMMENDATIONS,
        exported_if: Some(OF_RELEASED_RECOMMENDATIONS),
        context: &[
            beside("recommendation_id", Shown::Id),
            beside("position", Shown::Integer),
            beside("skill_name", Shown::Text),
            beside("item_version_id", Shown::Id),
            beside("snippet", Shown::Text),
            beside("similarity", Shown::Number),
        ],
        // Which answers lost most: goes with the reasons that it was for.
        columns: &[],
    },
    PersonalTable {
        table: "recommendation_items",
        whose: OF_OWN_RECOMMENDATIONS,
        exported_if: Some(OF_RELEASED_RECOMMENDATIONS),
        context: &[
            beside("recommendation_id", Shown::Id),
            beside("credential_id", Shown::Id),
            beside("credential_version", Shown::Integer),
            beside("confidence", Shown::Number),
            beside("worded_by", Shown::Text),
        ],
        columns: &[of_subject("rationale", Shown::Text, Erased::Text(""))],
    },
    shown(
        "job_attempts",
        Whose::Id(
            "job_id IN (SELECT j.id FROM jobs j JOIN attempts a ON a.id = j.subject_id WHERE a.user_id = $1
                UNION ALL SELECT j.id FROM jobs j WHERE j.requested_by = $1 AND j.queue = 'generation')",
        ),
        &[
            beside("job_id", Shown::Id),
            beside("started_at", Shown::Instant),
            beside("finished_at", Shown::Instant),
            beside("outcome", Shown::Text),
        ],
        &[of_subject("error", Shown::Text, Erased::Null)],
    ),
    shown(
        "jobs",
        Whose::Id(
            "id IN (SELECT j.id FROM jobs j JOIN attempts a ON a.id = j.subject_id WHERE a.user_id = $1
                UNION ALL SELECT j.id FROM jobs j WHERE j.requested_by = $1 AND j.queue = 'generation')",
        ),
        &[
            beside("id", Shown::Id),
            beside("kind", Shown::Text),
            beside("subject_id", Shown::Id),
            beside("state", Shown::Text),
            beside("created_at", Shown::Instant),
            beside("finished_at", Shown::Instant),
        ],
        &[of_subject("last_error", Shown::Text, Erased::Null)],
    ),
    // Whoever wrote an answer that was brought in is not noted anywhere; who added it is the subject of the note.
    shown(
        "exemplars",
        Whose::Id("added_by = $1"),
        &[
            beside("id", Shown::Id),
            beside("item_id", Shown::Id),
            beside("points", Shown::Points),
            beside("created_at", Shown::Instant),
        ],
        &[
            of_subject(
                "answer",
                Shown::Never("written by somebody who is not noted"),
                Erased::Kept("cannot be attributed; staff choose exemplars and take names out of them"),
            ),
            of_subject("note", Shown::Text, Erased::Null),
        ],
    ),
    hidden(
        "definition_items",
        Whose::Nobody("who reviewed an item is in the audit log, not in the row"),
        &[column(
            "review_note",
            Retention::Log,
            Shown::Never("about an item; its author is not noted"),
            Erased::Kept("about an item; its author is not noted"),
        )],
    ),
    hidden(
        "replaced_items",
        Whose::Nobody("who rejected an item is in the audit log, not in the row"),
        &[column(
            "reason",
            Retention::Log,
            Shown::Never("about an item; its author is not noted"),
            Erased::Kept("about an item; its author is not noted"),
        )],
    ),
    shown(
        "item_changes",
        Whose::Id("made_by = $1"),
        &[
            beside("item_version_id", Shown::Id),
            beside("created_at", Shown::Instant),
        ],
        &[of_subject("reason", Shown::Text, Erased::Null)],
    ),
    // What the person has done.
    shown(
        "audit_log",
        Whose::Id("actor_id = $1"),
        &[
            beside("created_at", Shown::Instant),
            beside("action", Shown::Text),
            beside("resource_type", Shown::Text),
            beside("resource_id", Shown::Id),
        ],
        &[column(
            "details",
            Retention::Log,
            Shown::Never("ids, states and counts"),
            Erased::Kept("ids, states and counts; a chain of hashes keeps the row from being changed"),
        )],
    ),
    shown(
        "users",
        Whose::Id("id = $1"),
        &[
            beside("id", Shown::Id),
            beside("role", Shown::Text),
            beside("status", Shown::Text),
            beside("created_at", Shown::Instant),
            beside("erased_at", Shown::Instant),
        ],
        &[
            of_subject("email", Shown::Text, Erased::Unique("erased-{id}@erased.invalid")),
            of_subject("display_name", Shown::Text, Erased::Text("Erased")),
            // No hash of any password.
            of_subject("password_hash", SECRET, Erased::Text("!")),
        ],
    ),
];
