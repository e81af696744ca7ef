//! Refusals of scoring by people, and of scoring again, as problems.

use domain::regrades::RegradeError;
use domain::reviews::{GradeFault, InquiryError, ReviewsError};

use super::{FieldError, Problem, kinds};

impl From<ReviewsError> for Problem {
    fn from(error: ReviewsError) -> Self {
        match error {
            ReviewsError::NotFound => Self::of(&kinds::REVIEW),
            ReviewsError::Voided => Self::of(&kinds::ATTEMPT_VOIDED),
            ReviewsError::NotScored => Self::of(&kinds::NOT_SCORED),
            ReviewsError::Changed { counts } => Self::of(&kinds::REVIEW_CHANGED)
                .because(error)
                .with("counts", counts.to_string()),
            ReviewsError::Invalid(faults) => {
                Self::invalid_fields(faults.into_iter().map(grade_error).collect())
            }
            ReviewsError::Store(error) => error.into(),
        }
    }
}

fn grade_error(fault: GradeFault) -> FieldError {
    FieldError::new(fault.pointer, format!("must be {}", fault.expected))
}

impl From<InquiryError> for Problem {
    fn from(error: InquiryError) -> Self {
        match error {
            InquiryError::NotFound => Self::of(&kinds::INQUIRY),
            InquiryError::NoSuchAttempt => Self::of(&kinds::ATTEMPT),
            InquiryError::NotReleased => Self::of(&kinds::NOT_RELEASED),
            InquiryError::NoSuchQuestion => {
                Self::invalid("/question_id", "must be a question of the attempt")
            }
            InquiryError::AlreadyOpen { inquiry } => Self::of(&kinds::INQUIRY_OPEN)
                .because(error)
                .with("inquiry_id", inquiry.to_string()),
            InquiryError::OtherSide(_) => Self::of(&kinds::ROLE).because(error),
            InquiryError::MessageRequired(event) => {
                Self::invalid("/message", format!("must be given to {}", event.as_str()))
            }
            InquiryError::Unlawful(refusal) => Self::of(&kinds::INQUIRY_STEP)
                .because(refusal)
                .with("from_state", refusal.from.as_str())
                .with("event", refusal.event.as_str()),
            InquiryError::NotReviewed => Self::of(&kinds::NOT_REVIEWED),
            InquiryError::Store(error) => error.into(),
        }
    }
}

impl From<RegradeError> for Problem {
    fn from(error: RegradeError) -> Self {
        match error {
            RegradeError::NotFound => Self::of(&kinds::REGRADE),
            RegradeError::NoSuchScope(_) => Self::of(&kinds::REGRADE_SCOPE),
            RegradeError::AlreadyLive { regrade } => Self::of(&kinds::REGRADE_LIVE)
                .because(error)
                .with("regrade_id", regrade.to_string()),
            RegradeError::Unlawful(refusal) => Self::of(&kinds::REGRADE_STEP)
                .because(refusal)
                .with("from_state", refusal.from.as_str())
                .with("event", refusal.event.as_str()),
            RegradeError::Store(error) => error.into(),
        }
    }
}
