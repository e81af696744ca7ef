//! `attempts`, `section_submissions`, `responses`.

use std::time::Duration;

use async_trait::async_trait;
use domain::attempts::{
    Attempt, AttemptRepository, AttemptState, GRACE, NewResponse, OpenVersion, SavedResponse, ScoringState,
    StoredResponse, SubmissionMark,
};
use domain::authoring::{Settings, VersionedItem};
use domain::ids::{AttemptId, DefinitionId, DefinitionVersionId, ItemVersionId, JobId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::authoring::versioned_item;
use crate::authoring_queries::VERSION_ITEMS;
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_count, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// All columns of an attempt.
pub(crate) const ATTEMPT: &str = "SELECT id, user_id, definition_id, definition_version_id, state, scoring,
        current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
        inactivity_limit, submitted_at, ended_at, scored_at, released_at, degraded_reasons, evaluation_job_id, revision,
        updated_at
     FROM attempts";

pub(crate) fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        id: AttemptId(row.get("id")?),
        user_id: UserId(row.get("user_id")?),
        definition_id: DefinitionId(row.get("definition_id")?),
        definition_version_id: DefinitionVersionId(row.get("definition_version_id")?),
        state: row.parse("attempts", "state", AttemptState::parse)?,
        scoring: row.parse("attempts", "scoring", ScoringState::parse)?,
        current_section: row.get("current_section")?,
        section_count: row.get("section_count")?,
        response_seq: row.get("response_seq")?,
        opted_in_at: row.timestamp("opted_in_at")?,
        started_at: row.optional_timestamp("started_at")?,
        deadline_at: row.optional_timestamp("deadline_at")?,
        last_activity_at: row.optional_timestamp("last_activity_at")?,
        inactivity_limit: Duration::from_micros(
            u64::try_from(row.get::<i64>("inactivity_limit")?).unwrap_or(0),
        ),
        submitted_at: row.optional_timestamp("submitted_at")?,
        ended_at: row.optional_timestamp("ended_at")?,
        scored_at: row.optional_timestamp("scored_at")?,
        released_at: row.optional_timestamp("released_at")?,
        degraded_reasons: row.json("attempts", "degraded_reasons")?,
        evaluation_job_id: row.get::<Option<Uuid>>("evaluation_job_id")?.map(JobId),
        revision: row.get("revision")?,
        updated_at: row.timestamp("updated_at")?,
    })
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
        let text = "SELECT v.id, v.section_count, v.settings FROM assessment_definitions d
             JOIN definition_versions v ON v.id = d.published_version_id
             WHERE d.id = $1 AND d.status = 'published'";
        let Some(row) = fetch_optional(&self.connection, text, values![definition.0]).await? else {
            return Ok(None);
        };
        Ok(Some(OpenVersion {
            id: DefinitionVersionId(row.get("id")?),
            section_count: row.get("section_count")?,
            settings: row.json("definition_versions", "settings")?,
        }))
    }

    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError> {
        let text = "SELECT id, settings FROM definition_versions WHERE id = $1";
        match fetch_optional(&self.connection, text, values![version.0]).await? {
            Some(row) => row.json("definition_versions", "settings"),
            None => Err(StoreError::Inconsistent {
                table: "attempts",
                column: "definition_version_id",
                id: version.to_string(),
            }),
        }
    }

    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError> {
        self.find_attempt("id = $1 AND user_id = $2", values![id.0, user.0])
            .await
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

    async fn count(&mut self, user: UserId, definition: DefinitionId) -> Result<u32, StoreError> {
        let text = "SELECT count(*) AS count FROM attempts WHERE user_id = $1 AND definition_id = $2 AND state <> 'voided'";
        let count = fetch_count(&self.connection, text, values![user.0, definition.0]).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn insert(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, state, scoring, current_section,
                section_count, response_seq, opted_in_at, inactivity_limit, degraded_reasons, revision, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            values![
                attempt.id.0,
                attempt.user_id.0,
                attempt.definition_id.0,
                attempt.definition_version_id.0,
                attempt.state.as_str(),
                attempt.scoring.as_str(),
                attempt.current_section,
                attempt.section_count,
                attempt.response_seq,
                attempt.opted_in_at.as_micros(),
                i64::try_from(attempt.inactivity_limit.as_micros()).unwrap_or(i64::MAX),
                to_json(&attempt.degraded_reasons)?,
                attempt.revision,
                attempt.updated_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }

    async fn start(
        &mut self,
        id: AttemptId,
        now: Timestamp,
        deadline: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET state = 'in_progress', started_at = $2, last_activity_at = $2, deadline_at = $3,
                revision = revision + 1, updated_at = $2
             WHERE id = $1 AND state = 'opted_in'";
        let values = values![id.0, now.as_micros(), deadline.map(Timestamp::as_micros)];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn touch(&mut self, id: AttemptId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET last_activity_at = $2, revision = revision + 1, updated_at = $2
             WHERE id = $1 AND state = 'in_progress'";
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
            Some(first) => upsert_responses(&self.connection, attempt.id, first, responses, now).await,
            None => Err(StoreError::Conflict),
        }
    }

    async fn submit_section(
        &mut self,
        id: AttemptId,
        index: i32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET current_section = current_section + 1, last_activity_at = $3,
                revision = revision + 1, updated_at = $3
             WHERE id = $1 AND state = 'in_progress' AND current_section = $2";
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

    async fn finish_scoring(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        to: AttemptState,
        scoring: ScoringState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE attempts SET state = $3, scoring = $5, scored_at = $4, released_at = $4,
                revision = revision + 1, updated_at = $4
             WHERE id = $1 AND state = $2 AND scoring = 'running'";
        let values = values![
            id.0,
            from.as_str(),
            to.as_str(),
            now.as_micros(),
            scoring.as_str()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn items(&mut self, version: DefinitionVersionId) -> Result<Vec<VersionedItem>, StoreError> {
        fetch_all(&self.connection, VERSION_ITEMS, values![version.0])
            .await?
            .iter()
            .map(versioned_item)
            .collect()
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

/// Everything that must hold for answers to be taken, and the sequence numbers they get.
pub(crate) struct SaveGuard {
    pub(crate) attempt_id: AttemptId,
    pub(crate) user_id: UserId,
    pub(crate) section_index: i32,
    pub(crate) count: i64,
    pub(crate) now: Timestamp,
}

impl SaveGuard {
    /// The guarding update with placeholders `$1` to `$6`; returns the last sequence number given out.
    pub(crate) const TEXT: &str =
        "UPDATE attempts SET response_seq = response_seq + $4, last_activity_at = $5,
            revision = revision + 1, updated_at = $5
         WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND current_section = $3
            AND (deadline_at IS NULL OR deadline_at >= $6) AND last_activity_at + inactivity_limit >= $6
         RETURNING response_seq";

    /// The values of `$1` to `$6`.
    pub(crate) fn values(&self) -> Vec<Value> {
        values![
            self.attempt_id.0,
            self.user_id.0,
            self.section_index,
            self.count,
            self.now.as_micros(),
            (self.now - GRACE).as_micros()
        ]
    }

    /// The first of the sequence numbers given out; none when the guard refuses.
    pub(crate) async fn update(&self, connection: &impl ConnectionTrait) -> Result<Option<i64>, StoreError> {
        let row = fetch_optional(connection, Self::TEXT, self.values()).await?;
        row.map(|row| Ok(row.get::<i64>("response_seq")? - self.count + 1))
            .transpose()
    }
}

/// Replaces answers unless a newer one is there; each gets the next number from `first`.
pub(crate) async fn upsert_responses(
    connection: &impl ConnectionTrait,
    attempt: AttemptId,
    first: i64,
    responses: &[NewResponse],
    now: Timestamp,
) -> Result<Vec<SavedResponse>, StoreError> {
    let mut saved = Vec::with_capacity(responses.len());
    for (response, seq) in responses.iter().zip(first..) {
        let changed = execute(
            connection,
            "INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
                written_at = excluded.written_at, saved_at = excluded.saved_at
             WHERE responses.written_at <= excluded.written_at",
            values![
                attempt.0,
                response.item_version_id.0,
                seq,
                response.answer.to_string(),
                response.written_at.as_micros(),
                now.as_micros()
            ],
        )
        .await?;
        saved.push(SavedResponse {
            item_version_id: response.item_version_id,
            seq,
            stored: changed == 1,
        });
    }
    Ok(saved)
}

pub(crate) fn count(responses: &[NewResponse]) -> i64 {
    i64::try_from(responses.len()).unwrap_or(i64::MAX)
}
