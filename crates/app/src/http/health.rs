//! For supervisors: does the process live, can it do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::store::StoreError;
use domain::time::Timestamp;
use jobs::{Unhealthy, WorkerHealth};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::endpoints::Endpoints;
use super::policy::ANYONE;
use crate::runtime::AppState;
use crate::telemetry::chain;
use crate::wiring;

/// How long an answer of `/readyz` is given again: anybody may ask, and every look is a query.
const KEPT: Duration = Duration::from_secs(1);

/// What the routes share within a process.
pub(super) fn shared() -> Extension<Arc<Latest>> {
    Extension(Arc::default())
}

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ANYONE.uncounted(), routes!(healthz))
        .with(ANYONE.uncounted(), routes!(readyz))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`: whoever cannot answer does not.
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Readiness {
    /// `ok`, `unavailable` or `stopping`.
    status: &'static str,
    /// What the process depends on.
    dependencies: Dependencies,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
async fn readyz(
    State(state): State<AppState>,
    Extension(latest): Extension<Arc<Latest>>,
) -> (StatusCode, Json<Readiness>) {
    let (code, readiness) = latest.or_look(|| state.now(), || look(&state)).await;
    // The answer of a second ago knows nothing of that.
    if state.leaving.is_cancelled() {
        let status = "stopping";
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(Readiness { status, ..readiness }),
        );
    }
    (code, Json(readiness))
}

/// The latest answer of `/readyz` and when it was found.
#[derive(Default)]
pub(super) struct Latest(Mutex<Option<(Timestamp, (StatusCode, Readiness))>>);

impl Latest {
    /// The latest answer, or a new one if that is too old. Whoever comes while somebody looks waits for what is found.
    async fn or_look(
        &self,
        now: impl Fn() -> Timestamp,
        look: impl AsyncFnOnce() -> (StatusCode, Readiness),
    ) -> (StatusCode, Readiness) {
        let mut latest = self.0.lock().await;
        if let Some((found_at, answer)) = &*latest {
            let (found_at, now) = (*found_at, now());
            // A clock that was set back keeps no answer for long either.
            if now.since(found_at).max(found_at.since(now)) < KEPT {
                return answer.clone();
            }
        }
        let answer = look().await;
        *latest = Some((now(), answer.clone()));
        answer
    }
}

async fn look(state: &AppState) -> (StatusCode, Readiness) {
    let database = database_state(wiring::pending_migrations(state).await);
    let worker = worker_state(state.worker_health.get().map(WorkerHealth::check));
    let (code, status) = match (database, worker) {
        ("ok", "ok" | "none") => (StatusCode::OK, "ok"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let dependencies = Dependencies { database, worker };
    (code, Readiness { status, dependencies })
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
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    #[tokio::test]
    async fn however_many_ask_there_is_one_look_a_second() {
        let (latest, looks) = (Latest::default(), AtomicU32::new(0));
        let look = async || {
            looks.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            let dependencies = Dependencies {
                database: "ok",
                worker: "none",
            };
            let status = "ok";
            (StatusCode::OK, Readiness { status, dependencies })
        };
        let ask = async |now: Timestamp| {
            let asked = (0..50).map(|_| latest.or_look(|| now, look));
            let answers = futures::future::join_all(asked).await;
            assert!(answers.iter().all(|(code, _)| *code == StatusCode::OK));
            looks.load(Ordering::SeqCst)
        };
        assert_eq!(ask(NOW).await, 1);
        assert_eq!(ask(NOW + Duration::from_millis(999)).await, 1);
        assert_eq!(ask(NOW + KEPT).await, 2);
        assert_eq!(
            ask(NOW - Duration::from_hours(1)).await,
            3,
            "the clock was set back"
        );
    }

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
