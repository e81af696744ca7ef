//! `/regrades`: answers scored again after a key, a rubric or a grader has changed.

mod body;
mod changes;
mod get;
mod list;
mod preview;
mod steps;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::ADMINS;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.starts_work(), routes!(preview::preview))
        .with(ADMINS.reads(), routes!(list::list))
        .with(ADMINS.reads(), routes!(get::get))
        .with(ADMINS.reads(), routes!(changes::changes))
        .with(ADMINS.administers(), routes!(steps::apply))
        .with(ADMINS.administers(), routes!(steps::cancel))
}
