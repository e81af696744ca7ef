//! Refusals of the catalogue.

use crate::authoring::authored::ContentError;
use crate::store::{StoreError, UseCaseError};

/// Why an entry is not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is none with this id, or it was taken out.
    #[error("there is no such credential")]
    NotFound,
    /// Another entry has the title.
    #[error("another credential of this provider has this title")]
    TitleTaken,
    /// Members out of their ranges; never empty.
    #[error("the credential is not valid")]
    Invalid(Vec<ContentError>),
    /// Somebody else changed it meanwhile.
    #[error("the credential was changed meanwhile; read it again and repeat")]
    ChangedMeanwhile,
    /// Storage.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CatalogError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint { name } if name == "credentials_title" => Self::TitleTaken,
            other => Self::Store(other),
        }
    }
}

impl UseCaseError for CatalogError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::TitleTaken | Self::Invalid(_) | Self::ChangedMeanwhile => None,
        }
    }
}
