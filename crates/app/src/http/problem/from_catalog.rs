//! Refusals of the catalogue as problems.

use domain::catalog::CatalogError;

use super::from_domain::content_errors;
use super::{Problem, kinds};

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::NotFound => Self::of(&kinds::CREDENTIAL),
            CatalogError::TitleTaken => Self::of(&kinds::CREDENTIAL_TITLE_TAKEN),
            CatalogError::ChangedMeanwhile => Self::of(&kinds::CREDENTIAL_CHANGED),
            CatalogError::Invalid(errors) => Self::invalid_fields(content_errors("", errors)),
            CatalogError::Store(error) => error.into(),
        }
    }
}
