//! `/users`: what staff set for candidates.

mod accommodations;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(accommodations::put))
}
