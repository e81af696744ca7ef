//! `/cohorts`: who sees whom, and who may take what.

mod body;
mod change;
mod create;
mod delete;
mod get;
mod list;
mod members;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, change::change, delete::delete))
        .routes(routes!(members::members))
}
