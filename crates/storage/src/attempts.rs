//! `attempts`, `section_submissions`, `responses`.

use std::time::Duration;

use async_trait::async_trait;
use domain::attempts::{
    Attempt, AttemptRepository, AttemptState, DegradedReason, NewResponse, OpenVersion, SavedResponse,
    ScoringEnd, ScoringState, Sittings, Slot, StoredResponse, SubmissionMark, Viewer, VoidedBy,
};
use domain::authoring::{DefinitionKind, Settings, VersionedItem};
use domain::ids::{AttemptId, DefinitionId, DefinitionVersionId, ItemVersionId, JobId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::Value;
use uuid::Uuid;

use crate::attempts_form::{form, form_items};
use crate::attempts_row::{INSERT, insert_values};
use crate::attempts_saving::{SaveGuard, count, upsert_responses};
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// All columns of an attempt.
pub(crate) const ATTEMPT: &str = "SELECT id, user_id, definition_id, definition_version_id, state, scoring,
        current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
        inactivity_limit, submitted_at, ended_at, scored_at, released_at, degraded_reasons, evaluation_job_id, revision,
        updated_at, kind, seed, form, item_count, time_factor, extra_time, voided_by
     FROM attempts";

/// What `$2` (an owner) and `$3` (an advisor) may see of attempts; both NULL is everything.
pub(crate) const VISIBLE: &str = "($2 IS NULL OR attempts.user_id = $2)
     AND ($3 IS NULL OR EXISTS (
        SELECT 1 FROM cohort_members advisor
        JOIN cohort_members candidate ON candidate.cohort_id = advisor.cohort_id
        JOIN cohort_assessments assigned ON assigned.cohort_id = advisor.cohort_id
        WHERE advisor.user_id = $3 AND candidate.user_id = attempts.user_id
            AND assigned.definition_id = attempts.definition_id))";

/// The values of [`VISIBLE`], to follow the one of `$1`.
pub(crate) fn visible_to(viewer: Viewer) -> [Value; 2] {
    [
        viewer.owner().map(|user| user.0).into(),
        viewer.advisor().map(|user| user.0).into(),
    ]
}

pub(crate) fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        id: AttemptId(row.get("id")?),
        user_id: UserId(row.get("user_id")?),
        definition_id: DefinitionId(row.get("definition_id")?),
        definition_version_id: DefinitionVersionId(row.get("definition_version_id")?),
        kind: row.parse("attempts", "kind", DefinitionKind::parse)?,
        seed: row.get("seed")?,
        form: form(row)?,
        item_count: row.small_count("item_count")?,
        state: row.parse("attempts", "state", AttemptState::parse)?,
        scoring: row.parse("attempts", "scoring", ScoringState::parse)?,
        current_section: row.get("current_section")?,
        section_count: row.get("section_count")?,
        response_seq: row.get("response_seq")?,
        opted_in_at: row.timestamp("opted_in_at")?,
        started_at: row.optional_timestamp("started_at")?,
        deadline_at: row.optional_timestamp("deadline_at")?,
        last_activity_at: row.optional_timestamp("last_activity_at")?,
        inactivity_limit: row.span("inactivity_limit")?,
        time_factor: row.small_count("time_factor")?,
        extra_time: row.span("extra_time")?,
        submitted_at: row.optional_timestamp("submitted_at")?,
        ended_at: row.optional_timestamp("ended_at")?,
        scored_at: row.optional_timestamp("scored_at")?,
        released_at: row.optional_timestamp("released_at")?,
        voided_by: voided_by(row)?,
        degraded_reasons: row.json("attempts", "degraded_reasons")?,
        evaluation_job_id: row.get::<Option<Uuid>>("evaluation_job_id")?.map(JobId),
        revision: row.get("revision")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

fn voided_by(row: &Row) -> Result<Option<VoidedBy>, StoreError> {
    match row.get::<Option<String>>("voided_by")? {
        None => Ok(None),
        Some(_) => row.parse("attempts", "voided_by", VoidedBy::parse).map(Some),
    }
}

pub(crate) fn response(row: &Row) -> Result<StoredResponse, StoreError> {
    Ok(StoredResponse {
        item_version_id: ItemVersionId(row.get("item_version_id")?),
        seq: row.get("seq")?,
        answer: row.json("responses", "answer")?,
        saved_at: row.timestamp("saved_at")?,
    })
}

impl SqlTx {
    async fn find_attempt(&self, condition: &str, values: Vec<Value>) -> Result<Option<Attempt>, StoreError> {
        let text = format!("{ATTEMPT} WHERE {condition}{}", for_update(self.backend));
        fetch_optional(&self.connection, &text, values)
            .await?
            .as_ref()
            .map(attempt)
            .transpose()
    }
}

#[async_trait]
impl AttemptRepository for SqlTx {
    async fn open_version(&mut self, definition: DefinitionId) -> Result<Option<OpenVersion>, StoreError> {
        let text =
            "SELECT v.id, d.kind, v.section_count, v.item_count, v.settings FROM assessment_definitions d
             JOIN definition_versions v ON v.id = d.published_version_id
             WHERE d.id = $1 AND d.status = 'published'";
        let Some(row) = fetch_optional(&self.connection, text, values![definition.0]).await? else {
            return Ok(None);
        };
        Ok(Some(OpenVersion {
            id: DefinitionVersionId(row.get("id")?),
            kind: row.parse("assessment_definitions", "kind", DefinitionKind::parse)?,
            section_count: row.get("section_count")?,
            item_count: row.small_count("item_count")?,
            settings: row.json("definition_versions", "settings")?,
        }))
    }

    async fn slots(&mut self, version: DefinitionVersionId) -> Result<Vec<Slot>, StoreError> {
        self.versions.slots(&self.connection, version).await
    }

    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError> {
        self.versions.settings(&self.connection, version).await
    }

    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError> {
        self.find_attempt("id = $1 AND user_id = $2", values![id.0, user.0])
            .await
    }

    async fn find_visible(&mut self, id: AttemptId, viewer: Viewer) -> Result<Option<Attempt>, StoreError> {
        let mut values = values![id.0];
        values.extend(visible_to(viewer));
        self.find_attempt(&format!("id = $1 AND {VISIBLE}"), values).await
    }

    async fn find(&mut self, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
        self.find_attempt("id = $1", values![id.0]).await
    }

    async fn find_in_progress(&mut self, user: UserId) -> Result<Option<Attempt>, StoreError> {
        self.find_attempt("user_id = $1 AND state = 'in_progress'", values![user.0])
            .await
    }

    async fn find_open(
        &mut self,
        user: UserId,
        definition: DefinitionId,
    ) -> Result<Option<Attempt>, StoreError> {
        let condition = "user_id = $1 AND definition_id = $2 AND state IN ('opted_in', 'in_progress')";
        self.find_attempt(condition, values![user.0, definition.0]).await
    }

    async fn sittings(&mut self, user: UserId, definition: DefinitionId) -> Result<Sittings, StoreError> {
        let text = "SELECT count(*) AS count, max(ended_at) AS last_ended_at FROM attempts
             WHERE user_id = $1 AND definition_id = $2
                AND (state <> 'voided' OR (voided_by = 'owner' AND started_at IS NOT NULL))
                AND (state <> 'expired' OR started_at IS NOT NULL)";
        let row = fetch_optional(&self.connection, text, values![user.0, definition.0]).await?;
        row.map_or(Ok(Sittings::default()), |row| {
            Ok(Sittings {
                counted: row.count("count")?,
                last_ended_at: row.optional_timestamp("last_ended_at")?,
            })
        })
    }

    async fn insert(
        &mut self,
        attempt: &Attempt,
        metadata: Option<&serde_json::Value>,
    ) -> Result<(), StoreError> {
        execute(&self.connection, INSERT, insert_values(attempt, metadata)?).await?;
        Ok(())
    }

    async fn start(&mut self, attempt: &Attempt, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET state = 'in_progress', started_at = $2, last_activity_at = $2, deadline_at = $3,
                inactivity_limit = $4, time_factor = $5, revision = revision + 1, updated_at = $2
             WHERE id = $1 AND (state || '') = 'opted_in'";
        let values = values![
            attempt.id.0,
            now.as_micros(),
            attempt.deadline_at.map(Timestamp::as_micros),
            micros(attempt.inactivity_limit),
            integer(attempt.time_factor)
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn touch(&mut self, id: AttemptId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET last_activity_at = CASE WHEN last_activity_at > $2 THEN last_activity_at ELSE $2 END,
                revision = revision + 1, updated_at = $2
             WHERE id = $1 AND (state || '') = 'in_progress'";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }

    async fn save_responses(
        &mut self,
        attempt: &Attempt,
        responses: &[NewResponse],
        now: Timestamp,
    ) -> Result<Vec<SavedResponse>, StoreError> {
        if responses.is_empty() {
            return Ok(Vec::new());
        }
        let guard = SaveGuard {
            attempt_id: attempt.id,
            user_id: attempt.user_id,
            section_index: attempt.current_section,
            count: count(responses),
            now,
        };
        match guard.update(&self.connection).await? {
            Some(first) => {
                upsert_responses(
                    (&self.connection, self.backend),
                    attempt.id,
                    first,
                    responses,
                    now,
                )
                .await
            }
            None => Err(StoreError::Conflict),
        }
    }

    async fn submit_section(
        &mut self,
        id: AttemptId,
        index: i32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET current_section = current_section + 1,
                last_activity_at = CASE WHEN last_activity_at > $3 THEN last_activity_at ELSE $3 END, revision = revision + 1, updated_at = $3
             WHERE id = $1 AND (state || '') = 'in_progress' AND current_section = $2";
        if execute(&self.connection, text, values![id.0, index, now.as_micros()]).await? == 0 {
            return Ok(false);
        }
        let text =
            "INSERT INTO section_submissions (attempt_id, section_index, submitted_at) VALUES ($1, $2, $3)";
        execute(&self.connection, text, values![id.0, index, now.as_micros()]).await?;
        Ok(true)
    }

    async fn end(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        mark: &SubmissionMark,
    ) -> Result<bool, StoreError> {
        let submitted = (mark.state == AttemptState::AwaitingAsync).then_some(mark.at.as_micros());
        let scoring = if mark.evaluation_job_id.is_some() {
            ScoringState::Running
        } else {
            ScoringState::None
        };
        let text =
            "UPDATE attempts SET state = $3, scoring = $4, degraded_reasons = $5, evaluation_job_id = $6,
                submitted_at = $7, ended_at = $8, revision = revision + 1, updated_at = $8
             WHERE id = $1 AND state = $2";
        let values = values![
            id.0,
            from.as_str(),
            mark.state.as_str(),
            scoring.as_str(),
            to_json(&mark.degraded_reasons)?,
            mark.evaluation_job_id.map(|job| job.0),
            submitted,
            mark.at.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn replace_evaluation_job(
        &mut self,
        id: AttemptId,
        job: JobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET evaluation_job_id = $2, revision = revision + 1, updated_at = $3
             WHERE id = $1 AND scoring = 'running'";
        let values = values![id.0, job.0, now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn finish_scoring(&mut self, id: AttemptId, end: &ScoringEnd) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET state = $3, scoring = $5, scored_at = $4, released_at = COALESCE(released_at, $6),
                revision = revision + 1, updated_at = $4
             WHERE id = $1 AND state = $2 AND (scoring = 'running' OR scoring = 'failed' AND state IN ('failed', 'expired') AND $5 = 'done')";
        let released_at = end.released.then_some(end.at.as_micros());
        let values = values![
            id.0,
            end.from.as_str(),
            end.to.as_str(),
            end.at.as_micros(),
            end.scoring.as_str(),
            released_at
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn set_degraded(
        &mut self,
        id: AttemptId,
        reasons: &[DegradedReason],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET degraded_reasons = $2, revision = revision + 1, updated_at = $3
             WHERE id = $1 AND (scoring || '') IN ('running', 'done', 'failed')";
        let values = values![id.0, to_json(&reasons)?, now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn void(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        by: VoidedBy,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET state = 'voided', voided_by = $3, ended_at = COALESCE(ended_at, $4),
                scoring = CASE WHEN scoring = 'running' THEN 'none' ELSE scoring END,
                revision = revision + 1, updated_at = $4
             WHERE id = $1 AND state = $2";
        let values = values![id.0, from.as_str(), by.as_str(), now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn add_note(
        &mut self,
        id: AttemptId,
        audit_id: Uuid,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO attempt_notes (audit_id, attempt_id, note, created_at) VALUES ($1, $2, $3, $4)";
        let values = values![audit_id, id.0, note, now.as_micros()];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn set_released(
        &mut self,
        id: AttemptId,
        released_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET released_at = $2, revision = revision + 1, updated_at = $3
             WHERE id = $1 AND scoring IN ('done', 'failed')";
        let values = values![id.0, released_at.map(Timestamp::as_micros), now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn items(&mut self, attempt: &Attempt) -> Result<Vec<VersionedItem>, StoreError> {
        form_items(&self.connection, &self.versions, attempt).await
    }

    async fn responses(&mut self, id: AttemptId) -> Result<Vec<StoredResponse>, StoreError> {
        let text = "SELECT item_version_id, seq, answer, saved_at FROM responses WHERE attempt_id = $1";
        fetch_all(&self.connection, text, values![id.0])
            .await?
            .iter()
            .map(response)
            .collect()
    }
}

pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

pub(crate) fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
