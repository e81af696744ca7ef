//! Items that a generation need not make again.

use domain::authoring::KnownVersion;
use domain::authoring::generator::BankedItem;
use domain::ids::{ItemId, ItemVersionId, SyllabusId};
use domain::store::StoreError;

use crate::sql::{Row, fetch_all, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// The latest version of an item that is not deleted, not rejected in any version anywhere, and not one of a track's
/// questions, which are changed and deleted there. An earlier version is what somebody has corrected.
const IN_USE: &str = "i.deleted_at IS NULL
     AND v.version = (SELECT max(latest.version) FROM item_versions latest WHERE latest.item_id = v.item_id)
     AND NOT EXISTS (SELECT 1 FROM definition_items r WHERE r.item_id = v.item_id AND r.review = 'rejected')
     AND NOT EXISTS (SELECT 1 FROM replaced_items r WHERE r.item_id = v.item_id)
     AND NOT EXISTS (SELECT 1 FROM definition_items t JOIN assessment_definitions d ON d.id = t.definition_id
         WHERE t.item_id = v.item_id AND d.kind = 'track')";

impl Store {
    /// Items made from these syllabi whose latest version a person accepted or published, earliest first.
    pub async fn banked_items(&self, syllabi: &[SyllabusId]) -> Result<Vec<BankedItem>, StoreError> {
        let text = format!(
            "SELECT v.id, v.item_id, v.version, v.content FROM item_versions v JOIN items i ON i.id = v.item_id
             WHERE v.content LIKE $1 AND {IN_USE}
                 AND (EXISTS (SELECT 1 FROM definition_items a WHERE a.item_version_id = v.id AND a.review = 'accepted')
                     OR EXISTS (SELECT 1 FROM definition_version_items p WHERE p.item_version_id = v.id))
             ORDER BY i.created_at, v.item_id"
        );
        let mut found = Vec::new();
        for syllabus in syllabi {
            let cited = format!("%\"syllabus_id\":\"{syllabus}\"%");
            for row in fetch_all(self.database().read(), &text, values![cited]).await? {
                found.push(banked_item(&row)?);
            }
        }
        Ok(found)
    }
}

/// Items with this content hash that cite a text, earliest first.
pub(crate) async fn items_with(tx: &SqlTx, content_hash: &str) -> Result<Vec<BankedItem>, StoreError> {
    let text = format!(
        "SELECT v.id, v.item_id, v.version, v.content FROM item_versions v JOIN items i ON i.id = v.item_id
         WHERE v.content_hash = $1 AND v.content LIKE '%\"syllabus_id\":\"%' AND {IN_USE}
         ORDER BY v.created_at, v.id"
    );
    let rows = fetch_all(&tx.connection, &text, values![content_hash]).await?;
    rows.iter().map(banked_item).collect()
}

fn banked_item(row: &Row) -> Result<BankedItem, StoreError> {
    Ok(BankedItem {
        known: KnownVersion {
            item_id: ItemId(row.get("item_id")?),
            item_version_id: ItemVersionId(row.get("id")?),
            version: row.get("version")?,
        },
        content: row.json("item_versions", "content")?,
    })
}
