//! Rows in bulk by SQL: a history, the end of scoring, and the removal of a round.
//!
//! Foreign keys are not checked on the one connection used here, else every row inserted and removed would cost a look-up;
//! the rows keep to them all the same.

use anyhow::{Context as _, Result};
use domain::identity::EVERYONE;
use domain::ids::{DefinitionId, DefinitionVersionId};
use domain::time::Timestamp;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement};
use testkit::Backend;
use uuid::Uuid;

/// Different forms that attempts of the history have.
pub(crate) const FORMS: usize = 5;
/// Attempts of each candidate who is not measured.
const OTHERS_OWN: u32 = 5;
const MINUTE: i64 = 60_000_000;
/// When the history began, long before any round.
const BEGAN_AT: i64 = 1_750_000_000_000_000;

/// Moves the write-ahead log into the database.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// One per student, by the name of the student.
const SIGN_INS: &str = "INSERT INTO refresh_tokens (token_hash, family_id, user_id, issued_at, expires_at)
     SELECT email, id, id, created_at, created_at + 315360000000000 FROM users WHERE role = 'student'";

/// The track and its version.
pub(crate) type TrackIds = (DefinitionId, DefinitionVersionId);

/// Places in the bank.
pub(crate) type Form = Vec<u16>;

/// The verdict on a text as the local scorer stores it.
const CRITERIA: &str = r#"[{"criterion":"relevance","score":72.5,"weight":0.25,"level":null,"evidence":[{"start":0,"end":24,"text":"The second writer waits."}],"rationale":"It answers the question that was asked."},{"criterion":"depth","score":55.0,"weight":0.2,"level":null,"evidence":[],"rationale":"It names few reasons."},{"criterion":"clarity","score":80.0,"weight":0.2,"level":null,"evidence":[],"rationale":"It is easy to follow."},{"criterion":"completeness","score":61.0,"weight":0.2,"level":null,"evidence":[],"rationale":"Some of what a full answer needs is missing."},{"criterion":"terminology","score":66.0,"weight":0.15,"level":null,"evidence":[],"rationale":"It uses some of the terms."}]"#;

/// A written answer.
const TEXT: &str = "\"The second writer waits until the first has committed or rolled back, because both would change the same row. \
     Under snapshot isolation it then fails instead, and has to begin again with what the first has left; an application \
     has to be ready for that and repeat the whole transaction, not only its last statement.\"";

/// A connection that may do anything.
pub(crate) struct History {
    connection: DatabaseConnection,
    backend: Backend,
}

impl History {
    /// Connects.
    pub(crate) async fn open(url: &str, backend: Backend) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await?;
        connection
            .execute_unprepared(match backend {
                // The whole history fits into this cache (200 MB); into the usual 2 MB it would be written over and over.
                Backend::Sqlite => "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -200000",
                Backend::Postgres => "SET session_replication_role = replica",
            })
            .await?;
        Ok(Self { connection, backend })
    }

    /// Candidates with `own` scored attempts each, and others with `others` in all.
    pub(crate) async fn make_track_history(
        &self,
        track: TrackIds,
        forms: &[Form; FORMS],
        (candidates, own): (u32, u32),
        others: u32,
    ) -> Result<()> {
        for (who, count, attempts) in [
            ("candidate", candidates, own),
            ("other", others / OTHERS_OWN, OTHERS_OWN),
        ] {
            if count > 0 {
                self.run(&self.people(who, count)).await?;
                self.run(&self.attempts(track, forms, (who, attempts))).await?;
            }
        }
        let everyone = self.literal(EVERYONE.0);
        let members =
            format!("INSERT INTO cohort_members SELECT {everyone}, id FROM users WHERE role = 'student'");
        self.run(&members).await?;
        self.run(SIGN_INS).await?;
        for text in [responses(forms), self.records(), resolutions()] {
            self.run(&text).await?;
        }
        for text in self.jobs().into_iter().chain(self.traces()) {
            self.run(&text).await?;
        }
        self.run(match self.backend {
            Backend::Sqlite => CHECKPOINT,
            Backend::Postgres => "VACUUM ANALYZE",
        })
        .await
    }

    /// The accounts that are measured.
    pub(crate) async fn candidates(&self) -> Result<Vec<Uuid>> {
        let text = "SELECT id FROM users WHERE email LIKE 'candidate%' ORDER BY email";
        let rows = self.connection.query_all_raw(self.statement(text)).await?;
        let ids = rows.iter().map(|row| row.try_get("", "id"));
        ids.collect::<Result<_, _>>().context("accounts have ids")
    }

    /// Verdicts for the texts of whatever is being scored, and its end.
    pub(crate) async fn end_scoring(&self, now: Timestamp) -> Result<()> {
        let now = now.as_micros();
        let scored = "(SELECT id FROM attempts WHERE state = 'awaiting_async')";
        let texts = [
            format!(
                "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points, max_points,
                    reason, criteria, confidence, flags, created_at)
                 SELECT {}, r.attempt_id, r.item_version_id, 'local', 'local-1', 'initial', v.marks * 3 / 4, v.marks,
                    'judged', '{CRITERIA}', 0.8, '[]', {now}
                 FROM responses r JOIN item_versions v ON v.id = r.item_version_id
                 WHERE r.attempt_id IN {scored} AND v.kind IN ('short_answer', 'essay')",
                self.new_id(&format!("{}", now / 1000))
            ),
            format!(
                "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
                 SELECT attempt_id, item_version_id, id, FALSE, 'only_verdict', {now} FROM score_records
                 WHERE attempt_id IN {scored} AND scorer = 'local'"
            ),
            format!(
                "UPDATE jobs SET state = 'completed', attempt = 1, started_at = {now}, finished_at = {now}
                 WHERE subject_id IN {scored}"
            ),
            format!(
                "UPDATE attempts SET state = 'completed', scoring = 'done', scored_at = {now}, released_at = {now},
                    revision = revision + 1 WHERE state = 'awaiting_async'"
            ),
        ];
        for text in &texts {
            self.run(text).await?;
        }
        Ok(())
    }

    /// Removes every attempt that was started since, with all that belongs to it but the audit.
    pub(crate) async fn forget_since(&self, since: Timestamp) -> Result<()> {
        let gone = format!(
            "(SELECT id FROM attempts WHERE opted_in_at >= {})",
            since.as_micros()
        );
        for table in ["resolutions", "score_records", "responses", "section_submissions"] {
            self.run(&format!("DELETE FROM {table} WHERE attempt_id IN {gone}"))
                .await?;
        }
        self.run(&format!("DELETE FROM jobs WHERE subject_id IN {gone}"))
            .await?;
        self.run(&format!("DELETE FROM attempts WHERE id IN {gone}"))
            .await?;
        // What the database puts off is done here, so that no server pays for it.
        self.run(match self.backend {
            Backend::Sqlite => CHECKPOINT,
            Backend::Postgres => {
                "VACUUM resolutions, score_records, responses, section_submissions, jobs, attempts"
            }
        })
        .await
    }

    /// The processes of PostgreSQL that serve connections of that name; none for SQLite.
    pub(crate) async fn backends(&self, application: &str) -> Result<Option<Vec<u32>>> {
        if self.backend == Backend::Sqlite {
            return Ok(None);
        }
        let text = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{application}'"
        );
        let rows = self.connection.query_all_raw(self.statement(&text)).await?;
        let pids = rows
            .iter()
            .map(|row| Ok(u32::try_from(row.try_get::<i32>("", "pid")?)?));
        pids.collect::<Result<_>>().map(Some)
    }

    async fn run(&self, text: &str) -> Result<()> {
        let done = self.connection.execute_unprepared(text).await;
        done.with_context(|| text.chars().take(200).collect::<String>())?;
        Ok(())
    }

    fn statement(&self, text: &str) -> Statement {
        Statement::from_string(self.connection.get_database_backend(), text)
    }

    fn people(&self, who: &str, count: u32) -> String {
        format!(
            "INSERT INTO users (id, email, display_name, role, password_hash, status, created_at, updated_at)
             {} SELECT {}, '{who}' || i || '@school.test', '{who} ' || i, 'student', 'none', 'active', {BEGAN_AT}, {BEGAN_AT}
             FROM n",
            numbers(count),
            self.new_id(&format!("{}", BEGAN_AT / 1000))
        )
    }

    /// Scored attempts of everybody called `who`, one a day.
    fn attempts(&self, track: TrackIds, forms: &[Form; FORMS], (who, each): (&str, u32)) -> String {
        let day = 24 * 60 * MINUTE;
        let rows = forms
            .iter()
            .zip(0..)
            .map(|(form, seed)| format!("({seed}, '{form:?}')"));
        let (definition, version) = (self.literal(track.0.0), self.literal(track.1.0));
        format!(
            "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, kind, seed, form, item_count, state,
                scoring, current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
                inactivity_limit, submitted_at, ended_at, scored_at, released_at, degraded_reasons, revision, updated_at)
             {}, forms (seed, places) AS (VALUES {})
             SELECT {}, u.id, {definition}, {version}, 'track', f.seed, f.places, 10, 'completed',
                'done', 1, 1, 20, {BEGAN_AT} + n.i * {day}, {BEGAN_AT} + n.i * {day}, {BEGAN_AT} + n.i * {day} + {},
                {BEGAN_AT} + n.i * {day} + {MINUTE}, {}, {BEGAN_AT} + n.i * {day} + {MINUTE},
                {BEGAN_AT} + n.i * {day} + {MINUTE}, {BEGAN_AT} + n.i * {day} + {MINUTE},
                {BEGAN_AT} + n.i * {day} + {MINUTE}, '[]', 30, {BEGAN_AT} + n.i * {day} + {MINUTE}
             FROM users u CROSS JOIN n JOIN forms f ON f.seed = n.i % {FORMS} WHERE u.email LIKE '{who}%'",
            numbers(each),
            rows.collect::<Vec<_>>().join(", "),
            self.new_id(&format!("{} + n.i * {}", BEGAN_AT / 1000, day / 1000)),
            45 * MINUTE,
            30 * MINUTE,
        )
    }

    fn records(&self) -> String {
        format!(
            "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points, max_points,
                reason, criteria, confidence, flags, created_at)
             SELECT {}, r.attempt_id, r.item_version_id,
                CASE WHEN v.kind IN ('short_answer', 'essay') THEN 'local' ELSE 'rule' END, 'version-1', 'initial',
                v.marks / 2, v.marks, CASE WHEN v.kind IN ('short_answer', 'essay') THEN 'judged' ELSE 'partially_correct' END,
                CASE WHEN v.kind IN ('short_answer', 'essay') THEN '{CRITERIA}' ELSE '[]' END, 0.8, '[]', r.saved_at
             FROM responses r JOIN item_versions v ON v.id = r.item_version_id",
            self.new_id("r.saved_at / 1000")
        )
    }

    /// A parent job for each attempt, a job for each text, and a claim of each.
    fn jobs(&self) -> [String; 3] {
        let columns =
            "(id, kind, queue, dedupe_key, state, run_at, attempt, max_attempts, fence, payload, parent_id, subject_id,
                requested_by, created_at, started_at, finished_at)";
        let payload = "'{\"attempt_id\":\"0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21\",\"cause\":\"initial\"}'";
        let (parent, child) = (
            self.new_id("a.submitted_at / 1000"),
            self.new_id("s.created_at / 1000"),
        );
        let owner = self.literal(EVERYONE.0);
        [
            format!(
                "INSERT INTO jobs {columns}
                 SELECT {parent}, 'evaluate_attempt', 'static', {} || ':initial', 'completed', a.submitted_at, 1, 5, 1, {payload},
                    NULL, a.id, a.user_id, a.submitted_at, a.submitted_at, a.submitted_at FROM attempts a",
                self.text("a.id")
            ),
            format!(
                "INSERT INTO jobs {columns}
                 SELECT {child}, 'score_text', 'llm', {} || ':' || {} || ':initial', 'completed', s.created_at, 1, 5, 1,
                    {payload}, p.id, p.subject_id, p.requested_by, s.created_at, s.created_at, s.created_at
                 FROM score_records s JOIN jobs p ON p.subject_id = s.attempt_id AND p.kind = 'evaluate_attempt'
                 WHERE s.scorer = 'local'",
                self.text("s.attempt_id"),
                self.text("s.item_version_id")
            ),
            format!(
                "INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, finished_at, outcome)
                 SELECT id, 1, 1, {owner}, created_at, created_at, 'completed' FROM jobs"
            ),
        ]
    }

    /// Submitted sections and the audit of every attempt.
    fn traces(&self) -> [String; 2] {
        let action = |action: &str| {
            format!(
                "SELECT {}, user_id, 'student', '{action}', 'attempt', id, 'earlier', '{{}}', submitted_at FROM attempts",
                self.new_id("submitted_at / 1000")
            )
        };
        let actions = ["attempts.started", "attempts.submitted", "attempts.scored"].map(action);
        [
            "INSERT INTO section_submissions SELECT id, 0, submitted_at FROM attempts".to_owned(),
            format!(
                "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id, details,
                    created_at) {}",
                actions.join(" UNION ALL ")
            ),
        ]
    }

    /// A UUIDv7 of the milliseconds that an expression gives, another one for each row.
    fn new_id(&self, milliseconds: &str) -> String {
        match self.backend {
            Backend::Sqlite => format!(
                "unhex(printf('%012x7', {milliseconds}) || substr(hex(randomblob(2)), 1, 3) || '8'
                    || substr(hex(randomblob(8)), 1, 15))"
            ),
            Backend::Postgres => format!(
                "CAST(lpad(to_hex(CAST({milliseconds} AS BIGINT)), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || '8'
                    || substr(md5(random()::text), 1, 15) AS UUID)"
            ),
        }
    }

    fn literal(&self, id: Uuid) -> String {
        match self.backend {
            Backend::Sqlite => format!("X'{}'", id.simple()),
            Backend::Postgres => format!("CAST('{id}' AS UUID)"),
        }
    }

    /// An id as text.
    fn text(&self, id: &str) -> String {
        match self.backend {
            Backend::Sqlite => format!("lower(hex({id}))"),
            Backend::Postgres => format!("CAST({id} AS TEXT)"),
        }
    }
}

/// `n (i)` with the numbers from 1 to `last`.
fn numbers(last: u32) -> String {
    format!(
        "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    )
}

/// An answer to every question of every attempt.
fn responses(forms: &[Form; FORMS]) -> String {
    let mut places = Vec::new();
    for (form, seed) in forms.iter().zip(0..) {
        places.extend(form.iter().map(|place| format!("({seed}, {place})")));
    }
    format!(
        "INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
         WITH places (seed, place) AS (VALUES {})
         SELECT a.id, d.item_version_id, d.position + 1,
            CASE WHEN v.kind IN ('short_answer', 'essay') THEN '{TEXT}' ELSE '\"b\"' END, a.submitted_at, a.submitted_at
         FROM attempts a JOIN places p ON p.seed = a.seed
         JOIN definition_version_items d ON d.definition_version_id = a.definition_version_id AND d.position = p.place
         JOIN item_versions v ON v.id = d.item_version_id",
        places.join(", ")
    )
}

fn resolutions() -> String {
    "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
     SELECT attempt_id, item_version_id, id, FALSE, CASE WHEN scorer = 'local' THEN 'only_verdict' ELSE 'rule' END, created_at
     FROM score_records"
        .to_owned()
}
