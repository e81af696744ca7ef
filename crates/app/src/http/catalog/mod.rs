//! `/catalog/credentials`: the micro-credentials that can be recommended.

mod body;
mod change;
mod create;
mod delete;
mod get;
mod list;
mod versions;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, EVERYBODY, STAFF};

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(EVERYBODY.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(EVERYBODY.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(change::change))
        .with(ADMINS.administers(), routes!(delete::delete))
        .with(STAFF.reads(), routes!(versions::versions))
}
