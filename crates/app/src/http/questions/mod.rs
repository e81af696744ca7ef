//! `/questions`: the questions of the tracks' banks, and answers to them that people have graded.

mod add_exemplars;
mod body;
mod change;
mod create;
mod delete;
mod difference;
mod exemplar_csv;
mod get;
mod kinds;
mod list;
mod list_exemplars;
mod versions;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{ADMINS, STAFF};

pub(crate) use body::QuestionContent;
pub(crate) use kinds::QuestionKind;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(STAFF.reads(), routes!(list::list))
        .with(ADMINS.administers(), routes!(create::create))
        .with(STAFF.reads(), routes!(get::get))
        .with(ADMINS.administers(), routes!(change::change))
        .with(ADMINS.administers(), routes!(delete::delete))
        .with(STAFF.reads(), routes!(versions::versions))
        .with(STAFF.reads(), routes!(difference::difference))
        .with(STAFF.reads(), routes!(list_exemplars::list_exemplars))
        .with(STAFF.acts(), routes!(add_exemplars::add_exemplars))
}
