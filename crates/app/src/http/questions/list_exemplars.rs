//! `GET /questions/{id}/exemplars`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::authoring::Exemplar;
use domain::ids::ItemId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::{PathId, Query};
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// An answer that a person has graded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExemplarBody {
    /// Which.
    exemplar_id: Uuid,
    /// In the shape in which candidates answer the question.
    answer: Value,
    /// What the person gave.
    points: f64,
    /// Out of how many.
    max_points: f64,
    /// Why.
    note: Option<String>,
    /// Who brought it in.
    added_by: Uuid,
    /// When.
    created_at: DateTime<Utc>,
}

/// List graded answers to a question
///
/// Newest first. For admins and advisors.
#[utoipa::path(
    get,
    path = "/questions/{id}/exemplars",
    tag = "questions",
    params(("id" = uuid::Uuid, Path, description = "The question"), PageQuery),
    responses(
        (status = 200, description = "A page of graded answers", body = PageBody<ExemplarBody>),
        TokenProblems,
        ServerProblems,
        NotFound,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list_exemplars(
    State(state): State<AppState>,
    _: ByStaff,
    PathId(id): PathId<ItemId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<ExemplarBody>>, Problem> {
    let page = query.request()?;
    if state.store.current_item(id).await?.is_none() {
        return Err(Problem::of(&kinds::QUESTION));
    }
    let page = state.store.list_exemplars(id, page).await?;
    Ok(Json(PageBody::from_page(page, ExemplarBody::from)))
}

impl From<Exemplar> for ExemplarBody {
    fn from(exemplar: Exemplar) -> Self {
        Self {
            exemplar_id: exemplar.id.0,
            answer: exemplar.answer,
            points: exemplar.points.as_f64(),
            max_points: exemplar.max_points.as_f64(),
            note: exemplar.note,
            added_by: exemplar.added_by.0,
            created_at: exemplar.created_at.to_datetime(),
        }
    }
}
