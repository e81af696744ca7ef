//! An attempt and its answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::form::Form;
use super::state::AttemptState;
use crate::authoring::DefinitionKind;
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, ItemVersionId, JobId, UserId};
use crate::time::Timestamp;

/// How scoring stands; apart from how taking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoringState {
    /// Not begun.
    None,
    /// Jobs are under way.
    Running,
    /// Every item has a record that counts.
    Done,
    /// It could not be ended.
    Failed,
}

impl ScoringState {
    /// All.
    pub const ALL: [Self; 4] = [Self::None, Self::Running, Self::Done, Self::Failed];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The scoring state of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Why a result lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DegradedReason {
    /// Items were left blank.
    Unanswered,
    /// Configured language models did not answer.
    LlmUnavailable,
    /// A spending cap was reached.
    Budget,
    /// Evidence could not be retrieved.
    RetrievalFailed,
    /// Time ran out.
    Expired,
}

impl DegradedReason {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::LlmUnavailable => "llm_unavailable",
            Self::Budget => "budget",
            Self::RetrievalFailed => "retrieval_failed",
            Self::Expired => "expired",
        }
    }
}

/// Who took an attempt out of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidedBy {
    /// The candidate gave up; what was begun still counts as an attempt.
    Owner,
    /// An advisor or admin; it does not count at all.
    Staff,
}

impl VoidedBy {
    /// All.
    pub const ALL: [Self; 2] = [Self::Owner, Self::Staff];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Staff => "staff",
        }
    }

    /// The value of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// One candidate taking one assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Which.
    pub id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// In which frozen version.
    pub definition_version_id: DefinitionVersionId,
    /// Whether it was drawn from a bank or takes a generated assessment whole.
    pub kind: DefinitionKind,
    /// From which order follows.
    pub seed: i64,
    /// Which items of the version it has.
    pub form: Form,
    /// How many.
    pub item_count: u32,
    /// How taking stands.
    pub state: AttemptState,
    /// How scoring stands.
    pub scoring: ScoringState,
    /// The section to be submitted next, from 0; equals `section_count` when all are.
    pub current_section: i32,
    /// Number of sections.
    pub section_count: i32,
    /// Sequence number of the latest saved answer.
    pub response_seq: i64,
    /// When the candidate opted in.
    pub opted_in_at: Timestamp,
    /// When the clock began to run.
    pub started_at: Option<Timestamp>,
    /// When time is up.
    pub deadline_at: Option<Timestamp>,
    /// Latest save, section or heartbeat.
    pub last_activity_at: Option<Timestamp>,
    /// How long without activity ends it.
    pub inactivity_limit: Duration,
    /// Percent of the usual time, 100–1000.
    pub time_factor: u32,
    /// Time given by extensions.
    pub extra_time: Duration,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When taking ended, in whatever way.
    pub ended_at: Option<Timestamp>,
    /// When every item had a record that counts.
    pub scored_at: Option<Timestamp>,
    /// When the result became visible.
    pub released_at: Option<Timestamp>,
    /// Who took it out of the count, when it is voided.
    pub voided_by: Option<VoidedBy>,
    /// What the result lacks.
    pub degraded_reasons: Vec<DegradedReason>,
    /// The parent job of scoring.
    pub evaluation_job_id: Option<JobId>,
    /// Counts changes, for `ETag`.
    pub revision: i64,
    /// Latest change.
    pub updated_at: Timestamp,
}

/// A current answer.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredResponse {
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// As acknowledged.
    pub seq: i64,
    /// As sent.
    pub answer: serde_json::Value,
    /// When.
    pub saved_at: Timestamp,
}

/// An answer about to be saved; its shape is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct NewResponse {
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// As sent.
    pub answer: serde_json::Value,
    /// When the candidate wrote it, by the candidate's clock, if the client says so: it replaces no answer that was written,
    /// or without such a time saved, later. An answer without it replaces whatever is there, whatever any clock says.
    pub written_at: Option<Timestamp>,
}

/// The acknowledgement of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedResponse {
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// Its sequence number.
    pub seq: i64,
    /// False when a newer answer was there already and stays.
    pub stored: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scoring_states_are_found_by_their_names() {
        for state in ScoringState::ALL {
            assert_eq!(ScoringState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert_eq!(ScoringState::parse("Done"), None);
    }

    #[test]
    fn degraded_reasons_have_one_name_everywhere() {
        let reasons = [
            DegradedReason::Unanswered,
            DegradedReason::LlmUnavailable,
            DegradedReason::Budget,
            DegradedReason::RetrievalFailed,
            DegradedReason::Expired,
        ];
        for reason in reasons {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
