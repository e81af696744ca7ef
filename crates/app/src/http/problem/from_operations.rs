//! Refusals of operations on jobs as problems.

use domain::operations::OperationError;

use super::{Problem, kinds};

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NotFound => Self::of(&kinds::JOB),
            OperationError::NotDead(status) => Self::of(&kinds::JOB_NOT_DEAD)
                .because(error)
                .with("job_status", status.as_str()),
            OperationError::LiveTwin(twin) => Self::of(&kinds::JOB_LIVE_TWIN)
                .because(error)
                .with("live_job_id", twin.to_string()),
            OperationError::Ended(status) => Self::of(&kinds::JOB_ENDED)
                .because(error)
                .with("job_status", status.as_str()),
            OperationError::Store(error) => error.into(),
        }
    }
}
