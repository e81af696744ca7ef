//! `/reviews`: what a person should look at, and what they say of it.

mod body;
mod decide;
mod get;
mod list;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::STAFF;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(STAFF.reads(), routes!(list::list))
        .with(STAFF.reads(), routes!(get::get))
        .with(STAFF.acts(), routes!(decide::decide))
}
