//! Answers that a language model is still to judge: the local verdict stands meanwhile.
//!
//! ```text
//! (none) ──defer──▶ waiting ──take──▶ queued ──settled──▶ (none)     a model has judged, once
//!                      ▲                 ╰──defer──▶ waiting         it could not again
//!                      ╰── not before an instant, or never without a person
//! ```

use std::time::Duration;

use crate::ids::{AttemptId, ItemVersionId};
use crate::time::Timestamp;

/// Why no model judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferralReason {
    /// None answered with anything that could be used.
    LlmUnavailable,
    /// There was no money for it.
    Budget,
    /// It was not its turn. Nothing failed, so nothing is degraded.
    Quota,
}

impl DeferralReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::LlmUnavailable, Self::Budget, Self::Quota];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LlmUnavailable => "llm_unavailable",
            Self::Budget => "budget",
            Self::Quota => "quota",
        }
    }

    /// The reason of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// How long an answer waits for a model's turn before that counts as a model that does not answer.
pub const LONGEST_WAIT: Duration = Duration::from_mins(30);

/// One such answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// Whose.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// Why.
    pub reason: DeferralReason,
    /// When it may be tried again; none is never without a person.
    pub not_before: Option<Timestamp>,
}

/// One that is to be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// How often it was tried before, and once more: names the cause `rescore:<round>`.
    pub round: u32,
}

impl Due {
    /// The cause of the scoring that comes.
    pub fn cause(&self) -> String {
        format!("rescore:{}", self.round)
    }
}
