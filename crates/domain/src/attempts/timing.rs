//! When an attempt is over: deadline and inactivity, with grace for what was on its way.

use std::time::Duration;

use super::model::Attempt;
use super::state::AttemptState;
use crate::authoring::Settings;
use crate::time::Timestamp;

/// How late a save, a section or a submission may arrive and still count.
pub const GRACE: Duration = Duration::from_secs(5);

/// A heartbeat is written at most this often.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_mins(1);

/// How long an attempt may be opted in without being started.
pub const OPT_IN_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// Which limit an attempt ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The whole time is used up.
    Deadline,
    /// Nothing was heard for too long.
    Inactivity,
    /// It was never started.
    OptIn,
}

impl Expiry {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Inactivity => "inactivity",
            Self::OptIn => "opt_in",
        }
    }
}

impl Attempt {
    /// The instant after which nothing is taken any more (grace not included); none once taking has ended.
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.first_limit().map(|(at, _)| at)
    }

    /// Whether time is up at `now`, grace included, and by which limit.
    pub fn overdue(&self, now: Timestamp) -> Option<Expiry> {
        let (closes_at, by) = self.first_limit()?;
        (now > closes_at + GRACE).then_some(by)
    }

    /// The limit that is reached first, and when.
    fn first_limit(&self) -> Option<(Timestamp, Expiry)> {
        match self.state {
            AttemptState::OptedIn => Some((self.opted_in_at + OPT_IN_LIFETIME, Expiry::OptIn)),
            AttemptState::InProgress => {
                let deadline = self.deadline_at.map(|at| (at, Expiry::Deadline));
                let inactive = self.last_activity_at.map(|last| last + self.inactivity_limit);
                let inactive = inactive.map(|at| (at, Expiry::Inactivity));
                deadline.into_iter().chain(inactive).min_by_key(|(at, _)| *at)
            }
            AttemptState::AwaitingAsync
            | AttemptState::Completed
            | AttemptState::Expired
            | AttemptState::Failed
            | AttemptState::Voided => None,
        }
    }
}

/// A span of time for somebody who has `factor` percent of it.
pub(super) fn with_factor(span: Duration, factor: u32) -> Duration {
    span * factor / 100
}

/// When an attempt that starts now has to end: the time limit with the candidate's factor, the end of the sitting at the
/// latest, and extensions on top. None when neither is set.
pub(super) fn deadline(
    settings: &Settings,
    now: Timestamp,
    time_factor: u32,
    extra_time: Duration,
) -> Option<Timestamp> {
    let limit = settings
        .time_limit_minutes
        .map(|limit| now + with_factor(minutes(limit), time_factor));
    limit
        .into_iter()
        .chain(settings.closes_at)
        .min()
        .map(|deadline| deadline + extra_time)
}

/// A number of minutes as a span.
pub(super) fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

#[cfg(test)]
pub(crate) mod tests {
    use uuid::Uuid;

    use super::super::form::Form;
    use super::super::model::ScoringState;
    use super::*;
    use crate::authoring::DefinitionKind;
    use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, UserId};

    pub(crate) fn attempt(state: AttemptState) -> Attempt {
        let start = Timestamp::from_micros(1_000_000_000);
        Attempt {
            id: AttemptId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            definition_id: DefinitionId(Uuid::from_u128(3)),
            definition_version_id: DefinitionVersionId(Uuid::from_u128(4)),
            kind: DefinitionKind::Generated,
            seed: 0,
            form: Form::whole(),
            item_count: 4,
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
            time_factor: 100,
            extra_time: Duration::ZERO,
            submitted_at: None,
            ended_at: None,
            scored_at: None,
            released_at: None,
            voided_by: None,
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
    fn an_opt_in_lives_for_thirty_days() {
        let attempt = attempt(AttemptState::OptedIn);
        let last = attempt.opted_in_at + OPT_IN_LIFETIME + GRACE;
        assert_eq!(attempt.overdue(last), None);
        assert_eq!(
            attempt.overdue(last + Duration::from_micros(1)),
            Some(Expiry::OptIn)
        );
    }

    #[test]
    fn the_deadline_has_the_factor_keeps_to_the_sitting_and_adds_extensions() {
        let now = Timestamp::from_micros(0);
        let at = |minute: u32| Some(now + minutes(minute));
        let mut settings = Settings {
            time_limit_minutes: Some(40),
            ..Settings::default()
        };
        assert_eq!(deadline(&settings, now, 150, Duration::ZERO), at(60));
        settings.closes_at = at(45);
        assert_eq!(deadline(&settings, now, 150, minutes(5)), at(50));
        settings.time_limit_minutes = None;
        assert_eq!(deadline(&settings, now, 100, Duration::ZERO), at(45));
        settings.closes_at = None;
        assert_eq!(deadline(&settings, now, 100, minutes(5)), None);
    }

    #[test]
    fn nothing_is_overdue_once_taking_has_ended() {
        let ended = AttemptState::ALL
            .into_iter()
            .filter(|state| !matches!(state, AttemptState::InProgress | AttemptState::OptedIn));
        for state in ended {
            assert_eq!(
                attempt(state).overdue(Timestamp::from_micros(i64::MAX)),
                None,
                "{state:?}"
            );
        }
    }
}
