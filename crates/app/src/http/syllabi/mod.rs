//! `/admin/syllabus/upload` and `/admin/syllabi`: texts that assessments are made from.

mod body;
mod get;
mod list;
mod upload;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, STAFF};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.administers(), routes!(upload::upload))
        .with(STAFF.reads(), routes!(list::list))
        .with(STAFF.reads(), routes!(get::get))
}
