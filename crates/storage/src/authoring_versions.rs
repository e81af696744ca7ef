//! Reads of versions: of items, and of published assessments.

use std::collections::BTreeMap;

use domain::authoring::difference::ChangeCounts;
use domain::authoring::{QuestionVersion, ReplacedItem, VersionContent, VersionSummary};
use domain::ids::{DefinitionId, DefinitionVersionId, ItemId, ItemVersionId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;
use uuid::Uuid;

use crate::authoring::versioned_item;
use crate::sql::{Row, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

/// Items of a frozen version with their versions.
type Frozen = BTreeMap<Uuid, Uuid>;

impl Store {
    /// All versions of an item, latest first; none when there is no such item.
    pub async fn item_versions(&self, id: ItemId) -> Result<Vec<QuestionVersion>, StoreError> {
        let text = "SELECT v.id, v.version, v.content, v.created_at, c.made_by, c.reason
             FROM item_versions v LEFT JOIN item_changes c ON c.item_version_id = v.id
             WHERE v.item_id = $1 ORDER BY v.version DESC";
        let rows = fetch_all(self.database().read(), text, values![id.0]).await?;
        rows.iter().map(item_version).collect()
    }

    /// Published versions of an assessment, latest first.
    pub async fn list_versions(
        &self,
        id: DefinitionId,
        page: PageRequest,
    ) -> Result<Page<VersionSummary>, StoreError> {
        let read = self.database().read();
        let text = "SELECT count(*) AS count FROM definition_versions WHERE definition_id = $1";
        let total = fetch_count(read, text, values![id.0]).await?;
        // One more than the page has: the version before its earliest.
        let text = "SELECT id, number, title, section_count, item_count, published_by, published_at
             FROM definition_versions WHERE definition_id = $1 ORDER BY number DESC LIMIT $2 OFFSET $3";
        let rows = fetch_all(read, text, values![id.0, page.limit() + 1, page.offset()]).await?;
        let mut listed: Vec<(VersionSummary, Frozen)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let summary = summary(row)?;
            let frozen = self.frozen(summary.id).await?;
            listed.push((summary, frozen));
        }
        let shown = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let mut items = Vec::with_capacity(listed.len());
        for (place, (version, frozen)) in listed.iter().enumerate().take(shown) {
            let before = listed.get(place + 1);
            items.push(VersionSummary {
                since_previous: before.map(|(_, before)| counted(before, frozen)),
                ..version.clone()
            });
        }
        Ok(page.of(items, total))
    }

    /// A published version by its number, keys included.
    pub async fn numbered_version(
        &self,
        id: DefinitionId,
        number: i32,
    ) -> Result<Option<VersionContent>, StoreError> {
        let text = "SELECT id FROM definition_versions WHERE definition_id = $1 AND number = $2";
        match fetch_optional(self.database().read(), text, values![id.0, number]).await? {
            Some(row) => self.version_content(DefinitionVersionId(row.get("id")?)).await,
            None => Ok(None),
        }
    }

    /// Rejected items of a draft in whose place others were made, earliest first.
    pub(crate) async fn replaced_items(&self, id: DefinitionId) -> Result<Vec<ReplacedItem>, StoreError> {
        let text =
            "SELECT v.id, r.item_id, r.item_version_id, v.version, r.section_index, r.position, v.content,
                r.reason, r.replaced_by, r.replaced_at
             FROM replaced_items r JOIN item_versions v ON v.id = r.item_version_id
             WHERE r.definition_id = $1 ORDER BY r.replaced_at, r.item_id";
        let rows = fetch_all(self.database().read(), text, values![id.0]).await?;
        let replaced = |row: &Row| {
            Ok(ReplacedItem {
                item: versioned_item(row)?,
                reason: row.get("reason")?,
                replaced_by: ItemId(row.get("replaced_by")?),
                replaced_at: row.timestamp("replaced_at")?,
            })
        };
        rows.iter().map(replaced).collect()
    }

    async fn frozen(&self, id: DefinitionVersionId) -> Result<Frozen, StoreError> {
        let text =
            "SELECT item_id, item_version_id FROM definition_version_items WHERE definition_version_id = $1";
        let rows = fetch_all(self.database().read(), text, values![id.0]).await?;
        rows.iter()
            .map(|row| Ok((row.get("item_id")?, row.get("item_version_id")?)))
            .collect()
    }
}

fn counted(before: &Frozen, after: &Frozen) -> ChangeCounts {
    let count = |counted: usize| u32::try_from(counted).unwrap_or(u32::MAX);
    let added = after.keys().filter(|item| !before.contains_key(*item));
    let removed = before.keys().filter(|item| !after.contains_key(*item));
    let changed = after
        .iter()
        .filter(|(item, version)| before.get(*item).is_some_and(|before| before != *version));
    ChangeCounts {
        added: count(added.count()),
        removed: count(removed.count()),
        changed: count(changed.count()),
    }
}

fn item_version(row: &Row) -> Result<QuestionVersion, StoreError> {
    Ok(QuestionVersion {
        id: ItemVersionId(row.get("id")?),
        version: row.get("version")?,
        content: row.json("item_versions", "content")?,
        created_at: row.timestamp("created_at")?,
        made_by: row.get::<Option<Uuid>>("made_by")?.map(UserId),
        reason: row.get("reason")?,
    })
}

fn summary(row: &Row) -> Result<VersionSummary, StoreError> {
    Ok(VersionSummary {
        id: DefinitionVersionId(row.get("id")?),
        number: row.get("number")?,
        title: row.get("title")?,
        sections: row.small_count("section_count")?,
        items: row.small_count("item_count")?,
        since_previous: None,
        published_by: UserId(row.get("published_by")?),
        published_at: row.timestamp("published_at")?,
    })
}
