//! Attempts that wait for a scoring that nobody works on: their jobs were cancelled, died without a word, or are gone.
//!
//! None of it happens by itself, because attempt and jobs change in the same transactions. People cancel jobs, databases are
//! restored from different moments, rows are deleted by hand; a candidate must not wait for ever because of it.

use std::time::Duration;

use serde_json::json;

use super::enqueueing::enqueue_scoring;
use super::evaluation::FinishEvaluation;
use super::model::{Attempt, ScoringState};
use super::ports::Stalled;
use super::submission::{INITIAL, record_rule_verdicts, score_by_rules};
use crate::audit::AuditEntry;
use crate::job::{JobId, JobStatus};
use crate::store::{Ctx, StoreError, Tx};

/// Most attempts that one run looks after.
const BATCH: u32 = 50;

/// What has just changed is left alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// Looks after stalled attempts, a batch at most.
pub struct Reconcile {
    /// The job that does it; named by what could not be judged.
    pub job_id: JobId,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Attempts whose jobs were gone and are there again.
    pub resumed: u32,
    /// Attempts that ended with what exists, because their jobs had ended without them.
    pub given_up: u32,
    /// Attempts passed over because their rows cannot be read.
    pub unreadable: u32,
}

impl Reconcile {
    /// Gives every stalled attempt its jobs back, or its end.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Reconciled, StoreError> {
        let mut reconciled = Reconciled::default();
        let before = ctx.now() - PATIENCE;
        for stalled in tx.timekeeping().stalled(before, BATCH).await? {
            match self.settle(ctx, tx, stalled).await {
                Ok(Some(Settled::Resumed)) => reconciled.resumed += 1,
                Ok(Some(Settled::GivenUp)) => reconciled.given_up += 1,
                Ok(None) => {}
                Err(StoreError::Inconsistent { .. }) => reconciled.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(reconciled)
    }

    /// A job that somebody cancelled, or that died, is not to be run again behind their backs: scoring ends with what
    /// exists. A job that is gone, or says that it has done what it has not, was lost.
    async fn settle(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        stalled: Stalled,
    ) -> Result<Option<Settled>, StoreError> {
        let Some(attempt) = tx.attempts().find(stalled.attempt_id).await? else {
            return Ok(None);
        };
        if attempt.scoring != ScoringState::Running {
            return Ok(None);
        }
        match stalled.evaluation {
            Some(JobStatus::Failed | JobStatus::Cancelled) => {
                let end = FinishEvaluation {
                    attempt_id: attempt.id,
                    cause: INITIAL.to_owned(),
                    job_id: self.job_id,
                };
                end.give_up(ctx, tx).await?;
                Ok(Some(Settled::GivenUp))
            }
            Some(JobStatus::Completed) | None => {
                resume(ctx, tx, &attempt).await?;
                Ok(Some(Settled::Resumed))
            }
            Some(JobStatus::Queued | JobStatus::InProgress) => Ok(None),
        }
    }
}

enum Settled {
    Resumed,
    GivenUp,
}

/// Jobs for what has no record yet, and a parent that ends scoring after them.
async fn resume(ctx: &Ctx, tx: &mut dyn Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let resolved = tx.scoring().resolved_items(attempt.id).await?;
    let mut items = tx.attempts().items(attempt).await?;
    items.retain(|item| !resolved.contains(&item.item_version_id));
    let responses = tx.attempts().responses(attempt.id).await?;
    let scored = score_by_rules(&items, &responses);
    record_rule_verdicts(ctx, tx, attempt, &scored).await?;
    // One parent in place of one that was lost, however often this runs.
    let key = attempt
        .evaluation_job_id
        .map_or_else(|| INITIAL.to_owned(), |lost| format!("{INITIAL}:after:{lost}"));
    let jobs = enqueue_scoring(ctx, tx, attempt, &scored, &key).await?;
    if !tx
        .attempts()
        .replace_evaluation_job(attempt.id, jobs[0], ctx.now())
        .await?
    {
        return Err(StoreError::Conflict);
    }
    let entry = AuditEntry::new(ctx, "attempts.scoring_resumed", "attempt", Some(attempt.id.0))
        .with(json!({ "jobs": jobs.len() }));
    tx.audit().record(entry).await
}
