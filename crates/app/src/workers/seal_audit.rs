//! Seals the audit log.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::audit::jobs::{SEAL, SealPayload};
use domain::audit::{Look, SealAudit, SealCounts, Sealed};
use domain::job::{JobId, JobKind, NewJob, Priority, StoreError};
use domain::store::Ctx;
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;
use crate::telemetry::chain;

/// A seal every minute.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "seal_audit",
    rhythm: Rhythm::Every(Duration::from_mins(1)),
    kind: SEAL,
    max_attempts: 5,
};

pub(super) struct SealLog {
    state: AppState,
    /// The entry of the head that was logged last.
    logged: AtomicI64,
}

impl SealLog {
    pub(super) const fn new(state: AppState) -> Self {
        Self {
            state,
            logged: AtomicI64::new(0),
        }
    }

    /// Tells the logs where the chain ended before this seal. What a seal is about to commit may never be there, and an
    /// anchor must not name it.
    async fn log_head(&self) -> Result<(), StoreError> {
        let head = self.state.store.audit_head().await?;
        if let Some(anchor) = head.and_then(|head| head.anchor())
            && self.logged.swap(anchor.seq, Ordering::Relaxed) != anchor.seq
        {
            tracing::info!(seq = anchor.seq, link = anchor.link, "audit head");
        }
        Ok(())
    }
}

impl Handler<JobTx> for SealLog {
    const KIND: JobKind = SEAL;
    type Output = SealAudit;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<SealAudit>, JobError> {
        let payload = serde_json::from_value(job.payload.clone());
        let SealPayload { look } = payload.map_err(|error| JobError::permanent("payload").because(error))?;
        if let Err(error) = self.log_head().await {
            return Err(JobError::transient("database").because(error));
        }
        Ok(Work::Done(SealAudit { look }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, seal: &SealAudit) -> Result<(), StoreError> {
        let ctx = job_ctx(&self.state, job);
        match seal.apply(&ctx, tx).await? {
            Sealed::NoKey => {}
            Sealed::Refused(refusal) => {
                tracing::error!(
                    error = chain(&refusal),
                    "the audit log is not sealed any more; run `touchstone audit verify`"
                );
            }
            Sealed::Done(SealCounts { left_out, more, .. }) => {
                if left_out > 0 {
                    tracing::error!(
                        rows = left_out,
                        "audit rows that the service did not write; run `touchstone audit verify`"
                    );
                }
                if let Some(look) = more {
                    tx.jobs().enqueue(next_batch(&ctx, job, look)).await?;
                }
            }
        }
        Ok(())
    }
}

/// After an upgrade the whole log waits, and not a minute for every batch of it.
fn next_batch(ctx: &Ctx, job: &Claim, look: Look) -> NewJob {
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind: SEAL,
        dedupe_key: format!("after:{}", job.id),
        payload: serde_json::json!(SealPayload { look: Some(look) }),
        run_at: ctx.now(),
        priority: Priority::Normal,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: None,
        max_attempts: SCHEDULE.max_attempts,
    }
}
