//! `/cohorts`: who sees whom, and who may take what.

mod body;
mod change;
mod create;
mod delete;
mod get;
mod list;
mod members;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, STAFF};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(STAFF.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(STAFF.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(change::change))
        .with(ADMINS.administers(), routes!(delete::delete))
        .with(STAFF.reads(), routes!(members::members))
}
