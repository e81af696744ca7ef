//! What published versions say, kept in memory: it never changes.

use std::sync::Arc;

use domain::attempts::Slot;
use domain::authoring::item::ItemKind;
use domain::authoring::{Settings, VersionedItem};
use domain::ids::DefinitionVersionId;
use domain::store::StoreError;
use moka::sync::Cache;
use sea_orm::ConnectionTrait;

use crate::authoring::versioned_item;
use crate::sql::{Row, fetch_all, fetch_optional, values};

/// Of the contents of items, as they are stored.
const MOST_BYTES: u64 = 64 << 20;
const MOST_VERSIONS: u64 = 500;

/// See the module.
#[derive(Clone)]
pub(crate) struct KeptVersions {
    items: Cache<(DefinitionVersionId, i32), Item>,
    slots: Cache<DefinitionVersionId, Arc<[Slot]>>,
    settings: Cache<DefinitionVersionId, Settings>,
}

#[derive(Clone)]
struct Item {
    item: Arc<VersionedItem>,
    bytes: u32,
}

impl Default for KeptVersions {
    fn default() -> Self {
        Self {
            items: Cache::builder()
                .max_capacity(MOST_BYTES)
                .weigher(|_, kept: &Item| kept.bytes)
                .build(),
            slots: Cache::new(MOST_VERSIONS),
            settings: Cache::new(MOST_VERSIONS),
        }
    }
}

impl KeptVersions {
    /// The item at a place of a track.
    pub(crate) fn item(&self, version: DefinitionVersionId, place: i32) -> Option<Arc<VersionedItem>> {
        Some(self.items.get(&(version, place))?.item)
    }

    /// Keeps an item of a track that was read.
    pub(crate) fn keep_item(
        &self,
        version: DefinitionVersionId,
        row: &Row,
    ) -> Result<Arc<VersionedItem>, StoreError> {
        let bytes = u32::try_from(row.get::<String>("content")?.len()).unwrap_or(u32::MAX);
        let item = Arc::new(versioned_item(row)?);
        let kept = Item {
            item: Arc::clone(&item),
            bytes,
        };
        self.items.insert((version, item.position), kept);
        Ok(item)
    }

    /// What drawing may know of the items of a version, in order.
    pub(crate) async fn slots(
        &self,
        connection: &impl ConnectionTrait,
        version: DefinitionVersionId,
    ) -> Result<Vec<Slot>, StoreError> {
        if let Some(kept) = self.slots.get(&version) {
            return Ok(kept.to_vec());
        }
        let text = "SELECT v.id, d.section_index, v.kind
             FROM definition_version_items d JOIN item_versions v ON v.id = d.item_version_id
             WHERE d.definition_version_id = $1 ORDER BY d.section_index, d.position";
        let slot = |row: &Row| {
            Ok(Slot {
                section_index: row.get("section_index")?,
                group: row.parse("item_versions", "kind", ItemKind::parse)?.group(),
            })
        };
        let rows = fetch_all(connection, text, values![version.0]).await?;
        let slots = rows.iter().map(slot).collect::<Result<Vec<_>, StoreError>>()?;
        if !slots.is_empty() {
            self.slots.insert(version, slots.clone().into());
        }
        Ok(slots)
    }

    /// The settings that a version was published with.
    pub(crate) async fn settings(
        &self,
        connection: &impl ConnectionTrait,
        version: DefinitionVersionId,
    ) -> Result<Settings, StoreError> {
        if let Some(kept) = self.settings.get(&version) {
            return Ok(kept);
        }
        let text = "SELECT id, settings FROM definition_versions WHERE id = $1";
        let Some(row) = fetch_optional(connection, text, values![version.0]).await? else {
            return Err(StoreError::Inconsistent {
                table: "attempts",
                column: "definition_version_id",
                id: version.to_string(),
            });
        };
        let settings: Settings = row.json("definition_versions", "settings")?;
        self.settings.insert(version, settings.clone());
        Ok(settings)
    }
}
