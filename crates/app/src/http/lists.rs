//! Lists as a caller may read them: [`crate::list_reads`] with who asks and when.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::ids::UserId;
use domain::store::StoreError;
use domain::time::Timestamp;
use storage::Store;

use super::problem::Problem;
use crate::list_reads::ListReads;
use crate::runtime::AppState;
use crate::security::TokenError;
use crate::sign_ins::Known;

/// See the module.
pub(crate) struct Lists {
    reads: Arc<ListReads>,
    caller: UserId,
    now: Timestamp,
}

impl FromRequestParts<AppState> for Lists {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Known>().copied().ok_or(TokenError)?;
        Ok(Self {
            reads: Arc::clone(&state.lists),
            caller: known.principal.user_id,
            now: state.now(),
        })
    }
}

impl Lists {
    /// Reads from the storage that `read` is given; twice when a replica fails.
    pub(crate) async fn read<T, F, Reading>(&self, read: F) -> Result<T, StoreError>
    where
        F: Fn(Store) -> Reading,
        Reading: Future<Output = Result<T, StoreError>>,
    {
        self.reads.read(self.caller, self.now, read).await
    }
}
