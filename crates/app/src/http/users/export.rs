//! `GET /users/{id}/export`

use std::collections::BTreeMap;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::ids::UserId;
use domain::privacy::{MayExport, NoteExport, PersonalExport};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Everything that is kept of a person and may be told to them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportBody {
    /// Whose.
    user_id: Uuid,
    /// When it was read.
    exported_at: DateTime<Utc>,
    /// Rows by table; tables without any are left out.
    #[schema(value_type = BTreeMap<String, Vec<Object>>)]
    tables: BTreeMap<&'static str, Vec<Map<String, Value>>>,
}

/// Export what is kept of a person
///
/// For the person, and for admins. Scores are in it once they are released, keys and rubrics never.
#[utoipa::path(
    get,
    path = "/users/{id}/export",
    tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The account")),
    responses(
        (status = 200, description = "What is kept, as a file", body = ExportBody,
            headers(("Content-Disposition" = String, description = "A name for the file"))),
        TokenProblems,
        ServerProblems,
        NotFound
    )
)]
pub(super) async fn export(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<UserId>,
) -> Result<Response, Problem> {
    let permission = MayExport::of(caller.principal, id);
    let permission = permission.ok_or_else(|| Problem::of(&kinds::ACCOUNT))?;
    state.store.run(&NoteExport { permission }, &caller.ctx).await?;
    let export = state
        .store
        .personal_data(permission.subject(), caller.ctx.now())
        .await?;
    let headers = [
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"personal-data-{id}.json\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, JsonReply(ExportBody::from(export))).into_response())
}

impl From<PersonalExport> for ExportBody {
    fn from(export: PersonalExport) -> Self {
        Self {
            user_id: export.user_id.0,
            exported_at: export.exported_at.to_datetime(),
            tables: export.tables,
        }
    }
}
