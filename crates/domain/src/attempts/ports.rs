//! Attempts inside a transaction. Every change names the state it expects; `false` means the row was not in it.

use async_trait::async_trait;

use super::model::{Attempt, DegradedReason, NewResponse, SavedResponse, ScoringState, StoredResponse};
use super::state::AttemptState;
use crate::authoring::{Settings, VersionedItem};
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, JobId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// What opting in needs to know of the published version.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenVersion {
    /// The version.
    pub id: DefinitionVersionId,
    /// Number of its sections.
    pub section_count: i32,
    /// In force for its attempts.
    pub settings: Settings,
}

/// How taking ended, for [`AttemptRepository::end`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionMark {
    /// `AwaitingAsync` or `Expired`.
    pub state: AttemptState,
    /// What the result will lack.
    pub degraded_reasons: Vec<DegradedReason>,
    /// The parent job of scoring; none when nothing is scored.
    pub evaluation_job_id: Option<JobId>,
    /// When.
    pub at: Timestamp,
}

/// See the module.
#[async_trait]
pub trait AttemptRepository: Send {
    /// The version new attempts of a published assessment take.
    async fn open_version(&mut self, definition: DefinitionId) -> Result<Option<OpenVersion>, StoreError>;
    /// The settings of a frozen version.
    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError>;
    /// The attempt if it belongs to the user, locked until the transaction ends.
    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError>;
    /// The attempt, locked until the transaction ends.
    async fn find(&mut self, id: AttemptId) -> Result<Option<Attempt>, StoreError>;
    /// What the user is taking right now, locked until the transaction ends.
    async fn find_in_progress(&mut self, user: UserId) -> Result<Option<Attempt>, StoreError>;
    /// The user's attempt of the assessment that is opted in or in progress, locked until the transaction ends.
    async fn find_open(
        &mut self,
        user: UserId,
        definition: DefinitionId,
    ) -> Result<Option<Attempt>, StoreError>;
    /// How many attempts of the assessment the user has made; voided ones do not count.
    async fn count(&mut self, user: UserId, definition: DefinitionId) -> Result<u32, StoreError>;
    /// Adds an attempt.
    async fn insert(&mut self, attempt: &Attempt) -> Result<(), StoreError>;
    /// `opted_in` → `in_progress`.
    async fn start(
        &mut self,
        id: AttemptId,
        now: Timestamp,
        deadline: Option<Timestamp>,
    ) -> Result<bool, StoreError>;
    /// Notes activity while `in_progress`.
    async fn touch(&mut self, id: AttemptId, now: Timestamp) -> Result<bool, StoreError>;
    /// Replaces answers in an attempt that is in progress and locked by this transaction.
    async fn save_responses(
        &mut self,
        attempt: &Attempt,
        responses: &[NewResponse],
        now: Timestamp,
    ) -> Result<Vec<SavedResponse>, StoreError>;
    /// Moves on from section `index` while it is the current one, and notes its submission.
    async fn submit_section(&mut self, id: AttemptId, index: i32, now: Timestamp)
    -> Result<bool, StoreError>;
    /// `in_progress` (or `opted_in`, for expiry) → how taking ended; scoring runs when there is a job for it.
    async fn end(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        mark: &SubmissionMark,
    ) -> Result<bool, StoreError>;
    /// Ends running scoring as `scoring` says, and moves `from` → `to`; the result becomes visible.
    async fn finish_scoring(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        to: AttemptState,
        scoring: ScoringState,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// All items of a frozen version with their keys, in order.
    async fn items(&mut self, version: DefinitionVersionId) -> Result<Vec<VersionedItem>, StoreError>;
    /// The current answers.
    async fn responses(&mut self, id: AttemptId) -> Result<Vec<StoredResponse>, StoreError>;
}
