//! Attempts inside a transaction. Every change names the state it expects; `false` means the row was not in it.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::form::Slot;
use super::model::{
    Attempt, DegradedReason, NewResponse, SavedResponse, ScoringState, StoredResponse, VoidedBy,
};
use super::sitting::Sittings;
use super::state::AttemptState;
use super::views::Viewer;
use crate::authoring::{DefinitionKind, Settings, VersionedItem};
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, JobId, UserId};
use crate::job::JobStatus;
use crate::store::StoreError;
use crate::time::Timestamp;

/// What opting in needs to know of the published version.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenVersion {
    /// The version.
    pub id: DefinitionVersionId,
    /// Where its items come from.
    pub kind: DefinitionKind,
    /// Number of its sections.
    pub section_count: i32,
    /// Number of its items.
    pub item_count: u32,
    /// In force for its attempts.
    pub settings: Settings,
}

/// How scoring ended, for [`AttemptRepository::finish_scoring`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoringEnd {
    /// Where the attempt stands.
    pub from: AttemptState,
    /// Where it goes.
    pub to: AttemptState,
    /// `Done` or `Failed`.
    pub scoring: ScoringState,
    /// Whether the result becomes visible at once.
    pub released: bool,
    /// When.
    pub at: Timestamp,
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
    /// Section and group of every item of a frozen version, in order.
    async fn slots(&mut self, version: DefinitionVersionId) -> Result<Vec<Slot>, StoreError>;
    /// The settings of a frozen version.
    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError>;
    /// The attempt if it belongs to the user, locked until the transaction ends.
    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError>;
    /// The attempt if the viewer may see it, locked until the transaction ends.
    async fn find_visible(&mut self, id: AttemptId, viewer: Viewer) -> Result<Option<Attempt>, StoreError>;
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
    /// What the user has made of the assessment: attempts voided by staff or given up before the start do not count.
    async fn sittings(&mut self, user: UserId, definition: DefinitionId) -> Result<Sittings, StoreError>;
    /// Adds an attempt, opted in or in progress, with what the client said of itself.
    async fn insert(
        &mut self,
        attempt: &Attempt,
        metadata: Option<&serde_json::Value>,
    ) -> Result<(), StoreError>;
    /// `opted_in` → `in_progress`, with the times of the attempt given.
    async fn start(&mut self, attempt: &Attempt, now: Timestamp) -> Result<bool, StoreError>;
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
    /// Running scoring waits for this job from now on.
    async fn replace_evaluation_job(
        &mut self,
        id: AttemptId,
        job: JobId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Ends running scoring; `from` repeats the state expected.
    async fn finish_scoring(&mut self, id: AttemptId, end: &ScoringEnd) -> Result<bool, StoreError>;
    /// Replaces the reasons for which it is degraded, while it is being scored or has been.
    async fn set_degraded(
        &mut self,
        id: AttemptId,
        reasons: &[DegradedReason],
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Takes the attempt out of the count while it is `from`; running scoring is given up.
    async fn void(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        by: VoidedBy,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Keeps the words of staff that belong to an audit row about the attempt, apart from the row, which stays for ever.
    async fn add_note(
        &mut self,
        id: AttemptId,
        audit_id: Uuid,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Shows the result of a scored attempt, or holds it back.
    async fn set_released(
        &mut self,
        id: AttemptId,
        released_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// The items of the attempt's form with their keys, in its order.
    async fn items(&mut self, attempt: &Attempt) -> Result<Vec<VersionedItem>, StoreError>;
    /// The current answers.
    async fn responses(&mut self, id: AttemptId) -> Result<Vec<StoredResponse>, StoreError>;
}

/// Somebody who is given more time than others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accommodation {
    /// Who.
    pub user_id: UserId,
    /// Percent of the usual time, 100–1000; also for the inactivity limit.
    pub time_factor: u32,
    /// Why, for staff.
    pub note: Option<String>,
    /// By whom.
    pub set_by: UserId,
    /// When.
    pub updated_at: Timestamp,
}

/// The times of an attempt after a change, for [`TimeRepository::retime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retimed {
    /// When time is up.
    pub deadline_at: Option<Timestamp>,
    /// How long without activity ends it.
    pub inactivity_limit: Duration,
    /// Percent of the usual time.
    pub time_factor: u32,
    /// All extensions.
    pub extra_time: Duration,
    /// When it was changed.
    pub now: Timestamp,
}

/// Deadlines, accommodations and downtime inside a transaction.
#[async_trait]
pub trait TimeRepository: Send {
    /// The candidate's time factor, 100 without an accommodation.
    async fn time_factor(&mut self, user: UserId) -> Result<u32, StoreError>;
    /// Replaces a candidate's accommodation; false when no student has the id.
    async fn set_accommodation(&mut self, accommodation: &Accommodation) -> Result<bool, StoreError>;
    /// Replaces the times of an attempt while it is `state`.
    async fn retime(
        &mut self,
        id: AttemptId,
        state: AttemptState,
        times: &Retimed,
    ) -> Result<bool, StoreError>;
    /// When the service was last known to take answers, locked until the transaction ends.
    async fn last_served(&mut self) -> Result<Option<Timestamp>, StoreError>;
    /// Says that the service takes answers; an earlier instant than the stored one changes nothing.
    async fn mark_served(&mut self, now: Timestamp) -> Result<(), StoreError>;
    /// Gives attempts that were in time at `since` the time from then (or their later start) to `now` back: deadline and
    /// last activity move. Returns how many.
    async fn credit_downtime(&mut self, since: Timestamp, now: Timestamp) -> Result<u64, StoreError>;
    /// Attempts whose time is up at `now`, grace included.
    async fn overdue(&mut self, now: Timestamp, limit: u32) -> Result<Vec<AttemptId>, StoreError>;
    /// Attempts that are being scored and have not changed since `before`, although no job of theirs is alive or will be
    /// tried again by itself; those of the longest wait first.
    async fn stalled(&mut self, before: Timestamp, limit: u32) -> Result<Vec<Stalled>, StoreError>;
}

/// An attempt that waits for a scoring that nobody works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// Which.
    pub attempt_id: AttemptId,
    /// How its evaluation job ended; none when there is no such job.
    pub evaluation: Option<JobStatus>,
}
