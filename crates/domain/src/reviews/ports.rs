//! Reviews and inquiries inside a transaction.

use async_trait::async_trait;

use super::inquiry_state::InquiryState;
use super::model::{Inquiry, InquiryMessage, ReviewDecision, Reviewed};
use crate::authoring::Exemplar;
use crate::ids::{AttemptId, InquiryId, ItemVersionId, ScoreRecordId};
use crate::scoring::{Resolution, ScoreRecord};
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait ReviewsRepository: Send {
    /// What the record with this id judges.
    async fn reviewed(&mut self, record: ScoreRecordId) -> Result<Option<Reviewed>, StoreError>;
    /// The record that counts, locked as that until the transaction ends.
    async fn counting(&mut self, reviewed: Reviewed) -> Result<Option<ScoreRecordId>, StoreError>;
    /// All records, oldest first.
    async fn records(&mut self, reviewed: Reviewed) -> Result<Vec<ScoreRecord>, StoreError>;
    /// Lets another record count while `seen` does; false when it does not.
    async fn settle(&mut self, seen: ScoreRecordId, resolution: &Resolution) -> Result<bool, StoreError>;
    /// Notes who has judged.
    async fn insert_decision(&mut self, decision: &ReviewDecision) -> Result<(), StoreError>;
    /// Keeps a judged answer for calibration. The same answer of the same attempt gets the later grade; anybody else's keeps
    /// the one it has (false).
    async fn keep_exemplar(&mut self, exemplar: &Exemplar) -> Result<bool, StoreError>;
    /// Whether a record of a person or of a regrade, made at `since` or later, counts for the item, or for any item of the attempt.
    async fn judged_anew(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
        since: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Inquiries inside a transaction.
#[async_trait]
pub trait InquiryRepository: Send {
    /// The attempt it is about; never changes.
    async fn attempt_of(&mut self, id: InquiryId) -> Result<Option<AttemptId>, StoreError>;
    /// The inquiry, locked until the transaction ends.
    async fn find(&mut self, id: InquiryId) -> Result<Option<Inquiry>, StoreError>;
    /// The inquiry about the same that has not ended.
    async fn find_open(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
    ) -> Result<Option<InquiryId>, StoreError>;
    /// Adds an inquiry.
    async fn insert(&mut self, inquiry: &Inquiry) -> Result<(), StoreError>;
    /// Moves it on while it is `from`; false when it is not.
    async fn advance(
        &mut self,
        id: InquiryId,
        from: InquiryState,
        to: InquiryState,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Adds a step to the thread.
    async fn add_message(
        &mut self,
        inquiry: InquiryId,
        id: uuid::Uuid,
        message: &InquiryMessage,
    ) -> Result<(), StoreError>;
}
