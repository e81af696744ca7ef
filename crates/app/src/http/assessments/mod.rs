//! `/assessments`: taking tracks, and every attempt's answers, progress and result; the same attempts that `/sessions` walks
//! through.

mod abandon;
mod events;
mod extend;
mod get;
mod list;
mod recommended_body;
mod release;
mod responses;
mod result;
mod result_body;
mod sent;
mod start;
mod status;
mod submit;
mod void;

pub(super) use result_body::QuoteBody;
use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::{SIGNED_IN, STAFF, STUDENTS};
use domain::identity::Scope;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(
            SIGNED_IN.or_key(Scope::ReadAssessments).reads(),
            routes!(list::list),
        )
        .with(STUDENTS.acts(), routes!(start::start))
        .with(
            SIGNED_IN.or_key(Scope::ReadAssessments).reads(),
            routes!(get::get),
        )
        .with(STUDENTS.acts(), routes!(abandon::abandon))
        .with(STUDENTS.acts(), routes!(submit::submit))
        .with(
            SIGNED_IN.or_key(Scope::ReadAssessments).reads(),
            routes!(status::status),
        )
        .with(
            SIGNED_IN.or_key(Scope::ReadAssessments).reads(),
            routes!(events::events),
        )
        .with(
            SIGNED_IN.or_key(Scope::ReadResults).reads(),
            routes!(result::result),
        )
        .with(STUDENTS.saves(), routes!(responses::save))
        .with(STAFF.acts(), routes!(extend::extend))
        .with(STAFF.acts(), routes!(void::void))
        .with(STAFF.acts(), routes!(release::release))
}
