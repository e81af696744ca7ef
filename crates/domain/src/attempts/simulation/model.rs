//! The reference: attempts as DOMAIN.md 2 describes them, in plain numbers. It shares names with the code under test, but
//! none of its rules: no call leads from here into the slice. Instants and spans are microseconds.

use super::catalogue::{ASSESSMENTS, Setup, is_text};
use super::model_attempt::{Acting, Mark, ModelAttempt, refusal};
use super::outcome::{Outcome, Refusal};
use super::request::Request;
use super::steps::{Deed, Given};
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, Expiry, ScoringState};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
/// What was on its way when time ran out still counts.
const GRACE: i64 = 5 * SECOND;

/// Everything there is.
pub(super) struct Model {
    pub(super) setups: [Setup; ASSESSMENTS],
    pub(super) now: i64,
    pub(super) attempts: Vec<ModelAttempt>,
}

impl Model {
    pub(super) const fn new(setups: [Setup; ASSESSMENTS], now: i64) -> Self {
        Self {
            setups,
            now,
            attempts: Vec::new(),
        }
    }

    /// The current section and the number of sections.
    pub(super) fn sections(&self, index: usize) -> (i32, i32) {
        let attempt = &self.attempts[index];
        (attempt.section, self.setups[attempt.assessment].sections)
    }

    /// What the candidate is taking.
    pub(super) fn running(&self, who: usize) -> Option<usize> {
        self.attempts
            .iter()
            .position(|attempt| attempt.who == who && attempt.state == AttemptState::InProgress)
    }

    /// When an attempt in progress runs into the limit, grace not included.
    pub(super) fn limit(&self, index: usize, by: Expiry) -> Option<i64> {
        let attempt = &self.attempts[index];
        let inactivity = i64::from(self.setups[attempt.assessment].inactivity_minutes) * MINUTE;
        match by {
            Expiry::Deadline => attempt.deadline,
            Expiry::Inactivity => attempt.last_activity.map(|last| last + inactivity),
        }
    }

    pub(super) fn perform(&mut self, request: &Request) -> Outcome {
        match request.deed {
            Deed::OptIn { assessment } => self.opt_in(request.who, assessment),
            Deed::Judge { item, .. } => self.behind_the_scenes(request, |attempt, _| attempt.judge(item)),
            Deed::Finish { .. } => self.behind_the_scenes(request, |attempt, acting| {
                attempt.end_scoring(ScoringState::Done, acting);
            }),
            Deed::FailScoring { .. } => self.behind_the_scenes(request, |attempt, acting| {
                attempt.end_scoring(ScoringState::Failed, acting);
            }),
            Deed::Void { .. } => self.void(request),
            Deed::Start { .. }
            | Deed::Save { .. }
            | Deed::SubmitSection { .. }
            | Deed::Submit { .. }
            | Deed::Heartbeat { .. } => self.take(request).unwrap_or_else(Outcome::Refused),
        }
    }

    fn opt_in(&mut self, who: usize, assessment: usize) -> Outcome {
        let Some(setup) = self.setups.get(assessment) else {
            return Outcome::Refused(Refusal::NoSuchAssessment);
        };
        let mine = |attempt: &ModelAttempt| attempt.who == who && attempt.assessment == assessment;
        if let Some(open) = self
            .attempts
            .iter()
            .position(|attempt| mine(attempt) && attempt.is_open())
        {
            return Outcome::Attempt(open);
        }
        let counts = |attempt: &&ModelAttempt| mine(attempt) && attempt.state != AttemptState::Voided;
        let made = self.attempts.iter().filter(counts).count();
        match setup.max_attempts {
            Some(allowed) if made >= allowed as usize => Outcome::Refused(Refusal::NoAttemptsLeft(allowed)),
            _ => {
                self.attempts.push(ModelAttempt::new(who, assessment, self.now));
                Outcome::Attempt(self.attempts.len() - 1)
            }
        }
    }

    fn void(&mut self, request: &Request) -> Outcome {
        let Some(index) = request.attempt else {
            return Outcome::Refused(Refusal::NotFound);
        };
        let attempt = &mut self.attempts[index];
        if attempt.state == AttemptState::Voided {
            return Outcome::Refused(Refusal::Unlawful(AttemptState::Voided, AttemptEvent::Void));
        }
        attempt.state = AttemptState::Voided;
        attempt.changed = self.now;
        Outcome::Quiet
    }

    fn behind_the_scenes(
        &mut self,
        request: &Request,
        act: impl FnOnce(&mut ModelAttempt, Acting),
    ) -> Outcome {
        if let Some(index) = request.attempt {
            let attempt = &mut self.attempts[index];
            act(
                attempt,
                Acting {
                    now: self.now,
                    items: self.setups[attempt.assessment].item_count(),
                },
            );
        }
        Outcome::Quiet
    }

    /// What a candidate does with an attempt: it has to be his, and its time must not be up.
    fn take(&mut self, request: &Request) -> Result<Outcome, Refusal> {
        let mine = |index: &usize| self.attempts[*index].who == request.who;
        let index = request.attempt.filter(mine).ok_or(Refusal::NotFound)?;
        if let Some(by) = self.overdue(index) {
            self.expire(index);
            return Ok(Outcome::Expired(by));
        }
        let now = self.now;
        let attempt = &mut self.attempts[index];
        match request.deed {
            Deed::Start { .. } => self.start(index),
            Deed::Save { .. } => {
                attempt.must_be_in_progress(AttemptEvent::SaveResponses)?;
                attempt.must_be_at(request.section)?;
                Ok(Outcome::Saved(attempt.save(&request.sent, now)))
            }
            Deed::Heartbeat { .. } => {
                attempt.must_be_in_progress(AttemptEvent::Heartbeat)?;
                if attempt.last_activity.is_none_or(|last| now - last >= MINUTE) {
                    attempt.note_activity(now);
                }
                Ok(Outcome::Attempt(index))
            }
            Deed::SubmitSection { .. } => self.submit_section(index, request),
            _ => self.submit(index),
        }
    }

    fn submit_section(&mut self, index: usize, request: &Request) -> Result<Outcome, Refusal> {
        let (current, count) = self.sections(index);
        let attempt = &mut self.attempts[index];
        attempt.must_be_in_progress(AttemptEvent::SubmitSection)?;
        attempt.must_be_at(request.section)?;
        if current == count {
            return Err(Refusal::OutOfOrder {
                requested: request.section,
                current,
            });
        }
        attempt.save(&request.sent, self.now);
        attempt.section += 1;
        attempt.note_activity(self.now);
        Ok(Outcome::Section((current + 1 < count).then_some(current + 1)))
    }

    fn submit(&mut self, index: usize) -> Result<Outcome, Refusal> {
        let (current, count) = self.sections(index);
        self.attempts[index].must_be_in_progress(AttemptEvent::Submit)?;
        if current < count {
            return Err(Refusal::SectionsMissing(count - current));
        }
        self.end(index, AttemptState::AwaitingAsync);
        Ok(Outcome::Submitted(self.attempts[index].degraded.clone()))
    }

    fn start(&mut self, index: usize) -> Result<Outcome, Refusal> {
        let state = self.attempts[index].state;
        if state == AttemptState::InProgress {
            return Ok(Outcome::Attempt(index));
        }
        if state != AttemptState::OptedIn {
            return Err(refusal(state, AttemptEvent::Start));
        }
        if let Some(other) = self.running(self.attempts[index].who) {
            if self.overdue(other).is_none() {
                return Err(Refusal::OtherInProgress(other));
            }
            self.expire(other);
        }
        let now = self.now;
        let attempt = &mut self.attempts[index];
        let limit = self.setups[attempt.assessment].time_limit_minutes;
        attempt.state = AttemptState::InProgress;
        attempt.started = Some(now);
        attempt.deadline = limit.map(|minutes| now + i64::from(minutes) * MINUTE);
        attempt.note_activity(now);
        Ok(Outcome::Attempt(index))
    }

    /// The limit that ended it: the earlier one, and the deadline when both fall together.
    fn overdue(&self, index: usize) -> Option<Expiry> {
        if self.attempts[index].state != AttemptState::InProgress {
            return None;
        }
        let deadline = self.limit(index, Expiry::Deadline).unwrap_or(i64::MAX);
        let inactivity = self.limit(index, Expiry::Inactivity).unwrap_or(i64::MAX);
        let is_over = |limit: i64| limit != i64::MAX && self.now - limit > GRACE;
        match (is_over(deadline), is_over(inactivity)) {
            (false, false) => None,
            (true, _) if deadline <= inactivity => Some(Expiry::Deadline),
            _ => Some(Expiry::Inactivity),
        }
    }

    fn expire(&mut self, index: usize) {
        if self.setups[self.attempts[index].assessment].score_on_expiry {
            self.end(index, AttemptState::Expired);
        } else {
            let attempt = &mut self.attempts[index];
            attempt.state = AttemptState::Expired;
            attempt.degraded = vec![DegradedReason::Expired];
            attempt.ended = Some(self.now);
            attempt.changed = self.now;
        }
    }

    /// Rules score what they can at once; each text with words in it gets a job; one job waits for all of them.
    fn end(&mut self, index: usize, state: AttemptState) {
        let attempt = &mut self.attempts[index];
        for item in 0..self.setups[attempt.assessment].item_count() {
            match attempt.answers[item].map(|answer| answer.given) {
                None | Some(Given::Null | Given::Blank) => attempt.marks[item] = Some(Mark::Unanswered),
                Some(_) if is_text(item) => attempt.text_jobs[item] = true,
                Some(Given::First) => attempt.marks[item] = Some(Mark::Right),
                Some(Given::Second) => attempt.marks[item] = Some(Mark::Wrong),
            }
        }
        if attempt.marks.contains(&Some(Mark::Unanswered)) {
            attempt.degraded.push(DegradedReason::Unanswered);
        }
        if state == AttemptState::Expired {
            attempt.degraded.push(DegradedReason::Expired);
        } else {
            attempt.submitted = Some(self.now);
        }
        attempt.state = state;
        attempt.scoring = ScoringState::Running;
        attempt.evaluation_job = true;
        attempt.ended = Some(self.now);
        attempt.changed = self.now;
    }
}
