//! `GET /users`

use axum::Json;
use domain::identity::{Role, UserStatus};
use garde::Validate;
use serde::Deserialize;
use storage::UserFilter;
use utoipa::IntoParams;

use super::body::{AccountBody, AccountStatusBody};
use crate::http::extract::{Query, one_line};
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// From 1.
    #[garde(skip)]
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[garde(skip)]
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// With this role.
    #[garde(skip)]
    #[param(inline)]
    role: Option<RoleParameter>,
    /// With this status.
    #[garde(skip)]
    #[param(inline)]
    status: Option<AccountStatusBody>,
    /// With this text in address or name, in any case.
    #[garde(inner(length(chars, max = 200), custom(one_line)))]
    #[param(max_length = 200)]
    search: Option<String>,
}

/// A role that accounts have.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoleParameter {
    Student,
    Advisor,
    Admin,
    Service,
}

impl From<RoleParameter> for Role {
    fn from(role: RoleParameter) -> Self {
        match role {
            RoleParameter::Student => Self::Student,
            RoleParameter::Advisor => Self::Advisor,
            RoleParameter::Admin => Self::Admin,
            RoleParameter::Service => Self::Service,
        }
    }
}

/// List accounts
///
/// Newest first.
#[utoipa::path(get, path = "/users", tag = "users", params(UsersQuery), responses(
    (status = 200, description = "A page of accounts", body = PageBody<AccountBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn list(
    lists: Lists,
    _: ByAdmin,
    Query(query): Query<UsersQuery>,
) -> Result<Json<PageBody<AccountBody>>, Problem> {
    query.validate()?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let filter = UserFilter {
        role: query.role.map(Role::from),
        status: query.status.map(UserStatus::from),
        search: query.search,
    };
    let (filter, page) = (&filter, page.request()?);
    let page = lists
        .read(|store| async move { store.list_users(filter, page).await })
        .await?;
    Ok(Json(PageBody::from_page(page, |user| AccountBody::from(&user))))
}
