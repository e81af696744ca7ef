//! `GET /inquiries`

use axum::Json;
use domain::identity::Scope;
use domain::reviews::{InquiryFilter, InquiryState};
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::InquiryBody;
use crate::http::caller::Caller;
use crate::http::extract::Query;
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// Query of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InquiriesQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only `open`, `answered`, `resolved_upheld`, `resolved_revised` or `withdrawn` ones.
    state: Option<String>,
}

/// List inquiries
///
/// Latest first. Students see their own, advisors those of their cohorts, admins all.
#[utoipa::path(
    get,
    path = "/inquiries",
    tag = "inquiries",
    params(InquiriesQuery),
    responses(
        (status = 200, description = "A page of inquiries", body = PageBody<InquiryBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    caller: Caller,
    Query(query): Query<InquiriesQuery>,
) -> Result<Json<PageBody<InquiryBody>>, Problem> {
    let viewer = caller.viewer(Scope::ReadResults)?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let (page, filter) = (page.request()?, query.filter()?);
    let found = lists
        .read(|store| async move { store.list_inquiries(viewer, filter, page).await })
        .await?;
    Ok(Json(PageBody::from_page(found, InquiryBody::from)))
}

impl InquiriesQuery {
    fn filter(&self) -> Result<InquiryFilter, Problem> {
        let state = self.state.as_deref().map(|name| {
            let expected = InquiryState::ALL.map(InquiryState::as_str).join(", ");
            InquiryState::parse(name)
                .ok_or_else(|| Problem::invalid("/state", format!("must be one of {expected}")))
        });
        Ok(InquiryFilter {
            state: state.transpose()?,
        })
    }
}
