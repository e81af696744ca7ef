//! `PATCH /cohorts/{id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::attempts::Viewer;
use domain::identity::{ChangeCohort, CohortError, MembershipChange};
use domain::ids::CohortId;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{CohortDetailBody, definitions, users};
use crate::http::extract::{Json, PathId, one_line, says_something};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// What to change; what is absent stays. Who is in already, or out, stays so.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct CohortPatchBody {
    /// What people read; unique.
    #[garde(length(chars, max = 200), inner(custom(one_line), custom(says_something)))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Students and advisors who come in.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    add_members: Vec<Uuid>,
    /// People who go out.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    remove_members: Vec<Uuid>,
    /// What is assigned: `assessment_definition_id`s, or `role_id`s of tracks.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    add_assessments: Vec<Uuid>,
    /// What is assigned no longer.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    remove_assessments: Vec<Uuid>,
}

/// Change a cohort
///
/// Its name, its people, its assessments; all or nothing. `everyone` keeps its name.
#[utoipa::path(
    patch,
    path = "/cohorts/{id}",
    tag = "cohorts",
    params(("id" = uuid::Uuid, Path, description = "The cohort")),
    request_body = CohortPatchBody,
    responses(
        (status = 200, description = "As changed", body = CohortDetailBody),
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
    PathId(cohort_id): PathId<CohortId>,
    Json(body): Json<CohortPatchBody>,
) -> Result<JsonReply<CohortDetailBody>, Problem> {
    let change = ChangeCohort {
        admin,
        cohort_id,
        change: MembershipChange {
            add_members: users(&body.add_members),
            remove_members: users(&body.remove_members),
            add_assessments: definitions(&body.add_assessments),
            remove_assessments: definitions(&body.remove_assessments),
        },
        name: body.name,
    };
    state.store.run(&change, &caller.ctx).await.map_err(pointed)?;
    let changed = state.store.find_cohort(Viewer::Admin, cohort_id).await?;
    changed
        .map(|view| JsonReply(view.into()))
        .ok_or_else(|| Problem::of(&kinds::COHORT))
}

/// Here the lists have other names than when a cohort is made.
fn pointed(error: CohortError) -> Problem {
    let pointer = match error {
        CohortError::NoSuchMember { index, .. } => format!("/add_members/{index}"),
        CohortError::NoSuchAssessment { index, .. } => format!("/add_assessments/{index}"),
        CohortError::NotFound | CohortError::NameTaken | CohortError::Everyone | CohortError::Store(_) => {
            return error.into();
        }
    };
    Problem::invalid(pointer, error.to_string())
}
