//! Review of the items of a draft, one by one.
//!
//! ```text
//! pending  --accept--> accepted        pending, accepted, rejected --edit--> pending, as a new version
//! pending  --reject--> rejected        pending, rejected --regenerate--> rejected, until another item replaces it
//! accepted, rejected --reopen--> pending
//! ```
//!
//! A replaced item takes no step any more. Every step is guarded by the state and the revision it was decided from, so that
//! of two reviewers at one item one is told to look again.

use async_trait::async_trait;
use serde_json::json;

use super::authored::ContentError;
use super::gate;
use super::model::{Definition, Review};
use super::publishing::{PublishingError, editable};
use super::views::ReviewedItem;
use crate::audit::AuditEntry;
use crate::identity::Staff;
use crate::ids::{DefinitionId, ItemId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// A step of an item's review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewEvent {
    /// It is good.
    Accept,
    /// It is not good.
    Reject,
    /// The verdict is taken back.
    Reopen,
    /// It is changed into a new version.
    Edit,
    /// Another item is to be made in its place.
    Regenerate,
}

impl ReviewEvent {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Accept,
        Self::Reject,
        Self::Reopen,
        Self::Edit,
        Self::Regenerate,
    ];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Reopen => "reopen",
            Self::Edit => "edit",
            Self::Regenerate => "regenerate",
        }
    }
}

impl Review {
    /// Where a step leads; none when it cannot be taken.
    pub const fn after(self, event: ReviewEvent) -> Option<Self> {
        match (self, event) {
            (Self::Pending, ReviewEvent::Accept) => Some(Self::Accepted),
            (Self::Pending, ReviewEvent::Reject | ReviewEvent::Regenerate)
            | (Self::Rejected, ReviewEvent::Regenerate) => Some(Self::Rejected),
            (Self::Accepted | Self::Rejected, ReviewEvent::Reopen) | (_, ReviewEvent::Edit) => {
                Some(Self::Pending)
            }
            (Self::Accepted | Self::Rejected, ReviewEvent::Accept | ReviewEvent::Reject)
            | (Self::Pending, ReviewEvent::Reopen)
            | (Self::Accepted, ReviewEvent::Regenerate) => None,
        }
    }
}

/// A step that the state of an item does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the item is {from}, which does not take the step `{}`", event.as_str())]
pub struct UnlawfulReview {
    /// Which.
    pub item_id: ItemId,
    /// `pending`, `accepted`, `rejected` or `replaced`.
    pub from: &'static str,
    /// The step.
    pub event: ReviewEvent,
}

/// What a reviewer says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Accept {
        /// What there is to say about it.
        note: Option<String>,
    },
    /// It stays out.
    Reject {
        /// Why.
        reason: String,
    },
    /// It has to be looked at again; what was said of it stays until then.
    Reopen,
}

impl Verdict {
    pub(super) const fn event(&self) -> ReviewEvent {
        match self {
            Self::Accept { .. } => ReviewEvent::Accept,
            Self::Reject { .. } => ReviewEvent::Reject,
            Self::Reopen => ReviewEvent::Reopen,
        }
    }

    /// The state it leads to.
    pub(super) const fn review(&self) -> Review {
        match self {
            Self::Accept { .. } => Review::Accepted,
            Self::Reject { .. } => Review::Rejected,
            Self::Reopen => Review::Pending,
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "authoring.item_accepted",
            Self::Reject { .. } => "authoring.item_rejected",
            Self::Reopen => "authoring.item_reopened",
        }
    }

    fn note<'a>(&'a self, before: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Accept { note } => note.as_deref(),
            Self::Reject { reason } => Some(reason),
            Self::Reopen => before,
        }
    }
}

/// Why an item is not judged, edited or regenerated.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The assessment or the item's state does not allow it.
    #[error(transparent)]
    Draft(#[from] PublishingError),
    /// The assessment never had such an item.
    #[error("there is no such item in this assessment")]
    NoSuchItem,
    /// It is neither rejected nor is a reason given.
    #[error("say why the item is to be replaced")]
    ReasonRequired,
    /// The edited item cannot be used.
    #[error("the item is not valid")]
    Invalid(Vec<ContentError>),
    /// The edited item breaks rules of the quality gate that bind people, too.
    #[error("the quality gate refuses the item")]
    Refused(Vec<gate::Refusal>),
    /// The edited item is what it was.
    #[error("the item is already like this")]
    NothingChanged,
    /// It was not made from a syllabus.
    #[error("the item was not made from a syllabus; edit it instead")]
    NoSource,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for ReviewError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Draft(error) => error.store_error(),
            Self::NoSuchItem
            | Self::ReasonRequired
            | Self::Invalid(_)
            | Self::Refused(_)
            | Self::NothingChanged
            | Self::NoSource => None,
        }
    }
}

/// Accepts, rejects or reopens one item of a draft.
pub struct JudgeItem {
    /// Who may.
    pub staff: Staff,
    /// Of this assessment.
    pub definition_id: DefinitionId,
    /// Which.
    pub item_id: ItemId,
    /// The item's revision the verdict is about; another current one refuses it.
    pub seen_revision: Option<i64>,
    /// What is said of it.
    pub verdict: Verdict,
}

#[async_trait]
impl UseCase for JudgeItem {
    const NAME: &'static str = "authoring.judge_item";
    type Out = ReviewedItem;
    type Err = ReviewError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<ReviewedItem, ReviewError> {
        let draft = editable(tx, self.definition_id).await?;
        let event = self.verdict.event();
        let seen = under_review(tx, draft.id, self.item_id, (event, self.seen_revision)).await?;
        judge(ctx, tx, draft.id, &seen, &self.verdict).await?;
        touch(ctx, tx, &draft).await?;
        current(tx, draft.id, self.item_id).await
    }
}

/// The item with a step that its state allows.
pub(super) async fn under_review(
    tx: &mut dyn Tx,
    draft: DefinitionId,
    item_id: ItemId,
    (event, seen_revision): (ReviewEvent, Option<i64>),
) -> Result<ReviewedItem, ReviewError> {
    let unlawful = |from| PublishingError::Unlawful(UnlawfulReview { item_id, from, event });
    let Some(item) = tx.review().find_item(draft, item_id).await? else {
        let replaced = tx.review().was_replaced(draft, item_id).await?;
        return Err(if replaced {
            unlawful("replaced").into()
        } else {
            ReviewError::NoSuchItem
        });
    };
    if seen_revision.is_some_and(|seen| seen != item.revision) {
        return Err(PublishingError::ItemChanged(item_id).into());
    }
    match item.review.after(event) {
        Some(_) => Ok(item),
        None => Err(unlawful(item.review.as_str()).into()),
    }
}

/// Stores a lawful verdict with its row in the log.
pub(super) async fn judge(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    draft: DefinitionId,
    seen: &ReviewedItem,
    verdict: &Verdict,
) -> Result<(), PublishingError> {
    let note = verdict.note(seen.note.as_deref());
    if !tx
        .review()
        .review_item(draft, seen, verdict.review(), note)
        .await?
    {
        return Err(PublishingError::ItemChanged(seen.item.item_id));
    }
    let entry = AuditEntry::new(ctx, verdict.action(), "item", Some(seen.item.item_id.0)).with(json!({
        "assessment_definition_id": draft,
        "version": seen.item.version,
        "from": seen.review,
    }));
    tx.audit().record(entry).await?;
    Ok(())
}

/// Counts a change of the draft.
pub(super) async fn touch(ctx: &Ctx, tx: &mut dyn Tx, draft: &Definition) -> Result<(), PublishingError> {
    let changed = tx
        .authoring()
        .update_definition(draft, &draft.title, &draft.settings, ctx.now())
        .await?;
    if changed {
        Ok(())
    } else {
        Err(PublishingError::ChangedMeanwhile)
    }
}

/// The item as it is now.
pub(super) async fn current(
    tx: &mut dyn Tx,
    draft: DefinitionId,
    item_id: ItemId,
) -> Result<ReviewedItem, ReviewError> {
    let found = tx.review().find_item(draft, item_id).await?;
    found.ok_or(ReviewError::NoSuchItem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_takes_the_steps_of_the_table() {
        let row = |state: Review| {
            let steps = ReviewEvent::ALL.map(|event| {
                let to = state.after(event).map_or("-", Review::as_str);
                format!("{} {to}", event.as_str())
            });
            format!("{}: {}", state.as_str(), steps.join(", "))
        };
        assert_eq!(
            Review::ALL.map(row),
            [
                "pending: accept accepted, reject rejected, reopen -, edit pending, regenerate rejected",
                "accepted: accept -, reject -, reopen pending, edit pending, regenerate -",
                "rejected: accept -, reject -, reopen pending, edit pending, regenerate rejected",
            ]
        );
    }

    #[test]
    fn a_verdict_leads_where_its_step_does() {
        let verdicts = [
            Verdict::Accept { note: None },
            Verdict::Reject {
                reason: "too easy".to_owned(),
            },
            Verdict::Reopen,
        ];
        for verdict in verdicts {
            for from in Review::ALL {
                let to = from.after(verdict.event());
                assert!(to.is_none_or(|to| to == verdict.review()), "{from:?} {verdict:?}");
            }
        }
        assert_eq!(Verdict::Reopen.note(Some("too easy")), Some("too easy"));
    }

    #[test]
    fn a_refusal_names_state_and_step() {
        let refusal = UnlawfulReview {
            item_id: ItemId(uuid::Uuid::nil()),
            from: "replaced",
            event: ReviewEvent::Accept,
        };
        assert_eq!(
            refusal.to_string(),
            "the item is replaced, which does not take the step `accept`"
        );
    }
}
