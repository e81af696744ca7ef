//! Effects of the job that makes the changes, in the transaction of its end.

use serde_json::json;

use super::jobs::{APPLY, BatchPayload};
use super::model::{Change, Outcome, Proposal, Regrade};
use super::previewing::{advance, batch_job};
use super::state::{RegradeEvent, RegradeState};
use crate::attempts::{Attempt, AttemptState, oversee, settle_deferred};
use crate::audit::AuditEntry;
use crate::ids::{JobId, RegradeId, ScoreRecordId};
use crate::job::{self, NewJob};
use crate::reviews::Reviewed;
use crate::scoring::{Resolution, ScoreRecord, Scorer, Verdict};
use crate::store::{Ctx, StoreError, Tx};

/// Changes that are made in one transaction.
pub const APPLY_BATCH: u32 = 50;

/// Makes a batch of changes. Each is made once: what is made is not proposed any more.
pub struct ApplyChanges {
    /// Of which regrade.
    pub regrade_id: RegradeId,
    /// The job that makes them.
    pub job_id: JobId,
}

impl ApplyChanges {
    /// A full batch is followed by another one; behind the last change the regrade is applied.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let Some(regrade) = tx.regrades().find(self.regrade_id).await? else {
            return Ok(());
        };
        if regrade.state != RegradeState::Applying {
            return Ok(());
        }
        let changes = tx.regrades().proposed(regrade.id, APPLY_BATCH).await?;
        let mut touched: Vec<Attempt> = Vec::new();
        for change in &changes {
            let attempt = self.make(ctx, tx, change).await?;
            touched.extend(attempt.filter(|attempt| touched.iter().all(|other| other.id != attempt.id)));
        }
        // Once everything counts: what one change takes another one may give.
        for attempt in &touched {
            oversee(ctx, tx, attempt).await?;
        }
        if changes.len() == APPLY_BATCH as usize {
            tx.jobs().enqueue(apply_job(ctx, regrade.id)?).await?;
            return Ok(());
        }
        advance(ctx, tx, &regrade, RegradeEvent::EndApplying).await?;
        let tally = tx.regrades().tally(regrade.id).await?;
        let entry = AuditEntry::new(ctx, "regrades.applied", "regrade", Some(regrade.id.0)).with(
            json!({ "applied": tally.of(Outcome::Applied), "superseded": tally.of(Outcome::Superseded) }),
        );
        tx.audit().record(entry).await
    }

    /// The attempt in which something else counts now.
    async fn make(&self, ctx: &Ctx, tx: &mut dyn Tx, change: &Change) -> Result<Option<Attempt>, StoreError> {
        let Some(proposal) = &change.found.proposal else {
            return Err(StoreError::Conflict);
        };
        let attempt = attempt_to_change(tx, change).await?;
        let (outcome, record) = if attempt.is_some() {
            let record = self.count(ctx, tx, change, proposal).await?;
            (Outcome::Applied, Some(record))
        } else {
            (Outcome::Superseded, None)
        };
        if tx.regrades().settle_proposed(change, outcome, record).await? {
            Ok(attempt)
        } else {
            Err(StoreError::Conflict)
        }
    }

    /// The new verdict, that it counts, and what was done.
    async fn count(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        change: &Change,
        proposal: &Proposal,
    ) -> Result<ScoreRecordId, StoreError> {
        // One by one: a statement for several takes different items.
        if let Some(second) = &proposal.second {
            let second = self.record(ctx, change, second);
            tx.scoring().insert_records(&[second]).await?;
        }
        let record = self.record(ctx, change, &proposal.verdict);
        let id = record.id;
        let new = tx.scoring().insert_records(&[record]).await?;
        let resolution = Resolution {
            attempt_id: change.attempt_id,
            item_version_id: change.item_version_id,
            score_record_id: id,
            provisional: proposal.reason.is_provisional(),
            reason: proposal.reason,
            resolved_at: ctx.now(),
        };
        if new.is_empty() || !tx.reviews().settle(change.base, &resolution).await? {
            return Err(StoreError::Conflict);
        }
        if proposal.verdict.scorer == Scorer::Llm {
            let judged = (change.attempt_id, change.item_version_id);
            settle_deferred(ctx, tx, judged, &Regrade::cause(self.regrade_id)).await?;
        }
        let entry =
            AuditEntry::new(ctx, "regrades.changed", "attempt", Some(change.attempt_id.0)).with(json!({
                "regrade_id": self.regrade_id,
                "item_version_id": change.item_version_id,
                "key_version_id": change.key_version_id,
                "from_record": change.base,
                "to_record": id,
            }));
        tx.audit().record(entry).await?;
        Ok(id)
    }

    fn record(&self, ctx: &Ctx, change: &Change, verdict: &Verdict) -> ScoreRecord {
        ScoreRecord {
            id: ScoreRecordId(ctx.new_uuid()),
            attempt_id: change.attempt_id,
            item_version_id: change.item_version_id,
            verdict: verdict.clone(),
            cause: Regrade::cause(self.regrade_id),
            job_id: Some(self.job_id),
            created_at: ctx.now(),
        }
    }
}

/// The attempt if what the change was proposed for counts in it. Attempt and resolution are locked, in the order of everybody.
async fn attempt_to_change(tx: &mut dyn Tx, change: &Change) -> Result<Option<Attempt>, StoreError> {
    let attempt = tx.attempts().find(change.attempt_id).await?;
    let reviewed = Reviewed {
        attempt_id: change.attempt_id,
        item_version_id: change.item_version_id,
    };
    let counts = tx.reviews().counting(reviewed).await? == Some(change.base);
    Ok(attempt.filter(|attempt| counts && attempt.state != AttemptState::Voided))
}

/// The next batch. Whether there is anything to do is the state's to say, so that its key need not.
pub(super) fn apply_job(ctx: &Ctx, regrade_id: RegradeId) -> Result<NewJob, StoreError> {
    let batch = batch_job(ctx, APPLY, regrade_id, None)?;
    let payload = BatchPayload {
        regrade_id,
        after: None,
    };
    Ok(NewJob {
        dedupe_key: format!("{regrade_id}:{}", batch.id),
        payload: job::payload(&payload)?,
        ..batch
    })
}

/// The effect of a job that makes changes and is dead: what is made is made, and the rest can be applied again.
pub struct StopApplying {
    /// Of which regrade.
    pub regrade_id: RegradeId,
}

impl StopApplying {
    /// Makes it ready again.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let Some(regrade) = tx.regrades().find(self.regrade_id).await? else {
            return Ok(());
        };
        if regrade.state != RegradeState::Applying {
            return Ok(());
        }
        advance(ctx, tx, &regrade, RegradeEvent::Stop).await?;
        let entry = AuditEntry::new(ctx, "regrades.stopped", "regrade", Some(regrade.id.0));
        tx.audit().record(entry).await
    }
}
