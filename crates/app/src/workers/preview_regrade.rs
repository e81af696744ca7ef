//! Scores the answers of a batch of attempts again as far as rules can, and has the rest judged.

use std::collections::BTreeMap;

use domain::attempts::{AttemptResult, Viewer};
use domain::ids::{AttemptId, ItemId};
use domain::job::{JobKind, StoreError};
use domain::regrades::jobs::{BatchPayload, PREVIEW, REGRADE_CODE, REGRADE_TEXT};
use domain::regrades::{
    Answered, Change, Found, Judgement, KeyVersion, Outcome, PREVIEW_BATCH, RecordProposals, Regrade,
    RegradeState, judged_by_rules,
};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use super::regraded::{fail_preview, payload, read};
use crate::failpoint;
use crate::runtime::AppState;

pub(super) struct PreviewRegrade {
    state: AppState,
}

impl PreviewRegrade {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }

    async fn batch(&self, regrade: &Regrade, after: Option<AttemptId>) -> Result<RecordProposals, JobError> {
        let store = &self.state.store;
        let keys = read(store.regrade_keys(regrade.id).await)?;
        let keys: BTreeMap<ItemId, KeyVersion> = keys.into_iter().map(|key| (key.item_id, key)).collect();
        let attempts = read(
            store
                .attempts_to_regrade(regrade.scope, after, PREVIEW_BATCH)
                .await,
        )?;
        let is_full = attempts.len() == PREVIEW_BATCH as usize;
        let mut batch = RecordProposals {
            regrade_id: regrade.id,
            parent: None,
            changes: Vec::new(),
            to_judge: Vec::new(),
            next: attempts.last().copied().filter(|_| is_full),
        };
        for attempt in attempts {
            if let Some(result) = read(store.attempt_result(attempt, Viewer::Admin).await)? {
                propose(&mut batch, regrade, &keys, &result);
            }
        }
        Ok(batch)
    }
}

/// What becomes of the answers of one attempt.
fn propose(
    batch: &mut RecordProposals,
    regrade: &Regrade,
    keys: &BTreeMap<ItemId, KeyVersion>,
    result: &AttemptResult,
) {
    for item in &result.items {
        let (Some(key), Some(counts)) = (keys.get(&item.item.item_id), &item.counts) else {
            continue;
        };
        let answered = Answered {
            seen: &item.item,
            key,
            answer: item.response.as_ref().map(|response| &response.answer),
            counts,
        };
        let (attempt_id, item_version_id) = (result.attempt.id, item.item.item_version_id);
        let mut judge_by = |kind| {
            batch.to_judge.push((kind, attempt_id, item_version_id));
            Found::nothing(Outcome::Judging)
        };
        let found = match judged_by_rules(regrade.policy, answered) {
            Judgement::Found(found) => *found,
            Judgement::Text => judge_by(REGRADE_TEXT),
            Judgement::Program => judge_by(REGRADE_CODE),
        };
        batch.changes.push(Change {
            regrade_id: regrade.id,
            attempt_id,
            item_version_id,
            key_version_id: key.item_version_id,
            base: counts.record.id,
            old_points: counts.record.verdict.points,
            max_points: item.item.content.marks,
            found,
        });
    }
}

impl Handler<JobTx> for PreviewRegrade {
    const KIND: JobKind = PREVIEW;
    type Output = RecordProposals;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordProposals>, JobError> {
        let names: BatchPayload = payload(job)?;
        let found = read(self.state.store.regrade(names.regrade_id).await)?;
        let regrade = found.map(|summary| summary.regrade);
        let Some(regrade) = regrade.filter(|regrade| regrade.state == RegradeState::Previewing) else {
            return Ok(Work::Discard {
                reason: "not_previewing",
            });
        };
        let batch = self.batch(&regrade, names.after).await?;
        failpoint::reach("preview_regrade.scored").await;
        Ok(Work::Done(RecordProposals {
            parent: job.parent,
            ..batch
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, batch: &RecordProposals) -> Result<(), StoreError> {
        batch.apply(&job_ctx(&self.state, job), tx).await
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        fail_preview(&self.state, tx, job).await
    }
}
