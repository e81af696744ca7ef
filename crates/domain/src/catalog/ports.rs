//! What the catalogue asks of storage.

use async_trait::async_trait;

use super::model::Credential;
use crate::ids::{CredentialId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// The catalogue inside a transaction.
#[async_trait]
pub trait CatalogRepository: Send {
    /// The entry, locked until the transaction ends; one that was taken out is not found.
    async fn find_credential(&mut self, id: CredentialId) -> Result<Option<Credential>, StoreError>;
    /// Adds an entry with its first version.
    async fn insert_credential(&mut self, credential: &Credential, made_by: UserId)
    -> Result<(), StoreError>;
    /// Adds the next version of an entry, which becomes the current one; false when the version before it is not.
    async fn update_credential(
        &mut self,
        credential: &Credential,
        made_by: UserId,
    ) -> Result<bool, StoreError>;
    /// Takes an entry out; false when it already was.
    async fn delete_credential(&mut self, id: CredentialId, now: Timestamp) -> Result<bool, StoreError>;
    /// Whether there is no entry that is not taken out.
    async fn is_empty(&mut self) -> Result<bool, StoreError>;
}
