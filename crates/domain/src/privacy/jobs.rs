//! What jobs of this slice carry.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::job::{JobKind, Queue};
use crate::rate_limits::SignInSubject;

/// Walks the list once more, after the last request that was let in before the erasure has ended.
pub const ERASE_AGAIN: JobKind = JobKind {
    name: "erase_again",
    queue: Queue::Maintenance,
};

/// Payload of [`ERASE_AGAIN`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseAgainPayload {
    /// Who was erased.
    pub user_id: UserId,
    /// Stands for the address that the account had; taken out of the payload by the walk, because a hash of an address can
    /// be guessed.
    pub address: Option<SignInSubject>,
}
