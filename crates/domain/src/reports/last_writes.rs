//! When somebody wrote last, as all processes know it: what is read for them from a copy must not be older.

use std::error::Error;

use async_trait::async_trait;

use crate::ids::UserId;
use crate::time::Timestamp;

/// A memory that all processes of a deployment reach, and that may lose everything at any moment.
#[async_trait]
pub trait LastWrites: Send + Sync {
    /// Takes down that what the account wrote up to then was acknowledged.
    async fn note(&self, user: UserId, at: Timestamp) -> Result<(), LastWritesUnavailable>;

    /// What is known of the account. A memory that is found empty begins now.
    async fn known(&self, user: UserId, now: Timestamp) -> Result<KnownWrites, LastWritesUnavailable>;
}

/// What a memory knows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownWrites {
    /// From then on it has missed nothing.
    pub since: Timestamp,
    /// The last write that it was told of.
    pub last: Option<Timestamp>,
}

impl KnownWrites {
    /// No write of the account is later, as far as anybody can know.
    pub fn latest(self) -> Timestamp {
        self.last.map_or(self.since, |last| last.max(self.since))
    }
}

/// The memory did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the memory of last writes does not answer")]
pub struct LastWritesUnavailable(#[source] pub Box<dyn Error + Send + Sync>);
