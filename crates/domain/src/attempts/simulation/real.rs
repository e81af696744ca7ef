//! The code under test: the use cases of the slice, run against storage in memory.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use uuid::Uuid;

use super::catalogue::{ASSESSMENTS, PER_SECTION, Setup, definition_id, item_id, number_of, value};
use super::memory::Memory;
use super::outcome::{Outcome, Refusal};
use super::request::{Request, Sent};
use super::steps::{CANDIDATES, Deed};
use crate::attempts::{
    Attempt, AttemptError, AttemptEvent, AttemptState, FinishEvaluation, Heartbeat, NewResponse, OptIn,
    ResolveRefusedSave, ScoringState, StartAttempt, Submit, SubmitSection, Touched,
};
use crate::audit::Actor;
use crate::identity::{Candidate, Principal, Role};
use crate::ids::{AttemptId, IdSource, JobId, UserId};
use crate::points::Points;
use crate::scoring::jobs::{SCORE_TEXT, ScoreTextPayload};
use crate::scoring::{Reason, Scorer, Subject, Verdict, record_verdict};
use crate::store::{Ctx, UseCase};
use crate::time::{Clock, Timestamp};

/// Stands where a wrong answer of the code under test stops the simulation; says what is wrong.
pub(super) type Check<T> = Result<T, String>;

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn new_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Runs a future that has nothing to wait for.
fn run_now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => unreachable!("storage in memory never waits"),
    }
}

/// The slice with its storage, clock and ids.
pub(super) struct Real {
    pub(super) memory: Memory,
    /// Attempts in the order they were made in.
    pub(super) ids: Vec<AttemptId>,
    /// Attempts written by the latest step.
    pub(super) touched: Vec<AttemptId>,
    clock: Arc<HandClock>,
    ctx: Ctx,
}

impl Real {
    pub(super) fn new(setups: [Setup; ASSESSMENTS]) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(0)));
        let ids = Arc::new(CountedIds(AtomicU64::new(1000)));
        let ctx = Ctx::new(clock.clone(), ids, String::new(), Actor::System);
        Self {
            memory: Memory::new(setups),
            ids: Vec::new(),
            touched: Vec::new(),
            clock,
            ctx,
        }
    }

    pub(super) fn set_clock(&self, now: i64) {
        self.clock.0.store(now, Ordering::Relaxed);
    }

    pub(super) fn perform(&mut self, request: &Request) -> Check<Outcome> {
        self.touched.clear();
        let candidate = candidate(request.who);
        let attempt_id = request
            .attempt
            .map_or(AttemptId(Uuid::nil()), |index| self.ids[index]);
        match request.deed {
            Deed::OptIn { assessment } => self.opt_in(candidate, assessment),
            Deed::Start { .. } => {
                let result = self.run(&StartAttempt {
                    candidate,
                    attempt_id,
                });
                self.alive(result, |real, attempt| real.as_stored(&attempt))
            }
            Deed::Heartbeat { .. } => {
                let result = self.run(&Heartbeat {
                    candidate,
                    attempt_id,
                });
                self.alive(result, |real, attempt| real.as_stored(&attempt))
            }
            Deed::Save { .. } => self.save(candidate, attempt_id, request),
            Deed::SubmitSection { .. } => self.submit_section(candidate, attempt_id, request),
            Deed::Submit { .. } => self.submit(candidate, attempt_id),
            Deed::Judge { item, .. } => self.judge(attempt_id, item),
            Deed::Finish { .. } => self.end_scoring(attempt_id, ScoringState::Done),
            Deed::FailScoring { .. } => self.end_scoring(attempt_id, ScoringState::Failed),
            Deed::Void { .. } => Ok(self.void(attempt_id)),
        }
    }

    /// Runs a use case as storage does: what succeeds is committed, what is refused is undone.
    fn run<U: UseCase>(&mut self, use_case: &U) -> Result<U::Out, U::Err> {
        let result = run_now(use_case.run(&self.ctx, &mut self.memory));
        if result.is_ok() {
            self.touched = self.memory.commit();
        } else {
            self.memory.roll_back();
        }
        result
    }

    fn opt_in(&mut self, candidate: Candidate, assessment: usize) -> Check<Outcome> {
        match self.run(&OptIn {
            candidate,
            definition_id: definition_id(assessment),
        }) {
            Ok(attempt) => {
                if !self.ids.contains(&attempt.id) {
                    self.ids.push(attempt.id);
                }
                self.as_stored(&attempt)
            }
            Err(error) => Ok(self.refused(error)),
        }
    }

    fn save(&mut self, candidate: Candidate, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        let (section_index, responses) = (request.section, responses(request));
        let answers = (responses.as_slice(), self.ctx.now());
        let saved = self
            .memory
            .save_guarded(attempt_id, candidate.user_id(), section_index, answers);
        self.touched = self.memory.commit();
        if let Some(saved) = saved {
            let mut acknowledged = [None; PER_SECTION];
            for saved in saved {
                acknowledged[number_of(saved.item_version_id.0) % PER_SECTION] =
                    Some((saved.seq, saved.stored));
            }
            return Ok(Outcome::Saved(acknowledged));
        }
        let result = self.run(&ResolveRefusedSave {
            candidate,
            attempt_id,
            section_index,
        });
        self.alive(result, |_, ()| {
            Err("a save was refused that should have been taken".to_owned())
        })
    }

    fn judge(&mut self, attempt_id: AttemptId, item: usize) -> Check<Outcome> {
        let Some(row) = self.memory.rows.get(&attempt_id) else {
            return Ok(Outcome::Quiet);
        };
        let scoring = row.jobs.iter().filter(|job| job.kind == SCORE_TEXT);
        let payload = |payload: &serde_json::Value| {
            serde_json::from_value::<ScoreTextPayload>(payload.clone()).map_err(|error| error.to_string())
        };
        for (job_id, payload) in scoring
            .map(|job| (job.id, payload(&job.payload)))
            .collect::<Vec<_>>()
        {
            let ScoreTextPayload {
                attempt_id: of,
                item_version_id,
                cause,
            } = payload?;
            if of != attempt_id {
                return Err(format!("a scoring job of {attempt_id} is about {of}"));
            }
            if item_version_id == item_id(item) {
                let subject = Subject {
                    attempt_id,
                    item_version_id,
                    cause,
                    job_id: Some(job_id),
                };
                let recorded = run_now(record_verdict(
                    &self.ctx,
                    &mut self.memory,
                    &subject,
                    judged(),
                    0.6,
                ));
                recorded.map_err(|error| error.to_string())?;
            }
        }
        self.touched = self.memory.commit();
        Ok(Outcome::Quiet)
    }

    fn submit_section(
        &mut self,
        candidate: Candidate,
        attempt_id: AttemptId,
        request: &Request,
    ) -> Check<Outcome> {
        let (section_index, answers) = (request.section, responses(request));
        let result = self.run(&SubmitSection {
            candidate,
            attempt_id,
            section_index,
            answers,
        });
        self.alive(result, |_, submitted| {
            Ok(Outcome::Section(submitted.next_section_index))
        })
    }

    fn submit(&mut self, candidate: Candidate, attempt_id: AttemptId) -> Check<Outcome> {
        let result = self.run(&Submit {
            candidate,
            attempt_id,
        });
        self.alive(result, |real, submitted| {
            let job = real.memory.rows[&attempt_id].attempt.evaluation_job_id;
            if job != Some(submitted.evaluation_job_id) {
                return Err(format!(
                    "submission names {}, the attempt {job:?}",
                    submitted.evaluation_job_id
                ));
            }
            Ok(Outcome::Submitted(submitted.degraded_reasons))
        })
    }

    /// An evaluation job that comes too early or twice is tried as well.
    fn end_scoring(&mut self, attempt_id: AttemptId, scoring: ScoringState) -> Check<Outcome> {
        let row = self.memory.rows.get(&attempt_id);
        let job_id = row
            .and_then(|row| row.attempt.evaluation_job_id)
            .unwrap_or(JobId(Uuid::nil()));
        let finish = FinishEvaluation {
            attempt_id,
            cause: "initial".to_owned(),
            job_id,
        };
        let ended = if scoring == ScoringState::Failed {
            run_now(finish.give_up(&self.ctx, &mut self.memory))
        } else {
            run_now(finish.apply(&self.ctx, &mut self.memory))
        };
        ended.map_err(|error| error.to_string())?;
        self.touched = self.memory.commit();
        Ok(Outcome::Quiet)
    }

    /// No use case voids yet; the table says what it would do.
    fn void(&mut self, attempt_id: AttemptId) -> Outcome {
        let Some(row) = self.memory.rows.get(&attempt_id) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        match row.attempt.state.after(AttemptEvent::Void) {
            Ok(state) => {
                self.put(attempt_id, state);
                Outcome::Quiet
            }
            Err(error) => Outcome::Refused(Refusal::Unlawful(error.from, error.event)),
        }
    }

    fn put(&mut self, id: AttemptId, state: AttemptState) {
        let now = self.ctx.now();
        if let Some(row) = self.memory.change(id) {
            row.attempt.state = state;
            row.attempt.revision += 1;
            row.attempt.updated_at = now;
        }
        self.touched = self.memory.commit();
    }

    fn alive<T>(
        &self,
        result: Result<Touched<T>, AttemptError>,
        outcome: impl FnOnce(&Self, T) -> Check<Outcome>,
    ) -> Check<Outcome> {
        match result {
            Ok(Touched::Alive(out)) => outcome(self, out),
            Ok(Touched::Expired(by)) => Ok(Outcome::Expired(by)),
            Err(error) => Ok(self.refused(error)),
        }
    }

    /// What a use case hands out is what it stored.
    fn as_stored(&self, attempt: &Attempt) -> Check<Outcome> {
        let stored = self.memory.rows.get(&attempt.id).map(|row| &row.attempt);
        if stored != Some(attempt) {
            return Err(format!("handed out {attempt:?}, stored {stored:?}"));
        }
        Ok(Outcome::Attempt(self.index(attempt.id)))
    }

    fn refused(&self, error: AttemptError) -> Outcome {
        Outcome::Refused(match error {
            AttemptError::NotFound => Refusal::NotFound,
            AttemptError::NoSuchAssessment => Refusal::NoSuchAssessment,
            AttemptError::OtherInProgress { running } => Refusal::OtherInProgress(self.index(running)),
            AttemptError::NoAttemptsLeft { allowed } => Refusal::NoAttemptsLeft(allowed),
            AttemptError::Unlawful(unlawful) => Refusal::Unlawful(unlawful.from, unlawful.event),
            AttemptError::Expired { by: Some(by) } => return Outcome::Expired(by),
            AttemptError::Expired { by: None } => Refusal::AlreadyExpired,
            AttemptError::SectionOutOfOrder { requested, current } => {
                Refusal::OutOfOrder { requested, current }
            }
            AttemptError::SectionsMissing { missing } => Refusal::SectionsMissing(missing),

            AttemptError::Store(error) => Refusal::Store(error.to_string()),
        })
    }

    fn index(&self, id: AttemptId) -> usize {
        self.ids
            .iter()
            .position(|known| *known == id)
            .expect("an attempt that was made here")
    }
}

fn candidate(who: usize) -> Candidate {
    assert!(who < CANDIDATES, "there is no candidate {who}");
    let principal = Principal {
        user_id: user_id(who),
        role: Role::Student,
    };
    principal.candidate().expect("a student")
}

pub(super) const fn user_id(who: usize) -> UserId {
    UserId(Uuid::from_u128(500 + who as u128))
}

fn responses(request: &Request) -> Vec<NewResponse> {
    let response = |sent: &Sent| NewResponse {
        item_version_id: item_id(sent.item),
        answer: value(sent.item, sent.given).clone(),
        written_at: Timestamp::from_micros(sent.written_at),
    };
    request.sent.iter().map(response).collect()
}

fn judged() -> Verdict {
    Verdict {
        scorer: Scorer::Local,
        scorer_version: "test-1".to_owned(),
        points: Some(Points::whole(1)),
        max_points: Points::whole(2),
        reason: Reason::Judged,
        criteria: Vec::new(),
        confidence: Some(0.9),
        flags: Vec::new(),
    }
}
