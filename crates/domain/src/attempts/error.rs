//! Refusals of the attempts slice.

use super::state::{AttemptState, UnlawfulMove};
use super::timing::Expiry;
use crate::ids::AttemptId;
use crate::store::{StoreError, UseCaseError};
use crate::time::Timestamp;

/// Why nothing happened.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// There is none with this id, or it is not the caller's.
    #[error("there is no such attempt")]
    NotFound,
    /// There is no published assessment with this id.
    #[error("there is no such assessment to take")]
    NoSuchAssessment,
    /// The candidate is taking another one.
    #[error("attempt {running} is in progress; submit it first")]
    OtherInProgress {
        /// The running one.
        running: AttemptId,
    },
    /// The assessment may be taken only so often.
    #[error("this assessment may be taken {allowed} time(s), and has been")]
    NoAttemptsLeft {
        /// How often.
        allowed: u32,
    },
    /// The sitting has not begun.
    #[error("the assessment opens at {opens_at}")]
    NotOpenYet {
        /// When it does.
        opens_at: Timestamp,
    },
    /// The sitting is over.
    #[error("the assessment closed at {closed_at}")]
    Closed {
        /// When it did.
        closed_at: Timestamp,
    },
    /// The pause after the last attempt is not over.
    #[error("the next attempt may start at {until}")]
    CoolDown {
        /// When it is.
        until: Timestamp,
    },
    /// The access code is missing or wrong.
    #[error("the access code is missing or wrong")]
    WrongAccessCode,
    /// There is no deadline that could be put off.
    #[error("the attempt has no deadline to extend")]
    NoDeadline,
    /// There is nothing to release or hold back.
    #[error("the attempt is not scored yet")]
    NotScored,
    /// There is no such candidate, or the caller does not see them.
    #[error("there is no such candidate")]
    NoSuchCandidate,
    /// The state does not take the move.
    #[error(transparent)]
    Unlawful(#[from] UnlawfulMove),
    /// Time ran out earlier.
    #[error("the attempt has expired")]
    Expired {
        /// By which limit, when it is known.
        by: Option<Expiry>,
    },
    /// The section is not the current one, or there is none left.
    #[error("section {requested} is out of order: {current} section(s) are submitted so far")]
    SectionOutOfOrder {
        /// As asked.
        requested: i32,
        /// As it stands; the number of sections when all are submitted.
        current: i32,
    },
    /// Sections are missing.
    #[error("{missing} section(s) are not submitted yet")]
    SectionsMissing {
        /// How many.
        missing: i32,
    },
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for AttemptError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::NoSuchAssessment
            | Self::OtherInProgress { .. }
            | Self::NoAttemptsLeft { .. }
            | Self::NotOpenYet { .. }
            | Self::Closed { .. }
            | Self::CoolDown { .. }
            | Self::WrongAccessCode
            | Self::NoDeadline
            | Self::NotScored
            | Self::NoSuchCandidate
            | Self::Unlawful(_)
            | Self::Expired { .. }
            | Self::SectionOutOfOrder { .. }
            | Self::SectionsMissing { .. } => None,
        }
    }
}

impl AttemptError {
    /// The refusal of a move: expired attempts say so, whatever was tried.
    pub(super) const fn refused(error: UnlawfulMove) -> Self {
        match error.from {
            AttemptState::Expired => Self::Expired { by: None },
            AttemptState::OptedIn
            | AttemptState::InProgress
            | AttemptState::AwaitingAsync
            | AttemptState::Completed
            | AttemptState::Failed
            | AttemptState::Voided => Self::Unlawful(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::AttemptEvent;
    use super::*;

    #[test]
    fn only_expired_attempts_say_that_they_have_expired() {
        for from in AttemptState::ALL {
            let refusal = AttemptError::refused(UnlawfulMove {
                from,
                event: AttemptEvent::SaveResponses,
            });
            let expired = matches!(refusal, AttemptError::Expired { by: None });
            assert_eq!(expired, from == AttemptState::Expired, "{refusal}");
        }
    }

    #[test]
    fn only_storage_errors_are_worth_another_try() {
        let conflict = AttemptError::from(StoreError::Conflict);
        assert!(matches!(conflict.store_error(), Some(StoreError::Conflict)));
        assert!(AttemptError::NotFound.store_error().is_none());
        assert!(
            AttemptError::SectionsMissing { missing: 1 }
                .store_error()
                .is_none()
        );
    }
}
