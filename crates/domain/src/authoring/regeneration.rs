//! One item of a draft made anew: asked for, and what came of it.
//!
//! A round is one job; it tries at most three proposals. What it is for is the item in one revision, which is part of its
//! dedupe key: asking twice gives the same job, and a round that ended without an item changes the revision, so that the
//! next one is another job with another seed.

use async_trait::async_trait;
use serde_json::json;

use super::generator::DroppedItem;
use super::item::ItemContent;
use super::jobs::{REGENERATE, RegeneratePayload};
use super::model::{DefinitionStatus, Review, VersionedItem};
use super::publishing::editable;
use super::review::{ReviewError, ReviewEvent, Verdict, current, judge, touch, under_review};
use super::views::ReviewedItem;
use crate::audit::AuditEntry;
use crate::identity::Staff;
use crate::ids::{DefinitionId, ItemId, ItemVersionId};
use crate::job::{self, Enqueued, JobId, NewJob, Priority};
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Refused proposals that are kept with a draft, the latest.
const MOST_DROPPED: usize = 500;

/// Asks for another item in place of one, which is rejected by this if it was not yet.
pub struct RequestRegeneration {
    /// Who may.
    pub staff: Staff,
    /// Of this assessment.
    pub definition_id: DefinitionId,
    /// Which.
    pub item_id: ItemId,
    /// The item's revision the request is about; another current one refuses it.
    pub seen_revision: Option<i64>,
    /// Why it is not good; a rejected item has its reason.
    pub reason: Option<String>,
}

#[async_trait]
impl UseCase for RequestRegeneration {
    const NAME: &'static str = "authoring.request_regeneration";
    type Out = Enqueued;
    type Err = ReviewError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Enqueued, ReviewError> {
        let draft = editable(tx, self.definition_id).await?;
        let step = (ReviewEvent::Regenerate, self.seen_revision);
        let seen = under_review(tx, draft.id, self.item_id, step).await?;
        if seen.item.content.source.is_none() {
            return Err(ReviewError::NoSource);
        }
        let rejected = self.rejected(ctx, tx, &seen).await?;
        if rejected.revision != seen.revision {
            touch(ctx, tx, &draft).await?;
        }
        let payload = RegeneratePayload {
            definition_id: draft.id,
            item_id: self.item_id,
            revision: rejected.revision,
            asked_at: ctx.now(),
        };
        let job = NewJob {
            id: JobId(ctx.new_uuid()),
            kind: REGENERATE,
            dedupe_key: format!("{}:{}:{}", draft.id, self.item_id, rejected.revision),
            payload: job::payload(&payload)?,
            run_at: ctx.now(),
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: Some(self.staff.user_id()),
            subject: Some(draft.id.0),
            max_attempts: 5,
        };
        let enqueued = tx.jobs().enqueue(job).await?;
        let action = "authoring.regeneration_requested";
        let entry = AuditEntry::new(ctx, action, "item", Some(self.item_id.0)).with(json!({
            "assessment_definition_id": draft.id,
            "job_id": enqueued.id,
            "deduplicated": enqueued.deduplicated,
        }));
        tx.audit().record(entry).await?;
        Ok(enqueued)
    }
}

impl RequestRegeneration {
    async fn rejected(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        seen: &ReviewedItem,
    ) -> Result<ReviewedItem, ReviewError> {
        if seen.review == Review::Rejected {
            return Ok(seen.clone());
        }
        let reason = self.reason.clone().ok_or(ReviewError::ReasonRequired)?;
        let verdict = Verdict::Reject { reason };
        judge(ctx, tx, self.definition_id, seen, &verdict).await?;
        current(tx, self.definition_id, self.item_id).await
    }
}

/// What a round has made.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// Another item with the id it gets; none when every proposal was refused.
    pub item: Option<(ItemId, ItemContent)>,
    /// The refused proposals with their rules.
    pub dropped: Vec<DroppedItem>,
}

/// The effect of a round: the new item stands where the old one stood, and the old one is kept with its reason.
pub struct StoreRound<'a> {
    /// What was asked for.
    pub payload: &'a RegeneratePayload,
    /// What came of it.
    pub round: &'a Round,
}

impl StoreRound<'_> {
    /// Writes into the transaction of the job's end. An item that was changed meanwhile is a conflict: the job looks again.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let draft = tx
            .authoring()
            .find_definition(self.payload.definition_id)
            .await?
            .filter(|draft| draft.status != DefinitionStatus::Archived)
            .ok_or(StoreError::Conflict)?;
        let seen = tx
            .review()
            .find_item(draft.id, self.payload.item_id)
            .await?
            .filter(|item| self.payload.is_about(item))
            .ok_or(StoreError::Conflict)?;
        tx.review()
            .add_dropped(draft.id, &self.round.dropped, MOST_DROPPED)
            .await?;
        let stored = self.put(ctx, tx, &seen).await?;
        let counted = tx
            .authoring()
            .update_definition(&draft, &draft.title, &draft.settings, ctx.now())
            .await?;
        if !(stored && counted) {
            return Err(StoreError::Conflict);
        }
        self.record(ctx, tx).await
    }

    /// The new item in its place, or the old one in its next revision.
    async fn put(&self, ctx: &Ctx, tx: &mut dyn Tx, seen: &ReviewedItem) -> Result<bool, StoreError> {
        let draft = self.payload.definition_id;
        let Some((item_id, content)) = &self.round.item else {
            let note = seen.note.as_deref();
            return tx.review().review_item(draft, seen, seen.review, note).await;
        };
        let replacement = VersionedItem {
            item_id: *item_id,
            item_version_id: ItemVersionId(ctx.new_uuid()),
            version: 1,
            section_index: seen.item.section_index,
            position: seen.item.position,
            content: content.clone(),
        };
        tx.review()
            .replace_item(draft, seen, &replacement, ctx.now())
            .await
    }

    async fn record(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let action = match &self.round.item {
            Some(_) => "authoring.item_replaced",
            None => "authoring.regeneration_gave_up",
        };
        let entry = AuditEntry::new(ctx, action, "item", Some(self.payload.item_id.0)).with(json!({
            "assessment_definition_id": self.payload.definition_id,
            "replaced_by": self.round.item.as_ref().map(|(id, _)| id),
            "dropped": self.round.dropped.len(),
        }));
        tx.audit().record(entry).await
    }
}
