//! `score_records` and `resolutions`.

use async_trait::async_trait;
use domain::ids::{AttemptId, ItemVersionId, JobId, ScoreRecordId};
use domain::points::Points;
use domain::scoring::{Reason, Resolution, ScoreRecord, Scorer, ScoringRepository, Verdict};
use domain::store::StoreError;
use uuid::Uuid;

use crate::sql::{Row, execute, fetch_all, to_json, values};
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

#[async_trait]
impl ScoringRepository for SqlTx {
    async fn insert_record(&mut self, record: &ScoreRecord) -> Result<bool, StoreError> {
        let verdict = &record.verdict;
        let inserted = execute(
            &self.connection,
            "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points,
                max_points, reason, criteria, confidence, flags, job_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (attempt_id, item_version_id, scorer, cause) DO NOTHING",
            values![
                record.id.0,
                record.attempt_id.0,
                record.item_version_id.0,
                verdict.scorer.as_str(),
                verdict.scorer_version.clone(),
                record.cause.clone(),
                verdict.points.map(Points::hundredths),
                verdict.max_points.hundredths(),
                verdict.reason.as_str(),
                to_json(&verdict.criteria)?,
                verdict.confidence,
                to_json(&verdict.flags)?,
                record.job_id.map(|job| job.0),
                record.created_at.as_micros()
            ],
        )
        .await?;
        Ok(inserted == 1)
    }

    /// What a person has said stands until a person says something else, however late a grader is.
    async fn resolve(&mut self, resolution: &Resolution) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET score_record_id = excluded.score_record_id,
                provisional = excluded.provisional, reason = excluded.reason, resolved_at = excluded.resolved_at
             WHERE NOT EXISTS (SELECT 1 FROM score_records AS stands
                    WHERE stands.id = resolutions.score_record_id AND stands.scorer = 'human')
                OR EXISTS (SELECT 1 FROM score_records AS later
                    WHERE later.id = excluded.score_record_id AND later.scorer = 'human')",
            values![
                resolution.attempt_id.0,
                resolution.item_version_id.0,
                resolution.score_record_id.0,
                resolution.provisional,
                resolution.reason.as_str(),
                resolution.resolved_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }

    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError> {
        let text = "SELECT item_version_id FROM resolutions WHERE attempt_id = $1";
        let rows = fetch_all(&self.connection, text, values![attempt.0]).await?;
        rows.iter()
            .map(|row| row.get("item_version_id").map(ItemVersionId))
            .collect()
    }
}
