//! The code under test: the use cases of the slice, run against storage in memory. Moves of candidates
//! stand here, those of scoring jobs, of staff and of the service in the files beside.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use serde_json::json;
use uuid::Uuid;

use super::catalogue::{
    ASSESSMENTS, Kind, TRACK, definition_id, item_id, number_of, section_of, user_id, value,
};
use super::editions::{Setup, has_catalogue};
use super::memory::Memory;
use super::outcome::{Outcome, Refusal};
use super::request::{Request, Sent};
use super::steps::{CANDIDATES, Deed, MOST_SENT};
use crate::attempts::{
    Abandon, Attempt, AttemptError, Heartbeat, NewResponse, OptIn, ResolveRefusedSave, SavedResponse,
    ScoringState, StartAttempt, Submit, SubmitSection, Take, Taken, Touched,
};
use crate::audit::Actor;
use crate::identity::{Candidate, Principal, Role};
use crate::ids::{AttemptId, IdSource};
use crate::store::{Ctx, StoreError, UseCase};
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
pub(super) fn run_now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => unreachable!("storage in memory never waits"),
    }
}

/// The slice with its storage, clock and ids.
pub(super) struct Real {
    pub(super) memory: Memory,
    pub(super) setups: [Setup; ASSESSMENTS],
    /// Attempts in the order they were made in.
    pub(super) ids: Vec<AttemptId>,
    /// Attempts written by the latest step.
    pub(super) touched: Vec<AttemptId>,
    /// Audit rows before the latest step.
    pub(super) audited: usize,
    clock: Arc<HandClock>,
    pub(super) ctx: Ctx,
}

impl Real {
    pub(super) fn new(setups: &[Setup; ASSESSMENTS], now: i64) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(now)));
        let ids = Arc::new(CountedIds(AtomicU64::new(1_000_000)));
        let ctx = Ctx::new(clock.clone(), ids, String::new(), Actor::System);
        let mut real = Self {
            memory: Memory::new(has_catalogue(setups)),
            setups: *setups,
            ids: Vec::new(),
            touched: Vec::new(),
            audited: 0,
            clock,
            ctx,
        };
        for assessment in 0..ASSESSMENTS {
            real.publish(assessment, Some(0));
        }
        real
    }

    pub(super) fn set_clock(&self, now: i64) {
        self.clock.0.store(now, Ordering::Relaxed);
    }

    /// Processes that take answers go on saying so.
    pub(super) fn mark(&mut self, served: Timestamp) {
        self.memory.small.served = Some(served);
        self.memory.commit();
    }

    pub(super) fn perform(&mut self, request: &Request) -> Check<Outcome> {
        self.touched.clear();
        self.audited = self.memory.audit.len();
        let candidate = candidate(request.who);
        let attempt_id = request
            .attempt
            .map_or(AttemptId(Uuid::nil()), |index| self.ids[index]);
        match request.deed {
            Deed::OptIn { assessment } => self.opt_in(candidate, assessment),
            Deed::Take { assessment, .. } => self.take(candidate, assessment, request),
            Deed::Start { .. } | Deed::Heartbeat { .. } => self.stay(candidate, attempt_id, request),
            Deed::Abandon { .. } => {
                let result = self.run(&Abandon {
                    candidate,
                    attempt_id,
                });
                self.alive(result, |_, ()| Ok(Outcome::Voided))
            }
            Deed::Save { .. } => self.save(candidate, attempt_id, request),
            Deed::SubmitSection { .. } => self.submit_section(candidate, attempt_id, request),
            Deed::Submit { .. } => self.submit(candidate, attempt_id, request),
            Deed::Judge { .. } => self.judge(attempt_id, request),
            Deed::Finish { .. } => self.end_scoring(attempt_id, ScoringState::Done),
            Deed::FailScoring { .. } => self.end_scoring(attempt_id, ScoringState::Failed),
            _ => self.behind_the_desk(attempt_id, request),
        }
    }

    /// Runs a use case as storage does: what succeeds is committed, what is refused is undone.
    pub(super) fn run<U: UseCase>(&mut self, use_case: &U) -> Result<U::Out, U::Err> {
        let result = run_now(use_case.run(&self.ctx, &mut self.memory));
        if result.is_ok() {
            self.commit();
        } else {
            self.memory.roll_back();
        }
        result
    }

    pub(super) fn commit(&mut self) {
        for id in self.memory.commit() {
            if !self.touched.contains(&id) {
                self.touched.push(id);
            }
            if self.ids.last().is_none_or(|last| *last < id) {
                self.ids.push(id);
            }
        }
    }

    fn opt_in(&mut self, candidate: Candidate, assessment: usize) -> Check<Outcome> {
        let definition_id = definition_id(assessment);
        let result = self.run(&OptIn {
            candidate,
            definition_id,
        });
        self.alive(result, |real, attempt| real.as_stored(&attempt))
    }

    fn stay(&mut self, candidate: Candidate, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        let result = if matches!(request.deed, Deed::Start { .. }) {
            let access_code = request.code.map(str::to_owned);
            self.run(&StartAttempt {
                candidate,
                attempt_id,
                access_code,
            })
        } else {
            self.run(&Heartbeat {
                candidate,
                attempt_id,
            })
        };
        self.alive(result, |real, attempt| real.as_stored(&attempt))
    }

    fn take(&mut self, candidate: Candidate, assessment: usize, request: &Request) -> Check<Outcome> {
        let taken = self.run(&Take {
            candidate,
            definition_id: definition_id(assessment),
            access_code: request.code.map(str::to_owned),
            metadata: Some(json!({ "client": "test" })),
        });
        self.alive(taken, |real, taken| {
            real.as_stored(&taken.attempt)?;
            real.shows_what_is_open(&taken)?;
            Ok(Outcome::Taken(real.index(taken.attempt.id), taken.resumed))
        })
    }

    /// The questions of all sections that are not submitted yet, in the order of the form.
    fn shows_what_is_open(&self, taken: &Taken) -> Check<()> {
        let attempt = &taken.attempt;
        let version = &self.memory.versions[number_of(attempt.definition_version_id.0)];
        let all: Vec<usize> = (0..version.edition.items).collect();
        let form = attempt.form.items(&all).into_iter();
        let open = form.filter(|place| section_of(version.is_track(), **place) >= attempt.current_section);
        let open: Vec<Uuid> = open.map(|place| item_id(version.is_track(), *place).0).collect();
        let shown: Vec<Uuid> = taken
            .questions
            .iter()
            .map(|question| question.item_id.0)
            .collect();
        if shown == open {
            Ok(())
        } else {
            Err(format!("shows {shown:?}, not {open:?}"))
        }
    }

    /// As the edge does: when the guarded statement refuses, it asks why, and tries again once the reason has passed.
    fn save(&mut self, candidate: Candidate, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        let (section_index, responses) = (request.section, self.responses(request));
        for _ in 0..2 {
            let answers = (responses.as_slice(), self.ctx.now());
            let user = candidate.user_id();
            let saved = self.memory.save_guarded(attempt_id, user, section_index, answers);
            self.commit();
            if let Some(saved) = saved.map_err(|error| error.to_string())? {
                return acknowledged(&responses, &saved).map(Outcome::Saved);
            }
            let result = self.run(&ResolveRefusedSave {
                candidate,
                attempt_id,
                section_index,
            });
            if !matches!(result, Ok(Touched::Alive(()))) {
                return self.alive(result, |_, ()| Err("alive after all".to_owned()));
            }
        }
        Err("a save was refused that should have been taken".to_owned())
    }

    fn submit_section(
        &mut self,
        candidate: Candidate,
        attempt_id: AttemptId,
        request: &Request,
    ) -> Check<Outcome> {
        let (section_index, answers) = (request.section, self.responses(request));
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

    fn submit(&mut self, candidate: Candidate, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        let sent = self.responses(request);
        let result = self.run(&Submit {
            candidate,
            attempt_id,
            answers: sent.clone(),
        });
        self.alive(result, |real, submitted| {
            let row = &real.memory.rows[&attempt_id];
            let job = row.attempt.evaluation_job_id;
            if job != Some(submitted.evaluation_job_id) || job != submitted.jobs.first().copied() {
                return Err(format!(
                    "submission names {:?}, the attempt {job:?}",
                    submitted.jobs
                ));
            }
            if submitted.verdicts.len() != row.records.len() {
                return Err(format!("submission tells {} verdicts", submitted.verdicts.len()));
            }
            let saved = acknowledged(&sent, &submitted.saved)?;
            Ok(Outcome::Submitted {
                saved,
                degraded: submitted.degraded_reasons,
                jobs: submitted.jobs.len(),
                held: submitted.held,
            })
        })
    }

    pub(super) fn alive<T>(
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
    pub(super) fn as_stored(&self, attempt: &Attempt) -> Check<Outcome> {
        let stored = self.memory.rows.get(&attempt.id).map(|row| &row.attempt);
        if stored != Some(attempt) {
            return Err(format!("handed out {attempt:?}, stored {stored:?}"));
        }
        Ok(Outcome::Attempt(self.index(attempt.id)))
    }

    pub(super) fn refused(&self, error: AttemptError) -> Outcome {
        Outcome::Refused(match error {
            AttemptError::NotFound => Refusal::NotFound,
            AttemptError::NoSuchAssessment => Refusal::NoSuchAssessment,
            AttemptError::NoSuchCandidate => Refusal::NoSuchPerson,
            AttemptError::OtherInProgress { running } => Refusal::OtherInProgress(self.index(running)),
            AttemptError::NoAttemptsLeft { allowed } => Refusal::NoAttemptsLeft(allowed),
            AttemptError::NotOpenYet { opens_at } => Refusal::NotOpenYet(opens_at.as_micros()),
            AttemptError::Closed { closed_at } => Refusal::Closed(closed_at.as_micros()),
            AttemptError::CoolDown { until } => Refusal::CoolDown(until.as_micros()),
            AttemptError::WrongAccessCode => Refusal::WrongAccessCode,
            AttemptError::NoDeadline => Refusal::NoDeadline,
            AttemptError::NotScored => Refusal::NotScored,
            AttemptError::Unlawful(unlawful) => Refusal::Unlawful(unlawful.from, unlawful.event),
            AttemptError::Expired { by: Some(by) } => return Outcome::Expired(by),
            AttemptError::Expired { by: None } => Refusal::AlreadyExpired,
            AttemptError::SectionOutOfOrder { requested, current } => {
                Refusal::OutOfOrder { requested, current }
            }
            AttemptError::SectionsMissing { missing } => Refusal::SectionsMissing(missing),
            AttemptError::Store(error) => store_refused(&error),
        })
    }

    pub(super) fn index(&self, id: AttemptId) -> usize {
        self.ids
            .binary_search(&id)
            .expect("an attempt that was made here")
    }

    fn responses(&self, request: &Request) -> Vec<NewResponse> {
        let row = request.attempt.map(|index| &self.memory.rows[&self.ids[index]]);
        let track = row.is_some_and(|row| is_track(&row.attempt));
        let response = |sent: &Sent| NewResponse {
            item_version_id: item_id(track, sent.place),
            answer: value(Kind::at(track, sent.place), sent.given).clone(),
            written_at: sent.written_at.map(Timestamp::from_micros),
        };
        request.sent.iter().map(response).collect()
    }
}

pub(super) fn store_refused(error: &StoreError) -> Refusal {
    Refusal::Store(error.to_string())
}

pub(super) fn is_track(attempt: &Attempt) -> bool {
    number_of(attempt.definition_id.0) == TRACK
}

type Acknowledged = [Option<(i64, bool)>; MOST_SENT];

fn acknowledged(sent: &[NewResponse], saved: &[SavedResponse]) -> Check<Acknowledged> {
    if sent.len() != saved.len() {
        return Err(format!(
            "{} of {} answers are acknowledged",
            saved.len(),
            sent.len()
        ));
    }
    let mut acknowledged = [None; MOST_SENT];
    for (number, (sent, saved)) in sent.iter().zip(saved).enumerate() {
        if sent.item_version_id != saved.item_version_id {
            return Err(format!("{saved:?} is not about {sent:?}"));
        }
        acknowledged[number] = Some((saved.seq, saved.stored));
    }
    Ok(acknowledged)
}

fn candidate(who: usize) -> Candidate {
    assert!(who < CANDIDATES, "there is no candidate {who}");
    let principal = Principal {
        user_id: user_id(who),
        role: Role::Student,
    };
    principal.candidate().expect("a student")
}
