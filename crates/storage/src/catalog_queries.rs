//! Reads of the catalogue outside a transaction.

use domain::authoring::Skill;
use domain::catalog::{CatalogFilter, CatalogStamp, Credential, CredentialLevel, CredentialVersion};
use domain::ids::{CredentialId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;

use crate::catalog::{CREDENTIAL_COLUMNS, SkillRow, credential, skill_rows};
use crate::sql::{Row, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

impl Store {
    /// Every entry that is not taken out, by id.
    pub async fn catalog(&self) -> Result<Vec<Credential>, StoreError> {
        let text =
            format!("SELECT {CREDENTIAL_COLUMNS} FROM credentials WHERE deleted_at IS NULL ORDER BY id");
        let rows = fetch_all(self.database().read(), &text, Vec::new()).await?;
        rows.iter().map(credential).collect()
    }

    /// What differs whenever the catalogue does. Read it before [`Self::catalog`]: a change in between makes another one then.
    pub async fn catalog_stamp(&self) -> Result<CatalogStamp, StoreError> {
        let text = "SELECT COALESCE(SUM(CASE WHEN deleted_at IS NULL THEN 1 ELSE 0 END), 0) AS entries,
                COALESCE(SUM(version), 0) AS versions
             FROM credentials";
        let row = fetch_optional(self.database().read(), text, Vec::new()).await?;
        let number = |column| -> Result<u64, StoreError> {
            let number = row.as_ref().map_or(Ok(0), |row| row.get::<i64>(column))?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(CatalogStamp {
            entries: number("entries")?,
            versions: number("versions")?,
        })
    }

    /// The entry, unless it was taken out.
    pub async fn find_credential(&self, id: CredentialId) -> Result<Option<Credential>, StoreError> {
        let text =
            format!("SELECT {CREDENTIAL_COLUMNS} FROM credentials WHERE id = $1 AND deleted_at IS NULL");
        let row = fetch_optional(self.database().read(), &text, values![id.0]).await?;
        row.as_ref().map(credential).transpose()
    }

    /// All versions of an entry, latest first, also when it was taken out; none when there never was one.
    pub async fn credential_versions(&self, id: CredentialId) -> Result<Vec<CredentialVersion>, StoreError> {
        let text = "SELECT credential_id AS id, version, content, made_by, created_at
             FROM credential_versions WHERE credential_id = $1 ORDER BY version DESC";
        let rows = fetch_all(self.database().read(), text, values![id.0]).await?;
        rows.iter().map(credential_version).collect()
    }

    /// Entries that are not taken out, by title. A track that there is not teaches nothing.
    pub async fn list_credentials(
        &self,
        filter: &CatalogFilter,
        page: PageRequest,
    ) -> Result<Page<Credential>, StoreError> {
        let read = self.database().read();
        let skills = self.skills_looked_for(filter).await?;
        let from = format!(
            "FROM credentials c WHERE c.deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR c.level = $2)
                AND (CAST($3 AS TEXT) IS NULL
                    OR EXISTS (SELECT 1 FROM credential_skills s WHERE s.credential_id = c.id AND s.skill = $3))
                AND ($4 = 0 OR c.id IN (SELECT s.credential_id FROM credential_skills s
                    WHERE s.skill IN (SELECT skill FROM {})))",
            SkillRow::source(self.database().backend())
        );
        let mut values = values![
            skill_rows(skills.iter().flatten().map(|skill| skill.skill.as_str()))?,
            filter.level.map(CredentialLevel::as_str),
            filter.skill.clone(),
            i32::from(skills.is_some())
        ];
        let count = format!("SELECT count(*) AS count {from}");
        let total = fetch_count(read, &count, values.clone()).await?;
        let text = format!("SELECT {CREDENTIAL_COLUMNS} {from} ORDER BY c.title, c.id LIMIT $5 OFFSET $6");
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(credential).collect::<Result<_, _>>()?, total))
    }

    /// The skills of the track that the filter names, if it names one.
    async fn skills_looked_for(&self, filter: &CatalogFilter) -> Result<Option<Vec<Skill>>, StoreError> {
        let Some(slug) = &filter.track else {
            return Ok(None);
        };
        let track = self.find_track(slug).await?;
        Ok(Some(track.map_or_else(Vec::new, |view| view.track.skills)))
    }
}

fn credential_version(row: &Row) -> Result<CredentialVersion, StoreError> {
    Ok(CredentialVersion {
        version: row.get("version")?,
        content: row.json("credential_versions", "content")?,
        made_by: UserId(row.get("made_by")?),
        created_at: row.timestamp("created_at")?,
    })
}
