//! `score_records` and `resolutions`.

use async_trait::async_trait;
use domain::ids::{AttemptId, ItemVersionId, JobId, ScoreRecordId};
use domain::points::Points;
use domain::scoring::{
    Counting, Deferral, DeferralReason, Due, Reason, Resolution, ScoreRecord, Scorer, ScoringRepository,
    Verdict,
};
use domain::store::StoreError;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::deferred_scores;
use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{Row, execute, fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// Columns of a record in a join where the table is called `s`.
pub(crate) const RECORD_COLUMNS: &str =
    "s.id AS score_id, s.scorer, s.scorer_version, s.cause, s.points, s.max_points,
    s.reason AS score_reason, s.criteria, s.confidence, s.flags, s.job_id, s.created_at AS scored_at";

pub(crate) fn record(
    row: &Row,
    attempt_id: AttemptId,
    item: ItemVersionId,
) -> Result<ScoreRecord, StoreError> {
    Ok(ScoreRecord {
        id: ScoreRecordId(row.get("score_id")?),
        attempt_id,
        item_version_id: item,
        verdict: Verdict {
            scorer: row.parse("score_records", "scorer", Scorer::parse)?,
            scorer_version: row.get("scorer_version")?,
            points: row.get::<Option<i64>>("points")?.map(Points::from_hundredths),
            max_points: Points::from_hundredths(row.get("max_points")?),
            reason: row.parse("score_records", "score_reason", Reason::parse)?,
            criteria: row.json("score_records", "criteria")?,
            confidence: row.get("confidence")?,
            flags: row.json("score_records", "flags")?,
        },
        cause: row.get("cause")?,
        job_id: row.get::<Option<Uuid>>("job_id")?.map(JobId),
        created_at: row.timestamp("scored_at")?,
    })
}

json_rows! {
    struct RecordRow<'a> {
        new_id: Uuid,
        of_attempt: Uuid,
        of_item: Uuid,
        by_scorer: &'a str,
        in_version: &'a str,
        for_cause: &'a str,
        got: Option<i64>,
        of_most: i64,
        why: &'a str,
        by_criteria: String,
        sure: Option<f64>,
        flagged: String,
        of_job: Option<Uuid>,
        came_at: i64,
    }
}

impl<'a> RecordRow<'a> {
    fn of(record: &'a ScoreRecord) -> Result<Self, StoreError> {
        let verdict = &record.verdict;
        Ok(Self {
            new_id: record.id.0,
            of_attempt: record.attempt_id.0,
            of_item: record.item_version_id.0,
            by_scorer: verdict.scorer.as_str(),
            in_version: &verdict.scorer_version,
            for_cause: &record.cause,
            got: verdict.points.map(Points::hundredths),
            of_most: verdict.max_points.hundredths(),
            why: verdict.reason.as_str(),
            by_criteria: to_json(&verdict.criteria)?,
            sure: verdict.confidence,
            flagged: to_json(&verdict.flags)?,
            of_job: record.job_id.map(|job| job.0),
            came_at: record.created_at.as_micros(),
        })
    }
}

json_rows! {
    struct ResolutionRow {
        of_attempt: Uuid,
        of_item: Uuid,
        by_record: Uuid,
        is_provisional: bool,
        why: &'static str,
        came_at: i64,
    }
}

#[async_trait]
impl ScoringRepository for SqlTx {
    async fn insert_records(&mut self, records: &[ScoreRecord]) -> Result<Vec<ScoreRecordId>, StoreError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!(
            "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points,
                max_points, reason, criteria, confidence, flags, job_id, created_at)
             SELECT new_id, of_attempt, of_item, by_scorer, in_version, for_cause, got,
                of_most, why, by_criteria, sure, flagged, of_job, came_at FROM {} WHERE true
             ON CONFLICT (attempt_id, item_version_id, scorer, cause) DO NOTHING
             RETURNING id",
            rows_of_json(self.backend, RecordRow::COLUMNS)
        );
        let rows = records.iter().map(RecordRow::of).collect::<Result<Vec<_>, _>>()?;
        let inserted = fetch_all(&self.connection, &text, values![to_json(&rows)?]).await?;
        inserted
            .iter()
            .map(|row| row.get("id").map(ScoreRecordId))
            .collect()
    }

    /// What a person has said, or a regrade has found, stands until a person says something else, however late a grader is.
    async fn resolve(&mut self, resolutions: &[Resolution]) -> Result<(), StoreError> {
        if resolutions.is_empty() {
            return Ok(());
        }
        let text = format!(
            "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
             SELECT of_attempt, of_item, by_record, is_provisional, why, came_at FROM {} WHERE true
             ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET score_record_id = excluded.score_record_id,
                provisional = excluded.provisional, reason = excluded.reason, resolved_at = excluded.resolved_at
             WHERE NOT EXISTS (SELECT 1 FROM score_records AS stands
                    WHERE stands.id = resolutions.score_record_id
                        AND (stands.scorer = 'human' OR stands.cause LIKE 'regrade:%'))
                OR EXISTS (SELECT 1 FROM score_records AS later
                    WHERE later.id = excluded.score_record_id AND later.scorer = 'human')",
            rows_of_json(self.backend, ResolutionRow::COLUMNS)
        );
        let row = |resolution: &Resolution| ResolutionRow {
            of_attempt: resolution.attempt_id.0,
            of_item: resolution.item_version_id.0,
            by_record: resolution.score_record_id.0,
            is_provisional: resolution.provisional,
            why: resolution.reason.as_str(),
            came_at: resolution.resolved_at.as_micros(),
        };
        let rows: Vec<_> = resolutions.iter().map(row).collect();
        execute(&self.connection, &text, values![to_json(&rows)?]).await?;
        Ok(())
    }

    async fn defer(&mut self, deferral: &Deferral, now: Timestamp) -> Result<(), StoreError> {
        deferred_scores::defer(self, deferral, now).await
    }

    async fn take_deferred(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError> {
        deferred_scores::take(self, now, limit).await
    }

    async fn settle_deferred(&mut self, attempt: AttemptId, item: ItemVersionId) -> Result<bool, StoreError> {
        deferred_scores::settle(self, attempt, item).await
    }

    async fn deferral_reasons(&mut self, attempt: AttemptId) -> Result<Vec<DeferralReason>, StoreError> {
        deferred_scores::reasons(self, attempt).await
    }

    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError> {
        let text = "SELECT item_version_id FROM resolutions WHERE attempt_id = $1";
        let rows = fetch_all(&self.connection, text, values![attempt.0]).await?;
        rows.iter()
            .map(|row| row.get("item_version_id").map(ItemVersionId))
            .collect()
    }

    async fn what_counts(&mut self, attempt: AttemptId) -> Result<Vec<Counting>, StoreError> {
        let text = "SELECT r.item_version_id, r.provisional, s.scorer, s.points, s.confidence
             FROM resolutions r JOIN score_records s ON s.id = r.score_record_id WHERE r.attempt_id = $1";
        let counting = |row: &Row| {
            Ok(Counting {
                item_version_id: ItemVersionId(row.get("item_version_id")?),
                scorer: row.parse("score_records", "scorer", Scorer::parse)?,
                points: row.get::<Option<i64>>("points")?.map(Points::from_hundredths),
                confidence: row.get("confidence")?,
                provisional: row.get("provisional")?,
            })
        };
        fetch_all(&self.connection, text, values![attempt.0])
            .await?
            .iter()
            .map(counting)
            .collect()
    }

    async fn set_waiting_fail(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let text = "SELECT item_version_id, fail_since FROM resolutions WHERE attempt_id = $1 AND fail_since IS NOT NULL";
        let waits = fetch_optional(&self.connection, text, values![attempt.0]).await?;
        let waits = waits
            .map(|row| {
                Ok::<_, StoreError>((ItemVersionId(row.get("item_version_id")?), row.get("fail_since")?))
            })
            .transpose()?;
        if waits.map(|(item, _)| item) == item {
            return Ok(());
        }
        let since = waits.map_or(now.as_micros(), |(_, since): (_, i64)| since);
        // One after the other: the index allows one item of an attempt.
        let text =
            "UPDATE resolutions SET fail_since = NULL WHERE attempt_id = $1 AND fail_since IS NOT NULL";
        execute(&self.connection, text, values![attempt.0]).await?;
        let Some(item) = item else { return Ok(()) };
        let text = "UPDATE resolutions SET fail_since = $3 WHERE attempt_id = $1 AND item_version_id = $2";
        match execute(&self.connection, text, values![attempt.0, item.0, since]).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }
}
