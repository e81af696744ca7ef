//! `credentials`, `credential_versions`, `credential_skills`.

use async_trait::async_trait;
use domain::catalog::{CatalogRepository, Credential};
use domain::ids::{CredentialId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::dialect::{for_change, json_rows, rows_of_json};
use crate::sql::{Row, execute, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

pub(crate) const CREDENTIAL_COLUMNS: &str = "id, version, content, created_at, changed_at";

json_rows! {
    /// What an entry teaches, or one of the skills that are looked for.
    pub(crate) struct SkillRow<'s> {
        skill: &'s str,
    }
}

/// Rows of [`SkillRow`] as JSON.
pub(crate) fn skill_rows<'s>(skills: impl IntoIterator<Item = &'s str>) -> Result<String, StoreError> {
    let rows: Vec<SkillRow<'_>> = skills.into_iter().map(|skill| SkillRow { skill }).collect();
    to_json(&rows)
}

impl SkillRow<'_> {
    /// What stands after `FROM` to read parameter 1 as such rows.
    pub(crate) fn source(backend: crate::database::Backend) -> String {
        rows_of_json(backend, Self::COLUMNS)
    }
}

pub(crate) fn credential(row: &Row) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: CredentialId(row.get("id")?),
        version: row.get("version")?,
        content: row.json("credentials", "content")?,
        created_at: row.timestamp("created_at")?,
        changed_at: row.timestamp("changed_at")?,
    })
}

impl SqlTx {
    async fn insert_credential_version(
        &mut self,
        credential: &Credential,
        made_by: UserId,
    ) -> Result<(), StoreError> {
        let text = "INSERT INTO credential_versions (credential_id, version, content, made_by, created_at)
             VALUES ($1, $2, $3, $4, $5)";
        let values = values![
            credential.id.0,
            credential.version,
            to_json(&credential.content)?,
            made_by.0,
            credential.changed_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        let source = SkillRow::source(self.backend);
        let text =
            format!("INSERT INTO credential_skills (credential_id, skill) SELECT $2, skill FROM {source}");
        let skills = credential.content.skills.iter().map(String::as_str);
        execute(
            &self.connection,
            &text,
            values![skill_rows(skills)?, credential.id.0],
        )
        .await?;
        Ok(())
    }
}

#[async_trait]
impl CatalogRepository for SqlTx {
    async fn find_credential(&mut self, id: CredentialId) -> Result<Option<Credential>, StoreError> {
        let text = format!(
            "SELECT {CREDENTIAL_COLUMNS} FROM credentials WHERE id = $1 AND deleted_at IS NULL{}",
            for_change(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(credential).transpose()
    }

    async fn insert_credential(
        &mut self,
        credential: &Credential,
        made_by: UserId,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO credentials (id, version, title, provider, level, content, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = values![
            credential.id.0,
            credential.version,
            credential.content.title.clone(),
            credential.content.provider.clone(),
            credential.content.level.as_str(),
            to_json(&credential.content)?,
            credential.created_at.as_micros(),
            credential.changed_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        self.insert_credential_version(credential, made_by).await
    }

    async fn update_credential(
        &mut self,
        credential: &Credential,
        made_by: UserId,
    ) -> Result<bool, StoreError> {
        let text =
            "UPDATE credentials SET version = $2, title = $3, provider = $4, level = $5, content = $6, changed_at = $7
             WHERE id = $1 AND version = $2 - 1 AND deleted_at IS NULL";
        let values = values![
            credential.id.0,
            credential.version,
            credential.content.title.clone(),
            credential.content.provider.clone(),
            credential.content.level.as_str(),
            to_json(&credential.content)?,
            credential.changed_at.as_micros()
        ];
        if execute(&self.connection, text, values).await? != 1 {
            return Ok(false);
        }
        let text = "DELETE FROM credential_skills WHERE credential_id = $1";
        execute(&self.connection, text, values![credential.id.0]).await?;
        self.insert_credential_version(credential, made_by).await?;
        Ok(true)
    }

    async fn delete_credential(&mut self, id: CredentialId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE credentials SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }

    async fn is_empty(&mut self) -> Result<bool, StoreError> {
        let text = "SELECT 1 AS one FROM credentials WHERE deleted_at IS NULL LIMIT 1";
        let row = fetch_optional(&self.connection, text, Vec::new()).await?;
        Ok(row.is_none())
    }
}
