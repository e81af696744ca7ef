//! What published versions say, kept in memory: it never changes.

use std::sync::Arc;

use domain::attempts::Slot;
use domain::authoring::item::ItemKind;
use domain::authoring::{Settings, VersionedItem};
use domain::ids::DefinitionVersionId;
use domain::store::StoreError;
use moka::sync::Cache;
use sea_orm::ConnectionTrait;

use crate::sql::{Row, fetch_all, fetch_optional, values};

/// Items that are kept, some kilobytes each.
const MOST_ITEMS: u64 = 10_000;
const MOST_VERSIONS: u64 = 500;

/// See the module.
#[derive(Clone)]
pub(crate) struct KeptVersions {
    /// Of tracks, by their places.
    pub(crate) items: Cache<(DefinitionVersionId, i32), Arc<VersionedItem>>,
    slots: Cache<DefinitionVersionId, Arc<[Slot]>>,
    settings: Cache<DefinitionVersionId, Settings>,
}

impl Default for KeptVersions {
    fn default() -> Self {
        Self {
            items: Cache::new(MOST_ITEMS),
            slots: Cache::new(MOST_VERSIONS),
            settings: Cache::new(MOST_VERSIONS),
        }
    }
}

impl KeptVersions {
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
