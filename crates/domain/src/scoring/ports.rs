//! Score records and resolutions inside a transaction.

use async_trait::async_trait;

use super::model::ScoreRecord;
use super::record::Resolution;
use crate::ids::{AttemptId, ItemVersionId, ScoreRecordId};
use crate::store::StoreError;

/// See the module.
#[async_trait]
pub trait ScoringRepository: Send {
    /// Adds records of different items, and says which are new: others' scorer has already judged the item for this cause.
    async fn insert_records(&mut self, records: &[ScoreRecord]) -> Result<Vec<ScoreRecordId>, StoreError>;
    /// Says which records of different items count now. A person's stands until a person says something else: what a late
    /// grader says does not replace it.
    async fn resolve(&mut self, resolutions: &[Resolution]) -> Result<(), StoreError>;
    /// Items of an attempt that have a record that counts.
    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError>;
}
