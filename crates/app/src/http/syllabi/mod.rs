//! `/admin/syllabus/upload` and `/admin/syllabi`: texts that assessments are made from.

mod body;
mod get;
mod list;
mod upload;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(upload::upload))
        .routes(routes!(list::list))
        .routes(routes!(get::get))
}
