//! `GET /catalog/credentials`

use axum::Json;
use axum::extract::State;
use domain::authoring::is_slug;
use domain::catalog::{CatalogFilter, CredentialLevel};
use domain::llm::is_name;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::{CredentialBody, made_aside};
use crate::http::caller::Caller;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, SignedProblems};
use crate::runtime::AppState;

/// Query of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CredentialQuery {
    /// Only entries of this level: `foundation`, `intermediate` or `advanced`.
    level: Option<String>,
    /// Only entries that teach this skill, as items of tracks name it.
    skill: Option<String>,
    /// Only entries that teach a skill of the track with this slug.
    role_slug: Option<String>,
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
}

/// List the catalogue
///
/// Micro-credentials by title. For everybody who is signed in.
#[utoipa::path(
    get,
    path = "/catalog/credentials",
    tag = "catalog",
    params(CredentialQuery),
    responses(
        (status = 200, description = "A page of entries", body = PageBody<CredentialBody>),
        SignedProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<CredentialQuery>,
) -> Result<Json<PageBody<CredentialBody>>, Problem> {
    let filter = query.filter()?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let page = state.store.list_credentials(&filter, page.request()?).await?;
    let bodies = made_aside(move || {
        PageBody::from_page(page, |credential| {
            CredentialBody::for_reader(credential, caller.principal)
        })
    });
    Ok(Json(bodies.await?))
}

impl CredentialQuery {
    fn filter(&self) -> Result<CatalogFilter, Problem> {
        let level = |name: &String| {
            CredentialLevel::parse(name)
                .ok_or_else(|| Problem::invalid("/level", "must be foundation, intermediate or advanced"))
        };
        Ok(CatalogFilter {
            level: self.level.as_ref().map(level).transpose()?,
            skill: named(
                "/skill",
                self.skill.as_ref(),
                |text| is_name(text, 60),
                "1 to 60 visible characters in one line",
            )?,
            track: named(
                "/role_slug",
                self.role_slug.as_ref(),
                is_slug,
                "a slug: 1 to 60 lower-case letters, digits and inner hyphens",
            )?,
        })
    }
}

fn named(
    pointer: &str,
    text: Option<&String>,
    is_right: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if !is_right(text) => Err(Problem::invalid(pointer, format!("must be {expected}"))),
        text => Ok(text.cloned()),
    }
}
