//! Effects of the jobs of a preview, each in the transaction of its job's end. A regrade that is no longer previewed is left
//! as it is.

use serde_json::json;

use super::jobs::{BatchPayload, END_PREVIEW, PREVIEW, RegradeAnswerPayload};
use super::model::{Change, Outcome, Policy, Proposal, Regrade, Standing};
use super::proposing::found;
use super::state::{RegradeEvent, RegradeState};
use crate::audit::AuditEntry;
use crate::ids::{AttemptId, ItemVersionId, RegradeId};
use crate::job::{self, JobId, JobKind, NewJob, Priority};
use crate::store::{Ctx, StoreError, Tx};

/// Attempts that one job looks at.
pub const PREVIEW_BATCH: u32 = 50;

/// What came of a batch of attempts.
pub struct RecordProposals {
    /// Of which regrade.
    pub regrade_id: RegradeId,
    /// The job that waits for all of the preview.
    pub parent: Option<JobId>,
    /// What rules found; what has to be judged is being judged.
    pub changes: Vec<Change>,
    /// Answers that have to be judged, and by which kind of job.
    pub to_judge: Vec<(JobKind, AttemptId, ItemVersionId)>,
    /// The last attempt of a full batch; none says that these were the last.
    pub next: Option<AttemptId>,
}

impl RecordProposals {
    /// Stores the batch and enqueues what follows from it.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        if previewed(tx, self.regrade_id).await?.is_none() {
            return Ok(());
        }
        tx.regrades().insert_changes(&self.changes).await?;
        let jobs = self.to_judge.iter().map(|judged| self.judging(ctx, *judged));
        let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
        tx.jobs().enqueue_all(jobs).await?;
        match self.next {
            Some(after) => {
                let batch = batch_job(ctx, PREVIEW, self.regrade_id, Some(after))?;
                let child = NewJob {
                    parent: self.parent,
                    ..batch
                };
                tx.jobs().enqueue(child).await?;
                Ok(())
            }
            None => tx.regrades().mark_listed(self.regrade_id).await,
        }
    }

    fn judging(
        &self,
        ctx: &Ctx,
        (kind, attempt_id, item_version_id): (JobKind, AttemptId, ItemVersionId),
    ) -> Result<NewJob, StoreError> {
        let payload = RegradeAnswerPayload {
            regrade_id: self.regrade_id,
            attempt_id,
            item_version_id,
        };
        let cause = Regrade::cause(self.regrade_id);
        Ok(NewJob {
            dedupe_key: format!("{attempt_id}:{item_version_id}:{cause}"),
            payload: job::payload(&payload)?,
            parent: self.parent,
            ..work(ctx, kind, self.regrade_id)
        })
    }
}

/// A batch of attempts behind `after`, or the first.
pub(super) fn batch_job(
    ctx: &Ctx,
    kind: JobKind,
    regrade_id: RegradeId,
    after: Option<AttemptId>,
) -> Result<NewJob, StoreError> {
    let place = after.map_or_else(|| "first".to_owned(), |after| after.to_string());
    Ok(NewJob {
        dedupe_key: format!("{regrade_id}:{place}"),
        payload: job::payload(&BatchPayload { regrade_id, after })?,
        ..work(ctx, kind, regrade_id)
    })
}

/// Nobody sits before a screen for it: whoever submits now goes first.
fn work(ctx: &Ctx, kind: JobKind, regrade_id: RegradeId) -> NewJob {
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind,
        dedupe_key: String::new(),
        payload: serde_json::Value::Null,
        run_at: ctx.now(),
        priority: Priority::Bulk,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: Some(regrade_id.0),
        max_attempts: 5,
    }
}

/// The regrade, locked, while it is previewed.
async fn previewed(tx: &mut dyn Tx, id: RegradeId) -> Result<Option<Regrade>, StoreError> {
    let found = tx.regrades().find(id).await?;
    Ok(found.filter(|regrade| regrade.state == RegradeState::Previewing))
}

/// What a scorer said of one answer.
pub struct RecordJudgement {
    /// Which answer.
    pub answer: RegradeAnswerPayload,
    /// With which policy.
    pub policy: Policy,
    /// None is that no scorer could judge.
    pub proposal: Option<Proposal>,
}

impl RecordJudgement {
    /// Proposes it, if it still waits for that.
    pub async fn apply(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let RegradeAnswerPayload {
            regrade_id,
            attempt_id,
            item_version_id,
        } = self.answer;
        let change = tx
            .regrades()
            .find_change(regrade_id, attempt_id, item_version_id)
            .await?;
        let Some(change) = change.filter(|change| change.found.outcome == Outcome::Judging) else {
            return Ok(());
        };
        let judged = Change {
            found: found(self.policy, change.old_points, self.proposal.clone()),
            ..change
        };
        if tx.regrades().settle_judging(&judged).await? {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
    }
}

/// What would become of a batch of attempts, once every answer is judged.
pub struct EndPreview {
    /// Of which regrade.
    pub regrade_id: RegradeId,
    /// Marks before and after.
    pub standings: Vec<Standing>,
    /// The last attempt of a full batch; none says that these were the last.
    pub next: Option<AttemptId>,
}

impl EndPreview {
    /// Stores the figures; behind the last attempt the preview is ready.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let Some(regrade) = previewed(tx, self.regrade_id).await? else {
            return Ok(());
        };
        if !regrade.listed {
            // A job that looked at attempts was cancelled.
            return fail(ctx, tx, &regrade).await;
        }
        tx.regrades().put_standings(regrade.id, &self.standings).await?;
        if let Some(after) = self.next {
            tx.jobs()
                .enqueue(batch_job(ctx, END_PREVIEW, regrade.id, Some(after))?)
                .await?;
            return Ok(());
        }
        let lost = tx.regrades().give_up_judging(regrade.id).await?;
        advance(ctx, tx, &regrade, RegradeEvent::EndPreview).await?;
        let tally = tx.regrades().tally(regrade.id).await?;
        let entry = AuditEntry::new(ctx, "regrades.previewed", "regrade", Some(regrade.id.0)).with(
            json!({ "proposed": tally.of(Outcome::Proposed), "not_judged": tally.of(Outcome::NotJudged),
                "lost": lost }),
        );
        tx.audit().record(entry).await
    }
}

/// The effect of a job of the preview that is dead: not every attempt is looked at.
pub struct FailPreview {
    /// Of which regrade.
    pub regrade_id: RegradeId,
}

impl FailPreview {
    /// Ends the regrade, so that another one can be asked for.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        match previewed(tx, self.regrade_id).await? {
            Some(regrade) => fail(ctx, tx, &regrade).await,
            None => Ok(()),
        }
    }
}

async fn fail(ctx: &Ctx, tx: &mut dyn Tx, regrade: &Regrade) -> Result<(), StoreError> {
    advance(ctx, tx, regrade, RegradeEvent::Fail).await?;
    let entry = AuditEntry::new(ctx, "regrades.failed", "regrade", Some(regrade.id.0));
    tx.audit().record(entry).await
}

/// A step of the work itself, which has looked at the state under its lock.
pub(super) async fn advance(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    regrade: &Regrade,
    event: RegradeEvent,
) -> Result<RegradeState, StoreError> {
    let to = regrade.state.after(event).map_err(|_| StoreError::Conflict)?;
    if tx
        .regrades()
        .advance(regrade.id, regrade.state, to, ctx.now())
        .await?
    {
        Ok(to)
    } else {
        Err(StoreError::Conflict)
    }
}
