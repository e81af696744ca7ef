//! An item of a draft changed by a person into a new version.

use async_trait::async_trait;
use serde_json::json;

use super::authored::validate;
use super::gate::{self, Refusal};
use super::item::ItemContent;
use super::model::ItemChange;
use super::publishing::{PublishingError, editable};
use super::review::{ReviewError, ReviewEvent, current, touch, under_review};
use super::views::ReviewedItem;
use crate::audit::AuditEntry;
use crate::identity::Staff;
use crate::ids::{DefinitionId, ItemId, ItemVersionId};
use crate::store::{Ctx, Tx, UseCase};

/// Rules of the gate that bind people, too: what breaks one of them cannot be scored fairly. The others judge how good an
/// item is, which is for the person who edits it to say; what they find is told.
const HARD_RULES: [&str; 4] = ["one_key", "distractors", "no_leak", "no_duplicate"];

/// Changes an item of a draft into a new version, which is under review again. Published versions keep theirs.
pub struct EditItem {
    /// Who may.
    pub staff: Staff,
    /// Of this assessment.
    pub definition_id: DefinitionId,
    /// Which.
    pub item_id: ItemId,
    /// The item's revision the edit was made from; another current one refuses it.
    pub seen_revision: i64,
    /// The whole item as it shall be.
    pub content: ItemContent,
    /// Why it is changed.
    pub reason: String,
}

/// An item after its edit.
#[derive(Clone, Debug, PartialEq)]
pub struct EditedItem {
    /// As it is now.
    pub item: ReviewedItem,
    /// What the quality gate has to say of it.
    pub findings: Vec<Refusal>,
}

#[async_trait]
impl UseCase for EditItem {
    const NAME: &'static str = "authoring.edit_item";
    type Out = EditedItem;
    type Err = ReviewError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<EditedItem, ReviewError> {
        let draft = editable(tx, self.definition_id).await?;
        let step = (ReviewEvent::Edit, Some(self.seen_revision));
        let seen = under_review(tx, draft.id, self.item_id, step).await?;
        if self.content == seen.item.content {
            return Err(ReviewError::NothingChanged);
        }
        validate(&self.content).map_err(ReviewError::Invalid)?;
        let others = tx.review().other_items(draft.id, self.item_id).await?;
        let findings = judged(&seen.item.content, &self.content, &others)?;
        let change = ItemChange {
            item_version_id: ItemVersionId(ctx.new_uuid()),
            version: tx.review().latest_item_version(self.item_id).await? + 1,
            made_by: self.staff.user_id(),
            reason: Some(self.reason.clone()),
            made_at: ctx.now(),
        };
        if !tx
            .review()
            .change_item(draft.id, &seen, &self.content, &change)
            .await?
        {
            return Err(PublishingError::ItemChanged(self.item_id).into());
        }
        touch(ctx, tx, &draft).await?;
        let entry = AuditEntry::new(ctx, "authoring.item_edited", "item", Some(self.item_id.0)).with(json!({
            "assessment_definition_id": draft.id,
            "version": change.version,
            "from": seen.review,
        }));
        tx.audit().record(entry).await?;
        Ok(EditedItem {
            item: current(tx, draft.id, self.item_id).await?,
            findings,
        })
    }
}

/// What the gate has to say of an edited item, unless the edit breaks a rule that binds people. What was wrong before is told,
/// so that an item the gate of another day let through can still be worked on.
fn judged(
    before: &ItemContent,
    after: &ItemContent,
    others: &[ItemContent],
) -> Result<Vec<Refusal>, ReviewError> {
    let earlier = gate::refusals(before, others);
    let is_broken_now = |finding: &Refusal| {
        HARD_RULES.contains(&finding.rule) && !earlier.iter().any(|other| other.rule == finding.rule)
    };
    let findings = gate::refusals(after, others);
    let (hard, soft): (Vec<Refusal>, Vec<Refusal>) = findings.into_iter().partition(is_broken_now);
    if hard.is_empty() {
        Ok(soft)
    } else {
        Err(ReviewError::Refused(hard))
    }
}
