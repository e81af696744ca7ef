//! The guard before answers are taken, and the answers themselves; one text for a save inside a transaction and outside.

use domain::attempts::{GRACE, NewResponse, SavedResponse};
use domain::ids::{AttemptId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Value};

use crate::sql::{execute, fetch_optional, values};

/// Everything that must hold for answers to be taken, and the sequence numbers they get.
#[derive(Clone)]
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
        "UPDATE attempts SET response_seq = response_seq + $4,
            last_activity_at = CASE WHEN last_activity_at > $5 THEN last_activity_at ELSE $5 END, revision = revision + 1, updated_at = $5
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
            self.open_at().as_micros()
        ]
    }

    /// The attempt must have been open then.
    pub(crate) fn open_at(&self) -> Timestamp {
        self.now - GRACE
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
             WHERE excluded.written_at = 0 OR excluded.written_at >=
                CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END",
            values![
                attempt.0,
                response.item_version_id.0,
                seq,
                response.answer.to_string(),
                written_at(response),
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

/// The candidate's time as stored; 0 when none was named, and then the time of saving stands for it.
pub(crate) fn written_at(response: &NewResponse) -> i64 {
    response.written_at.map_or(0, Timestamp::as_micros)
}

pub(crate) fn count(responses: &[NewResponse]) -> i64 {
    i64::try_from(responses.len()).unwrap_or(i64::MAX)
}
