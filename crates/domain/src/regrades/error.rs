//! Refusals of regrades.

use super::model::Scope;
use super::state::UnlawfulRegrade;
use crate::ids::RegradeId;
use crate::store::{StoreError, UseCaseError};

/// Why nothing is scored again, or nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum RegradeError {
    /// There is none with this id.
    #[error("there is no such regrade")]
    NotFound,
    /// There is no such item or assessment.
    #[error("there is nothing with this id that could be scored again")]
    NoSuchScope(Scope),
    /// One at a time.
    #[error("regrade {regrade} of the same is not ended; apply or cancel it first")]
    AlreadyLive {
        /// The one that is.
        regrade: RegradeId,
    },
    /// The state does not take the step.
    #[error(transparent)]
    Unlawful(#[from] UnlawfulRegrade),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for RegradeError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::NoSuchScope(_) | Self::AlreadyLive { .. } | Self::Unlawful(_) => None,
        }
    }
}
