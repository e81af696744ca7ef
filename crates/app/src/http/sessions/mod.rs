//! `/sessions`: the door that takes an assessment section by section; a track is one section.

mod body;
mod complete;
mod get;
mod heartbeat;
mod opt_in;
mod start;
mod submit_section;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::touched::alive;
use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(opt_in::opt_in))
        .routes(routes!(start::start))
        .routes(routes!(get::get))
        .routes(routes!(submit_section::submit_section))
        .routes(routes!(complete::complete))
        .routes(routes!(heartbeat::heartbeat))
}
