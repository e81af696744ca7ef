//! The HTTP service: one folder per slice, one file per endpoint; here they become a router and an OpenAPI document.

mod answers;
mod api_keys;
mod assessments;
mod audit;
mod auth;
mod by_name;
mod caller;
mod catalog;
mod change_body;
mod cohorts;
mod contract;
mod definitions;
mod docs;
mod edge;
pub mod endpoints;
mod extract;
mod guard;
mod health;
mod idempotency;
mod inquiries;
mod invitations;
mod item_body;
mod jobs;
mod lists;
mod operations;
mod paging;
mod path_of;
mod permitted;
pub mod policy;
mod polling;
mod problem;
mod proof;
mod questions;
mod regrades;
mod request_trace;
mod reset_page;
mod reviews;
mod sessions;
mod settings;
mod slug;
mod syllabi;
mod touched;
mod tracks;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::runtime::AppState;
use crate::security::check_password;
use endpoints::Endpoints;
use problem::{FieldError, Problem, ProblemBody, kinds};

pub(crate) use edge::MalformedHead;
pub(crate) use jobs::{JobDetailBody, ListedJobBody, stable_name};
pub(crate) use operations::{DeadLetterBody, OverviewBody, QueueBody, RequeuedBody};
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
        (name = "users", description = "Accounts, by admins; what staff set for candidates"),
        (name = "invitations", description = "Who may register where registration is by invitation"),
        (name = "api_keys", description = "Machine clients"),
        (name = "syllabi", description = "Texts that assessments are made from"),
        (name = "tracks", description = "Roles with the assessments that are drawn from their banks"),
        (name = "questions", description = "The banks of the tracks, and answers that people have graded"),
        (name = "catalog", description = "Micro-credentials that can be recommended"),
        (name = "cohorts", description = "Who sees whom, and who may take what"),
        (name = "definitions", description = "Assessments as they are generated, reviewed and published"),
        (name = "sessions", description = "Taking a generated assessment, section by section"),
        (name = "assessments", description = "Attempts: answers, progress, results"),
        (name = "reviews", description = "Scores that people judge"),
        (name = "inquiries", description = "Scores that candidates contest"),
        (name = "regrades", description = "Answers scored again"),
        (name = "jobs", description = "Background work"),
        (name = "operations", description = "For supervisors: what is stuck, who did what"),
    ),
)]
struct Document;

/// The whole service over a state.
pub fn router(state: AppState) -> Router {
    let (routes, policies, document) = api().split();
    let guard = guard::Guard {
        state: state.clone(),
        policies: Arc::new(policies),
    };
    let routes = routes
        .route_layer(from_fn_with_state(guard, guard::guard))
        .merge(docs::routes(document))
        .merge(reset_page::routes())
        .layer(health::shared())
        .fallback(unknown_route);
    edge::around(routes, &state).with_state(state)
}

/// The contract, generated from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().split().2
}

/// Every operation. Slices name their paths relative to the base path.
fn api() -> Endpoints {
    let slices = Endpoints::new()
        .merge(auth::routes())
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(api_keys::routes())
        .merge(syllabi::routes())
        .merge(tracks::routes())
        .merge(questions::routes())
        .merge(catalog::routes())
        .merge(cohorts::routes())
        .merge(definitions::routes())
        .merge(jobs::routes())
        .merge(operations::routes())
        .merge(audit::routes())
        .merge(sessions::routes())
        .merge(assessments::routes())
        .merge(reviews::routes())
        .merge(inquiries::routes())
        .merge(regrades::routes());
    let mut document = Document::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    slices.below("/api/v1", document).merge(health::routes()).named()
}

/// The hash of a password that somebody is about to get, or 422 at `pointer` with what is wrong with it. `owner` is address
/// and name, of which a password must not consist.
async fn new_password(
    state: &AppState,
    pointer: &str,
    password: String,
    (email, display_name): (&str, &str),
) -> Result<String, Problem> {
    check_password(&password, email, display_name, &state.config.auth)
        .map_err(|weakness| Problem::invalid(pointer, weakness.to_string()))?;
    Ok(state.passwords.hash(password).await?)
}

async fn unknown_route() -> Problem {
    Problem::of(&kinds::ROUTE)
}

#[cfg(test)]
mod tests;
