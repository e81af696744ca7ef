//! What came of a step, in words both the code under test and the model can say.

use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, Expiry};

use super::catalogue::PER_SECTION;

/// Attempts are named by the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The attempt that was opened, started, resumed or kept alive.
    Attempt(usize),
    /// Sequence number and whether the answer replaced what was there, for each answer sent.
    Saved([Option<(i64, bool)>; PER_SECTION]),
    /// The next section.
    Section(Option<i32>),
    Submitted(Vec<DegradedReason>),
    /// Something behind the scenes that reports nothing.
    Quiet,
    /// Found overdue; expired now.
    Expired(Expiry),
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    NoSuchAssessment,
    OtherInProgress(usize),
    NoAttemptsLeft(u32),
    Unlawful(AttemptState, AttemptEvent),
    AlreadyExpired,
    OutOfOrder {
        requested: i32,
        current: i32,
    },
    SectionsMissing(i32),
    /// What a single client must never see.
    Store(String),
}

impl Outcome {
    /// The kind, for counting.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Attempt(_) => "attempt",
            Self::Saved(_) => "saved",
            Self::Section(_) => "section",
            Self::Submitted(_) => "submitted",
            Self::Quiet => "quiet",
            Self::Expired(Expiry::Deadline) => "expired by deadline",
            Self::Expired(Expiry::Inactivity) => "expired by inactivity",
            Self::Refused(refusal) => refusal.name(),
        }
    }
}

impl Refusal {
    const fn name(&self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::NoSuchAssessment => "no such assessment",
            Self::OtherInProgress(_) => "other in progress",
            Self::NoAttemptsLeft(_) => "no attempts left",
            Self::Unlawful(..) => "unlawful",
            Self::AlreadyExpired => "already expired",
            Self::OutOfOrder { .. } => "section out of order",
            Self::SectionsMissing(_) => "sections missing",
            Self::Store(_) => "store",
        }
    }
}
