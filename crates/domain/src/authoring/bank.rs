//! The questions of the tracks' banks: added, changed into new versions, taken out.

use async_trait::async_trait;
use serde_json::json;

use super::authored::{ContentError, validate};
use super::exemplars::{Exemplar, ExemplarFault};
use super::item::ItemContent;
use super::model::ItemChange;
use super::publishing::PublishingError;
use super::tracks::{Skill, Track, refreeze};
use crate::audit::AuditEntry;
use crate::identity::Admin;
use crate::ids::{DefinitionId, ItemId, ItemVersionId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// A question of one or more banks in its current version.
#[derive(Clone, Debug, PartialEq)]
pub struct BankItem {
    /// Which.
    pub item_id: ItemId,
    /// Its current version.
    pub item_version_id: ItemVersionId,
    /// The number of that version, from 1.
    pub version: i32,
    /// Content with key.
    pub content: ItemContent,
    /// Slugs of the tracks it belongs to, in order.
    pub tracks: Vec<String>,
    /// When the question was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub changed_at: Timestamp,
}

/// Tracks and banks inside a transaction.
#[async_trait]
pub trait BankRepository: Send {
    /// Adds a track to its definition.
    async fn insert_track(&mut self, track: &Track) -> Result<(), StoreError>;
    /// The track with its definition, locked until the transaction ends; deleted ones are not found.
    async fn find_track(&mut self, slug: &str) -> Result<Option<Track>, StoreError>;
    /// Replaces description and skills; false when it is deleted.
    async fn update_track(&mut self, track: &Track) -> Result<bool, StoreError>;
    /// Marks it deleted; false when it already was.
    async fn delete_track(&mut self, id: DefinitionId, now: Timestamp) -> Result<bool, StoreError>;
    /// The question if it belongs to a bank and is not deleted; locked until the transaction ends.
    async fn find_item(&mut self, id: ItemId) -> Result<Option<BankItem>, StoreError>;
    /// The question if it belongs to a bank or a generated assessment and is not deleted; locked until the transaction ends.
    async fn find_item_anywhere(&mut self, id: ItemId) -> Result<Option<BankItem>, StoreError>;
    /// Adds a question with its first version.
    async fn insert_item(&mut self, item: &BankItem, made_by: UserId) -> Result<(), StoreError>;
    /// Adds the next version of a question.
    async fn insert_item_version(&mut self, item: &BankItem, change: &ItemChange) -> Result<(), StoreError>;
    /// Puts the current version at the end of the bank, or in place of the version that is there.
    async fn place_item(&mut self, track: DefinitionId, item: &BankItem) -> Result<(), StoreError>;
    /// Takes a question out of a bank.
    async fn remove_item(&mut self, track: DefinitionId, item: ItemId) -> Result<(), StoreError>;
    /// Marks a question deleted; false when it already was.
    async fn delete_item(&mut self, id: ItemId, now: Timestamp) -> Result<bool, StoreError>;
    /// How many questions the bank has.
    async fn count_items(&mut self, track: DefinitionId) -> Result<u32, StoreError>;
    /// Adds an exemplar; false when the same answer to the question is there already.
    async fn insert_exemplar(&mut self, exemplar: &Exemplar) -> Result<bool, StoreError>;
}

/// Why a question is not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// There is no such question in any bank.
    #[error("there is no such question")]
    NotFound,
    /// A named track does not exist.
    #[error("there is no track `{0}`")]
    NoSuchTrack(String),
    /// It would belong to no track.
    #[error("a question belongs to at least one track")]
    NoTrack,
    /// The bank would be empty.
    #[error("this is the last question of the track `{0}`; delete the track instead")]
    LastQuestion(String),
    /// The question cannot be used.
    #[error("the question is not valid")]
    Invalid(Vec<ContentError>),
    /// Exemplars cannot be used.
    #[error("the exemplars are not valid")]
    InvalidExemplars(Vec<ExemplarFault>),
    /// Somebody else changed it meanwhile.
    #[error("the question was changed meanwhile; read it again and repeat")]
    ChangedMeanwhile,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for BankError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::NoSuchTrack(_)
            | Self::NoTrack
            | Self::LastQuestion(_)
            | Self::Invalid(_)
            | Self::InvalidExemplars(_)
            | Self::ChangedMeanwhile => None,
        }
    }
}

impl From<PublishingError> for BankError {
    fn from(error: PublishingError) -> Self {
        match error {
            PublishingError::Store(error) => Self::Store(error),
            PublishingError::NotFound
            | PublishingError::Archived
            | PublishingError::IsTrack
            | PublishingError::UnknownItem(_)
            | PublishingError::ItemChanged(_)
            | PublishingError::Unlawful(_)
            | PublishingError::UnlawfulStatus(_)
            | PublishingError::Unreviewed(_)
            | PublishingError::NothingToPublish
            | PublishingError::Settings(_)
            | PublishingError::ChangedMeanwhile => Self::ChangedMeanwhile,
        }
    }
}

/// Adds a question to the banks of tracks; new attempts may draw it at once.
pub struct AddQuestion {
    /// Who may.
    pub admin: Admin,
    /// Slugs of the tracks.
    pub tracks: Vec<String>,
    /// The question with its key.
    pub content: ItemContent,
}

#[async_trait]
impl UseCase for AddQuestion {
    const NAME: &'static str = "bank.add_question";
    type Out = BankItem;
    type Err = BankError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<BankItem, BankError> {
        let tracks = named_tracks(tx, &self.tracks).await?;
        check(&self.content, &tracks)?;
        let item = BankItem {
            item_id: ItemId(ctx.new_uuid()),
            item_version_id: ItemVersionId(ctx.new_uuid()),
            version: 1,
            content: self.content.clone(),
            tracks: slugs(&tracks),
            created_at: ctx.now(),
            changed_at: ctx.now(),
        };
        tx.bank().insert_item(&item, self.admin.user_id()).await?;
        for track in &tracks {
            tx.bank().place_item(track.definition.id, &item).await?;
            refreeze(ctx, tx, track.definition.id, self.admin.user_id()).await?;
        }
        audit(ctx, tx, "bank.question_added", &item).await?;
        Ok(item)
    }
}

/// Changes a question into a new version, or the tracks it belongs to. Attempts keep the version they drew.
pub struct ChangeQuestion {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub item_id: ItemId,
    /// The version the change was made from; another current one refuses it.
    pub seen_version: Option<i32>,
    /// The whole question as it shall be.
    pub content: Option<ItemContent>,
    /// All tracks it shall belong to.
    pub tracks: Option<Vec<String>>,
    /// Why it is changed.
    pub reason: Option<String>,
}

#[async_trait]
impl UseCase for ChangeQuestion {
    const NAME: &'static str = "bank.change_question";
    type Out = BankItem;
    type Err = BankError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<BankItem, BankError> {
        let before = tx
            .bank()
            .find_item(self.item_id)
            .await?
            .ok_or(BankError::NotFound)?;
        if self.seen_version.is_some_and(|seen| seen != before.version) {
            return Err(BankError::ChangedMeanwhile);
        }
        let tracks = named_tracks(tx, self.tracks.as_ref().unwrap_or(&before.tracks)).await?;
        let content = self.content.as_ref().unwrap_or(&before.content);
        check(content, &tracks)?;
        let item = self
            .next_version(ctx, tx, &before, content, slugs(&tracks))
            .await?;
        for slug in before.tracks.iter().filter(|slug| !item.tracks.contains(slug)) {
            if let Some(left) = tx.bank().find_track(slug).await? {
                take_out(ctx, tx, &left, &item, self.admin).await?;
            }
        }
        let same_version = item.item_version_id == before.item_version_id;
        // What a track has as it is needs no new frozen version.
        for track in tracks
            .iter()
            .filter(|track| !(same_version && before.tracks.contains(&track.slug)))
        {
            tx.bank().place_item(track.definition.id, &item).await?;
            refreeze(ctx, tx, track.definition.id, self.admin.user_id()).await?;
        }
        audit(ctx, tx, "bank.question_changed", &item).await?;
        Ok(item)
    }
}

impl ChangeQuestion {
    async fn next_version(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        before: &BankItem,
        content: &ItemContent,
        tracks: Vec<String>,
    ) -> Result<BankItem, StoreError> {
        let mut item = BankItem {
            tracks,
            ..before.clone()
        };
        if *content != before.content {
            item.item_version_id = ItemVersionId(ctx.new_uuid());
            item.version = before.version + 1;
            item.content = content.clone();
            item.changed_at = ctx.now();
            let change = ItemChange {
                item_version_id: item.item_version_id,
                version: item.version,
                made_by: self.admin.user_id(),
                reason: self.reason.clone(),
                made_at: item.changed_at,
            };
            tx.bank().insert_item_version(&item, &change).await?;
        }
        Ok(item)
    }
}

/// Takes a question out of every bank. Attempts that drew it keep it.
pub struct DeleteQuestion {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub item_id: ItemId,
}

#[async_trait]
impl UseCase for DeleteQuestion {
    const NAME: &'static str = "bank.delete_question";
    type Out = ();
    type Err = BankError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), BankError> {
        let item = tx
            .bank()
            .find_item(self.item_id)
            .await?
            .ok_or(BankError::NotFound)?;
        for track in named_tracks(tx, &item.tracks).await? {
            take_out(ctx, tx, &track, &item, self.admin).await?;
        }
        if !tx.bank().delete_item(item.item_id, ctx.now()).await? {
            return Err(BankError::NotFound);
        }
        audit(ctx, tx, "bank.question_deleted", &item).await
    }
}

/// An item may be aligned only with skills its track has.
pub(super) fn has_only_skills_of(item: &ItemContent, skills: &[Skill]) -> Result<(), Vec<ContentError>> {
    let known = |name: &String| skills.iter().any(|skill| skill.skill == *name);
    let unknown = item.skills.iter().enumerate().filter(|(_, name)| !known(name));
    let errors: Vec<ContentError> = unknown
        .map(|(index, _)| ContentError {
            pointer: format!("/skills/{index}"),
            expected: "a skill of the track".to_owned(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn check(content: &ItemContent, tracks: &[Track]) -> Result<(), BankError> {
    validate(content).map_err(BankError::Invalid)?;
    let skills: Vec<Skill> = tracks.iter().flat_map(|track| track.skills.clone()).collect();
    has_only_skills_of(content, &skills).map_err(BankError::Invalid)
}

/// The tracks in slug order, each once, locked in that order.
async fn named_tracks(tx: &mut dyn Tx, named: &[String]) -> Result<Vec<Track>, BankError> {
    let mut sorted = named.to_vec();
    sorted.sort();
    sorted.dedup();
    let mut tracks = Vec::with_capacity(sorted.len());
    for slug in sorted {
        let found = tx.bank().find_track(&slug).await?;
        tracks.push(found.ok_or(BankError::NoSuchTrack(slug))?);
    }
    if tracks.is_empty() {
        return Err(BankError::NoTrack);
    }
    Ok(tracks)
}

fn slugs(tracks: &[Track]) -> Vec<String> {
    tracks.iter().map(|track| track.slug.clone()).collect()
}

async fn take_out(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    track: &Track,
    item: &BankItem,
    by: Admin,
) -> Result<(), BankError> {
    if tx.bank().count_items(track.definition.id).await? <= 1 {
        return Err(BankError::LastQuestion(track.slug.clone()));
    }
    tx.bank().remove_item(track.definition.id, item.item_id).await?;
    refreeze(ctx, tx, track.definition.id, by.user_id()).await?;
    Ok(())
}

async fn audit(ctx: &Ctx, tx: &mut dyn Tx, action: &'static str, item: &BankItem) -> Result<(), BankError> {
    let entry = AuditEntry::new(ctx, action, "item", Some(item.item_id.0))
        .with(json!({ "version": item.version, "tracks": item.tracks }));
    tx.audit().record(entry).await?;
    Ok(())
}
