//! `review_decisions`, and what people say of score records.

use async_trait::async_trait;
use domain::authoring::Exemplar;
use domain::ids::{AttemptId, ItemVersionId, ScoreRecordId};
use domain::reviews::{ReviewDecision, Reviewed, ReviewsRepository};
use domain::scoring::{Resolution, ScoreRecord};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::dialect::for_update;
use crate::scoring::{RECORD_COLUMNS, record};
use crate::sql::{execute, fetch_all, fetch_optional, values};
use crate::transaction::SqlTx;

/// What the record `$1` judges.
pub(crate) const REVIEWED: &str = "SELECT attempt_id, item_version_id FROM score_records WHERE id = $1";

#[async_trait]
impl ReviewsRepository for SqlTx {
    async fn reviewed(&mut self, record: ScoreRecordId) -> Result<Option<Reviewed>, StoreError> {
        let row = fetch_optional(&self.connection, REVIEWED, values![record.0]).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Reviewed {
            attempt_id: AttemptId(row.get("attempt_id")?),
            item_version_id: ItemVersionId(row.get("item_version_id")?),
        }))
    }

    async fn counting(&mut self, reviewed: Reviewed) -> Result<Option<ScoreRecordId>, StoreError> {
        let text = format!(
            "SELECT score_record_id FROM resolutions WHERE attempt_id = $1 AND item_version_id = $2{}",
            for_update(self.backend)
        );
        let values = values![reviewed.attempt_id.0, reviewed.item_version_id.0];
        let row = fetch_optional(&self.connection, &text, values).await?;
        row.map(|row| row.get("score_record_id").map(ScoreRecordId))
            .transpose()
    }

    async fn records(&mut self, reviewed: Reviewed) -> Result<Vec<ScoreRecord>, StoreError> {
        let text = format!(
            "SELECT {RECORD_COLUMNS} FROM score_records s WHERE s.attempt_id = $1 AND s.item_version_id = $2
             ORDER BY s.created_at, s.id"
        );
        let values = values![reviewed.attempt_id.0, reviewed.item_version_id.0];
        fetch_all(&self.connection, &text, values)
            .await?
            .iter()
            .map(|row| record(row, reviewed.attempt_id, reviewed.item_version_id))
            .collect()
    }

    async fn settle(&mut self, seen: ScoreRecordId, resolution: &Resolution) -> Result<bool, StoreError> {
        let text =
            "UPDATE resolutions SET score_record_id = $4, provisional = $5, reason = $6, resolved_at = $7
             WHERE attempt_id = $1 AND item_version_id = $2 AND score_record_id = $3";
        let values = values![
            resolution.attempt_id.0,
            resolution.item_version_id.0,
            seen.0,
            resolution.score_record_id.0,
            resolution.provisional,
            resolution.reason.as_str(),
            resolution.resolved_at.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn insert_decision(&mut self, decision: &ReviewDecision) -> Result<(), StoreError> {
        let text = "INSERT INTO review_decisions (score_record_id, attempt_id, judged_record_id, decision, decided_by,
                reason, decided_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            decision.record_id.0,
            decision.attempt_id.0,
            decision.judged_record_id.0,
            decision.kind.as_str(),
            decision.decided_by.0,
            decision.reason.clone(),
            decision.decided_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    /// The grade of the same attempt is a copy of its latest record of a person, so nothing is lost by replacing it.
    async fn keep_exemplar(&mut self, exemplar: &Exemplar) -> Result<bool, StoreError> {
        let text =
            "INSERT INTO exemplars (id, item_id, item_version_id, answer, answer_hash, points, max_points,
                attempt_id, added_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (item_id, answer_hash) DO UPDATE SET points = excluded.points,
                max_points = excluded.max_points, item_version_id = excluded.item_version_id,
                added_by = excluded.added_by, created_at = excluded.created_at
             WHERE exemplars.attempt_id = excluded.attempt_id";
        let values = values![
            exemplar.id.0,
            exemplar.item_id.0,
            exemplar.item_version_id.0,
            exemplar.answer.to_string(),
            exemplar.answer_hash.clone(),
            exemplar.points.hundredths(),
            exemplar.max_points.hundredths(),
            exemplar.attempt_id.map(|attempt| attempt.0),
            exemplar.added_by.0,
            exemplar.created_at.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn judged_anew(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "SELECT s.id FROM resolutions r JOIN score_records s ON s.id = r.score_record_id
             WHERE r.attempt_id = $1 AND ($2 IS NULL OR r.item_version_id = $2)
                AND s.attempt_id = $1 AND (s.scorer = 'human' OR s.cause LIKE 'regrade:%')
                AND s.created_at >= $3 LIMIT 1";
        let values = values![attempt.0, item.map(|item| item.0), since.as_micros()];
        Ok(fetch_optional(&self.connection, text, values).await?.is_some())
    }
}
