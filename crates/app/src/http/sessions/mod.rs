//! `/sessions`: the door that takes an assessment section by section; a track is one section.

mod body;
mod complete;
mod get;
mod heartbeat;
mod opt_in;
mod start;
mod submit_section;

use utoipa_axum::routes;

use crate::http::endpoints::Endpoints;
use crate::http::policy::STUDENTS;
use crate::http::touched::alive;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(STUDENTS.acts(), routes!(opt_in::opt_in))
        .with(STUDENTS.acts(), routes!(start::start))
        .with(STUDENTS.reads(), routes!(get::get))
        .with(STUDENTS.saves(), routes!(submit_section::submit_section))
        .with(STUDENTS.acts(), routes!(complete::complete))
        .with(STUDENTS.saves(), routes!(heartbeat::heartbeat))
}
