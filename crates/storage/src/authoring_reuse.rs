//! Items that a generation need not make again.

use std::collections::BTreeMap;

use domain::authoring::KnownVersion;
use domain::authoring::generator::BankedItem;
use domain::ids::{ItemId, ItemVersionId, SyllabusId};
use domain::store::StoreError;

use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// Not deleted, not rejected anywhere, and not one of a track's questions, which are changed and deleted there.
const IN_USE: &str = "i.deleted_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM definition_items r WHERE r.item_version_id = v.id AND r.review = 'rejected')
     AND NOT EXISTS (SELECT 1 FROM replaced_items r WHERE r.item_version_id = v.id)
     AND NOT EXISTS (SELECT 1 FROM definition_items t JOIN assessment_definitions d ON d.id = t.definition_id
         WHERE t.item_id = v.item_id AND d.kind = 'track')";

impl Store {
    /// Items made from these syllabi that a person accepted or published, each in its latest such version, earliest first.
    pub async fn banked_items(&self, syllabi: &[SyllabusId]) -> Result<Vec<BankedItem>, StoreError> {
        let text = format!(
            "SELECT v.id, v.item_id, v.version, v.content FROM item_versions v JOIN items i ON i.id = v.item_id
             WHERE v.content LIKE $1 AND {IN_USE}
                 AND (EXISTS (SELECT 1 FROM definition_items a WHERE a.item_version_id = v.id AND a.review = 'accepted')
                     OR EXISTS (SELECT 1 FROM definition_version_items p WHERE p.item_version_id = v.id))
             ORDER BY i.created_at, v.item_id, v.version"
        );
        let mut found: Vec<BankedItem> = Vec::new();
        for syllabus in syllabi {
            let cited = format!("%\"syllabus_id\":\"{syllabus}\"%");
            for row in fetch_all(self.database().read(), &text, values![cited]).await? {
                let item = BankedItem {
                    known: known_version(&row)?,
                    content: row.json("item_versions", "content")?,
                };
                // The rows of an item follow each other, the latest version last.
                match found
                    .last_mut()
                    .filter(|last| last.known.item_id == item.known.item_id)
                {
                    Some(earlier) => *earlier = item,
                    None => found.push(item),
                }
            }
        }
        Ok(found)
    }
}

/// The earliest version with each of these content hashes that cites a text.
pub(crate) async fn versions_with(
    tx: &SqlTx,
    hashes: &[String],
) -> Result<Vec<Option<KnownVersion>>, StoreError> {
    let text = format!(
        "SELECT v.id, v.item_id, v.version FROM item_versions v JOIN items i ON i.id = v.item_id
         WHERE v.content_hash = $1 AND v.content LIKE '%\"syllabus_id\":\"%' AND {IN_USE}
         ORDER BY v.created_at, v.id LIMIT 1"
    );
    let mut known: BTreeMap<&String, Option<KnownVersion>> = BTreeMap::new();
    for hash in hashes {
        if !known.contains_key(hash) {
            let row = fetch_optional(&tx.connection, &text, values![hash.clone()]).await?;
            known.insert(hash, row.as_ref().map(known_version).transpose()?);
        }
    }
    Ok(hashes
        .iter()
        .map(|hash| known.get(hash).copied().flatten())
        .collect())
}

fn known_version(row: &Row) -> Result<KnownVersion, StoreError> {
    Ok(KnownVersion {
        item_id: ItemId(row.get("item_id")?),
        item_version_id: ItemVersionId(row.get("id")?),
        version: row.get("version")?,
    })
}
