//! Title, settings and verdicts of a draft, and its freezing into a version.

use async_trait::async_trait;
use serde_json::json;

use super::archiving::UnlawfulStatus;
use super::model::{
    Definition, DefinitionKind, DefinitionStatus, DraftItem, DraftSection, FrozenSection, PlacedItem,
    PublishedVersion, Review,
};
use super::review::{UnlawfulReview, Verdict, judge};
use super::settings::SettingsError;
use super::tracks::SettingsChange;
use crate::audit::AuditEntry;
use crate::identity::{Admin, Staff};
use crate::ids::{DefinitionId, DefinitionVersionId, ItemId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// Why a draft is not changed or published.
#[derive(Debug, thiserror::Error)]
pub enum PublishingError {
    /// There is no such definition.
    #[error("there is no such assessment")]
    NotFound,
    /// It is archived.
    #[error("the assessment is archived")]
    Archived,
    /// It is a track, whose bank and settings have routes of their own.
    #[error("the assessment is a track; change it at /tracks and /questions")]
    IsTrack,
    /// A reviewed item is not in the draft.
    #[error("item {0} is not part of this assessment")]
    UnknownItem(ItemId),
    /// Somebody else changed an item meanwhile.
    #[error("item {0} was changed meanwhile; read it again and repeat")]
    ItemChanged(ItemId),
    /// The state of an item does not allow the step.
    #[error(transparent)]
    Unlawful(#[from] UnlawfulReview),
    /// The status of the assessment does not allow the step.
    #[error(transparent)]
    UnlawfulStatus(#[from] UnlawfulStatus),
    /// Nobody has said anything of these items.
    #[error("{} items have no verdict yet; accept or reject them, or publish with accept_remaining", .0.len())]
    Unreviewed(Vec<ItemId>),
    /// All items are rejected.
    #[error("every item is rejected; accept at least one before publishing")]
    NothingToPublish,
    /// Somebody else changed it meanwhile.
    #[error("the assessment was changed meanwhile; read it again and repeat")]
    ChangedMeanwhile,
    /// A setting out of its range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for PublishingError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::Archived
            | Self::IsTrack
            | Self::UnknownItem(_)
            | Self::ItemChanged(_)
            | Self::Unlawful(_)
            | Self::UnlawfulStatus(_)
            | Self::Unreviewed(_)
            | Self::NothingToPublish
            | Self::ChangedMeanwhile
            | Self::Settings(_) => None,
        }
    }
}

/// What a reviewer says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReview {
    /// The item.
    pub item_id: ItemId,
    /// The verdict.
    pub verdict: Verdict,
}

/// Changes title, settings or item reviews of a draft. What is published stays as it was frozen.
pub struct ReviewDefinition {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub definition_id: DefinitionId,
    /// A new title.
    pub title: Option<String>,
    /// Other settings.
    pub settings: Option<SettingsChange>,
    /// Verdicts on items.
    pub items: Vec<ItemReview>,
}

#[async_trait]
impl UseCase for ReviewDefinition {
    const NAME: &'static str = "authoring.review_definition";
    type Out = ();
    type Err = PublishingError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), PublishingError> {
        let definition = editable(tx, self.definition_id).await?;
        for item in &self.items {
            review(ctx, tx, definition.id, item).await?;
        }
        let in_force = &definition.settings;
        let settings = self
            .settings
            .as_ref()
            .map_or_else(|| in_force.clone(), |change| change(in_force));
        settings.validate()?;
        let title = self.title.as_deref().unwrap_or(&definition.title);
        if !tx
            .authoring()
            .update_definition(&definition, title, &settings, ctx.now())
            .await?
        {
            return Err(PublishingError::ChangedMeanwhile);
        }
        let entry = AuditEntry::new(
            ctx,
            "authoring.reviewed",
            "assessment_definition",
            Some(definition.id.0),
        )
        .with(json!({ "items": self.items.len() }));
        tx.audit().record(entry).await?;
        Ok(())
    }
}

/// Says how the item shall stand: a verdict that is there already is not a step, and another one is taken back first.
async fn review(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    draft: DefinitionId,
    item: &ItemReview,
) -> Result<(), PublishingError> {
    let unknown = || PublishingError::UnknownItem(item.item_id);
    let found = tx.review().find_item(draft, item.item_id).await?;
    let mut seen = found.ok_or_else(unknown)?;
    if seen.review == item.verdict.review() {
        return Ok(());
    }
    if seen.review != Review::Pending && item.verdict != Verdict::Reopen {
        judge(ctx, tx, draft, &seen, &Verdict::Reopen).await?;
        let reopened = tx.review().find_item(draft, item.item_id).await?;
        seen = reopened.ok_or_else(unknown)?;
    }
    judge(ctx, tx, draft, &seen, &item.verdict).await
}

/// Freezes what is not rejected into a new version, which new attempts take from now on.
pub struct Publish {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub definition_id: DefinitionId,
    /// Whether items without a verdict are accepted by this; otherwise they are in the way.
    pub accept_remaining: bool,
    /// The revision of the assessment it is about; another current one refuses it.
    pub seen_revision: Option<i64>,
}

#[async_trait]
impl UseCase for Publish {
    const NAME: &'static str = "authoring.publish";
    type Out = PublishedVersion;
    type Err = PublishingError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<PublishedVersion, PublishingError> {
        let definition = editable(tx, self.definition_id).await?;
        if self.seen_revision.is_some_and(|seen| seen != definition.revision) {
            return Err(PublishingError::ChangedMeanwhile);
        }
        self.settle_remaining(ctx, tx).await?;
        freeze_into_version(ctx, tx, &definition, self.staff.user_id()).await
    }
}

impl Publish {
    /// Items without a verdict are accepted or in the way.
    async fn settle_remaining(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), PublishingError> {
        let items = tx.authoring().draft_items(self.definition_id).await?;
        let pending = items.iter().filter(|item| item.review == Review::Pending);
        let pending: Vec<ItemId> = pending.map(|item| item.item_id).collect();
        if pending.is_empty() {
            return Ok(());
        }
        if !self.accept_remaining {
            return Err(PublishingError::Unreviewed(pending));
        }
        let accepted = tx.review().accept_pending(self.definition_id).await?;
        let entry = AuditEntry::new(
            ctx,
            "authoring.remaining_accepted",
            "assessment_definition",
            Some(self.definition_id.0),
        )
        .with(json!({ "items": accepted }));
        tx.audit().record(entry).await?;
        Ok(())
    }
}

/// Adds a version of what is not rejected, and points new attempts to it.
pub(super) async fn freeze_into_version(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    definition: &Definition,
    published_by: UserId,
) -> Result<PublishedVersion, PublishingError> {
    let sections = tx.authoring().draft_sections(definition.id).await?;
    let items = tx.authoring().draft_items(definition.id).await?;
    let (sections, items) = freeze(&sections, &items);
    if items.is_empty() {
        return Err(PublishingError::NothingToPublish);
    }
    let version = PublishedVersion {
        id: DefinitionVersionId(ctx.new_uuid()),
        definition_id: definition.id,
        number: tx.authoring().latest_version_number(definition.id).await? + 1,
        title: definition.title.clone(),
        settings: definition.settings.clone(),
        sections,
        items,
        published_by,
        published_at: ctx.now(),
    };
    tx.authoring().insert_version(&version).await?;
    if !tx
        .authoring()
        .mark_published(definition, version.id, ctx.now())
        .await?
    {
        return Err(PublishingError::ChangedMeanwhile);
    }
    let entry = AuditEntry::new(
        ctx,
        "authoring.published",
        "assessment_definition",
        Some(definition.id.0),
    )
    .with(json!({ "version": version.number, "items": version.items.len() }));
    tx.audit().record(entry).await?;
    Ok(version)
}

pub(super) async fn editable(tx: &mut dyn Tx, id: DefinitionId) -> Result<Definition, PublishingError> {
    let definition = tx
        .authoring()
        .find_definition(id)
        .await?
        .ok_or(PublishingError::NotFound)?;
    if definition.kind == DefinitionKind::Track {
        return Err(PublishingError::IsTrack);
    }
    match definition.status {
        DefinitionStatus::Draft | DefinitionStatus::Published => Ok(definition),
        DefinitionStatus::Archived => Err(PublishingError::Archived),
    }
}

/// Leaves out rejected items and sections that end up empty, and closes the gaps.
fn freeze(sections: &[DraftSection], items: &[DraftItem]) -> (Vec<FrozenSection>, Vec<PlacedItem>) {
    let mut frozen = Vec::new();
    let mut placed = Vec::new();
    for section in sections {
        let kept = items
            .iter()
            .filter(|item| item.section_index == section.index && item.review != Review::Rejected);
        let section_index = i32::try_from(frozen.len()).unwrap_or(i32::MAX);
        let before = placed.len();
        placed.extend(kept.zip(0..).map(|(item, position)| PlacedItem {
            item_id: item.item_id,
            item_version_id: item.item_version_id,
            section_index,
            position,
        }));
        if placed.len() > before {
            frozen.push(FrozenSection {
                id: section.id,
                title: section.title.clone(),
            });
        }
    }
    (frozen, placed)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::ItemVersionId;

    #[test]
    fn freezing_leaves_out_rejected_items_and_empty_sections() {
        let section = |index| DraftSection {
            id: Uuid::from_u128(index),
            index: i32::try_from(index).unwrap(),
            title: format!("s{index}"),
        };
        let item = |number: u128, section_index, position, review| DraftItem {
            item_id: ItemId(Uuid::from_u128(number)),
            item_version_id: ItemVersionId(Uuid::from_u128(100 + number)),
            section_index,
            position,
            review,
        };
        let (sections, items) = freeze(
            &[section(0), section(1), section(2)],
            &[
                item(1, 0, 0, Review::Rejected),
                item(2, 0, 1, Review::Pending),
                item(3, 1, 0, Review::Rejected),
                item(4, 2, 0, Review::Accepted),
            ],
        );
        assert_eq!(
            sections
                .iter()
                .map(|section| section.title.as_str())
                .collect::<Vec<_>>(),
            ["s0", "s2"]
        );
        let places: Vec<_> = items
            .iter()
            .map(|item| (item.item_id.0.as_u128(), item.section_index, item.position))
            .collect();
        assert_eq!(places, [(2, 0, 0), (4, 1, 0)]);
    }
}
