//! Deadlines, accommodations and downtime in memory: every statement of the schema's repository with its guard.

use async_trait::async_trait;

use super::catalogue::number_of;
use super::memory::{Memory, constraint};
use crate::attempts::{
    Accommodation, Attempt, AttemptState, GRACE, OPT_IN_LIFETIME, Retimed, Stalled, TimeRepository,
};
use crate::ids::{AttemptId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

impl Memory {
    fn ids_where(&self, fits: impl Fn(&Attempt) -> bool) -> Vec<AttemptId> {
        let attempts = self.rows.values().map(|row| &row.attempt);
        attempts
            .filter(|attempt| fits(attempt))
            .map(|attempt| attempt.id)
            .collect()
    }
}

/// What both limits are compared with; never active is never in time.
fn both_limits(attempt: &Attempt, reached: impl Fn(Timestamp) -> bool) -> bool {
    let inactive = attempt
        .last_activity_at
        .map(|last| last + attempt.inactivity_limit);
    attempt.deadline_at.is_none_or(&reached) && inactive.is_some_and(reached)
}

#[async_trait]
impl TimeRepository for Memory {
    async fn time_factor(&mut self, user: UserId) -> Result<u32, StoreError> {
        Ok(self
            .small
            .factors
            .get(number_of(user.0))
            .copied()
            .flatten()
            .unwrap_or(100))
    }

    async fn set_accommodation(&mut self, accommodation: &Accommodation) -> Result<bool, StoreError> {
        if !(100..=1000).contains(&accommodation.time_factor) {
            return Err(constraint("accommodations_time_factor"));
        }
        match self.small.factors.get_mut(number_of(accommodation.user_id.0)) {
            Some(factor) => *factor = Some(accommodation.time_factor),
            None => return Ok(false),
        }
        Ok(true)
    }

    async fn retime(
        &mut self,
        id: AttemptId,
        state: AttemptState,
        times: &Retimed,
    ) -> Result<bool, StoreError> {
        let open = matches!(state, AttemptState::OptedIn | AttemptState::InProgress);
        self.update(
            id,
            times.now,
            |attempt| open && attempt.state == state,
            |attempt| {
                attempt.deadline_at = times.deadline_at;
                attempt.inactivity_limit = times.inactivity_limit;
                attempt.time_factor = times.time_factor;
                attempt.extra_time = times.extra_time;
            },
        )
    }

    async fn last_served(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.small.served)
    }

    async fn mark_served(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if self.small.served.is_none_or(|served| served < now) {
            self.small.served = Some(now);
        }
        Ok(())
    }

    async fn credit_downtime(&mut self, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let credited = self.ids_where(|attempt| {
            attempt.state == AttemptState::InProgress
                && attempt.started_at.is_some_and(|started| started < now)
                && both_limits(attempt, |limit| limit >= since - GRACE)
        });
        for id in &credited {
            self.update(
                *id,
                now,
                |_| true,
                |attempt| {
                    let from = attempt.started_at.map_or(since, |started| started.max(since));
                    let lost = now.since(from);
                    attempt.deadline_at = attempt.deadline_at.map(|deadline| deadline + lost);
                    attempt.last_activity_at = attempt.last_activity_at.map(|active| {
                        if active > now {
                            active
                        } else if active > from {
                            now
                        } else {
                            active + lost
                        }
                    });
                },
            )?;
        }
        Ok(u64::try_from(credited.len()).expect("a few attempts"))
    }

    async fn overdue(&mut self, now: Timestamp, limit: u32) -> Result<Vec<AttemptId>, StoreError> {
        let latest = now - GRACE;
        let mut found = self.ids_where(|attempt| match attempt.state {
            AttemptState::InProgress => !both_limits(attempt, |limit| limit >= latest),
            AttemptState::OptedIn => attempt.opted_in_at < latest - OPT_IN_LIFETIME,
            _ => false,
        });
        found.truncate(usize::try_from(limit).expect("a small number"));
        Ok(found)
    }

    async fn stalled(&mut self, _before: Timestamp, _limit: u32) -> Result<Vec<Stalled>, StoreError> {
        unreachable!("the jobs of this memory are never lost")
    }
}
