//! Entries added, changed into new versions, taken out.

use async_trait::async_trait;
use serde_json::json;

use super::error::CatalogError;
use super::model::{Credential, CredentialContent};
use super::validation::checked;
use crate::audit::AuditEntry;
use crate::identity::Admin;
use crate::ids::CredentialId;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Adds an entry; it can be recommended at once.
pub struct AddCredential {
    /// Who may.
    pub admin: Admin,
    /// What it says.
    pub content: CredentialContent,
}

#[async_trait]
impl UseCase for AddCredential {
    const NAME: &'static str = "catalog.add_credential";
    type Out = Credential;
    type Err = CatalogError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Credential, CatalogError> {
        let credential = Credential {
            id: CredentialId(ctx.new_uuid()),
            version: 1,
            content: checked(&self.content).map_err(CatalogError::Invalid)?,
            created_at: ctx.now(),
            changed_at: ctx.now(),
        };
        tx.catalog()
            .insert_credential(&credential, self.admin.user_id())
            .await?;
        audit(ctx, tx, "catalog.credential_added", &credential).await?;
        Ok(credential)
    }
}

/// The content as it shall be, given the current one: what it does not touch is not lost when others change it meanwhile.
pub type CredentialChange = Box<dyn Fn(&CredentialContent) -> CredentialContent + Send + Sync>;

/// Changes an entry into a new version. What changes nothing makes none.
pub struct ChangeCredential {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub id: CredentialId,
    /// The version the change was made from; another current one refuses it.
    pub seen_version: Option<i32>,
    /// What changes.
    pub change: CredentialChange,
}

#[async_trait]
impl UseCase for ChangeCredential {
    const NAME: &'static str = "catalog.change_credential";
    type Out = Credential;
    type Err = CatalogError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Credential, CatalogError> {
        let found = tx.catalog().find_credential(self.id).await?;
        let before = found.ok_or(CatalogError::NotFound)?;
        if self.seen_version.is_some_and(|seen| seen != before.version) {
            return Err(CatalogError::ChangedMeanwhile);
        }
        let content = checked(&(self.change)(&before.content)).map_err(CatalogError::Invalid)?;
        if content == before.content {
            return Ok(before);
        }
        let credential = Credential {
            version: before.version + 1,
            content,
            changed_at: ctx.now(),
            ..before
        };
        let by = self.admin.user_id();
        if !tx.catalog().update_credential(&credential, by).await? {
            return Err(CatalogError::ChangedMeanwhile);
        }
        audit(ctx, tx, "catalog.credential_changed", &credential).await?;
        Ok(credential)
    }
}

/// Takes an entry out: it is neither listed nor recommended any more. What was recommended keeps it.
pub struct DeleteCredential {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub id: CredentialId,
}

#[async_trait]
impl UseCase for DeleteCredential {
    const NAME: &'static str = "catalog.delete_credential";
    type Out = ();
    type Err = CatalogError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), CatalogError> {
        let found = tx.catalog().find_credential(self.id).await?;
        let credential = found.ok_or(CatalogError::NotFound)?;
        if !tx.catalog().delete_credential(self.id, ctx.now()).await? {
            return Err(CatalogError::NotFound);
        }
        audit(ctx, tx, "catalog.credential_deleted", &credential).await?;
        Ok(())
    }
}

async fn audit(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    action: &'static str,
    credential: &Credential,
) -> Result<(), StoreError> {
    let entry = AuditEntry::new(ctx, action, "credential", Some(credential.id.0))
        .with(json!({ "version": credential.version }));
    tx.audit().record(entry).await?;
    Ok(())
}
