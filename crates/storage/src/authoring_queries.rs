//! Reads of syllabi, drafts and frozen versions outside a transaction.

use domain::authoring::{DefinitionDetail, Syllabus, VersionContent};
use domain::ids::{DefinitionId, DefinitionVersionId, SyllabusId, UserId};
use domain::store::StoreError;

use crate::authoring::{DEFINITION_COLUMNS, SECTIONS, definition, draft_section, versioned_item};
use crate::authoring_review::{REVIEWED_ITEMS, reviewed_item};
use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;

/// All items of a frozen version, `$1`, in order.
pub(crate) const VERSION_ITEMS: &str =
    "SELECT v.id, d.item_id, d.item_version_id, v.version, d.section_index, d.position,
        v.content
     FROM definition_version_items d JOIN item_versions v ON v.id = d.item_version_id
     WHERE d.definition_version_id = $1 ORDER BY d.section_index, d.position";

impl Store {
    /// A syllabus with its text.
    pub async fn find_syllabus(&self, id: SyllabusId) -> Result<Option<Syllabus>, StoreError> {
        let text = "SELECT id, subject, file_name, media_type, content_hash, pages, uploaded_by, created_at
             FROM syllabi WHERE id = $1";
        let row = fetch_optional(self.database().read(), text, values![id.0]).await?;
        row.as_ref().map(syllabus).transpose()
    }

    /// A definition with its draft, keys included.
    pub async fn definition_detail(&self, id: DefinitionId) -> Result<Option<DefinitionDetail>, StoreError> {
        let read = self.database().read();
        let text = format!(
            "SELECT {DEFINITION_COLUMNS}, blueprint, dropped, created_at FROM assessment_definitions WHERE id = $1"
        );
        let Some(row) = fetch_optional(read, &text, values![id.0]).await? else {
            return Ok(None);
        };
        let sections = fetch_all(read, SECTIONS, values![id.0]).await?;
        let items = format!("{REVIEWED_ITEMS} ORDER BY d.section_index, d.position");
        let items = fetch_all(read, &items, values![id.0]).await?;
        Ok(Some(DefinitionDetail {
            definition: definition(&row)?,
            blueprint: row.json("assessment_definitions", "blueprint")?,
            dropped: row.json("assessment_definitions", "dropped")?,
            replaced: self.replaced_items(id).await?,
            sections: sections.iter().map(draft_section).collect::<Result<_, _>>()?,
            items: items.iter().map(reviewed_item).collect::<Result<_, _>>()?,
            created_at: row.timestamp("created_at")?,
        }))
    }

    /// A frozen version whole, keys included.
    pub async fn version_content(
        &self,
        id: DefinitionVersionId,
    ) -> Result<Option<VersionContent>, StoreError> {
        let read = self.database().read();
        let text =
            "SELECT id, definition_id, title, settings, sections FROM definition_versions WHERE id = $1";
        let Some(row) = fetch_optional(read, text, values![id.0]).await? else {
            return Ok(None);
        };
        let items = fetch_all(read, VERSION_ITEMS, values![id.0]).await?;
        Ok(Some(VersionContent {
            id,
            definition_id: DefinitionId(row.get("definition_id")?),
            title: row.get("title")?,
            settings: row.json("definition_versions", "settings")?,
            sections: row.json("definition_versions", "sections")?,
            items: items.iter().map(versioned_item).collect::<Result<_, _>>()?,
        }))
    }
}

fn syllabus(row: &Row) -> Result<Syllabus, StoreError> {
    Ok(Syllabus {
        id: SyllabusId(row.get("id")?),
        subject: row.get("subject")?,
        file_name: row.get("file_name")?,
        media_type: row.get("media_type")?,
        content_hash: row.get("content_hash")?,
        pages: row.json("syllabi", "pages")?,
        uploaded_by: UserId(row.get("uploaded_by")?),
        created_at: row.timestamp("created_at")?,
    })
}
