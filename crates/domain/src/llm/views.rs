//! What calls did and cost, for people who operate the service and for results.

use std::time::Duration;

use super::calls::Day;
use super::model::ModelName;
use super::spending::MicroDollars;
use crate::ids::{AttemptId, LlmCallId};
use crate::time::Timestamp;

/// What models are doing at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUse {
    /// The day (UTC) that amounts are about.
    pub day: Day,
    /// Booked for the calls of the day.
    pub booked: MicroDollars,
    /// Calls that have been booked and have not ended.
    pub in_flight: u64,
    /// Calls of which nobody knows whether they were billed, of all days; also those that processes left when they died.
    pub unknown: u64,
    /// The latest of them, newest first; 50 at most.
    pub latest_unknown: Vec<UnknownCall>,
    /// Models that asked for patience, with the end of it.
    pub pauses: Vec<(String, Timestamp)>,
}

/// A call that stays booked at its bound, because its end is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCall {
    /// The call.
    pub id: LlmCallId,
    /// Who was asked.
    pub model: ModelName,
    /// What for.
    pub purpose: String,
    /// Whose answer, if it was about one.
    pub attempt_id: Option<AttemptId>,
    /// What the provider saw as `X-Request-Tag`.
    pub tag: String,
    /// What happened.
    pub error_code: Option<String>,
    /// What stays booked.
    pub booked: MicroDollars,
    /// When.
    pub asked_at: Timestamp,
}

/// What one attempt took of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptUse {
    /// Booked for it.
    pub booked: MicroDollars,
    /// Of all calls that were answered, each from question to answer; none without such a call.
    pub waited: Option<Duration>,
    /// When the last answer that waits for its turn may be asked about; none where nothing that counts waits for it.
    pub turn_at: Option<Timestamp>,
    /// Since when the first of them has waited.
    pub waiting_since: Option<Timestamp>,
}
