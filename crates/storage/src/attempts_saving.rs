//! The guard before answers are taken, and the answers themselves; one text for a save inside a transaction and outside.

use std::collections::BTreeSet;

use domain::attempts::{GRACE, NewResponse, SavedResponse};
use domain::ids::{AttemptId, ItemVersionId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::database::Backend;
use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{fetch_all, fetch_optional, to_json, values};

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

json_rows! {
    struct AnswerRow {
        of_item: Uuid,
        new_seq: i64,
        new_answer: String,
        was_written_at: i64,
    }
}

/// Replaces answers unless a newer one is there; each gets the next number from `first`.
pub(crate) async fn upsert_responses(
    (connection, backend): (&impl ConnectionTrait, Backend),
    attempt: AttemptId,
    first: i64,
    responses: &[NewResponse],
    now: Timestamp,
) -> Result<Vec<SavedResponse>, StoreError> {
    let text = format!(
        "INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
         SELECT $2, of_item, new_seq, new_answer, was_written_at, $3 FROM {} WHERE true
         ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
            written_at = excluded.written_at, saved_at = excluded.saved_at
         WHERE excluded.written_at = 0 OR excluded.written_at >=
            CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END
         RETURNING item_version_id",
        rows_of_json(backend, AnswerRow::COLUMNS)
    );
    let mut saved = Vec::with_capacity(responses.len());
    let mut seqs = first..;
    for together in each_item_once(responses) {
        let numbered: Vec<_> = together.iter().zip(&mut seqs).collect();
        let row = |(response, seq): &(&NewResponse, i64)| AnswerRow {
            of_item: response.item_version_id.0,
            new_seq: *seq,
            new_answer: response.answer.to_string(),
            was_written_at: written_at(response),
        };
        let rows = to_json(&numbered.iter().map(row).collect::<Vec<_>>())?;
        let changed = fetch_all(connection, &text, values![rows, attempt.0, now.as_micros()]).await?;
        let changed = changed
            .iter()
            .map(|row| row.get("item_version_id").map(ItemVersionId))
            .collect::<Result<BTreeSet<_>, _>>()?;
        saved.extend(numbered.iter().map(|(response, seq)| SavedResponse {
            item_version_id: response.item_version_id,
            seq: *seq,
            stored: changed.contains(&response.item_version_id),
        }));
    }
    Ok(saved)
}

/// In their order, in parts that name no item twice: a statement cannot replace one row twice.
fn each_item_once(responses: &[NewResponse]) -> impl Iterator<Item = &[NewResponse]> {
    let mut rest = responses;
    std::iter::from_fn(move || {
        let mut seen = BTreeSet::new();
        let is_new = |response: &&NewResponse| seen.insert(response.item_version_id);
        let (part, later) = rest.split_at(rest.iter().take_while(is_new).count());
        rest = later;
        (!part.is_empty()).then_some(part)
    })
}

/// The candidate's time as stored; 0 when none was named, and then the time of saving stands for it.
pub(crate) fn written_at(response: &NewResponse) -> i64 {
    response.written_at.map_or(0, Timestamp::as_micros)
}

pub(crate) fn count(responses: &[NewResponse]) -> i64 {
    i64::try_from(responses.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_one_item_are_saved_one_after_the_other() {
        let response = |item: u128| NewResponse {
            item_version_id: ItemVersionId(Uuid::from_u128(item)),
            answer: serde_json::Value::Null,
            written_at: None,
        };
        let parts = |items: &[u128]| {
            let responses: Vec<_> = items.iter().copied().map(response).collect();
            each_item_once(&responses).map(<[_]>::len).collect::<Vec<_>>()
        };
        assert_eq!(parts(&[]), [0; 0]);
        assert_eq!(parts(&[1, 2, 3]), [3]);
        assert_eq!(parts(&[1, 2, 1, 1, 3]), [2, 1, 2]);
    }
}
