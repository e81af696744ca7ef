//! `GET /questions`

use axum::Json;
use axum::extract::State;
use domain::authoring::QuestionFilter;
use domain::authoring::item::ItemKind;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::BankQuestionBody;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::http::slug::{NoSlug, Slug};
use crate::runtime::AppState;

/// Query of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuestionQuery {
    /// Only questions of the track with this slug.
    track: Option<String>,
    /// Only questions of this kind, such as `multiple_choice`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
}

/// List questions
///
/// Questions of the tracks' banks in their current versions, newest first, with their keys. For admins and advisors.
#[utoipa::path(
    get,
    path = "/questions",
    tag = "questions",
    params(QuestionQuery),
    responses(
        (status = 200, description = "A page of questions", body = PageBody<BankQuestionBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    _: ByStaff,
    Query(query): Query<QuestionQuery>,
) -> Result<Json<PageBody<BankQuestionBody>>, Problem> {
    let (filter, page) = (query.filter()?, query.page());
    let page = state.store.list_questions(&filter, page.request()?).await?;
    Ok(Json(PageBody::from_page(page, BankQuestionBody::from)))
}

impl QuestionQuery {
    fn filter(&self) -> Result<QuestionFilter, Problem> {
        let slug = |text: &String| text.parse();
        let track = self.track.as_ref().map(slug).transpose();
        let track = track.map_err(|error: NoSlug| Problem::invalid("/track", error.to_string()))?;
        let kind = |name: &String| {
            ItemKind::parse(name).ok_or_else(|| Problem::invalid("/type", "must be a kind of question"))
        };
        Ok(QuestionFilter {
            track: track.map(|Slug(slug)| slug),
            kind: self.kind.as_ref().map(kind).transpose()?,
        })
    }

    fn page(&self) -> PageQuery {
        PageQuery {
            page: self.page,
            page_size: self.page_size,
        }
    }
}
