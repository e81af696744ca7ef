//! Takes expired claims from processes that are gone. One process does it at a time, by a leased row.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use domain::job::{Claim, StoreError, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::bounded::is_outage;
use crate::policy::{POISON_CRASHES, crash_delay};
use crate::runner::Runner;
use crate::store::{Expired, Failure, FailureClass, Finish, Finished, Transition};

const SERVICE: &str = "rescuer";
const BATCH: usize = 100;
/// Leases that ran out longer ago than this before the last look were seen by an earlier one, even if clocks differ and commits
/// are late.
const SEEN_AFTER: Duration = Duration::from_mins(1);
/// How often it looks at them all the same: what it could not take then, it can now.
const ALL_EVERY: Duration = Duration::from_mins(1);
/// How often it looks for parents that wait for nobody; a finish releases all others.
const PARENTS_EVERY: Duration = Duration::from_mins(1);

/// The rescuer of one worker process.
pub struct Rescuer<Tx: ?Sized> {
    runner: Arc<Runner<Tx>>,
    /// Since when the database has answered without a gap. An outage expires the leases of everybody, so after one, as
    /// after a start, owners get one lease of time to beat before they are judged.
    answered_since: Option<Timestamp>,
    /// When the database last answered, whatever it said.
    last_answer: Timestamp,
    looked: Option<Timestamp>,
    looked_at_all: Option<Timestamp>,
    parents_seen: Option<Timestamp>,
}

impl<Tx: ?Sized + Send + 'static> Rescuer<Tx> {
    pub(crate) fn new(runner: Arc<Runner<Tx>>) -> Self {
        let last_answer = runner.ports.clock.now();
        Self {
            runner,
            answered_since: None,
            last_answer,
            looked: None,
            looked_at_all: None,
            parents_seen: None,
        }
    }

    /// Looks once and returns how many claims it took; nothing while another process is the rescuer.
    pub async fn tick(&mut self) -> Result<usize, StoreError> {
        let now = self.runner.ports.clock.now();
        // A process that was frozen, or heard nothing, has not seen whether the others were frozen, too.
        if now.since(self.last_answer) > self.runner.config.lease {
            self.answered_since = None;
        }
        self.look(now).await
    }

    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let every = self.runner.config.rescue_every;
        while shutdown
            .run_until_cancelled(tokio::time::sleep(every))
            .await
            .is_some()
        {
            if let Err(error) = self.tick().await {
                tracing::debug!(error = &error as &dyn Error, "the rescuer could not look");
            }
        }
    }

    async fn look(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let runner = Arc::clone(&self.runner);
        let Runner {
            store, ports, config, ..
        } = &*runner;
        let leads = store.acquire_service_lease(SERVICE, ports.process.id, now, config.lease);
        let leads = self.heard(leads.await)?;
        let answered_since = *self.answered_since.get_or_insert(now);
        if !leads || now.since(answered_since) < config.lease {
            return Ok(0);
        }
        let mut rescued = 0;
        let since = self.unseen_since(now);
        let expired = store.expired(since, now, config.lease, BATCH).await;
        let expired = self.heard(expired)?;
        self.note_look(since, now, expired.len());
        for expired in expired {
            let job_id = expired.claim.id;
            let taken = self.rescue(expired, now).await;
            match self.heard(taken) {
                Ok(taken) => rescued += usize::from(taken),
                Err(error) if is_outage(&error) => return Err(error),
                // The others do not wait for it.
                Err(error) => {
                    tracing::warn!(%job_id, error = &error as &dyn Error, "a lost job cannot be taken from its owner yet");
                }
            }
        }
        self.release_parents(now).await;
        Ok(rescued)
    }

    /// From where to look. While somebody keeps a transaction open, the index keeps the ends of all leases that were ever
    /// renewed since; to pass over all of them at every look would be slow.
    fn unseen_since(&self, now: Timestamp) -> Option<Timestamp> {
        let at_all = self.looked_at_all.filter(|at| now.since(*at) < ALL_EVERY);
        at_all.and(self.looked).map(|looked| looked - SEEN_AFTER)
    }

    fn note_look(&mut self, since: Option<Timestamp>, now: Timestamp, found: usize) {
        self.looked = Some(now);
        if found == BATCH {
            self.looked_at_all = None;
        } else if since.is_none() {
            self.looked_at_all = Some(now);
        }
    }

    /// Notes whether the database answers. A statement that it refuses, or gives up, is an answer.
    fn heard<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if answer.as_ref().is_err_and(is_outage) {
            self.answered_since = None;
        } else {
            self.last_answer = self.runner.ports.clock.now();
        }
        answer
    }

    async fn release_parents(&mut self, now: Timestamp) {
        if self
            .parents_seen
            .is_some_and(|seen| now.since(seen) < PARENTS_EVERY)
        {
            return;
        }
        self.parents_seen = Some(now);
        if let Err(error) = self.runner.store.release_parents().await {
            tracing::warn!(
                error = &error as &dyn Error,
                "parents that wait for nobody cannot be looked for"
            );
        }
    }

    async fn rescue(&self, expired: Expired, now: Timestamp) -> Result<bool, StoreError> {
        let handler = self.runner.registry.get(&expired.claim.kind);
        let finish = judge(&expired, handler.map(|handler| handler.deadline()), now);
        let claim = Arc::new(expired.claim);
        let effect = self.runner.effect_of(&claim, &finish.transition);
        let store = &self.runner.store;
        let finished = match store.finish(&claim, &finish, effect.as_deref()).await {
            Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict)) => return Err(error),
            Err(error) if effect.is_some() => {
                tracing::error!(job_id = %claim.id, error = &error as &dyn Error, "the follow-up of a dead job was refused");
                store.finish(&claim, &finish, None).await?
            }
            answered => answered?,
        };
        if finished == Finished::Applied {
            tracing::warn!(
                job_id = %claim.id,
                kind = claim.kind,
                fence = claim.fence.0,
                crash_count = claim.crash_count + finish.transition.crashes(),
                state = finish.transition.state(),
                "lost job taken from its owner"
            );
        }
        Ok(finished == Finished::Applied)
    }
}

/// A job whose owner lives has lost its claim on the way, unless it has had it for longer than its `deadline`: such an owner
/// stops renewing, because the handler holds a thread that nothing else gets.
fn judge(expired: &Expired, deadline: Option<Duration>, now: Timestamp) -> Finish {
    let overdue = deadline.is_some_and(|deadline| expired.claimed_at + deadline <= now);
    let (transition, class, text) = match (expired.owner_gone, overdue) {
        (true, _) => crashed(&expired.claim, now),
        (false, true) => outlived(&expired.claim, now),
        (false, false) => {
            let (run_at, crashed) = (now, false);
            let lost = Transition::Lose { run_at, crashed };
            (lost, FailureClass::Transient, ("lease_lost", "lease_lost"))
        }
    };
    let (code, text) = (text.0, text.1.to_owned());
    Finish {
        at: now,
        transition,
        failure: Some(Failure { code, class, text }),
    }
}

type Judged = (Transition, FailureClass, (&'static str, &'static str));

fn crashed(claim: &Claim, now: Timestamp) -> Judged {
    let crashes = claim.crash_count + 1;
    if crashes >= POISON_CRASHES {
        let text = ("poison", "poison: its process died every time it ran");
        return (Transition::Poison, FailureClass::Poison, text);
    }
    let lost = Transition::Lose {
        run_at: now + crash_delay(crashes),
        crashed: true,
    };
    let text = ("worker_lost", "worker_lost: its process stopped while it ran");
    (lost, FailureClass::Transient, text)
}

fn outlived(claim: &Claim, now: Timestamp) -> Judged {
    let text = ("deadline", "deadline: the handler does not yield its thread");
    let transition = if claim.attempt < claim.max_attempts {
        let run_at = now + crash_delay(claim.attempt);
        Transition::Overdue { run_at }
    } else {
        Transition::OverdueAndDead
    };
    (transition, FailureClass::Transient, text)
}

#[cfg(test)]
mod tests {
    use domain::job::{Fence, JobId, Queue};

    use super::*;

    /// Between the look and the finish the owner may have renewed the claim.
    #[test]
    fn every_judgement_holds_only_while_the_lease_is_expired() {
        let now = Timestamp::from_micros(1_000_000_000);
        let expired = |attempt, crash_count, owner_gone| Expired {
            claim: Claim {
                id: JobId(uuid::Uuid::nil()),
                kind: "suite".to_owned(),
                queue: Queue::Llm,
                fence: Fence(1),
                attempt,
                max_attempts: 3,
                crash_count,
                payload: serde_json::Value::Null,
                parent: None,
                subject: None,
                run_at: now,
            },
            owner_gone,
            claimed_at: now - Duration::from_mins(1),
        };
        for (attempt, crash_count, owner_gone, state) in [
            (1, 0, true, "ready"),
            (1, 2, true, "failed"),
            (1, 0, false, "ready"),
            (3, 0, false, "failed"),
        ] {
            let expired = expired(attempt, crash_count, owner_gone);
            let transition = judge(&expired, Some(Duration::from_secs(30)), now).transition;
            assert!(transition.only_if_expired(), "{transition:?}");
            assert_eq!(transition.state(), state);
        }
    }
}
