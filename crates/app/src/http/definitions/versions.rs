//! `GET /assessments/definitions/{id}/versions`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::authoring::VersionSummary;
use domain::authoring::difference::ChangeCounts;
use domain::ids::DefinitionId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::{PathId, Query};
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// A published version; it never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct VersionBody {
    /// Which.
    version_id: Uuid,
    /// From 1.
    version: i32,
    /// What people read.
    title: String,
    /// Number of sections.
    sections: u32,
    /// Number of items.
    items: u32,
    /// What differs from the version before; none for the first.
    since_previous: Option<CountsBody>,
    /// By whom.
    published_by: Uuid,
    /// When.
    published_at: DateTime<Utc>,
}

/// How many items differ from the version before.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct CountsBody {
    /// In this version only.
    added: u32,
    /// In the version before only.
    removed: u32,
    /// In both, by another version of the item.
    changed: u32,
}

/// List the published versions of an assessment
///
/// Latest first: who published each, when, and how it differs from the one before. For admins and advisors.
#[utoipa::path(
    get,
    path = "/assessments/definitions/{id}/versions",
    tag = "definitions",
    params(PageQuery, ("id" = uuid::Uuid, Path, description = "The assessment")),
    responses(
        (status = 200, description = "A page of versions", body = PageBody<VersionBody>),
        TokenProblems,
        ServerProblems,
        NotFound,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn versions(
    State(state): State<AppState>,
    _: ByStaff,
    PathId(id): PathId<DefinitionId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<VersionBody>>, Problem> {
    let page = query.request()?;
    if state.store.definition_detail(id).await?.is_none() {
        return Err(Problem::of(&kinds::DEFINITION));
    }
    let page = state.store.list_versions(id, page).await?;
    Ok(Json(PageBody::from_page(page, VersionBody::from)))
}

impl From<VersionSummary> for VersionBody {
    fn from(version: VersionSummary) -> Self {
        Self {
            version_id: version.id.0,
            version: version.number,
            title: version.title,
            sections: version.sections,
            items: version.items,
            since_previous: version.since_previous.map(CountsBody::from),
            published_by: version.published_by.0,
            published_at: version.published_at.to_datetime(),
        }
    }
}

impl From<ChangeCounts> for CountsBody {
    fn from(counts: ChangeCounts) -> Self {
        let ChangeCounts {
            added,
            removed,
            changed,
        } = counts;
        Self {
            added,
            removed,
            changed,
        }
    }
}
