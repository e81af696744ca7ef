//! `/audit`: who did what.

mod list;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::ADMINS;

pub(super) fn routes() -> Endpoints {
    Endpoints::new().with(ADMINS.reads(), routes!(list::list))
}
