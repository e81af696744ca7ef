//! Several parts of a path at once.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::{Problem, kinds};

/// The parts of the path in order, as a tuple; what cannot be read names nothing, so it is 404.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathOf<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for PathOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(value) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::of(&kinds::RESOURCE))?;
        Ok(Self(value))
    }
}
