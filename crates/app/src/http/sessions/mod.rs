//! `/sessions`: the door of generated assessments, section by section.

mod body;
mod complete;
mod get;
mod heartbeat;
mod opt_in;
mod start;
mod submit_section;

use domain::attempts::{AttemptError, Touched};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::problem::Problem;
use crate::runtime::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(opt_in::opt_in))
        .routes(routes!(start::start))
        .routes(routes!(get::get))
        .routes(routes!(submit_section::submit_section))
        .routes(routes!(complete::complete))
        .routes(routes!(heartbeat::heartbeat))
}

/// What is alive, or 410: the expiry has been committed.
fn alive<T>(touched: &Touched<T>) -> Result<&T, Problem> {
    match touched {
        Touched::Alive(value) => Ok(value),
        Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(*expiry) }.into()),
    }
}
