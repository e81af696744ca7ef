//! `/assessments/{id}`: an attempt's answers, progress and result; the same attempts that `/sessions` walks through.

mod get;
mod responses;
mod result;
mod result_body;
mod status;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get::get))
        .routes(routes!(status::status))
        .routes(routes!(result::result))
        .routes(routes!(responses::save))
}
