//! The reference for what candidates do in an attempt, and for what comes of it.

use super::editions::has_catalogue;
use super::model::{MINUTE, Model};
use super::outcome::{Outcome, Refusal};
use super::request::Request;
use super::steps::Deed;
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, ScoringState, VoidedBy};

impl Model {
    /// What a candidate does with an attempt: it has to be theirs, and its time must not be up.
    pub(super) fn go_on(&mut self, request: &Request) -> Result<Outcome, Refusal> {
        let mine = |index: &usize| self.attempts[*index].who == request.who;
        let index = request.attempt.filter(mine).ok_or(Refusal::NotFound)?;
        if let Some(by) = self.expire_if_overdue(index) {
            return Ok(Outcome::Expired(by));
        }
        let now = self.now;
        let attempt = &mut self.attempts[index];
        match request.deed {
            Deed::Start { .. } => self.start(index, request.code),
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
            Deed::Abandon { .. } => {
                attempt.must_be_open(AttemptEvent::Abandon)?;
                attempt.void(VoidedBy::Owner, now);
                self.note("attempts.voided", Some(index));
                Ok(Outcome::Voided)
            }
            Deed::SubmitSection { .. } => self.submit_section(index, request),
            _ => self.submit(index, request),
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
        self.note("attempts.section_submitted", Some(index));
        Ok(Outcome::Section((current + 1 < count).then_some(current + 1)))
    }

    /// Submits the whole attempt; only the one section of a track is submitted with it, with the answers that come along.
    fn submit(&mut self, index: usize, request: &Request) -> Result<Outcome, Refusal> {
        let (current, count) = self.sections(index);
        let version = *self.version(index);
        let attempt = &mut self.attempts[index];
        attempt.must_be_in_progress(AttemptEvent::Submit)?;
        if current < count && !version.is_track() {
            return Err(Refusal::SectionsMissing(count - current));
        }
        if current == count && !request.sent.is_empty() {
            return Err(Refusal::OutOfOrder {
                requested: count - 1,
                current,
            });
        }
        let saved = attempt.save(&request.sent, self.now);
        if current < count {
            attempt.section += 1;
            attempt.note_activity(self.now);
        }
        self.end(index, AttemptState::AwaitingAsync);
        let searches = usize::from(version.is_track() && has_catalogue(&self.setups));
        let attempt = &self.attempts[index];
        Ok(Outcome::Submitted {
            saved,
            degraded: attempt.degraded.clone(),
            jobs: 1 + searches + attempt.jobs.count_ones() as usize,
            held: version.edition.hold_results,
        })
    }

    /// Taking is over, and scoring begins: one job waits for all that judge.
    pub(super) fn end(&mut self, index: usize, state: AttemptState) {
        let track = self.version(index).is_track();
        let attempt = &mut self.attempts[index];
        attempt.score_by_rules(track);
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
        self.note("attempts.submitted", Some(index));
    }

    pub(super) fn judge(&mut self, request: &Request) -> Outcome {
        if let (Some(index), Some(place)) = (request.attempt, request.judged) {
            self.attempts[index].judge(place);
        }
        Outcome::Quiet
    }

    pub(super) fn end_scoring(&mut self, request: &Request, scoring: ScoringState) -> Outcome {
        if let Some(index) = request.attempt {
            let held = self.version(index).edition.hold_results;
            if self.attempts[index].end_scoring(scoring, held, self.now) {
                self.note("attempts.scored", Some(index));
            }
        }
        Outcome::Quiet
    }
}
