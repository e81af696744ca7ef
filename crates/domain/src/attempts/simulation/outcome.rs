//! What came of a step, in words both the code under test and the model can say.

use super::steps::MOST_SENT;
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, Expiry};

/// Attempts are named by the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The attempt that was opened, started, resumed, kept alive, extended, released or held back.
    Attempt(usize),
    /// The attempt in progress, and whether it was before.
    Taken(usize, bool),
    /// Sequence number and whether the answer replaced what was there, for each answer sent.
    Saved([Option<(i64, bool)>; MOST_SENT]),
    /// The next section.
    Section(Option<i32>),
    Submitted {
        /// As above, for answers that came with it.
        saved: [Option<(i64, bool)>; MOST_SENT],
        degraded: Vec<DegradedReason>,
        /// The evaluation job and those it waits for.
        jobs: usize,
        held: bool,
    },
    /// Taken out of the count.
    Voided,
    /// The running attempt, which has new times.
    Accommodated(Option<usize>),
    /// How many overdue attempts a sweep found.
    Swept(usize),
    /// How many attempts were given time back.
    Credited(u64),
    /// Something that reports nothing.
    Quiet,
    /// Found overdue; expired now.
    Expired(Expiry),
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    NoSuchAssessment,
    NoSuchPerson,
    OtherInProgress(usize),
    NoAttemptsLeft(u32),
    NotOpenYet(i64),
    Closed(i64),
    CoolDown(i64),
    WrongAccessCode,
    NoDeadline,
    NotScored,
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
            Self::Taken(_, false) => "begun",
            Self::Taken(_, true) => "resumed",
            Self::Saved(_) => "saved",
            Self::Section(_) => "section",
            Self::Submitted { held: false, .. } => "submitted",
            Self::Submitted { held: true, .. } => "submitted and held",
            Self::Voided => "voided",
            Self::Accommodated(None) => "accommodated",
            Self::Accommodated(Some(_)) => "accommodated and retimed",
            Self::Swept(0) => "nothing swept",
            Self::Swept(_) => "swept",
            Self::Credited(0) => "nothing credited",
            Self::Credited(_) => "credited",
            Self::Quiet => "quiet",
            Self::Expired(Expiry::Deadline) => "expired by deadline",
            Self::Expired(Expiry::Inactivity) => "expired by inactivity",
            Self::Expired(Expiry::OptIn) => "expired by opt-in",
            Self::Refused(refusal) => refusal.name(),
        }
    }
}

impl Refusal {
    const fn name(&self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::NoSuchAssessment => "no such assessment",
            Self::NoSuchPerson => "no such person",
            Self::OtherInProgress(_) => "other in progress",
            Self::NoAttemptsLeft(_) => "no attempts left",
            Self::NotOpenYet(_) => "not open yet",
            Self::Closed(_) => "closed",
            Self::CoolDown(_) => "cool-down",
            Self::WrongAccessCode => "wrong access code",
            Self::NoDeadline => "no deadline",
            Self::NotScored => "not scored",
            Self::Unlawful(..) => "unlawful",
            Self::AlreadyExpired => "already expired",
            Self::OutOfOrder { .. } => "section out of order",
            Self::SectionsMissing(_) => "sections missing",
            Self::Store(_) => "store",
        }
    }
}
