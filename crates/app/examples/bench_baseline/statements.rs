//! The statements of the program, as `bench_api` finds them in its log.

pub(crate) const TRACK: &str = "SELECT id, title, kind, status, settings, revision, published_version_id, slug, description,
        skills,
        (SELECT count(*) FROM definition_items i WHERE i.definition_id = assessment_definitions.id) AS questions
     FROM assessment_definitions JOIN tracks ON tracks.definition_id = assessment_definitions.id
     WHERE deleted_at IS NULL AND slug = $1";

pub(crate) const OPEN_VERSION: &str =
    "SELECT v.id, d.kind, v.section_count, v.item_count, v.settings FROM assessment_definitions d
     JOIN definition_versions v ON v.id = d.published_version_id
     WHERE d.id = $1 AND d.status = 'published'";

pub(crate) const IS_ASSIGNED: &str = "SELECT m.user_id FROM cohort_members m
     JOIN cohort_assessments a ON a.cohort_id = m.cohort_id
     WHERE m.user_id = $1 AND a.definition_id = $2 LIMIT 1";

/// All columns of an attempt.
pub(crate) const ATTEMPT: &str = "SELECT id, user_id, definition_id, definition_version_id, state, scoring,
        current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
        inactivity_limit, submitted_at, ended_at, scored_at, released_at, degraded_reasons, evaluation_job_id, revision,
        updated_at, kind, seed, form, item_count, time_factor, extra_time, voided_by
     FROM attempts";

/// What an owner, `$2`, or an advisor, `$3`, sees.
pub(crate) const VISIBLE: &str = "($2 IS NULL OR attempts.user_id = $2)
     AND ($3 IS NULL OR EXISTS (
        SELECT 1 FROM cohort_members advisor
        JOIN cohort_members candidate ON candidate.cohort_id = advisor.cohort_id
        JOIN cohort_assessments assigned ON assigned.cohort_id = advisor.cohort_id
        WHERE advisor.user_id = $3 AND candidate.user_id = attempts.user_id
            AND assigned.definition_id = attempts.definition_id))";

pub(crate) const OPEN: &str = "user_id = $1 AND definition_id = $2 AND state IN ('opted_in', 'in_progress')";

pub(crate) const IN_PROGRESS: &str = "user_id = $1 AND state = 'in_progress'";

pub(crate) const SITTINGS: &str = "SELECT count(*) AS count, max(ended_at) AS last_ended_at FROM attempts
     WHERE user_id = $1 AND definition_id = $2
        AND (state <> 'voided' OR (voided_by = 'owner' AND started_at IS NOT NULL))
        AND (state <> 'expired' OR started_at IS NOT NULL)";

pub(crate) const TIME_FACTOR: &str = "SELECT time_factor FROM accommodations WHERE user_id = $1";

pub(crate) const INSERT_ATTEMPT: &str =
    "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, kind, seed, form, item_count,
        state, scoring, current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
        inactivity_limit, time_factor, extra_time, degraded_reasons, metadata, revision, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";

/// What an attempt took of language models, and what of it waits for one.
pub(crate) const MODEL_USE: &str = "SELECT (SELECT booked FROM llm_attempts WHERE attempt_id = $1) AS booked,
        (SELECT max(d.not_before) FROM deferred_scores d WHERE d.attempt_id = $1 AND d.reason = 'quota'
            AND NOT EXISTS (SELECT 1 FROM resolutions r
                WHERE r.attempt_id = d.attempt_id AND r.item_version_id = d.item_version_id AND r.reason = 'person')) AS turn_at,
        (SELECT min(d.since) FROM deferred_scores d WHERE d.attempt_id = $1 AND d.reason = 'quota'
            AND NOT EXISTS (SELECT 1 FROM resolutions r
                WHERE r.attempt_id = d.attempt_id AND r.item_version_id = d.item_version_id AND r.reason = 'person'))
            AS waiting_since,
        CAST(SUM(ended_at - asked_at) AS BIGINT) AS waited
     FROM llm_calls WHERE attempt_id = $1 AND state = 'answered'";

pub(crate) const INSERT_AUDIT: &str =
    "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id,
        details, created_at, mac)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(crate) const ATTEMPT_VERSION: &str =
    "SELECT id, user_id, definition_version_id, seed, form FROM attempts WHERE id = $1";

pub(crate) const GUARD: &str = "UPDATE attempts SET response_seq = response_seq + $4,
        last_activity_at = CASE WHEN last_activity_at > $5 THEN last_activity_at ELSE $5 END, revision = revision + 1, updated_at = $5
     WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND current_section = $3
        AND (deadline_at IS NULL OR deadline_at >= $6) AND last_activity_at + inactivity_limit >= $6
     RETURNING response_seq";

/// Guard and upsert of one answer in one statement, for PostgreSQL.
pub(crate) const SAVE_ONE: &str = include_str!("../bench_load/save_one.sql");

pub(crate) const SUBMIT_SECTION: &str = "UPDATE attempts SET current_section = current_section + 1,
        last_activity_at = CASE WHEN last_activity_at > $3 THEN last_activity_at ELSE $3 END, revision = revision + 1, updated_at = $3
     WHERE id = $1 AND (state || '') = 'in_progress' AND current_section = $2";

pub(crate) const INSERT_SECTION: &str =
    "INSERT INTO section_submissions (attempt_id, section_index, submitted_at) VALUES ($1, $2, $3)";

pub(crate) const RESPONSES: &str =
    "SELECT item_version_id, seq, answer, saved_at FROM responses WHERE attempt_id = $1";

pub(crate) const END_ATTEMPT: &str =
    "UPDATE attempts SET state = $3, scoring = $4, degraded_reasons = $5, evaluation_job_id = $6,
        submitted_at = $7, ended_at = $8, revision = revision + 1, updated_at = $8
     WHERE id = $1 AND state = $2";

pub(crate) const JOBS: &str =
    "SELECT id, kind, queue, state, priority, attempt, max_attempts, crash_count, run_at, retry_at, automatic_retries,
        error_code, last_error, result, parent_id, subject_id, requested_by, created_at, started_at, finished_at
     FROM jobs WHERE subject_id = $1 ORDER BY created_at, id";

pub(crate) const VERSION: &str = "SELECT id, title, settings FROM definition_versions WHERE id = $1";

pub(crate) const ANY_CREDENTIAL: &str = "SELECT 1 AS one FROM credentials WHERE deleted_at IS NULL LIMIT 1";

pub(crate) const RECOMMENDATION: &str = "SELECT id, outcome, summary, embedding_provider, took, made_at FROM recommendations WHERE attempt_id = $1";

pub(crate) const COUNTING: &str =
    "SELECT s.id AS score_id, s.scorer, s.scorer_version, s.cause, s.points, s.max_points,
        s.reason AS score_reason, s.criteria, s.confidence, s.flags, s.job_id, s.created_at AS scored_at,
        r.item_version_id, r.provisional, r.reason AS resolution_reason
     FROM resolutions r JOIN score_records s ON s.id = r.score_record_id WHERE r.attempt_id = $1";

/// An attempt with the counts of its progress.
pub(crate) fn status() -> String {
    format!(
        "SELECT a.*,
            (SELECT count(*) FROM responses r WHERE r.attempt_id = a.id AND r.answer NOT IN ('null', '\"\"')) AS answered,
            (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text') AS texts,
            (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text'
                AND j.state IN ('completed', 'failed', 'cancelled')) AS texts_done,
            (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text'
                AND j.state IN ('failed', 'cancelled')) AS texts_lost,
            (SELECT j.state FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'recommend'
                ORDER BY j.created_at DESC, j.id DESC LIMIT 1) AS retrieval
         FROM ({ATTEMPT} WHERE id = $1 AND {VISIBLE}) a"
    )
}

/// Answers; `$2` is the attempt, `$3` the time.
pub(crate) fn upsert(given: &str) -> String {
    format!(
        "INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
         SELECT $2, of_item, new_seq, new_answer, was_written_at, $3 FROM {given} WHERE true
         ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
            written_at = excluded.written_at, saved_at = excluded.saved_at
         WHERE excluded.written_at = 0 OR excluded.written_at >=
                CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END
         RETURNING item_version_id"
    )
}

pub(crate) fn insert_jobs(given: &str) -> String {
    format!(
        "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, parent_id, subject_id,
            requested_by, created_at, priority)
         SELECT new_id, of_kind, in_queue, known_as, new_state, due_at, tries, given, of_parent, about,
            by_owner, due_at, line FROM {given} WHERE true
         ON CONFLICT (kind, dedupe_key) WHERE state NOT IN ('failed', 'cancelled') DO NOTHING RETURNING id"
    )
}

pub(crate) fn insert_records(given: &str) -> String {
    format!(
        "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points,
            max_points, reason, criteria, confidence, flags, job_id, created_at)
         SELECT new_id, of_attempt, of_item, by_scorer, in_version, for_cause, got,
            of_most, why, by_criteria, sure, flagged, of_job, came_at FROM {given} WHERE true
         ON CONFLICT (attempt_id, item_version_id, scorer, cause) DO NOTHING RETURNING id"
    )
}

pub(crate) fn resolve(given: &str) -> String {
    format!(
        "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
         SELECT of_attempt, of_item, by_record, is_provisional, why, came_at FROM {given} WHERE true
         ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET score_record_id = excluded.score_record_id,
            provisional = excluded.provisional, reason = excluded.reason, resolved_at = excluded.resolved_at
         WHERE NOT EXISTS (SELECT 1 FROM score_records AS stands
                WHERE stands.id = resolutions.score_record_id
                    AND (stands.scorer = 'human' OR stands.cause LIKE 'regrade:%'))
            OR EXISTS (SELECT 1 FROM score_records AS later
                WHERE later.id = excluded.score_record_id AND later.scorer = 'human')"
    )
}
