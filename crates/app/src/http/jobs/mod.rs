//! `/jobs`: what is done in the background, for those who asked for it.

mod body;
mod get;

pub(crate) use body::JobBody;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get::get))
}
