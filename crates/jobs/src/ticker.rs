//! Ticks the schedules of a process. It needs no leader: rows are claimed, so all processes may try.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use domain::job::{JobId, StoreError};
use tokio_util::sync::CancellationToken;

use crate::runner::Runner;
use crate::schedule::Schedule;

pub(crate) struct Ticker<Tx: ?Sized> {
    runner: Arc<Runner<Tx>>,
    /// Schedules whose last tick failed: a failure is logged when it begins, not at every look.
    failing: BTreeSet<&'static str>,
    /// Schedules whose stored tick is known to be one of their rhythm, which may have changed with the release.
    corrected: BTreeSet<&'static str>,
}

impl<Tx: ?Sized + Send + 'static> Ticker<Tx> {
    pub(crate) const fn new(runner: Arc<Runner<Tx>>) -> Self {
        Self {
            runner,
            failing: BTreeSet::new(),
            corrected: BTreeSet::new(),
        }
    }

    /// Looks at once, so that what came due while nobody ran does not wait any longer.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let every = self.runner.config.tick_every;
        while !shutdown.is_cancelled() {
            self.look().await;
            shutdown.run_until_cancelled(tokio::time::sleep(every)).await;
        }
    }

    async fn look(&mut self) {
        let runner = Arc::clone(&self.runner);
        for schedule in runner.registry.schedules() {
            match self.tick(schedule).await {
                Ok(_) if self.failing.remove(schedule.name) => {
                    tracing::info!(schedule = schedule.name, "the schedule ticks again");
                }
                Err(error) if self.failing.insert(schedule.name) => {
                    tracing::warn!(
                        schedule = schedule.name,
                        error = &error as &dyn Error,
                        "the schedule cannot tick"
                    );
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    async fn tick(&mut self, schedule: &Schedule) -> Result<Option<JobId>, StoreError> {
        let Runner { store, ports, .. } = &*self.runner;
        if !self.corrected.contains(schedule.name) {
            if store.correct_schedule(schedule, ports.clock.now()).await? {
                tracing::info!(
                    schedule = schedule.name,
                    "the next tick was too late for the rhythm"
                );
            }
            self.corrected.insert(schedule.name);
        }
        tick(&self.runner, schedule).await
    }
}

/// Ticks one schedule if it is due and returns the job that came of it.
pub(crate) async fn tick<Tx: ?Sized + Send + 'static>(
    runner: &Runner<Tx>,
    schedule: &Schedule,
) -> Result<Option<JobId>, StoreError> {
    let ticked = runner.store.tick(schedule, runner.ports.clock.now()).await?;
    if let Some(job_id) = ticked {
        tracing::debug!(schedule = schedule.name, %job_id, "tick");
    }
    Ok(ticked)
}
