//! `syllabi`, `assessment_definitions`, `items` and their versions.

use async_trait::async_trait;
use domain::authoring::gate;
use domain::authoring::generator::BankedItem;
use domain::authoring::item::ItemContent;
use domain::authoring::{
    AuthoringRepository, Definition, DefinitionKind, DefinitionStatus, DraftItem, DraftSection,
    NewDefinition, PublishedVersion, Review, Settings, Syllabus, VersionedItem,
};
use domain::ids::{DefinitionId, DefinitionVersionId, ItemId, ItemVersionId, SyllabusId};
use domain::store::StoreError;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::authoring_reuse::items_with;
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// Columns of a definition.
pub(crate) const DEFINITION_COLUMNS: &str =
    "id, title, kind, status, settings, revision, published_version_id";

pub(crate) fn definition(row: &Row) -> Result<Definition, StoreError> {
    Ok(Definition {
        id: DefinitionId(row.get("id")?),
        title: row.get("title")?,
        kind: row.parse("assessment_definitions", "kind", DefinitionKind::parse)?,
        status: row.parse("assessment_definitions", "status", DefinitionStatus::parse)?,
        settings: row.json("assessment_definitions", "settings")?,
        revision: row.get("revision")?,
        published_version_id: row
            .get::<Option<Uuid>>("published_version_id")?
            .map(DefinitionVersionId),
    })
}

pub(crate) fn draft_section(row: &Row) -> Result<DraftSection, StoreError> {
    Ok(DraftSection {
        id: row.get("id")?,
        index: row.get("section_index")?,
        title: row.get("title")?,
    })
}

/// From a row with `item_id`, `item_version_id`, `version`, `section_index`, `position`, `content`.
pub(crate) fn versioned_item(row: &Row) -> Result<VersionedItem, StoreError> {
    Ok(VersionedItem {
        item_id: ItemId(row.get("item_id")?),
        item_version_id: ItemVersionId(row.get("item_version_id")?),
        version: row.get("version")?,
        section_index: row.get("section_index")?,
        position: row.get("position")?,
        content: row.json("item_versions", "content")?,
    })
}

/// The sections of a definition.
pub(crate) const SECTIONS: &str = "SELECT id, section_index, title FROM definition_sections WHERE definition_id = $1 ORDER BY section_index";

#[async_trait]
impl AuthoringRepository for SqlTx {
    async fn insert_syllabus(&mut self, syllabus: &Syllabus) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO syllabi (id, subject, file_name, media_type, content_hash, pages, status, uploaded_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8)",
            values![
                syllabus.id.0,
                syllabus.subject.clone(),
                syllabus.file_name.clone(),
                syllabus.media_type.clone(),
                syllabus.content_hash.clone(),
                to_json(&syllabus.pages)?,
                syllabus.uploaded_by.0,
                syllabus.created_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }

    async fn active_syllabi(
        &mut self,
        ids: Option<&[SyllabusId]>,
    ) -> Result<Vec<(SyllabusId, String)>, StoreError> {
        let text = "SELECT id, content_hash FROM syllabi WHERE status = 'active' ORDER BY id";
        let rows = fetch_all(&self.connection, text, Vec::new()).await?;
        let all = rows
            .iter()
            .map(|row| Ok((SyllabusId(row.get("id")?), row.get("content_hash")?)));
        let mut found: Vec<(SyllabusId, String)> = all.collect::<Result<_, StoreError>>()?;
        if let Some(ids) = ids {
            found.retain(|(id, _)| ids.contains(id));
        }
        Ok(found)
    }

    async fn items_with(&mut self, content_hash: &str) -> Result<Vec<BankedItem>, StoreError> {
        items_with(self, content_hash).await
    }

    async fn insert_definition(&mut self, definition: &NewDefinition) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO assessment_definitions (id, title, kind, status, generation_key, blueprint, settings, dropped,
                revision, created_at, updated_at)
             VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, 1, $8, $8)",
            values![
                definition.id.0,
                definition.title.clone(),
                definition.kind.as_str(),
                definition.generation_key.clone(),
                to_json(&definition.blueprint)?,
                to_json(&definition.settings)?,
                to_json(&definition.dropped)?,
                definition.created_at.as_micros()
            ],
        )
        .await?;
        for section in &definition.sections {
            let text = "INSERT INTO definition_sections (definition_id, section_index, id, title) VALUES ($1, $2, $3, $4)";
            let values = values![definition.id.0, section.index, section.id, section.title.clone()];
            execute(&self.connection, text, values).await?;
        }
        for item in &definition.items {
            insert_item(self, definition, item).await?;
        }
        Ok(())
    }

    async fn find_definition(&mut self, id: DefinitionId) -> Result<Option<Definition>, StoreError> {
        let text = format!(
            "SELECT {DEFINITION_COLUMNS} FROM assessment_definitions WHERE id = $1{}",
            for_update(self.backend)
        );
        fetch_optional(&self.connection, &text, values![id.0])
            .await?
            .as_ref()
            .map(definition)
            .transpose()
    }

    async fn draft_sections(&mut self, id: DefinitionId) -> Result<Vec<DraftSection>, StoreError> {
        fetch_all(&self.connection, SECTIONS, values![id.0])
            .await?
            .iter()
            .map(draft_section)
            .collect()
    }

    async fn draft_items(&mut self, id: DefinitionId) -> Result<Vec<DraftItem>, StoreError> {
        let text = "SELECT item_id, item_version_id, section_index, position, review FROM definition_items
             WHERE definition_id = $1 ORDER BY section_index, position";
        let item = |row: &Row| {
            Ok(DraftItem {
                item_id: ItemId(row.get("item_id")?),
                item_version_id: ItemVersionId(row.get("item_version_id")?),
                section_index: row.get("section_index")?,
                position: row.get("position")?,
                review: row.parse("definition_items", "review", Review::parse)?,
            })
        };
        fetch_all(&self.connection, text, values![id.0])
            .await?
            .iter()
            .map(item)
            .collect()
    }

    async fn update_definition(
        &mut self,
        seen: &Definition,
        title: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE assessment_definitions SET title = $3, settings = $4, revision = revision + 1, updated_at = $5
             WHERE id = $1 AND revision = $2 AND status <> 'archived'";
        let values = values![
            seen.id.0,
            seen.revision,
            title,
            to_json(settings)?,
            now.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn archive_definition(&mut self, seen: &Definition, now: Timestamp) -> Result<bool, StoreError> {
        let text =
            "UPDATE assessment_definitions SET status = 'archived', revision = revision + 1, updated_at = $3
             WHERE id = $1 AND revision = $2 AND status <> 'archived'";
        let values = values![seen.id.0, seen.revision, now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn restore_definition(&mut self, seen: &Definition, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE assessment_definitions SET revision = revision + 1, updated_at = $3,
                status = CASE WHEN published_version_id IS NULL THEN 'draft' ELSE 'published' END
             WHERE id = $1 AND revision = $2 AND status = 'archived'";
        let values = values![seen.id.0, seen.revision, now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn latest_version_number(&mut self, id: DefinitionId) -> Result<i32, StoreError> {
        let text =
            "SELECT coalesce(max(number), 0) AS number FROM definition_versions WHERE definition_id = $1";
        fetch_optional(&self.connection, text, values![id.0])
            .await?
            .map_or(Ok(0), |row| row.get("number"))
    }

    async fn insert_version(&mut self, version: &PublishedVersion) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO definition_versions (id, definition_id, number, title, settings, sections, section_count,
                item_count, published_by, published_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            values![
                version.id.0,
                version.definition_id.0,
                version.number,
                version.title.clone(),
                to_json(&version.settings)?,
                to_json(&version.sections)?,
                count(version.sections.len()),
                count(version.items.len()),
                version.published_by.0,
                version.published_at.as_micros()
            ],
        )
        .await?;
        for item in &version.items {
            let text =
                "INSERT INTO definition_version_items (definition_version_id, item_id, item_version_id,
                    section_index, position) VALUES ($1, $2, $3, $4, $5)";
            let values = values![
                version.id.0,
                item.item_id.0,
                item.item_version_id.0,
                item.section_index,
                item.position
            ];
            execute(&self.connection, text, values).await?;
        }
        Ok(())
    }

    async fn mark_published(
        &mut self,
        seen: &Definition,
        version: DefinitionVersionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE assessment_definitions SET status = 'published', published_version_id = $3,
                revision = revision + 1, updated_at = $4
             WHERE id = $1 AND revision = $2 AND status <> 'archived'";
        let values = values![seen.id.0, seen.revision, version.0, now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }
}

async fn insert_item(tx: &SqlTx, definition: &NewDefinition, item: &VersionedItem) -> Result<(), StoreError> {
    let reused = definition.reused.get(&item.item_id).copied();
    if reused.is_none() {
        insert_first_version(tx, item, definition.created_at).await?;
    }
    execute(
        &tx.connection,
        "INSERT INTO definition_items (definition_id, item_id, item_version_id, section_index, position, review)
         VALUES ($1, $2, $3, $4, $5, $6)",
        values![
            definition.id.0,
            item.item_id.0,
            item.item_version_id.0,
            item.section_index,
            item.position,
            reused.unwrap_or(Review::Pending).as_str()
        ],
    )
    .await?;
    Ok(())
}

/// An item with the version it begins with.
pub(crate) async fn insert_first_version(
    tx: &SqlTx,
    item: &VersionedItem,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = "INSERT INTO items (id, created_at) VALUES ($1, $2)";
    execute(&tx.connection, text, values![item.item_id.0, now.as_micros()]).await?;
    insert_item_version(
        tx,
        (item.item_id, item.item_version_id, item.version),
        &item.content,
        now,
    )
    .await
}

/// An immutable version, by item, id and number.
pub(crate) async fn insert_item_version(
    tx: &SqlTx,
    (item, id, number): (ItemId, ItemVersionId, i32),
    content: &ItemContent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text =
        "INSERT INTO item_versions (id, item_id, version, kind, marks, content, content_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = values![
        id.0,
        item.0,
        number,
        content.body.kind().as_str(),
        content.marks.hundredths(),
        to_json(content)?,
        gate::content_hash(content),
        now.as_micros()
    ];
    execute(&tx.connection, text, values).await?;
    Ok(())
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}
