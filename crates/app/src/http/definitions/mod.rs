//! `/assessments/generate`, `/assessments/definitions` and `/assessments/available`: from draft over review to what can be
//! taken.

mod archive;
mod available;
mod body;
mod difference;
mod edit_item;
mod generate;
mod get;
mod judge_item;
mod list;
mod patch;
mod publish;
mod regenerate_item;
mod versions;

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
        .with(STAFF.acts(), routes!(archive::archive))
        .with(STAFF.acts(), routes!(archive::restore))
        .with(STAFF.reads(), routes!(versions::versions))
        .with(STAFF.reads(), routes!(difference::difference))
        .with(STAFF.acts(), routes!(judge_item::accept))
        .with(STAFF.acts(), routes!(judge_item::reject))
        .with(STAFF.acts(), routes!(judge_item::reopen))
        .with(STAFF.acts(), routes!(edit_item::edit))
        .with(STAFF.starts_work(), routes!(regenerate_item::regenerate))
        .with(STUDENTS.reads(), routes!(available::available))
}
