//! Syllabi, drafts and frozen versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::blueprint::Blueprint;
use super::generator::DroppedItem;
use super::item::ItemContent;
use super::settings::Settings;
use crate::ids::{DefinitionId, DefinitionVersionId, ItemId, ItemVersionId, SyllabusId, UserId};
use crate::time::Timestamp;

/// An uploaded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syllabus {
    /// Which.
    pub id: SyllabusId,
    /// What it is about.
    pub subject: String,
    /// As uploaded.
    pub file_name: String,
    /// `application/pdf`, `text/plain`, `text/markdown`.
    pub media_type: String,
    /// SHA-256 of the page texts, hexadecimal.
    pub content_hash: String,
    /// Text page by page; source spans count characters in these.
    pub pages: Vec<String>,
    /// By whom.
    pub uploaded_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// Where items of an assessment come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// Made from syllabi.
    Generated,
    /// Drawn from the bank of a role.
    Track,
}

impl DefinitionKind {
    /// All.
    pub const ALL: [Self; 2] = [Self::Generated, Self::Track];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Track => "track",
        }
    }

    /// The kind of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where a definition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionStatus {
    /// Under review; nobody can take it.
    Draft,
    /// Can be taken.
    Published,
    /// Can no longer be started.
    Archived,
}

impl DefinitionStatus {
    /// All.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }

    /// The status of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// What a reviewer said of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nothing yet; is published if whoever publishes says so.
    Pending,
    /// Good; is published.
    Accepted,
    /// Not good; stays out.
    Rejected,
}

impl Review {
    /// All.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Accepted, Self::Rejected];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// The review of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|review| review.as_str() == name)
    }
}

/// An assessment under its stable id.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Which.
    pub id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Where its items come from.
    pub kind: DefinitionKind,
    /// Where it stands.
    pub status: DefinitionStatus,
    /// For the next published version.
    pub settings: Settings,
    /// Counts changes; a change names the one it saw.
    pub revision: i64,
    /// The version new attempts take.
    pub published_version_id: Option<DefinitionVersionId>,
}

/// A section of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSection {
    /// Stays with the section through versions.
    pub id: Uuid,
    /// From 0.
    pub index: i32,
    /// What people read.
    pub title: String,
}

/// An item's place in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftItem {
    /// The item.
    pub item_id: ItemId,
    /// The version under review.
    pub item_version_id: ItemVersionId,
    /// Section, from 0.
    pub section_index: i32,
    /// Place in the section, from 0.
    pub position: i32,
    /// What the reviewer said.
    pub review: Review,
}

/// A version of an item that a person made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemChange {
    /// The new version.
    pub item_version_id: ItemVersionId,
    /// Its number, from 1.
    pub version: i32,
    /// By whom.
    pub made_by: UserId,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub made_at: Timestamp,
}

/// An item with the ids of its first version.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionedItem {
    /// The item.
    pub item_id: ItemId,
    /// This version.
    pub item_version_id: ItemVersionId,
    /// From 1.
    pub version: i32,
    /// Section, from 0.
    pub section_index: i32,
    /// Place in the section, from 0.
    pub position: i32,
    /// Content with keys.
    pub content: ItemContent,
}

/// A draft about to be stored, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDefinition {
    /// Which.
    pub id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Where its items come from.
    pub kind: DefinitionKind,
    /// What was asked for.
    pub blueprint: Blueprint,
    /// From the blueprint.
    pub settings: Settings,
    /// Hash of texts, blueprint and generator version.
    pub generation_key: Option<String>,
    /// What the gate refused, with reasons.
    pub dropped: Vec<DroppedItem>,
    /// In order.
    pub sections: Vec<DraftSection>,
    /// In order.
    pub items: Vec<VersionedItem>,
    /// Which of the items are there already, with the verdict they come with; the others are new and under review.
    pub reused: BTreeMap<ItemId, Review>,
    /// When.
    pub created_at: Timestamp,
}

/// A version of an item that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownVersion {
    /// The item.
    pub item_id: ItemId,
    /// The version.
    pub item_version_id: ItemVersionId,
    /// Its number, from 1.
    pub version: i32,
}

/// A section of a frozen version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenSection {
    /// The `section_id` of the HTTP contract.
    pub id: Uuid,
    /// What people read.
    pub title: String,
}

/// An item's place in a frozen version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedItem {
    /// The item.
    pub item_id: ItemId,
    /// The frozen version.
    pub item_version_id: ItemVersionId,
    /// Section, from 0 without gaps.
    pub section_index: i32,
    /// Place in the section, from 0 without gaps.
    pub position: i32,
}

/// A frozen version of an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedVersion {
    /// Which.
    pub id: DefinitionVersionId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// From 1.
    pub number: i32,
    /// What people read.
    pub title: String,
    /// In force for its attempts.
    pub settings: Settings,
    /// In order; none empty.
    pub sections: Vec<FrozenSection>,
    /// In order.
    pub items: Vec<PlacedItem>,
    /// By whom.
    pub published_by: UserId,
    /// When.
    pub published_at: Timestamp,
}
