//! Jobs: tried again one by one or many at once, and cancelled.

use std::cmp::Reverse;

use async_trait::async_trait;
use serde_json::json;

use super::error::OperationError;
use super::permission::Operator;
use super::ports::{Cancel, DeadLetterFilter, Requeue};
use crate::audit::AuditEntry;
use crate::job::JobId;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Most jobs that one command puts back: it does so in one transaction, which others wait for.
pub const BULK_LIMIT: usize = 500;

/// Puts a failed or cancelled job back into its queue.
pub struct RetryJob {
    /// Who may.
    pub operator: Operator,
    /// Which.
    pub job_id: JobId,
}

#[async_trait]
impl UseCase for RetryJob {
    const NAME: &'static str = "operations.retry_job";
    type Out = ();
    type Err = OperationError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), OperationError> {
        match put_back(ctx, tx, self.job_id).await? {
            Requeue::Requeued => Ok(()),
            Requeue::NotFound => Err(OperationError::NotFound),
            Requeue::NotDead(status) => Err(OperationError::NotDead(status)),
            Requeue::LiveTwin(twin) => Err(OperationError::LiveTwin(twin)),
        }
    }
}

/// Ends a job that has not ended. True if a worker had it, which is about to stop.
pub struct CancelJob {
    /// Who may.
    pub operator: Operator,
    /// Which.
    pub job_id: JobId,
}

#[async_trait]
impl UseCase for CancelJob {
    const NAME: &'static str = "operations.cancel_job";
    type Out = bool;
    type Err = OperationError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, OperationError> {
        let was_running = match tx.job_control().cancel(self.job_id, ctx.now()).await? {
            Cancel::Cancelled => false,
            Cancel::Requested => true,
            Cancel::Ended(status) => return Err(OperationError::Ended(status)),
            Cancel::NotFound => return Err(OperationError::NotFound),
        };
        let entry = AuditEntry::new(ctx, "operations.job_cancelled", "job", Some(self.job_id.0))
            .with(json!({ "was_running": was_running }));
        tx.audit().record(entry).await?;
        Ok(was_running)
    }
}

/// Which dead letters are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadLetters {
    /// These, [`BULK_LIMIT`] at most; also cancelled jobs.
    Named(Vec<JobId>),
    /// The oldest that fit, [`BULK_LIMIT`] at most.
    Fitting(DeadLetterFilter),
}

/// Puts many dead letters back into their queues. Those that cannot be are told and keep nobody from the others.
pub struct RequeueDeadLetters {
    /// Who may.
    pub operator: Operator,
    /// Which.
    pub which: DeadLetters,
}

/// What became of many dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requeued {
    /// Back in their queues.
    pub requeued: Vec<JobId>,
    /// Left as they are.
    pub refused: Vec<Refused>,
    /// Whether there may be more that fit: ask again.
    pub more: bool,
}

/// A job that stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub job_id: JobId,
    /// Why: never [`Requeue::Requeued`].
    pub why: Requeue,
}

#[async_trait]
impl UseCase for RequeueDeadLetters {
    const NAME: &'static str = "operations.requeue_dead_letters";
    type Out = Requeued;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Requeued, StoreError> {
        let (jobs, more) = self.jobs(tx).await?;
        let mut outcome = Requeued {
            more,
            ..Requeued::default()
        };
        for job_id in jobs {
            match put_back(ctx, tx, job_id).await? {
                Requeue::Requeued => outcome.requeued.push(job_id),
                why @ (Requeue::NotFound | Requeue::NotDead(_) | Requeue::LiveTwin(_)) => {
                    outcome.refused.push(Refused { job_id, why });
                }
            }
        }
        if !outcome.requeued.is_empty() {
            let entry = AuditEntry::new(ctx, "operations.dead_letters_requeued", "job", None).with(json!({
                "requeued": outcome.requeued.len(), "refused": outcome.refused.len(), "by": self.which.described(),
            }));
            tx.audit().record(entry).await?;
        }
        Ok(outcome)
    }
}

impl RequeueDeadLetters {
    /// In one order for everybody, so that two who put the same jobs back wait for each other once: the youngest first,
    /// because a job that waits for others is older than they are, and has to find them alive.
    async fn jobs(&self, tx: &mut dyn Tx) -> Result<(Vec<JobId>, bool), StoreError> {
        match &self.which {
            DeadLetters::Named(named) => {
                let mut jobs = named.clone();
                jobs.sort_unstable_by_key(|job| Reverse(job.0));
                jobs.dedup();
                let more = jobs.len() > BULK_LIMIT;
                jobs.truncate(BULK_LIMIT);
                Ok((jobs, more))
            }
            DeadLetters::Fitting(filter) => {
                let limit = u32::try_from(BULK_LIMIT + 1).unwrap_or(u32::MAX);
                let mut jobs = tx.job_control().dead_letters(filter, limit).await?;
                let more = jobs.len() > BULK_LIMIT;
                jobs.truncate(BULK_LIMIT);
                jobs.sort_unstable_by_key(|job| Reverse(job.0));
                Ok((jobs, more))
            }
        }
    }
}

impl DeadLetters {
    /// For the audit log, which keeps no free text: a filter's names are checked before they come here.
    fn described(&self) -> serde_json::Value {
        match self {
            Self::Named(jobs) => json!({ "named": jobs.len() }),
            Self::Fitting(filter) => json!({
                "queue": filter.queue.map(crate::job::Queue::as_str), "kind": filter.kind,
                "error_code": filter.error_code, "failed_before": filter.failed_before.map(|at| at.to_string()),
            }),
        }
    }
}

async fn put_back(ctx: &Ctx, tx: &mut dyn Tx, job_id: JobId) -> Result<Requeue, StoreError> {
    let outcome = tx.job_control().requeue(job_id, ctx.now()).await?;
    if outcome == Requeue::Requeued {
        let entry = AuditEntry::new(ctx, "operations.job_requeued", "job", Some(job_id.0));
        tx.audit().record(entry).await?;
    }
    Ok(outcome)
}
