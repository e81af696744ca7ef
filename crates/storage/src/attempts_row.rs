//! A new attempt as a row.

use domain::attempts::Attempt;
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::Value;

use crate::attempts::{integer, micros};
use crate::sql::{to_json, values};

/// All columns that a new attempt has.
pub(crate) const INSERT: &str = "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, kind, seed, form, item_count,
        state, scoring, current_section, section_count, response_seq, opted_in_at, started_at, deadline_at, last_activity_at,
        inactivity_limit, time_factor, extra_time, degraded_reasons, metadata, revision, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";

/// The values of [`INSERT`].
pub(crate) fn insert_values(
    attempt: &Attempt,
    metadata: Option<&serde_json::Value>,
) -> Result<Vec<Value>, StoreError> {
    let form = attempt.form.places().map(|places| to_json(&places)).transpose()?;
    Ok(values![
        attempt.id.0,
        attempt.user_id.0,
        attempt.definition_id.0,
        attempt.definition_version_id.0,
        attempt.kind.as_str(),
        attempt.seed,
        form,
        integer(attempt.item_count),
        attempt.state.as_str(),
        attempt.scoring.as_str(),
        attempt.current_section,
        attempt.section_count,
        attempt.response_seq,
        attempt.opted_in_at.as_micros(),
        attempt.started_at.map(Timestamp::as_micros),
        attempt.deadline_at.map(Timestamp::as_micros),
        attempt.last_activity_at.map(Timestamp::as_micros),
        micros(attempt.inactivity_limit),
        integer(attempt.time_factor),
        micros(attempt.extra_time),
        to_json(&attempt.degraded_reasons)?,
        metadata.map(to_json).transpose()?,
        attempt.revision,
        attempt.updated_at.as_micros()
    ])
}
