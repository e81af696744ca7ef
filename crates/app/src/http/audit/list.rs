//! `GET /audit`

use axum::Json;
use chrono::{DateTime, Utc};
use domain::audit::{AuditFilter, AuditView};
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::extract::{Query, one_line};
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// Query of the log.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// From 1.
    #[garde(skip)]
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[garde(skip)]
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only this action, as `attempts.voided`.
    #[garde(inner(length(chars, max = 100), custom(one_line)))]
    #[param(max_length = 100)]
    action: Option<String>,
    /// Only by this account.
    #[garde(skip)]
    actor_id: Option<Uuid>,
    /// Only on this kind of thing, as `attempt`.
    #[garde(inner(length(chars, max = 100), custom(one_line)))]
    #[param(max_length = 100)]
    resource_type: Option<String>,
    /// Only on this thing.
    #[garde(skip)]
    resource_id: Option<Uuid>,
    /// Not before this instant.
    #[garde(skip)]
    from: Option<DateTime<Utc>>,
    /// Before this instant.
    #[garde(skip)]
    until: Option<DateTime<Utc>>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditRowBody {
    /// The row.
    id: Uuid,
    /// When.
    at: DateTime<Utc>,
    /// By whom.
    actor: ActorBody,
    /// What, as `slice.verb`.
    action: String,
    /// On what kind of thing.
    resource_type: String,
    /// On which one.
    resource_id: Option<Uuid>,
    /// The request or job it was part of.
    correlation_id: String,
    /// Ids, states and counts.
    #[schema(value_type = Object)]
    details: Value,
    /// Whether the row is in the chain that shows changes.
    sealed: bool,
}

/// Whoever did it.
#[derive(Debug, Serialize, ToSchema)]
struct ActorBody {
    /// The account; none for the service itself and for people who are not signed in.
    user_id: Option<Uuid>,
    /// `student`, `advisor`, `admin`, `service`, `system` or `anonymous`.
    role: String,
}

/// List the audit log
///
/// Newest first. Rows are never changed or deleted, not even when an account they name is erased.
#[utoipa::path(get, path = "/audit", tag = "operations", params(AuditQuery), responses(
    (status = 200, description = "A page of the log", body = PageBody<AuditRowBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn list(
    lists: Lists,
    _: ByAdmin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<PageBody<AuditRowBody>>, Problem> {
    query.validate()?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let filter = AuditFilter::from(query);
    let (filter, page) = (&filter, page.request()?);
    let page = lists
        .read(|store| async move { store.list_audit(filter, page).await })
        .await?;
    Ok(Json(PageBody::from_page(page, AuditRowBody::from)))
}

impl From<AuditQuery> for AuditFilter {
    fn from(query: AuditQuery) -> Self {
        Self {
            action: query.action,
            actor_id: query.actor_id,
            resource_type: query.resource_type,
            resource_id: query.resource_id,
            from: query.from.map(Timestamp::from),
            until: query.until.map(Timestamp::from),
        }
    }
}

impl From<AuditView> for AuditRowBody {
    fn from(AuditView { row, sealed }: AuditView) -> Self {
        Self {
            id: row.id,
            at: row.created_at.to_datetime(),
            actor: ActorBody {
                user_id: row.actor_id,
                role: row.actor_role,
            },
            action: row.action,
            resource_type: row.resource_type,
            resource_id: row.resource_id,
            correlation_id: row.correlation_id,
            // What somebody has tampered with is still to be seen.
            details: serde_json::from_str(&row.details).unwrap_or(Value::String(row.details)),
            sealed,
        }
    }
}
