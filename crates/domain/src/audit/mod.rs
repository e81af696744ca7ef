//! Who did what: rows written in the transaction of the deed, append-only.
//!
//! Deliberately absent: answers, secrets and free text. `details` carries ids, states and counts only.
//!
//! A trigger keeps the application from changing a row; what somebody does past the application is found out. Every row
//! carries an HMAC ([`AuditRow`]), a job ties the rows into a chain ([`SealAudit`]), and the [`Verifier`] compares
//! (docs/audit.md).

mod chain;
pub mod jobs;
mod key;
mod row;
mod seal;
mod verification;
mod views;

use async_trait::async_trait;
use uuid::Uuid;

use crate::ids::UserId;
use crate::store::{Ctx, StoreError};
use crate::time::Timestamp;

pub use chain::{Anchor, AnchorError, AuditChain, ChainEntry, Head, LogPlace};
pub use key::AuditKey;
pub use row::AuditRow;
pub use seal::{COMMIT_LAG, Look, SEAL_BATCH, SealAudit, SealCounts, SealRefusal, Sealed};
pub use verification::{Fault, Place, SealedRow, Verified, Verifier};
pub use views::{AuditFilter, AuditView};

/// Whom an audit row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person or machine.
    User {
        /// Who.
        id: UserId,
        /// The role used, as stored.
        role: &'static str,
    },
    /// A background job or the command line.
    System,
    /// Nobody yet (a failed login).
    Anonymous,
}

impl Actor {
    /// The acting user, if there is one.
    pub const fn user_id(self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::System | Self::Anonymous => None,
        }
    }

    /// The stored role name.
    pub const fn role(self) -> &'static str {
        match self {
            Self::User { role, .. } => role,
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// The row.
    pub id: Uuid,
    /// Who.
    pub actor: Actor,
    /// What, as `slice.verb`.
    pub action: &'static str,
    /// On what kind of thing.
    pub resource_type: &'static str,
    /// On which one.
    pub resource_id: Option<Uuid>,
    /// The request or job.
    pub correlation_id: String,
    /// Ids, states and counts.
    pub details: serde_json::Value,
    /// When.
    pub created_at: Timestamp,
}

impl AuditEntry {
    /// An entry by the actor of `ctx`, now.
    pub fn new(
        ctx: &Ctx,
        action: &'static str,
        resource_type: &'static str,
        resource_id: Option<Uuid>,
    ) -> Self {
        Self {
            id: ctx.new_uuid(),
            actor: ctx.actor,
            action,
            resource_type,
            resource_id,
            correlation_id: ctx.correlation_id.clone(),
            details: serde_json::json!({}),
            created_at: ctx.now(),
        }
    }

    /// The same entry with details.
    #[must_use]
    pub fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }
}

/// The log as a use case sees it: it can only be added to.
#[async_trait]
pub trait AuditLog: Send {
    /// Adds a row to the transaction.
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests;
