//! `/assessments`: taking tracks, and every attempt's answers, progress and result; the same attempts that `/sessions` walks
//! through.

mod abandon;
mod events;
mod extend;
mod get;
mod list;
mod release;
mod responses;
mod result;
mod result_body;
mod sent;
mod start;
mod status;
mod submit;
mod void;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(start::start))
        .routes(routes!(get::get, abandon::abandon))
        .routes(routes!(submit::submit))
        .routes(routes!(status::status))
        .routes(routes!(events::events))
        .routes(routes!(result::result))
        .routes(routes!(responses::save))
        .routes(routes!(extend::extend))
        .routes(routes!(void::void))
        .routes(routes!(release::release))
}
