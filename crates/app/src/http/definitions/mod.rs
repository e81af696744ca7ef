//! `/assessments/generate`, `/assessments/definitions` and `/assessments/available`: from draft to what can be taken.

mod available;
mod body;
mod generate;
mod get;
mod list;
mod patch;
mod publish;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, STAFF, STUDENTS};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.starts_work(), routes!(generate::generate))
        .with(STAFF.reads(), routes!(list::list))
        .with(STAFF.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(patch::patch))
        .with(STAFF.acts(), routes!(publish::publish))
        .with(STUDENTS.reads(), routes!(available::available))
}
