//! The columns of an attempt that the routes look at.

use uuid::Uuid;

use crate::connection::{Row, Transaction, values};
use crate::new_id;
use crate::statements::INSERT_AUDIT;

/// A row of `attempts`.
pub(crate) struct Attempt {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) version_id: Uuid,
    pub(crate) state: String,
    pub(crate) current_section: i32,
    pub(crate) submitted_at: Option<i64>,
    pub(crate) scored_at: Option<i64>,
    pub(crate) degraded_reasons: Vec<String>,
    pub(crate) form: Vec<u16>,
    pub(crate) item_count: i32,
}

impl Attempt {
    /// Reads a row of [`crate::statements::ATTEMPT`].
    pub(crate) fn of(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            version_id: row.get("definition_version_id")?,
            state: row.get("state")?,
            current_section: row.get("current_section")?,
            submitted_at: row.get("submitted_at")?,
            scored_at: row.get("scored_at")?,
            degraded_reasons: serde_json::from_str(&row.get::<String>("degraded_reasons")?)?,
            form: serde_json::from_str(&row.get::<String>("form")?)?,
            item_count: row.get("item_count")?,
        })
    }
}

/// An instant as answers write it.
pub(crate) fn instant(microseconds: i64) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_micros(microseconds)
}

/// As long as the program's, and no proof of anything.
const MAC: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The audit row of a deed (action and details); `ids` are attempt and user.
pub(crate) async fn audit(
    transaction: &mut Transaction,
    ids: [Uuid; 2],
    (action, details): (&str, &str),
    now: i64,
) -> anyhow::Result<()> {
    let [attempt, user] = ids;
    let correlation = attempt.to_string();
    let row = values![
        new_id(),
        user,
        "student",
        action,
        "attempt",
        attempt,
        correlation,
        details,
        now,
        MAC
    ];
    transaction.execute(INSERT_AUDIT, row).await
}
