//! `PATCH /catalog/credentials/{id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::catalog::{ChangeCredential, CredentialChange, CredentialContent, CredentialLevel};
use domain::ids::CredentialId;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::CredentialBody;
use crate::http::extract::{Json, PathId};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems};
use crate::http::settings::Change;
use crate::runtime::AppState;

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct CredentialPatchBody {
    /// The version the change was made from; 409 when there is a newer one.
    version: Option<i32>,
    /// What people read first, in one line; no other entry of the provider has it.
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// Who awards it, in one line.
    #[schema(min_length = 1, max_length = 200)]
    provider: Option<String>,
    /// What is learnt and how, in sentences.
    #[schema(min_length = 1, max_length = 8000)]
    description: Option<String>,
    /// Where it can be read about: absolute, `https` or `http`, with a host and without a user name, ASCII only; `null` for
    /// nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, example = "https://school.example/http")]
    url: Change<String>,
    /// What it asks for: `foundation`, `intermediate` or `advanced`.
    #[schema(value_type = Option<String>, example = "intermediate")]
    level: Option<CredentialLevel>,
    /// Hours of work; `null` where nobody knows.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10000)]
    effort_hours: Change<u32>,
    /// The skills it teaches, each as items of tracks name it and once; whole.
    #[schema(max_items = 20, example = json!(["http-apis"]))]
    skills: Option<Vec<String>>,
}

/// Change an entry of the catalogue
///
/// Another content is a new version; recommendations that were made before keep the one that they were made from. What changes
/// nothing makes none.
#[utoipa::path(
    patch,
    path = "/catalog/credentials/{id}",
    tag = "catalog",
    params(("id" = uuid::Uuid, Path, description = "The entry")),
    request_body = CredentialPatchBody,
    responses(
        (status = 200, description = "As changed", body = CredentialBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        Conflict
    ),
    security(("bearer" = []))
)]
pub(super) async fn change(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(id): PathId<CredentialId>,
    Json(body): Json<CredentialPatchBody>,
) -> Result<JsonReply<CredentialBody>, Problem> {
    let change = ChangeCredential {
        admin,
        id,
        seen_version: body.version,
        change: body.into_change(),
    };
    let changed = state.store.run(&change, &caller.ctx).await?;
    Ok(JsonReply(CredentialBody::for_reader(changed, caller.principal)))
}

impl CredentialPatchBody {
    /// The same as a change of whatever is current when the use case runs.
    fn into_change(self) -> CredentialChange {
        Box::new(move |current: &CredentialContent| self.clone().applied_to(current.clone()))
    }

    fn applied_to(self, kept: CredentialContent) -> CredentialContent {
        CredentialContent {
            title: self.title.unwrap_or(kept.title),
            provider: self.provider.unwrap_or(kept.provider),
            description: self.description.unwrap_or(kept.description),
            url: self.url.or(kept.url),
            level: self.level.unwrap_or(kept.level),
            effort_hours: self.effort_hours.or(kept.effort_hours),
            skills: self.skills.unwrap_or(kept.skills),
        }
    }
}
