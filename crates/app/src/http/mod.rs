//! The HTTP service: one folder per slice, one file per endpoint; here they become a router and an OpenAPI document.

mod answers;
mod assessments;
mod auth;
mod caller;
mod cohorts;
mod contract;
mod definitions;
mod docs;
mod edge;
mod extract;
mod health;
mod idempotency;
mod item_body;
mod jobs;
mod paging;
mod permitted;
mod polling;
mod problem;
mod questions;
mod request_trace;
mod sessions;
mod settings;
mod slug;
mod syllabi;
mod touched;
mod tracks;
mod users;

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::runtime::AppState;
use problem::{FieldError, Problem, ProblemBody, kinds};

pub(crate) use problem::render_table as render_error_table;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Touchstone",
        description = "Assessments from syllabi, strict candidate sessions, scores that can be checked and contested.\n\n\
            Failures are `application/problem+json` (RFC 9457); `/problems` lists every kind. A POST that creates or \
            submits takes an `Idempotency-Key`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    components(schemas(ProblemBody, FieldError)),
    security(("bearer" = [])),
    tags(
        (name = "auth", description = "Accounts and tokens"),
        (name = "users", description = "What staff set for candidates"),
        (name = "syllabi", description = "Texts that assessments are made from"),
        (name = "tracks", description = "Roles with the assessments that are drawn from their banks"),
        (name = "questions", description = "The banks of the tracks, and answers that people have graded"),
        (name = "cohorts", description = "Who sees whom, and who may take what"),
        (name = "definitions", description = "Assessments as they are generated, reviewed and published"),
        (name = "sessions", description = "Taking a generated assessment, section by section"),
        (name = "assessments", description = "Attempts: answers, progress, results"),
        (name = "jobs", description = "Background work"),
        (name = "operations", description = "For supervisors"),
    ),
)]
struct Document;

/// The whole service over a state.
pub fn router(state: AppState) -> Router {
    let (routes, document) = api_router().split_for_parts();
    let routes = routes.merge(docs::routes(document)).fallback(unknown_route);
    edge::around(routes, &state).with_state(state)
}

/// The contract, generated from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api_router().into_openapi()
}

/// Every operation. Slices name their paths relative to the base path.
fn api_router() -> OpenApiRouter<AppState> {
    let slices = OpenApiRouter::new()
        .merge(auth::routes())
        .merge(users::routes())
        .merge(syllabi::routes())
        .merge(tracks::routes())
        .merge(questions::routes())
        .merge(cohorts::routes())
        .merge(definitions::routes())
        .merge(jobs::routes())
        .merge(sessions::routes())
        .merge(assessments::routes());
    let mut document = Document::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut routes = OpenApiRouter::with_openapi(document)
        .nest("/api/v1", slices)
        .merge(health::routes());
    contract::name_operations(routes.get_openapi_mut());
    routes
}

async fn unknown_route() -> Problem {
    Problem::of(&kinds::ROUTE)
}

#[cfg(test)]
mod tests;
