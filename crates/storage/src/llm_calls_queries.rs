//! What calls did and cost, read without a transaction.

use std::time::Duration;

use domain::ids::{AttemptId, LlmCallId};
use domain::llm::{AttemptUse, Day, MicroDollars, ModelName, ModelUse, UnknownCall};
use domain::scoring::DeferralReason;
use domain::store::StoreError;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;

/// Calls of unknown end that are listed.
const MOST_UNKNOWN: u32 = 50;

/// Reservations that are older were left by processes that died.
const LONGEST_CALL: Duration = Duration::from_mins(10);
/// Calls of which nobody knows whether they were billed; `$1` is when reservations were left.
const UNKNOWN: &str = "(state = 'unknown' OR (state = 'reserved' AND asked_at < $1))";
/// Answers of the attempt `$1` that wait for their turn, unless a person has judged them.
const WAITS: &str = "d.attempt_id = $1 AND d.reason = 'quota' AND NOT EXISTS (SELECT 1 FROM resolutions r
    WHERE r.attempt_id = d.attempt_id AND r.item_version_id = d.item_version_id AND r.reason = 'person')";

impl Store {
    /// What models are doing at `now`.
    pub async fn model_use(&self, now: Timestamp) -> Result<ModelUse, StoreError> {
        let read = self.database().read();
        let day = Day::of(now);
        let left_at = (now - LONGEST_CALL).as_micros();
        let text = format!(
            "SELECT id, provider, model, purpose, attempt_id, digest, error_code, at_most, asked_at
             FROM llm_calls WHERE {UNKNOWN} ORDER BY asked_at DESC, id LIMIT $2"
        );
        let unknown = fetch_all(read, &text, values![left_at, MOST_UNKNOWN]).await?;
        let text = "SELECT model, until FROM llm_pauses WHERE until > $1 ORDER BY model";
        let pauses = fetch_all(read, text, values![now.as_micros()]).await?;
        let pause = |row: &Row| Ok((row.get("model")?, row.timestamp("until")?));
        Ok(ModelUse {
            day,
            booked: self.llm_booked(day).await?,
            in_flight: self
                .count_calls("state = 'reserved' AND asked_at >= $1", left_at)
                .await?,
            unknown: self.count_calls(UNKNOWN, left_at).await?,
            latest_unknown: unknown.iter().map(unknown_call).collect::<Result<_, _>>()?,
            pauses: pauses.iter().map(pause).collect::<Result<_, StoreError>>()?,
        })
    }

    async fn count_calls(&self, which: &str, left_at: i64) -> Result<u64, StoreError> {
        let text = format!("SELECT count(*) AS calls FROM llm_calls WHERE {which}");
        let row = fetch_optional(self.database().read(), &text, values![left_at]).await?;
        row.map_or(Ok(0), |row| row.count("calls").map(u64::from))
    }

    /// How many answers are still to be judged by a model, by reason.
    pub async fn deferred_counts(&self) -> Result<Vec<(DeferralReason, u32)>, StoreError> {
        let text = "SELECT reason, count(*) AS answers FROM deferred_scores GROUP BY reason ORDER BY reason";
        let rows = fetch_all(self.database().read(), text, Vec::new()).await?;
        let count = |row: &Row| {
            let reason = row.parse("deferred_scores", "reason", DeferralReason::parse)?;
            Ok((reason, row.count("answers")?))
        };
        rows.iter().map(count).collect()
    }

    /// What an attempt took of models.
    pub(crate) async fn attempt_use(&self, id: AttemptId) -> Result<AttemptUse, StoreError> {
        let text = format!(
            "SELECT (SELECT booked FROM llm_attempts WHERE attempt_id = $1) AS booked,
                (SELECT max(d.not_before) FROM deferred_scores d WHERE {WAITS}) AS turn_at,
                (SELECT min(d.since) FROM deferred_scores d WHERE {WAITS}) AS waiting_since,
                CAST(SUM(ended_at - asked_at) AS BIGINT) AS waited
             FROM llm_calls WHERE attempt_id = $1 AND state = 'answered'"
        );
        let Some(row) = fetch_optional(self.database().read(), &text, values![id.0]).await? else {
            return Ok(AttemptUse::default());
        };
        let (booked, waited): (Option<i64>, Option<i64>) = (row.get("booked")?, row.get("waited")?);
        Ok(AttemptUse {
            booked: MicroDollars(booked.unwrap_or(0)),
            waited: waited
                .and_then(|micros| u64::try_from(micros).ok())
                .map(Duration::from_micros),
            turn_at: row.optional_timestamp("turn_at")?,
            waiting_since: row.optional_timestamp("waiting_since")?,
        })
    }
}

fn unknown_call(row: &Row) -> Result<UnknownCall, StoreError> {
    Ok(UnknownCall {
        id: LlmCallId(row.get("id")?),
        model: ModelName {
            provider: row.get("provider")?,
            model: row.get("model")?,
        },
        purpose: row.get("purpose")?,
        attempt_id: row.get::<Option<Uuid>>("attempt_id")?.map(AttemptId),
        tag: row.get("digest")?,
        error_code: row.get("error_code")?,
        booked: MicroDollars(row.get("at_most")?),
        asked_at: row.timestamp("asked_at")?,
    })
}
