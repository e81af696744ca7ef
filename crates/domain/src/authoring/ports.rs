//! Syllabi, drafts and versions inside a transaction.

use async_trait::async_trait;

use super::generator::{BankedItem, DroppedItem};
use super::item::ItemContent;
use super::model::{
    Definition, DraftItem, DraftSection, ItemChange, NewDefinition, PublishedVersion, Review, Syllabus,
    VersionedItem,
};
use super::settings::Settings;
use super::views::ReviewedItem;
use crate::ids::{DefinitionId, DefinitionVersionId, ItemId, SyllabusId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait AuthoringRepository: Send {
    /// Adds a syllabus.
    async fn insert_syllabus(&mut self, syllabus: &Syllabus) -> Result<(), StoreError>;
    /// Ids and content hashes of active syllabi: those named, or all; in id order.
    async fn active_syllabi(
        &mut self,
        ids: Option<&[SyllabusId]>,
    ) -> Result<Vec<(SyllabusId, String)>, StoreError>;
    /// Items whose latest version has this content hash and cites a text, earliest first; deleted items and those that are
    /// rejected wherever they stand are not among them.
    async fn items_with(&mut self, content_hash: &str) -> Result<Vec<BankedItem>, StoreError>;
    /// Adds a draft with sections, items and first versions.
    async fn insert_definition(&mut self, definition: &NewDefinition) -> Result<(), StoreError>;
    /// The definition, locked until the transaction ends.
    async fn find_definition(&mut self, id: DefinitionId) -> Result<Option<Definition>, StoreError>;
    /// Its sections in order.
    async fn draft_sections(&mut self, id: DefinitionId) -> Result<Vec<DraftSection>, StoreError>;
    /// Its items in order.
    async fn draft_items(&mut self, id: DefinitionId) -> Result<Vec<DraftItem>, StoreError>;
    /// Replaces title and settings; false when the revision is no longer `seen`.
    async fn update_definition(
        &mut self,
        seen: &Definition,
        title: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Takes the definition out of use; false when the revision is no longer `seen`.
    async fn archive_definition(&mut self, seen: &Definition, now: Timestamp) -> Result<bool, StoreError>;
    /// Puts an archived definition back: published if it has a published version, else a draft; false when the revision is no
    /// longer `seen`.
    async fn restore_definition(&mut self, seen: &Definition, now: Timestamp) -> Result<bool, StoreError>;
    /// The highest version number so far, 0 for none.
    async fn latest_version_number(&mut self, id: DefinitionId) -> Result<i32, StoreError>;
    /// Adds a frozen version.
    async fn insert_version(&mut self, version: &PublishedVersion) -> Result<(), StoreError>;
    /// Points new attempts to the version; false when the revision is no longer `seen`.
    async fn mark_published(
        &mut self,
        seen: &Definition,
        version: DefinitionVersionId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// The items of drafts, one by one. What is `seen` guards every change: it is refused (false) when the item's verdict or
/// revision is another one meanwhile.
#[async_trait]
pub trait ReviewRepository: Send {
    /// The item as it stands in the draft; none when it does not.
    async fn find_item(
        &mut self,
        draft: DefinitionId,
        item: ItemId,
    ) -> Result<Option<ReviewedItem>, StoreError>;
    /// What the draft holds besides this item and is not rejected.
    async fn other_items(
        &mut self,
        draft: DefinitionId,
        item: ItemId,
    ) -> Result<Vec<ItemContent>, StoreError>;
    /// Whether another item stands in its place.
    async fn was_replaced(&mut self, draft: DefinitionId, item: ItemId) -> Result<bool, StoreError>;
    /// The highest number of the item's versions, 0 for none; the item is locked until the transaction ends.
    async fn latest_item_version(&mut self, item: ItemId) -> Result<i32, StoreError>;
    /// Stores a verdict.
    async fn review_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        review: Review,
        note: Option<&str>,
    ) -> Result<bool, StoreError>;
    /// Adds a version and puts it under review in place of the one that was.
    async fn change_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        content: &ItemContent,
        change: &ItemChange,
    ) -> Result<bool, StoreError>;
    /// Puts a new item under review in place of a rejected one, which is kept with its reason.
    async fn replace_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        replacement: &VersionedItem,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Accepts every item without a verdict, and counts them.
    async fn accept_pending(&mut self, draft: DefinitionId) -> Result<u64, StoreError>;
    /// Keeps refused proposals with the draft, the latest `most` of them.
    async fn add_dropped(
        &mut self,
        draft: DefinitionId,
        dropped: &[DroppedItem],
        most: usize,
    ) -> Result<(), StoreError>;
}
