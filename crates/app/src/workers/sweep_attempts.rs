//! Ends attempts nobody comes back to.

use std::time::Duration;

use domain::attempts::jobs::SWEEP;
use domain::attempts::{SWEEP_BATCH, Sweep};
use domain::job::{JobId, JobKind, NewJob, Priority, StoreError};
use domain::store::Ctx;
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

/// A sweep every minute.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "sweep_attempts",
    rhythm: Rhythm::Every(Duration::from_mins(1)),
    kind: SWEEP,
    max_attempts: 5,
};

pub(super) struct SweepAttempts {
    state: AppState,
}

impl SweepAttempts {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for SweepAttempts {
    const KIND: JobKind = SWEEP;
    type Output = ();

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        Ok(Work::Done(()))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, (): &()) -> Result<(), StoreError> {
        let ctx = job_ctx(&self.state, job);
        let swept = Sweep.apply(&ctx, tx).await?;
        if swept.unreadable > 0 {
            tracing::error!(
                attempts = swept.unreadable,
                "overdue attempts cannot be ended because their rows cannot be read"
            );
        }
        if swept.expired == SWEEP_BATCH {
            tx.jobs().enqueue(next_batch(&ctx, job)).await?;
        }
        Ok(())
    }
}

/// A full batch means that there may be more: at the end of a large sitting there are, and they do not wait a minute each.
fn next_batch(ctx: &Ctx, job: &Claim) -> NewJob {
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind: SWEEP,
        dedupe_key: format!("after:{}", job.id),
        payload: serde_json::json!({}),
        run_at: ctx.now(),
        priority: Priority::Normal,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: None,
        max_attempts: SCHEDULE.max_attempts,
    }
}
