//! `/tracks`: roles with the assessments that are drawn from their banks.

mod body;
mod change;
mod create;
mod delete;
mod get;
mod list;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, EVERYBODY};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(EVERYBODY.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(EVERYBODY.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(change::change))
        .with(ADMINS.administers(), routes!(delete::delete))
}
