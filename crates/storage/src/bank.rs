//! `tracks`, the items of their banks, `exemplars`.

use async_trait::async_trait;
use domain::authoring::{BankItem, BankRepository, Exemplar, ItemChange, Track};
use domain::ids::{DefinitionId, ItemId, ItemVersionId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::authoring::{DEFINITION_COLUMNS, definition, insert_item_version};
use crate::authoring_review::insert_item_change;
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_count, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// Where an item has to stand to be found.
#[derive(Clone, Copy)]
pub(crate) enum Standing {
    /// In the bank of a live track.
    InBank,
    /// There, or in a generated assessment.
    Anywhere,
}

/// The current version of an item, `$1`; it is the one that every bank with the item has.
fn current_item(standing: Standing) -> String {
    let join = match standing {
        Standing::InBank => "JOIN",
        // A generated assessment is no track.
        Standing::Anywhere => "LEFT JOIN",
    };
    format!(
        "SELECT v.id, v.item_id, v.version, v.content, i.created_at, v.created_at AS changed_at
         FROM items i JOIN item_versions v ON v.item_id = i.id
         WHERE i.id = $1 AND i.deleted_at IS NULL
            AND v.version = (SELECT max(latest.version) FROM item_versions latest WHERE latest.item_id = i.id)
            AND EXISTS (SELECT 1 FROM definition_items d {join} tracks t ON t.definition_id = d.definition_id
                WHERE d.item_id = i.id AND t.deleted_at IS NULL)"
    )
}

/// Slugs of the live tracks an item, `$1`, belongs to.
const TRACKS_OF_ITEM: &str =
    "SELECT t.slug FROM definition_items d JOIN tracks t ON t.definition_id = d.definition_id
     WHERE d.item_id = $1 AND t.deleted_at IS NULL ORDER BY t.slug";

pub(crate) fn track(row: &Row) -> Result<Track, StoreError> {
    Ok(Track {
        definition: definition(row)?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        skills: row.json("tracks", "skills")?,
    })
}

pub(crate) fn bank_item(row: &Row, tracks: Vec<String>) -> Result<BankItem, StoreError> {
    Ok(BankItem {
        item_id: ItemId(row.get("item_id")?),
        item_version_id: ItemVersionId(row.get("id")?),
        version: row.get("version")?,
        content: row.json("item_versions", "content")?,
        tracks,
        created_at: row.timestamp("created_at")?,
        changed_at: row.timestamp("changed_at")?,
    })
}

/// The item with the tracks it belongs to, if it stands there.
pub(crate) async fn find_current_item(
    connection: &impl sea_orm::ConnectionTrait,
    id: ItemId,
    standing: Standing,
) -> Result<Option<BankItem>, StoreError> {
    let Some(row) = fetch_optional(connection, &current_item(standing), values![id.0]).await? else {
        return Ok(None);
    };
    let tracks = fetch_all(connection, TRACKS_OF_ITEM, values![id.0]).await?;
    let tracks = tracks
        .iter()
        .map(|row| row.get("slug"))
        .collect::<Result<_, _>>()?;
    bank_item(&row, tracks).map(Some)
}

impl SqlTx {
    async fn lock_current_item(
        &mut self,
        id: ItemId,
        standing: Standing,
    ) -> Result<Option<BankItem>, StoreError> {
        // A statement that waits for the lock still reads as of before it waited: versions and banks are read by the next.
        let lock = format!("SELECT id FROM items WHERE id = $1{}", for_update(self.backend));
        if fetch_optional(&self.connection, &lock, values![id.0])
            .await?
            .is_none()
        {
            return Ok(None);
        }
        find_current_item(&self.connection, id, standing).await
    }
}

#[async_trait]
impl BankRepository for SqlTx {
    async fn insert_track(&mut self, track: &Track) -> Result<(), StoreError> {
        let text = "INSERT INTO tracks (definition_id, slug, description, skills) VALUES ($1, $2, $3, $4)";
        let values = values![
            track.definition.id.0,
            track.slug.clone(),
            track.description.clone(),
            to_json(&track.skills)?
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn find_track(&mut self, slug: &str) -> Result<Option<Track>, StoreError> {
        let text = format!(
            "SELECT {DEFINITION_COLUMNS}, slug, description, skills
             FROM assessment_definitions JOIN tracks ON tracks.definition_id = assessment_definitions.id
             WHERE slug = $1 AND deleted_at IS NULL{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![slug]).await?;
        row.as_ref().map(track).transpose()
    }

    async fn update_track(&mut self, track: &Track) -> Result<bool, StoreError> {
        let text = "UPDATE tracks SET description = $2, skills = $3
             WHERE definition_id = $1 AND deleted_at IS NULL";
        let values = values![
            track.definition.id.0,
            track.description.clone(),
            to_json(&track.skills)?
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn delete_track(&mut self, id: DefinitionId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE tracks SET deleted_at = $2 WHERE definition_id = $1 AND deleted_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }

    async fn find_item(&mut self, id: ItemId) -> Result<Option<BankItem>, StoreError> {
        self.lock_current_item(id, Standing::InBank).await
    }

    async fn find_item_anywhere(&mut self, id: ItemId) -> Result<Option<BankItem>, StoreError> {
        self.lock_current_item(id, Standing::Anywhere).await
    }

    async fn insert_item(&mut self, item: &BankItem, made_by: UserId) -> Result<(), StoreError> {
        let text = "INSERT INTO items (id, created_at) VALUES ($1, $2)";
        let values = values![item.item_id.0, item.created_at.as_micros()];
        execute(&self.connection, text, values).await?;
        let change = ItemChange {
            item_version_id: item.item_version_id,
            version: item.version,
            made_by,
            reason: None,
            made_at: item.changed_at,
        };
        self.insert_item_version(item, &change).await
    }

    async fn insert_item_version(&mut self, item: &BankItem, change: &ItemChange) -> Result<(), StoreError> {
        let ids = (item.item_id, item.item_version_id, item.version);
        insert_item_version(self, ids, &item.content, item.changed_at).await?;
        insert_item_change(self, change).await
    }

    async fn place_item(&mut self, track: DefinitionId, item: &BankItem) -> Result<(), StoreError> {
        let text = "INSERT INTO definition_items (definition_id, item_id, item_version_id, section_index, position, review)
             SELECT $1, $2, $3, 0, COALESCE(max(position), -1) + 1, 'accepted'
             FROM definition_items WHERE definition_id = $1
             ON CONFLICT (definition_id, item_id) DO UPDATE SET item_version_id = excluded.item_version_id";
        let values = values![track.0, item.item_id.0, item.item_version_id.0];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn remove_item(&mut self, track: DefinitionId, item: ItemId) -> Result<(), StoreError> {
        let text = "DELETE FROM definition_items WHERE definition_id = $1 AND item_id = $2";
        execute(&self.connection, text, values![track.0, item.0]).await?;
        Ok(())
    }

    async fn delete_item(&mut self, id: ItemId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE items SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }

    async fn count_items(&mut self, track: DefinitionId) -> Result<u32, StoreError> {
        let text = "SELECT count(*) AS count FROM definition_items WHERE definition_id = $1";
        let count = fetch_count(&self.connection, text, values![track.0]).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn insert_exemplar(&mut self, exemplar: &Exemplar) -> Result<bool, StoreError> {
        let text = "INSERT INTO exemplars (id, item_id, item_version_id, answer, answer_hash, points, max_points, note,
                added_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (item_id, answer_hash) DO NOTHING";
        let values = values![
            exemplar.id.0,
            exemplar.item_id.0,
            exemplar.item_version_id.0,
            exemplar.answer.to_string(),
            exemplar.answer_hash.clone(),
            exemplar.points.hundredths(),
            exemplar.max_points.hundredths(),
            exemplar.note.clone(),
            exemplar.added_by.0,
            exemplar.created_at.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }
}
