//! `/jobs`: what is done in the background, for those who asked for it.

mod body;
mod get;

pub(crate) use body::JobBody;
use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::SIGNED_IN;

pub(super) fn routes() -> Endpoints {
    Endpoints::new().with(SIGNED_IN.reads(), routes!(get::get))
}
