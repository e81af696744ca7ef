//! What recommendations need of storage.

use async_trait::async_trait;

use super::making::NewRecommendation;
use crate::catalog::Credential;
use crate::ids::{AttemptId, DefinitionId};
use crate::store::StoreError;

/// Recommendations inside a transaction.
#[async_trait]
pub trait RecommendationRepository: Send {
    /// Whether an attempt has one.
    async fn exists(&mut self, attempt: AttemptId) -> Result<bool, StoreError>;
    /// Keeps a recommendation with its items and traces; an attempt has one at most.
    async fn insert(&mut self, new: &NewRecommendation) -> Result<(), StoreError>;
    /// What was most often recommended to the latest who took the same track and know it, and is still in the catalogue:
    /// [`MOST_PICKS`](super::MOST_PICKS) entries at most.
    async fn popular(&mut self, track: DefinitionId) -> Result<Vec<Credential>, StoreError>;
}
