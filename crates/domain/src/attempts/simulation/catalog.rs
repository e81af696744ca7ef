//! The catalogue in memory: of what attempts ask, whether there is one.

use async_trait::async_trait;

use super::memory::Memory;
use crate::catalog::{CatalogRepository, Credential};
use crate::ids::{CredentialId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

#[async_trait]
impl CatalogRepository for Memory {
    async fn is_empty(&mut self) -> Result<bool, StoreError> {
        Ok(!self.has_catalogue)
    }

    async fn find_credential(&mut self, _id: CredentialId) -> Result<Option<Credential>, StoreError> {
        unreachable!("attempts read no entries")
    }

    async fn insert_credential(&mut self, _new: &Credential, _by: UserId) -> Result<(), StoreError> {
        unreachable!("attempts write no entries")
    }

    async fn update_credential(&mut self, _changed: &Credential, _by: UserId) -> Result<bool, StoreError> {
        unreachable!("attempts write no entries")
    }

    async fn delete_credential(&mut self, _id: CredentialId, _now: Timestamp) -> Result<bool, StoreError> {
        unreachable!("attempts write no entries")
    }
}
