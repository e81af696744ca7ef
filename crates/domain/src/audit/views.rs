//! The log as administrators read it.

use uuid::Uuid;

use super::row::AuditRow;
use crate::time::Timestamp;

/// Which rows are asked for; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What was done.
    pub action: Option<String>,
    /// By whom.
    pub actor_id: Option<Uuid>,
    /// On what kind of thing.
    pub resource_type: Option<String>,
    /// On which one.
    pub resource_id: Option<Uuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditView {
    /// As it is stored.
    pub row: AuditRow,
    /// Whether it is in the chain.
    pub sealed: bool,
}
