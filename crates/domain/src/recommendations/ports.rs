//! What recommendations need of storage.

use async_trait::async_trait;

use super::making::NewRecommendation;
use crate::catalog::Credential;
use crate::ids::DefinitionId;
use crate::store::StoreError;

/// Recommendations inside a transaction.
#[async_trait]
pub trait RecommendationRepository: Send {
    /// Keeps a recommendation with its items and traces; false when the attempt has one already, which stays.
    async fn insert(&mut self, new: &NewRecommendation) -> Result<bool, StoreError>;
    /// What was most often recommended to those who took the same track, and is still in the catalogue:
    /// [`MOST_PICKS`](super::MOST_PICKS) entries at most.
    async fn popular(&mut self, track: DefinitionId) -> Result<Vec<Credential>, StoreError>;
}
