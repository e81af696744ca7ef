//! Published versions and the ownership of attempts, kept in memory: neither ever changes. Attempt state is never cached.

use std::sync::Arc;

use domain::attempts::AttemptVersion;
use domain::authoring::VersionContent;
use domain::ids::{AttemptId, DefinitionVersionId, UserId};
use domain::store::StoreError;
use moka::future::Cache;
use storage::Store;

/// Published versions kept.
const VERSIONS: u64 = 500;

/// Attempts whose owner and version are kept; three ids each.
const ATTEMPTS: u64 = 200_000;

/// See the module.
pub struct ContentCache {
    store: Store,
    versions: Cache<DefinitionVersionId, Arc<VersionContent>>,
    attempts: Cache<AttemptId, AttemptVersion>,
}

impl ContentCache {
    /// Empty.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            versions: Cache::new(VERSIONS),
            attempts: Cache::new(ATTEMPTS),
        }
    }

    /// A published version with its keys.
    pub async fn version(&self, id: DefinitionVersionId) -> Result<Arc<VersionContent>, StoreError> {
        if let Some(known) = self.versions.get(&id).await {
            return Ok(known);
        }
        let found = self.store.version_content(id).await?;
        let content = Arc::new(found.ok_or_else(|| StoreError::Inconsistent {
            table: "attempts",
            column: "definition_version_id",
            id: id.to_string(),
        })?);
        self.versions.insert(id, Arc::clone(&content)).await;
        Ok(content)
    }

    /// The version of an attempt, if it belongs to the user.
    pub async fn owned_attempt(
        &self,
        id: AttemptId,
        user: UserId,
    ) -> Result<Option<AttemptVersion>, StoreError> {
        if let Some(known) = self.attempts.get(&id).await {
            return Ok((known.user_id == user).then_some(known));
        }
        let Some(found) = self.store.attempt_version(id).await? else {
            return Ok(None);
        };
        self.attempts.insert(id, found.clone()).await;
        Ok((found.user_id == user).then_some(found))
    }
}
