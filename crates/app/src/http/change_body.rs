//! What is different between two versions.

use domain::authoring::difference::Change;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One member that is not the same in both versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChangeBody {
    /// A JSON pointer. An entry of a list whose entries all have an `id` is named by it (`/body/options/a/text`); the path of
    /// such a list itself tells of another order, with the ids.
    path: String,
    /// As it was; null when it was not there.
    #[schema(value_type = Object)]
    before: Option<Value>,
    /// As it is; null when it is not there any more.
    #[schema(value_type = Object)]
    after: Option<Value>,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            before: change.before,
            after: change.after,
        }
    }
}

/// The changes as they are sent.
pub(crate) fn bodies(changes: Vec<Change>) -> Vec<ChangeBody> {
    changes.into_iter().map(ChangeBody::from).collect()
}
