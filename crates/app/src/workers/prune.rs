//! Removes what is kept for a time only: stored replies, ended tokens, limits that stand for nothing any more.

use std::time::Duration;

use domain::job::{JobKind, StoreError};
use domain::rate_limits::jobs::PRUNE;
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::JobTx;

use crate::runtime::AppState;

/// Often enough that an address is not kept for much longer than it counts.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "prune",
    rhythm: Rhythm::Every(Duration::from_mins(10)),
    kind: PRUNE,
    max_attempts: 5,
};

pub(super) struct Prune {
    state: AppState,
}

impl Prune {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for Prune {
    const KIND: JobKind = PRUNE;
    const COMMITS: bool = false;
    type Output = ();

    /// Outside the transaction of the job: requests wait for the same rows, and doing it twice does no harm.
    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        let failed = |error| JobError::transient("database").because(error);
        let (store, now) = (&self.state.store, self.state.now());
        store.prune_limits(now).await.map_err(failed)?;
        store.prune_expired(now).await.map_err(failed)?;
        Ok(Work::Done(()))
    }

    async fn commit(&self, _tx: &mut JobTx, _job: &Claim, (): &()) -> Result<(), StoreError> {
        Ok(())
    }
}
