//! Takes expired claims from processes that are gone. One process does it at a time, by a leased row.

use std::error::Error;
use std::sync::Arc;

use domain::job::{StoreError, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::policy::{POISON_CRASHES, crash_delay};
use crate::runner::Runner;
use crate::store::{Expired, Failure, Finish, Finished, Transition};

const SERVICE: &str = "rescuer";
const BATCH: usize = 100;

/// The rescuer of one worker process.
pub struct Rescuer<Tx: ?Sized> {
    runner: Arc<Runner<Tx>>,
    /// Since when the database has answered without a gap. An outage expires the leases of everybody, so after one, as
    /// after a start, owners get one lease of time to beat before they are judged.
    answered_since: Option<Timestamp>,
    last_tick: Timestamp,
}

impl<Tx: ?Sized + Send + 'static> Rescuer<Tx> {
    pub(crate) fn new(runner: Arc<Runner<Tx>>) -> Self {
        let last_tick = runner.ports.clock.now();
        Self {
            runner,
            answered_since: None,
            last_tick,
        }
    }

    /// Looks once and returns how many claims it took; nothing while another process is the rescuer.
    pub async fn tick(&mut self) -> Result<usize, StoreError> {
        let now = self.runner.ports.clock.now();
        // A process that was frozen has not seen whether the others were, too.
        if now.since(self.last_tick) > self.runner.config.lease {
            self.answered_since = None;
        }
        self.last_tick = now;
        let rescued = self.look(now).await;
        if rescued.is_err() {
            self.answered_since = None;
        }
        rescued
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
        let Runner {
            store, ports, config, ..
        } = &*self.runner;
        let leads = store
            .acquire_service_lease(SERVICE, ports.process.id, now, config.lease)
            .await?;
        let answered_since = *self.answered_since.get_or_insert(now);
        if !leads || now.since(answered_since) < config.lease {
            return Ok(0);
        }
        let mut rescued = 0;
        for expired in store.expired(now, config.lease, BATCH).await? {
            rescued += usize::from(self.rescue(expired, now).await?);
        }
        store.release_parents().await?;
        Ok(rescued)
    }

    async fn rescue(&self, expired: Expired, now: Timestamp) -> Result<bool, StoreError> {
        let finish = judge(&expired, now);
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

fn judge(expired: &Expired, now: Timestamp) -> Finish {
    let crashes = expired.claim.crash_count + i32::from(expired.owner_gone);
    let failure = |code: &'static str, text: &str| {
        Some(Failure {
            code,
            text: text.to_owned(),
        })
    };
    let (transition, failure) = match (expired.owner_gone, crashes) {
        (false, _) => (
            Transition::Lose {
                run_at: now,
                crashed: false,
            },
            failure("lease_lost", "lease_lost"),
        ),
        (true, crashes) if crashes >= POISON_CRASHES => (
            Transition::Poison,
            failure("poison", "poison: its process died every time it ran"),
        ),
        (true, crashes) => (
            Transition::Lose {
                run_at: now + crash_delay(crashes),
                crashed: true,
            },
            failure("worker_lost", "worker_lost: its process stopped while it ran"),
        ),
    };
    Finish {
        at: now,
        transition,
        failure,
    }
}
