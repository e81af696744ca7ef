//! Runs one claim: work, decide, finish.

use std::sync::Arc;
use std::time::Duration;

use domain::job::{Claim, StoreError, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::bounded::took_too_long;
use crate::config::WorkerConfig;
use crate::failpoint;
use crate::finisher::Finisher;
use crate::handler::{JobError, Work, WorkContext};
use crate::held::{Held, Hold};
use crate::policy::{Answer, conclude};
use crate::registry::{Prepared, Registry};
use crate::store::{Effect, Failure, FailureClass, Finish, Finished, JobStore, Transition};
use crate::worker::WorkerPorts;

/// Finishes that meet a conflict, or take too long, are tried this often before the attempt counts as failed.
const TRIES: u32 = 5;
/// What is written of an end that the database refuses.
const END_REFUSED: &str = "end_refused";
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Runner<Tx: ?Sized> {
    pub(crate) store: Arc<dyn JobStore<Tx>>,
    pub(crate) registry: Registry<Tx>,
    pub(crate) ports: WorkerPorts,
    pub(crate) config: WorkerConfig,
    pub(crate) held: Arc<Held>,
    pub(crate) finisher: Arc<Finisher<Tx>>,
    /// Turns to write an end with its effect.
    pub(crate) commits: Semaphore,
}

/// What is written at the end of a claim, and what is written with it.
type Ending<Tx> = (Finish, Option<Box<dyn Effect<Tx>>>);

type WorkResult<Tx> = Result<Work<Prepared<Tx>>, JobError>;

impl<Tx: ?Sized + Send + 'static> Runner<Tx> {
    /// Runs a claim to its finish and returns when the job is due again, if it is. The slot is free afterwards.
    pub(crate) async fn run(self: Arc<Self>, claim: Claim, hold: Hold) -> Option<Timestamp> {
        let correlation_id: Arc<str> = format!("job-{}", claim.id).into();
        let span = tracing::info_span!(
            "job",
            job_id = %claim.id,
            kind = claim.kind,
            queue = claim.queue.as_str(),
            attempt = claim.attempt,
            fence = claim.fence.0,
            correlation_id = &*correlation_id,
        );
        async {
            let claim = Arc::new(claim);
            failpoint::reach("jobs.claimed").await;
            let answer = self.work(&claim, &hold, correlation_id).await;
            hold.end_work();
            self.settle(&claim, answer).await
        }
        .instrument(span)
        .await
    }

    async fn work(&self, claim: &Arc<Claim>, hold: &Hold, correlation_id: Arc<str>) -> Answer<Prepared<Tx>> {
        let Some(handler) = self.registry.get(&claim.kind) else {
            return Answer::UnknownKind;
        };
        let cancelled = hold.cancelled.clone();
        let ctx = WorkContext {
            cancelled: cancelled.clone(),
            clock: Arc::clone(&self.ports.clock),
            correlation_id,
        };
        let deadline = handler.deadline();
        hold.begin_work(deadline + self.config.cancel_grace * 3);
        let job = Arc::clone(claim);
        let working = async move { handler.work(job, ctx).await };
        let mut task = AbortOnDropHandle::new(tokio::spawn(working.in_current_span()));
        tokio::select! {
            biased;
            ended = &mut task => answer_of(ended),
            () = cancelled.cancelled() => match self.wind_down(task).await {
                // It was done before it noticed; whether the lease still stands is the fence's business.
                Some(Ok(Ok(Work::Done(prepared)))) => Answer::Worked(Work::Done(prepared)),
                _ => Answer::Interrupted,
            },
            () = tokio::time::sleep(deadline) => {
                cancelled.cancel();
                self.wind_down(task).await;
                Answer::Failed(JobError::transient("deadline"))
            }
        }
    }

    /// Gives cancelled work a moment to end by itself, then drops it. Work that blocks its thread cannot be dropped: it
    /// is counted as stuck until it ends, and the slot is freed all the same.
    async fn wind_down(
        &self,
        mut task: AbortOnDropHandle<WorkResult<Tx>>,
    ) -> Option<Result<WorkResult<Tx>, JoinError>> {
        let grace = self.config.cancel_grace;
        if let Ok(ended) = tokio::time::timeout(grace, &mut task).await {
            return Some(ended);
        }
        task.abort();
        if tokio::time::timeout(grace, &mut task).await.is_err() {
            tracing::error!("the handler does not yield its thread");
            let held = Arc::clone(&self.held);
            held.note_stuck();
            tokio::spawn(async move {
                let _ = task.await;
                held.note_unstuck();
            });
        }
        None
    }

    /// Writes the end of the claim, however long it takes: the outcome may be worth money, so it is kept until the
    /// database is back. The fence decides then whether it still counts.
    async fn settle(&self, claim: &Arc<Claim>, answer: Answer<Prepared<Tx>>) -> Option<Timestamp> {
        let mut ending = self.conclude(claim, answer);
        let (mut pause, mut tries) = (FIRST_PAUSE, 0);
        loop {
            let written = match &ending.1 {
                Some(effect) => {
                    // Behind ends that somebody's lock holds up nobody waits for long.
                    let _commit = timeout(self.config.lease / 3, self.commits.acquire()).await;
                    self.store.finish(claim, &ending.0, Some(&**effect)).await
                }
                None => self.finisher.finish(claim, &ending.0).await,
            };
            match written {
                Ok(finished) => {
                    failpoint::reach("jobs.finished").await;
                    log_end(&ending.0, finished);
                    return ending
                        .0
                        .transition
                        .run_at()
                        .filter(|_| finished == Finished::Applied);
                }
                Err(error) if !self.is_its_own(&error, &ending) => {}
                Err(StoreError::Conflict | StoreError::Unavailable(_)) if tries < TRIES => {
                    tries += 1;
                    self.keep_lease(claim).await;
                }
                Err(refusal) => {
                    ending = self.after_refusal(claim, ending, refusal)?;
                    tries = 0;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether this ending is to blame, and not an outage: what takes too long while the heartbeat works is what the handler
    /// writes with it.
    fn is_its_own(&self, error: &StoreError, ending: &Ending<Tx>) -> bool {
        match error {
            StoreError::Unavailable(_) => {
                ending.1.is_some() && took_too_long(error) && !self.held.beat_failed()
            }
            _ => true,
        }
    }

    /// A finish that waits for somebody's lock holds the row of its job nearly all the time, so that every beat passes over
    /// it. Between two tries the claim renews itself.
    async fn keep_lease(&self, claim: &Claim) {
        if self.held.beat_failed() {
            return;
        }
        let until = self.ports.clock.now() + self.config.lease;
        if let Err(error) = self.store.renew(claim, until).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the lease is not renewed between two tries"
            );
        }
    }

    /// What to write instead of an ending that the database refuses: a failed attempt, or a dead letter without its
    /// follow-up; then the same with a fixed text; then nothing (the lease expires).
    fn after_refusal(
        &self,
        claim: &Arc<Claim>,
        refused: Ending<Tx>,
        error: StoreError,
    ) -> Option<Ending<Tx>> {
        match refused {
            (finish, None) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the end of a job cannot be written"
                );
                self.fixed_end(claim, finish)
            }
            (finish, Some(_)) if finish.transition == Transition::Fail => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the follow-up of a dead job was refused"
                );
                Some((finish, None))
            }
            (_, Some(_)) => {
                let error = JobError::transient("commit_refused").because(error);
                Some(self.conclude(claim, Answer::Failed(error)))
            }
        }
    }

    /// The attempt counts, and what is dead stays dead; nothing of what was refused is in it.
    fn fixed_end(&self, claim: &Arc<Claim>, refused: Finish) -> Option<Ending<Tx>> {
        let code = refused.failure.as_ref().map(|failure| failure.code);
        match refused {
            _ if code == Some(END_REFUSED) => None,
            Finish {
                at,
                transition: Transition::Fail,
                failure,
            } => {
                let failure = Failure {
                    code: END_REFUSED,
                    class: failure.map_or(FailureClass::Permanent, |failure| failure.class),
                    text: END_REFUSED.to_owned(),
                };
                let finish = Finish {
                    at,
                    transition: Transition::Fail,
                    failure: Some(failure),
                };
                Some((finish, None))
            }
            _ => Some(self.conclude(claim, Answer::Failed(JobError::transient(END_REFUSED)))),
        }
    }

    fn conclude(&self, claim: &Arc<Claim>, answer: Answer<Prepared<Tx>>) -> Ending<Tx> {
        let (mut finish, prepared) = conclude(claim, answer, self.ports.clock.now(), (self.ports.chance)());
        if let Some(Prepared { effect, result }) = prepared {
            finish.transition = Transition::Complete { result };
            return (finish, effect);
        }
        let effect = self.effect_of(claim, &finish.transition);
        (finish, effect)
    }

    /// What a transition without output writes besides the job: dead letters tell whoever waits for them.
    pub(crate) fn effect_of(
        &self,
        claim: &Arc<Claim>,
        transition: &Transition,
    ) -> Option<Box<dyn Effect<Tx>>> {
        if !transition.is_dead() {
            return None;
        }
        let handler = self.registry.get(&claim.kind)?;
        Some(handler.dead(Arc::clone(claim)))
    }
}

fn answer_of<Tx: ?Sized>(ended: Result<WorkResult<Tx>, JoinError>) -> Answer<Prepared<Tx>> {
    match ended {
        Ok(Ok(work)) => Answer::Worked(work),
        Ok(Err(error)) => Answer::Failed(error),
        Err(error) if error.is_panic() => Answer::Failed(JobError::transient("panicked")),
        Err(_) => Answer::Interrupted,
    }
}

/// The one log line of a claim's end.
fn log_end(finish: &Finish, finished: Finished) {
    let outcome = finish.transition.outcome();
    let (code, error) = finish
        .failure
        .as_ref()
        .map_or(("", ""), |failure| (failure.code, failure.text.as_str()));
    match (finished, &finish.transition) {
        (Finished::Stale, _) => tracing::warn!(outcome, "stale_result"),
        (_, Transition::Fail | Transition::Poison) => tracing::error!(outcome, code, error, "job is dead"),
        (_, Transition::Retry { run_at }) => {
            tracing::warn!(outcome, code, error, %run_at, "job will be retried");
        }
        _ => tracing::info!(outcome, code, "job ended"),
    }
}
