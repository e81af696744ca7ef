//! Regrades inside a transaction.

use async_trait::async_trait;

use super::model::{Change, Outcome, Regrade, Scope, Standing};
use super::state::RegradeState;
use super::views::Tally;
use crate::ids::{AttemptId, ItemVersionId, RegradeId, ScoreRecordId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait RegradesRepository: Send {
    /// Whether there is such an item or assessment.
    async fn scope_exists(&mut self, scope: Scope) -> Result<bool, StoreError>;
    /// The regrade of the same that has not ended.
    async fn find_live(&mut self, scope: Scope) -> Result<Option<RegradeId>, StoreError>;
    /// Adds a regrade; [`StoreError::Conflict`] when another one of the same was added meanwhile.
    async fn insert(&mut self, regrade: &Regrade) -> Result<(), StoreError>;
    /// Chooses the newest accepted version of every item; says of how many.
    async fn choose_keys(&mut self, id: RegradeId, scope: Scope) -> Result<u64, StoreError>;
    /// The regrade, locked until the transaction ends.
    async fn find(&mut self, id: RegradeId) -> Result<Option<Regrade>, StoreError>;
    /// Moves it on while it is `from`; false when it is not.
    async fn advance(
        &mut self,
        id: RegradeId,
        from: RegradeState,
        to: RegradeState,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Notes that every attempt has been looked at.
    async fn mark_listed(&mut self, id: RegradeId) -> Result<(), StoreError>;
    /// Adds what came of answers; those that are there already stay as they are.
    async fn insert_changes(&mut self, changes: &[Change]) -> Result<(), StoreError>;
    /// The change, locked until the transaction ends.
    async fn find_change(
        &mut self,
        id: RegradeId,
        attempt: AttemptId,
        item: ItemVersionId,
    ) -> Result<Option<Change>, StoreError>;
    /// Replaces what came of an answer while it is being judged; false when it is not.
    async fn settle_judging(&mut self, change: &Change) -> Result<bool, StoreError>;
    /// Answers that are still being judged are not judged.
    async fn give_up_judging(&mut self, id: RegradeId) -> Result<u64, StoreError>;
    /// Adds what would become of attempts; those that are there already get the new figures.
    async fn put_standings(&mut self, id: RegradeId, standings: &[Standing]) -> Result<(), StoreError>;
    /// Changes that are to be made, in the order of attempts and items. Whoever makes them holds the lock of the regrade.
    async fn proposed(&mut self, id: RegradeId, limit: u32) -> Result<Vec<Change>, StoreError>;
    /// Ends a proposed change; `record` is what counts now. False when it is not proposed any more.
    async fn settle_proposed(
        &mut self,
        change: &Change,
        outcome: Outcome,
        record: Option<ScoreRecordId>,
    ) -> Result<bool, StoreError>;
    /// How many changes of each kind there are.
    async fn tally(&mut self, id: RegradeId) -> Result<Tally, StoreError>;
}
