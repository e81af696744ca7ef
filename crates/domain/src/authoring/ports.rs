//! Syllabi, drafts and versions inside a transaction.

use async_trait::async_trait;

use super::model::{Definition, DraftItem, DraftSection, NewDefinition, PublishedVersion, Review, Syllabus};
use super::settings::Settings;
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
    /// Adds a draft with sections, items and first versions.
    async fn insert_definition(&mut self, definition: &NewDefinition) -> Result<(), StoreError>;
    /// The definition, locked until the transaction ends.
    async fn find_definition(&mut self, id: DefinitionId) -> Result<Option<Definition>, StoreError>;
    /// Its sections in order.
    async fn draft_sections(&mut self, id: DefinitionId) -> Result<Vec<DraftSection>, StoreError>;
    /// Its items in order.
    async fn draft_items(&mut self, id: DefinitionId) -> Result<Vec<DraftItem>, StoreError>;
    /// Stores what the reviewer said; false when the item is not in the draft.
    async fn review_item(
        &mut self,
        id: DefinitionId,
        item: ItemId,
        review: Review,
        note: Option<&str>,
    ) -> Result<bool, StoreError>;
    /// Replaces title and settings; false when the revision is no longer `seen`.
    async fn update_definition(
        &mut self,
        seen: &Definition,
        title: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Takes the definition out of use for good; false when the revision is no longer `seen`.
    async fn archive_definition(&mut self, seen: &Definition, now: Timestamp) -> Result<bool, StoreError>;
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
