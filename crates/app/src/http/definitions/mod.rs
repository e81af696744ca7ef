//! `/assessments/generate`, `/assessments/definitions` and `/assessments/available`: from draft to what can be taken.

mod available;
mod body;
mod generate;
mod get;
mod list;
mod patch;
mod publish;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(generate::generate))
        .routes(routes!(list::list))
        .routes(routes!(get::get, patch::patch))
        .routes(routes!(publish::publish))
        .routes(routes!(available::available))
}
