//! `definition_items` one by one, `replaced_items`, `item_changes`.

use async_trait::async_trait;
use domain::authoring::generator::DroppedItem;
use domain::authoring::item::ItemContent;
use domain::authoring::{ItemChange, Review, ReviewRepository, ReviewedItem, VersionedItem};
use domain::ids::{DefinitionId, ItemId};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::authoring::{insert_first_version, insert_item_version, versioned_item};
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_count, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// Items of a draft, `$1`.
pub(crate) const REVIEWED_ITEMS: &str =
    "SELECT v.id, d.item_id, d.item_version_id, v.version, d.section_index, d.position,
        d.review, d.review_note, d.revision, v.content
     FROM definition_items d JOIN item_versions v ON v.id = d.item_version_id
     WHERE d.definition_id = $1";

pub(crate) fn reviewed_item(row: &Row) -> Result<ReviewedItem, StoreError> {
    Ok(ReviewedItem {
        item: versioned_item(row)?,
        review: row.parse("definition_items", "review", Review::parse)?,
        note: row.get("review_note")?,
        revision: row.get("revision")?,
    })
}

/// Who made a version, and why.
pub(crate) async fn insert_item_change(tx: &SqlTx, change: &ItemChange) -> Result<(), StoreError> {
    let text =
        "INSERT INTO item_changes (item_version_id, made_by, reason, created_at) VALUES ($1, $2, $3, $4)";
    let values = values![
        change.item_version_id.0,
        change.made_by.0,
        change.reason.clone(),
        change.made_at.as_micros()
    ];
    execute(&tx.connection, text, values).await?;
    Ok(())
}

#[async_trait]
impl ReviewRepository for SqlTx {
    async fn find_item(
        &mut self,
        draft: DefinitionId,
        item: ItemId,
    ) -> Result<Option<ReviewedItem>, StoreError> {
        let text = format!("{REVIEWED_ITEMS} AND d.item_id = $2");
        let row = fetch_optional(&self.connection, &text, values![draft.0, item.0]).await?;
        row.as_ref().map(reviewed_item).transpose()
    }

    async fn other_items(
        &mut self,
        draft: DefinitionId,
        item: ItemId,
    ) -> Result<Vec<ItemContent>, StoreError> {
        let text = "SELECT v.content FROM definition_items d JOIN item_versions v ON v.id = d.item_version_id
             WHERE d.definition_id = $1 AND d.item_id <> $2 AND d.review <> 'rejected'
             ORDER BY d.section_index, d.position";
        let rows = fetch_all(&self.connection, text, values![draft.0, item.0]).await?;
        rows.iter()
            .map(|row| row.json("item_versions", "content"))
            .collect()
    }

    async fn was_replaced(&mut self, draft: DefinitionId, item: ItemId) -> Result<bool, StoreError> {
        let text = "SELECT count(*) AS count FROM replaced_items WHERE definition_id = $1 AND item_id = $2";
        Ok(fetch_count(&self.connection, text, values![draft.0, item.0]).await? > 0)
    }

    async fn latest_item_version(&mut self, item: ItemId) -> Result<i32, StoreError> {
        // Several drafts may have the item; a statement that waits for the lock still reads as of before it waited.
        let lock = format!("SELECT id FROM items WHERE id = $1{}", for_update(self.backend));
        fetch_optional(&self.connection, &lock, values![item.0]).await?;
        let text = "SELECT coalesce(max(version), 0) AS version FROM item_versions WHERE item_id = $1";
        fetch_optional(&self.connection, text, values![item.0])
            .await?
            .map_or(Ok(0), |row| row.get("version"))
    }

    async fn review_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        review: Review,
        note: Option<&str>,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE definition_items SET review = $5, review_note = $6, revision = revision + 1
             WHERE definition_id = $1 AND item_id = $2 AND review = $3 AND revision = $4";
        let values = values![
            draft.0,
            seen.item.item_id.0,
            seen.review.as_str(),
            seen.revision,
            review.as_str(),
            note.map(ToOwned::to_owned)
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn change_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        content: &ItemContent,
        change: &ItemChange,
    ) -> Result<bool, StoreError> {
        let version = (seen.item.item_id, change.item_version_id, change.version);
        insert_item_version(self, version, content, change.made_at).await?;
        insert_item_change(self, change).await?;
        let text =
            "UPDATE definition_items SET item_version_id = $5, review = 'pending', revision = revision + 1
             WHERE definition_id = $1 AND item_id = $2 AND review = $3 AND revision = $4";
        let values = values![
            draft.0,
            seen.item.item_id.0,
            seen.review.as_str(),
            seen.revision,
            change.item_version_id.0
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn replace_item(
        &mut self,
        draft: DefinitionId,
        seen: &ReviewedItem,
        replacement: &VersionedItem,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        insert_first_version(self, replacement, now).await?;
        let kept = "INSERT INTO replaced_items (definition_id, item_id, item_version_id, section_index, position, reason,
                replaced_by, replaced_at)
             SELECT definition_id, item_id, item_version_id, section_index, position, coalesce(review_note, ''), $4, $5
             FROM definition_items
             WHERE definition_id = $1 AND item_id = $2 AND review = 'rejected' AND revision = $3";
        let values = values![
            draft.0,
            seen.item.item_id.0,
            seen.revision,
            replacement.item_id.0,
            now.as_micros()
        ];
        if execute(&self.connection, kept, values).await? != 1 {
            return Ok(false);
        }
        let moved = "UPDATE definition_items SET item_id = $4, item_version_id = $5, review = 'pending', review_note = NULL,
                revision = 1
             WHERE definition_id = $1 AND item_id = $2 AND review = 'rejected' AND revision = $3";
        let values = values![
            draft.0,
            seen.item.item_id.0,
            seen.revision,
            replacement.item_id.0,
            replacement.item_version_id.0
        ];
        Ok(execute(&self.connection, moved, values).await? == 1)
    }

    async fn accept_pending(&mut self, draft: DefinitionId) -> Result<u64, StoreError> {
        let text = "UPDATE definition_items SET review = 'accepted', revision = revision + 1
             WHERE definition_id = $1 AND review = 'pending'";
        execute(&self.connection, text, values![draft.0]).await
    }

    async fn add_dropped(
        &mut self,
        draft: DefinitionId,
        dropped: &[DroppedItem],
        most: usize,
    ) -> Result<(), StoreError> {
        if dropped.is_empty() {
            return Ok(());
        }
        let text = "SELECT dropped FROM assessment_definitions WHERE id = $1";
        let row = fetch_optional(&self.connection, text, values![draft.0]).await?;
        let kept = row.map_or(Ok(Vec::new()), |row| {
            row.json("assessment_definitions", "dropped")
        });
        let mut kept: Vec<DroppedItem> = kept?;
        kept.extend_from_slice(dropped);
        kept.drain(..kept.len().saturating_sub(most));
        let text = "UPDATE assessment_definitions SET dropped = $2 WHERE id = $1";
        execute(&self.connection, text, values![draft.0, to_json(&kept)?]).await?;
        Ok(())
    }
}
