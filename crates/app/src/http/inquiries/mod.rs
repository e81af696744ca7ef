//! `/inquiries`: candidates contest scores, and both sides talk about it.

mod body;
mod get;
mod list;
mod open;
mod reply;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{SIGNED_IN, STUDENTS};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(STUDENTS.acts(), routes!(open::open))
        .with(SIGNED_IN.reads(), routes!(list::list))
        .with(SIGNED_IN.reads(), routes!(get::get))
        .with(SIGNED_IN.acts(), routes!(reply::reply))
}
