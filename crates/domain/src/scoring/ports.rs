//! Score records and resolutions inside a transaction.

use async_trait::async_trait;

use super::deferral::{Deferral, DeferralReason, Due};
use super::model::ScoreRecord;
use super::record::{Counting, Resolution};
use crate::ids::{AttemptId, ItemVersionId, ScoreRecordId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait ScoringRepository: Send {
    /// Adds records of different items, and says which are new: others' scorer has already judged the item for this cause.
    async fn insert_records(&mut self, records: &[ScoreRecord]) -> Result<Vec<ScoreRecordId>, StoreError>;
    /// Says which records of different items count now. A person's stands until a person says something else, and so does that
    /// of a regrade, whose key is newer: what a late grader says does not replace it.
    async fn resolve(&mut self, resolutions: &[Resolution]) -> Result<(), StoreError>;
    /// Leaves an answer to be judged by a model later; one that is left already gets the new reason and instant. One that has
    /// waited for its turn for [`super::LONGEST_WAIT`] is left because no model answers.
    async fn defer(&mut self, deferral: &Deferral, now: Timestamp) -> Result<(), StoreError>;
    /// Takes answers whose instant has come, the longest due first; others that take at once get others.
    async fn take_deferred(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError>;
    /// A model has judged; false if the answer was not left to be judged.
    async fn settle_deferred(&mut self, attempt: AttemptId, item: ItemVersionId) -> Result<bool, StoreError>;
    /// Why answers of an attempt are still to be judged, each reason once.
    async fn deferral_reasons(&mut self, attempt: AttemptId) -> Result<Vec<DeferralReason>, StoreError>;
    /// Items of an attempt that have a record that counts.
    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError>;
    /// What counts for each item of an attempt.
    async fn what_counts(&mut self, attempt: AttemptId) -> Result<Vec<Counting>, StoreError>;
    /// Says with which item a person should begin who has to look at the fail of an attempt; none: the fail does not wait. What waits
    /// already has waited since then. Whoever says it has locked the attempt.
    async fn set_waiting_fail(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
