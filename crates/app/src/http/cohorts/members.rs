//! `GET /cohorts/{id}/members`

use axum::Json;
use axum::extract::State;
use domain::attempts::Viewer;
use domain::identity::CohortMember;
use domain::ids::CohortId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::{PathId, Query};
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Somebody in a cohort.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberBody {
    /// Who.
    user_id: Uuid,
    /// What people read.
    display_name: String,
    /// `student` or `advisor`.
    role: &'static str,
}

/// List the people of a cohort
///
/// By name. For admins and for advisors who are in it.
#[utoipa::path(
    get,
    path = "/cohorts/{id}/members",
    tag = "cohorts",
    params(("id" = uuid::Uuid, Path, description = "The cohort"), PageQuery),
    responses(
        (status = 200, description = "A page of people", body = PageBody<MemberBody>),
        TokenProblems,
        ServerProblems,
        NotFound,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn members(
    State(state): State<AppState>,
    ByStaff { staff, .. }: ByStaff,
    PathId(id): PathId<CohortId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<MemberBody>>, Problem> {
    let page = query.request()?;
    let seen = state.store.find_cohort(Viewer::from(staff), id).await?;
    if seen.is_none() {
        return Err(Problem::of(&kinds::COHORT));
    }
    let page = state.store.list_cohort_members(id, page).await?;
    Ok(Json(PageBody::from_page(page, MemberBody::from)))
}

impl From<CohortMember> for MemberBody {
    fn from(member: CohortMember) -> Self {
        Self {
            user_id: member.user_id.0,
            display_name: member.display_name,
            role: member.role.as_str(),
        }
    }
}
