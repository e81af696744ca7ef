//! When an attempt is over: deadline and inactivity, with grace for what was on its way.

use std::time::Duration;

use super::model::Attempt;
use super::state::AttemptState;
use crate::time::Timestamp;

/// How late a save, a section or a submission may arrive and still count.
pub const GRACE: Duration = Duration::from_secs(5);

/// A heartbeat is written at most this often.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_mins(1);

/// Which limit an attempt ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The whole time is used up.
    Deadline,
    /// Nothing was heard for too long.
    Inactivity,
}

impl Expiry {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Inactivity => "inactivity",
        }
    }
}

impl Attempt {
    /// The instant after which nothing is taken any more (grace not included); none while nothing runs.
    pub fn closes_at(&self) -> Option<Timestamp> {
        if self.state != AttemptState::InProgress {
            return None;
        }
        let inactive = self.last_activity_at.map(|last| last + self.inactivity_limit);
        match (self.deadline_at, inactive) {
            (Some(deadline), Some(inactive)) => Some(deadline.min(inactive)),
            (deadline, inactive) => deadline.or(inactive),
        }
    }

    /// Whether time is up at `now`, grace included, and by which limit.
    pub fn overdue(&self, now: Timestamp) -> Option<Expiry> {
        let closes_at = self.closes_at()?;
        if now <= closes_at + GRACE {
            return None;
        }
        Some(if self.deadline_at == Some(closes_at) {
            Expiry::Deadline
        } else {
            Expiry::Inactivity
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::super::model::ScoringState;
    use super::*;
    use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, UserId};

    pub(in super::super) fn attempt(state: AttemptState) -> Attempt {
        let start = Timestamp::from_micros(1_000_000_000);
        Attempt {
            id: AttemptId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            definition_id: DefinitionId(Uuid::from_u128(3)),
            definition_version_id: DefinitionVersionId(Uuid::from_u128(4)),
            state,
            scoring: ScoringState::None,
            current_section: 0,
            section_count: 2,
            response_seq: 0,
            opted_in_at: start,
            started_at: Some(start),
            deadline_at: None,
            last_activity_at: Some(start),
            inactivity_limit: Duration::from_mins(30),
            submitted_at: None,
            ended_at: None,
            scored_at: None,
            released_at: None,
            degraded_reasons: Vec::new(),
            evaluation_job_id: None,
            revision: 1,
            updated_at: start,
        }
    }

    #[test]
    fn the_grace_second_counts_and_the_one_after_does_not() {
        let mut attempt = attempt(AttemptState::InProgress);
        let start = attempt.opted_in_at;
        attempt.deadline_at = Some(start + Duration::from_mins(1));
        let at =
            |seconds: u64, micros: u64| start + Duration::from_secs(seconds) + Duration::from_micros(micros);
        assert_eq!(attempt.overdue(at(60, 0)), None);
        assert_eq!(attempt.overdue(at(65, 0)), None);
        assert_eq!(attempt.overdue(at(65, 1)), Some(Expiry::Deadline));
    }

    #[test]
    fn inactivity_counts_from_the_last_activity() {
        let mut attempt = attempt(AttemptState::InProgress);
        let start = attempt.opted_in_at;
        attempt.last_activity_at = Some(start + Duration::from_mins(10));
        assert_eq!(attempt.overdue(start + Duration::from_secs(2405)), None);
        assert_eq!(
            attempt.overdue(start + Duration::from_secs(2406)),
            Some(Expiry::Inactivity)
        );
    }

    #[test]
    fn only_what_is_in_progress_can_be_overdue() {
        for state in AttemptState::ALL
            .into_iter()
            .filter(|state| *state != AttemptState::InProgress)
        {
            assert_eq!(
                attempt(state).overdue(Timestamp::from_micros(i64::MAX)),
                None,
                "{state:?}"
            );
        }
    }
}
