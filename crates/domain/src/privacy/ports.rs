//! What is kept of a person, inside a transaction.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::ids::{AttemptId, UserId};
use crate::rate_limits::SignInSubject;
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait PrivacyRepository: Send {
    /// Disables the account and marks it erased, its row locked until the transaction ends: rows that refer to it wait.
    /// False when it was marked before.
    async fn close_account(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError>;
    /// The person's attempts that are not ended, or not scored although their scoring runs.
    async fn unsettled_attempts(&mut self, id: UserId) -> Result<Vec<AttemptId>, StoreError>;
    /// Cancels the jobs for the person's attempts that have not ended; a running one loses its claim.
    async fn cancel_jobs(&mut self, id: UserId, now: Timestamp) -> Result<u64, StoreError>;
    /// Empties or deletes everything that is about the person, but for what has to stay. Counts changed rows by table.
    /// Without `address`, rows that are found by it are passed over.
    async fn erase(
        &mut self,
        id: UserId,
        address: Option<&SignInSubject>,
    ) -> Result<BTreeMap<&'static str, u64>, StoreError>;
    /// Takes what stands for the person's address out of the jobs that were to find it.
    async fn forget_address(&mut self, id: UserId) -> Result<(), StoreError>;
}
