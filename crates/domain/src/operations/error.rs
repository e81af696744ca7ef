//! Why background work stays as it is.

use crate::job::{JobId, JobStatus};
use crate::store::{StoreError, UseCaseError};

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such job.
    #[error("there is no such job")]
    NotFound,
    /// Only what has failed or was cancelled can be tried again.
    #[error("the job is {}; only failed and cancelled jobs can be retried", .0.as_str())]
    NotDead(JobStatus),
    /// The same work is under way, or done.
    #[error("job {0} does the same work and has not failed; look at that one")]
    LiveTwin(JobId),
    /// What has ended cannot be cancelled.
    #[error("the job is {} already", .0.as_str())]
    Ended(JobStatus),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for OperationError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::NotDead(_) | Self::LiveTwin(_) | Self::Ended(_) => None,
        }
    }
}
