//! Score records and resolutions inside a transaction.

use async_trait::async_trait;

use super::model::ScoreRecord;
use super::record::Resolution;
use crate::ids::{AttemptId, ItemVersionId};
use crate::store::StoreError;

/// See the module.
#[async_trait]
pub trait ScoringRepository: Send {
    /// Adds a record; false when this scorer already judged the item for this cause.
    async fn insert_record(&mut self, record: &ScoreRecord) -> Result<bool, StoreError>;
    /// Says which record counts now. A person's stands until a person says something else: what a late grader says does
    /// not replace it.
    async fn resolve(&mut self, resolution: &Resolution) -> Result<(), StoreError>;
    /// Items of an attempt that have a record that counts.
    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError>;
}
