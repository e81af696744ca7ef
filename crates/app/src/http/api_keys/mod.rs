//! `/api-keys`: machine clients.

mod body;
mod create;
mod delete;
mod list;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::ADMINS;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(ADMINS.administers(), routes!(delete::delete))
}
