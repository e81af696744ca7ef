//! For supervisors: does the process live, can it do its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::store::StoreError;
use jobs::{Unhealthy, WorkerHealth};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;
use crate::telemetry::chain;
use crate::wiring;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`: whoever cannot answer does not.
    status: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Readiness {
    /// `ok` or `unavailable`.
    status: &'static str,
    /// What the process depends on.
    dependencies: Dependencies,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Dependencies {
    /// `ok`, `unreachable` or `migrations_pending`.
    database: &'static str,
    /// `ok`, `unhealthy`, or `none` in a process that leaves the jobs to others.
    worker: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()),
    responses((status = 200, body = Health, description = "It does.")))]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the process can do its work.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()), responses(
    (status = 200, body = Readiness, description = "It can."),
    (status = 503, body = Readiness, description = "It cannot; `dependencies` says why.")))]
async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let database = database_state(wiring::pending_migrations(&state).await);
    let worker = worker_state(state.worker_health.get().map(WorkerHealth::check));
    let (code, status) = match (database, worker) {
        ("ok", "ok" | "none") => (StatusCode::OK, "ok"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    (
        code,
        Json(Readiness {
            status,
            dependencies: Dependencies { database, worker },
        }),
    )
}

fn database_state(pending: Result<Vec<&'static str>, StoreError>) -> &'static str {
    match pending {
        Ok(names) if names.is_empty() => "ok",
        Ok(_) => "migrations_pending",
        Err(error) => {
            tracing::warn!(error = chain(&error), "the database is not reachable");
            "unreachable"
        }
    }
}

fn worker_state(health: Option<Result<(), Unhealthy>>) -> &'static str {
    match health {
        None => "none",
        Some(Ok(())) => "ok",
        Some(Err(error)) => {
            tracing::warn!(error = chain(&error), "the worker of this process does not work");
            "unhealthy"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_ready_when_it_answers_and_is_up_to_date() {
        assert_eq!(database_state(Ok(Vec::new())), "ok");
        assert_eq!(database_state(Ok(vec!["initial"])), "migrations_pending");
        assert_eq!(database_state(Err(StoreError::Conflict)), "unreachable");
    }

    #[test]
    fn a_process_is_ready_with_a_worker_that_works_or_without_one() {
        assert_eq!(worker_state(None), "none");
        assert_eq!(worker_state(Some(Ok(()))), "ok");
        assert_eq!(worker_state(Some(Err(Unhealthy::NotServing))), "unhealthy");
    }
}
