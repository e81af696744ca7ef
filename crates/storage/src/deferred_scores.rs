//! `deferred_scores`.

use domain::ids::{AttemptId, ItemVersionId};
use domain::scoring::{Deferral, DeferralReason, Due, LONGEST_WAIT};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::dialect::skip_locked;
use crate::sql::{Row, execute, fetch_all, values};
use crate::transaction::SqlTx;

pub(crate) async fn defer(tx: &SqlTx, deferral: &Deferral, now: Timestamp) -> Result<(), StoreError> {
    let text =
        "INSERT INTO deferred_scores AS held (attempt_id, item_version_id, reason, round, queued, not_before, since)
         VALUES ($1, $2, $3, 0, false, $4, $5)
         ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET
            reason = CASE WHEN excluded.reason = 'quota' AND held.reason <> 'budget' AND held.since <= $6 THEN 'llm_unavailable' ELSE excluded.reason END,
            since = CASE WHEN held.reason = 'budget' THEN excluded.since ELSE held.since END,
            queued = false, not_before = excluded.not_before";
    let values = values![
        deferral.attempt_id.0,
        deferral.item_version_id.0,
        deferral.reason.as_str(),
        deferral.not_before.map(Timestamp::as_micros),
        now.as_micros(),
        (now - LONGEST_WAIT).as_micros(),
    ];
    execute(&tx.connection, text, values).await?;
    Ok(())
}

pub(crate) async fn take(tx: &SqlTx, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError> {
    let text = format!(
        "UPDATE deferred_scores SET queued = true, round = round + 1
         WHERE (attempt_id, item_version_id) IN (
            SELECT attempt_id, item_version_id FROM deferred_scores
            WHERE NOT queued AND not_before <= $1 ORDER BY not_before LIMIT $2{})
         RETURNING attempt_id, item_version_id, round",
        skip_locked(tx.backend)
    );
    let rows = fetch_all(&tx.connection, &text, values![now.as_micros(), i64::from(limit)]).await?;
    let due = |row: &Row| {
        Ok(Due {
            attempt_id: AttemptId(row.get("attempt_id")?),
            item_version_id: ItemVersionId(row.get("item_version_id")?),
            round: row.small_count("round")?,
        })
    };
    rows.iter().map(due).collect()
}

pub(crate) async fn settle(tx: &SqlTx, attempt: AttemptId, item: ItemVersionId) -> Result<bool, StoreError> {
    let text = "DELETE FROM deferred_scores WHERE attempt_id = $1 AND item_version_id = $2";
    Ok(execute(&tx.connection, text, values![attempt.0, item.0]).await? > 0)
}

pub(crate) async fn reasons(tx: &SqlTx, attempt: AttemptId) -> Result<Vec<DeferralReason>, StoreError> {
    let text = "SELECT DISTINCT reason FROM deferred_scores WHERE attempt_id = $1 ORDER BY reason";
    let rows = fetch_all(&tx.connection, text, values![attempt.0]).await?;
    let reason = |row: &Row| row.parse("deferred_scores", "reason", DeferralReason::parse);
    rows.iter().map(reason).collect()
}
