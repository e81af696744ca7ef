//! Refusals of the reviews slice.

use super::grading::GradeFault;
use super::inquiry_state::{InquiryEvent, UnlawfulStep};
use crate::ids::{InquiryId, ScoreRecordId};
use crate::store::{StoreError, UseCaseError};

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum ReviewsError {
    /// No score record has this id, or its attempt is not for the caller to see.
    #[error("there is no such review")]
    NotFound,
    /// The attempt does not count.
    #[error("the attempt is voided; its scores count for nothing")]
    Voided,
    /// Machines are at it.
    #[error("the attempt is not scored yet")]
    NotScored,
    /// What was seen does not count any more.
    #[error("another score record counts meanwhile; look at it first")]
    Changed {
        /// The one that does.
        counts: ScoreRecordId,
    },
    /// The verdict is none.
    #[error("the verdict is not as it has to be")]
    Invalid(Vec<GradeFault>),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for ReviewsError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::Voided | Self::NotScored | Self::Changed { .. } | Self::Invalid(_) => None,
        }
    }
}

/// Why an inquiry was not opened or stands as it stood.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// There is none with this id, or it is not for the caller to see.
    #[error("there is no such inquiry")]
    NotFound,
    /// There is no attempt with this id, or it is not the caller's.
    #[error("there is no such attempt")]
    NoSuchAttempt,
    /// There is nothing to contest yet.
    #[error("the result is not released")]
    NotReleased,
    /// The attempt has no such question.
    #[error("the attempt has no such question")]
    NoSuchQuestion,
    /// One at a time.
    #[error("inquiry {inquiry} about the same is open; write there")]
    AlreadyOpen {
        /// The one that is open.
        inquiry: InquiryId,
    },
    /// The step is for the other side.
    #[error("{} is not for this side of an inquiry", .0.as_str())]
    OtherSide(InquiryEvent),
    /// The step has to be explained.
    #[error("{} needs a message", .0.as_str())]
    MessageRequired(InquiryEvent),
    /// The state does not take the step.
    #[error(transparent)]
    Unlawful(#[from] UnlawfulStep),
    /// Nobody has judged anew.
    #[error("nobody has judged since the inquiry was opened; review the score or have it scored again first")]
    NotReviewed,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for InquiryError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::NoSuchAttempt
            | Self::NotReleased
            | Self::NoSuchQuestion
            | Self::AlreadyOpen { .. }
            | Self::OtherSide(_)
            | Self::MessageRequired(_)
            | Self::Unlawful(_)
            | Self::NotReviewed => None,
        }
    }
}
