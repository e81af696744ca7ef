//! `/users`: accounts, by admins; what staff set for candidates; what is kept of a person, exported and erased.

mod accommodations;
mod body;
mod change;
mod create;
mod erase;
mod export;
mod get;
mod list;
mod reset_password;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, SIGNED_IN, STAFF};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(ADMINS.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(change::change))
        .with(ADMINS.administers(), routes!(reset_password::reset_password))
        .with(ADMINS.administers(), routes!(erase::erase))
        .with(SIGNED_IN.acts(), routes!(export::export))
        .with(STAFF.acts(), routes!(accommodations::put))
}
