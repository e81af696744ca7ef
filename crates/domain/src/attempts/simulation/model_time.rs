//! The reference for time: limits, expiry, downtime, and time that people give.

use super::model::{MINUTE, Model, SECOND};
use super::outcome::{Outcome, Refusal};
use super::request::Request;
use super::steps::CANDIDATES;
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, Expiry};

/// What was on its way when time ran out still counts.
const GRACE: i64 = 5 * SECOND;
/// The service leaves a mark more often than this while it is up.
pub(super) const DOWN_AFTER: i64 = 30 * SECOND;
const OPT_IN_LIFETIME: i64 = 30 * 24 * 60 * MINUTE;

impl Model {
    /// When an attempt runs into the limit, grace not included; none when it is not in danger of it.
    pub(super) fn limit(&self, index: usize, by: Expiry) -> Option<i64> {
        let attempt = &self.attempts[index];
        match (attempt.state, by) {
            (AttemptState::OptedIn, Expiry::OptIn) => Some(attempt.opted_in + OPT_IN_LIFETIME),
            (AttemptState::InProgress, Expiry::Deadline) => attempt.deadline,
            (AttemptState::InProgress, Expiry::Inactivity) => {
                attempt.last_activity.map(|last| last + attempt.inactivity)
            }
            _ => None,
        }
    }

    /// The limit that has ended it at an instant: the earliest one, and the deadline when both fall together.
    fn overdue(&self, index: usize, at: i64) -> Option<Expiry> {
        let all = [Expiry::Deadline, Expiry::Inactivity, Expiry::OptIn];
        let limits = all
            .into_iter()
            .filter_map(|by| Some((self.limit(index, by)?, by)));
        let (limit, by) = limits.min_by_key(|(limit, _)| *limit)?;
        (at - limit > GRACE).then_some(by)
    }

    /// Expires an attempt whose time is up even when downtime is given back.
    pub(super) fn expire_if_overdue(&mut self, index: usize) -> Option<Expiry> {
        self.overdue(index, self.now)?;
        self.remember();
        self.settle();
        let by = self.overdue(index, self.now)?;
        self.expire(index);
        Some(by)
    }

    fn expire(&mut self, index: usize) {
        if self.version(index).edition.score_on_expiry && self.attempts[index].started.is_some() {
            self.end(index, AttemptState::Expired);
        } else {
            let attempt = &mut self.attempts[index];
            attempt.state = AttemptState::Expired;
            attempt.degraded = vec![DegradedReason::Expired];
            attempt.ended = Some(self.now);
            attempt.changed = self.now;
        }
        self.note("attempts.expired", Some(index));
    }

    /// Gives the time since the last mark back if it is too old: to all attempts that were in time then, and no more than
    /// they have been running. How many got some.
    fn settle(&mut self) -> u64 {
        let (now, Some(served)) = (self.now, self.served) else {
            return 0;
        };
        if now - served <= DOWN_AFTER {
            return 0;
        }
        let mut credited = 0;
        for index in 0..self.attempts.len() {
            let in_time = self.overdue(index, served).is_none();
            let attempt = &mut self.attempts[index];
            let Some(started) = attempt.started.filter(|started| *started < now) else {
                continue;
            };
            if attempt.state != AttemptState::InProgress || !in_time {
                continue;
            }
            let lost = now - started.max(served);
            attempt.deadline = attempt.deadline.map(|deadline| deadline + lost);
            // Lost time does not make anybody active in the future, and never less active than before.
            attempt.last_activity = attempt.last_activity.map(|last| last.max(now.min(last + lost)));
            attempt.changed = now;
            credited += 1;
        }
        self.served = Some(now);
        self.note("attempts.downtime_credited", None);
        credited
    }

    pub(super) fn mark_serving(&mut self) -> Outcome {
        let credited = self.settle();
        self.served = self.served.max(Some(self.now));
        Outcome::Credited(credited)
    }

    pub(super) fn sweep(&mut self) -> Outcome {
        self.settle();
        let all = 0..self.attempts.len();
        let overdue: Vec<usize> = all
            .filter(|index| self.overdue(*index, self.now).is_some())
            .collect();
        for index in &overdue {
            self.expire(*index);
        }
        Outcome::Swept(overdue.len())
    }

    /// The time limit with the factor, at the latest the end of the sitting, and extensions on top.
    pub(super) fn deadline(&self, index: usize, factor: u32, sitting_ends: Option<i64>) -> Option<i64> {
        let attempt = &self.attempts[index];
        let limit = self.version(index).edition.time_limit_minutes;
        let limit = limit.map(|minutes| i64::from(minutes) * MINUTE * i64::from(factor) / 100);
        let limit = limit.and_then(|limit| Some(attempt.started? + limit));
        let earliest = limit.into_iter().chain(sitting_ends).min()?;
        Some(earliest + attempt.extra)
    }

    pub(super) fn extend(
        &mut self,
        request: &Request,
        staff: usize,
        minutes: u32,
    ) -> Result<Outcome, Refusal> {
        let index = self.seen_by(staff, request)?;
        if let Some(by) = self.expire_if_overdue(index) {
            return Ok(Outcome::Expired(by));
        }
        self.attempts[index].must_be_open(AttemptEvent::Extend)?;
        let will_have_one = self.attempts[index].state == AttemptState::OptedIn
            && (self.version(index).edition.time_limit_minutes.is_some()
                || self.in_force(index).closes_at().is_some());
        let given = i64::from(minutes) * MINUTE;
        let attempt = &mut self.attempts[index];
        if attempt.deadline.is_none() && !will_have_one {
            return Err(Refusal::NoDeadline);
        }
        attempt.deadline = attempt.deadline.map(|deadline| deadline + given);
        attempt.extra += given;
        attempt.changed = self.now;
        self.note("attempts.extended", Some(index));
        Ok(Outcome::Attempt(index))
    }

    /// Staff give a candidate of theirs another factor, which also holds for what is running.
    pub(super) fn accommodate(
        &mut self,
        staff: usize,
        person: usize,
        factor: u32,
    ) -> Result<Outcome, Refusal> {
        if person >= CANDIDATES || !self.knows(staff, person) {
            return Err(Refusal::NoSuchPerson);
        }
        self.factors[person] = factor;
        let running = self.running(person);
        let running = running.filter(|index| self.expire_if_overdue(*index).is_none());
        if let Some(index) = running {
            self.retime(index, factor);
        }
        self.note("attempts.accommodated", None);
        Ok(Outcome::Accommodated(running))
    }

    /// The deadline moves by the share of the time limit that is gained or lost: forwards up to the end of the sitting that
    /// holds now, or where it is beyond that already; backwards up to this moment.
    fn retime(&mut self, index: usize, factor: u32) {
        let (now, sitting_ends) = (self.now, self.in_force(index).closes_at());
        let edition = self.version(index).edition;
        let attempt = &mut self.attempts[index];
        let percent = i64::from(factor) - i64::from(attempt.factor);
        if let (Some(current), Some(limit)) = (attempt.deadline, edition.time_limit_minutes) {
            let moved = current + i64::from(limit) * MINUTE * percent / 100;
            let bound = sitting_ends.map_or(i64::MAX, |ends| current.max(ends + attempt.extra));
            attempt.deadline = Some(if percent < 0 {
                moved.max(now)
            } else {
                moved.min(bound)
            });
        }
        attempt.factor = factor;
        attempt.inactivity = i64::from(edition.inactivity_minutes) * MINUTE * i64::from(factor) / 100;
        attempt.changed = now;
    }
}
