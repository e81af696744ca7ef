//! What stands before every endpoint: too many requests, too large a body, too long a time, a panic.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::{Problem, kinds};
use super::request_trace;
use crate::config::Config;
use crate::runtime::AppState;

/// Routes that take files: larger bodies, more time.
const UPLOAD_ROUTES: [&str; 1] = ["/api/v1/admin/syllabus/upload"];
/// Routes that take a table of many rows: as large as a file.
const TABLE_ROUTES: [&str; 1] = ["/api/v1/questions/{id}/exemplars"];
/// A supervisor must hear from a busy server that it lives.
const ALWAYS_ANSWERED: &str = "/healthz";
const BUSY_RETRY_SECONDS: u32 = 1;

/// Puts the edge around the routes, the outermost layer last.
pub(super) fn around(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    let in_flight = Arc::new(Semaphore::new(state.config.limits.max_requests_in_flight));
    routes
        .layer(from_fn_with_state(Arc::clone(&state.config), limit))
        .layer(from_fn_with_state(in_flight, shed))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), request_trace::trace))
}

/// Body size and time by route. A handler that is given up is dropped at its next await; its transaction rolls back.
async fn limit(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    let (bytes, time) = allowance(&config, route(&request));
    DefaultBodyLimit::max(bytes).apply(&mut request);
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::of(&kinds::TIMEOUT)
            .retry_after(BUSY_RETRY_SECONDS)
            .into_response(),
    }
}

fn allowance(config: &Config, route: &str) -> (usize, Duration) {
    if UPLOAD_ROUTES.contains(&route) {
        (config.uploads.max_request_bytes(), config.uploads.timeout())
    } else if TABLE_ROUTES.contains(&route) {
        (config.uploads.max_file_bytes(), config.uploads.timeout())
    } else {
        (config.limits.json_body_bytes(), config.limits.request_timeout())
    }
}

/// Refusing at once is kinder than letting everybody wait until everybody times out.
async fn shed(State(in_flight): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    if route(&request) == ALWAYS_ANSWERED {
        return next.run(request).await;
    }
    match in_flight.try_acquire() {
        Ok(_held) => next.run(request).await,
        Err(_) => Problem::of(&kinds::OVERLOADED)
            .retry_after(BUSY_RETRY_SECONDS)
            .into_response(),
    }
}

/// The panic itself was logged by the hook, with its place.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("an endpoint panicked");
    Problem::of(&kinds::INTERNAL).into_response()
}

fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use tower::ServiceExt;

    use super::*;

    async fn call(router: Router, request: Request) -> StatusCode {
        router.oneshot(request).await.unwrap().status()
    }

    fn post_of(path: &str, bytes: usize) -> Request {
        Request::post(path).body(Body::from(vec![b'a'; bytes])).unwrap()
    }

    #[tokio::test]
    async fn uploads_may_be_larger_than_json() {
        let mut config = Config::for_testing();
        config.limits.json_body_kib = 1;
        config.uploads.max_request_mib = 1;
        let router = Router::new()
            .route("/json", post(|_: Bytes| async {}))
            .route(UPLOAD_ROUTES[0], post(|_: Bytes| async {}))
            .layer(from_fn_with_state(Arc::new(config), limit));
        assert_eq!(call(router.clone(), post_of("/json", 1024)).await, StatusCode::OK);
        assert_eq!(
            call(router.clone(), post_of("/json", 1025)).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
        assert_eq!(
            call(router.clone(), post_of(UPLOAD_ROUTES[0], 1 << 20)).await,
            StatusCode::OK
        );
        assert_eq!(
            call(router, post_of(UPLOAD_ROUTES[0], (1 << 20) + 1)).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_given_up() {
        let mut config = Config::for_testing();
        config.limits.request_timeout_seconds = 0;
        let router = Router::new()
            .route("/slow", get(std::future::pending::<()>))
            .layer(from_fn_with_state(Arc::new(config), limit));
        let request = Request::get("/slow").body(Body::empty()).unwrap();
        assert_eq!(call(router, request).await, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn a_full_server_refuses_at_once_but_says_that_it_lives() {
        let router = Router::new()
            .route("/x", get(|| async {}))
            .route(ALWAYS_ANSWERED, get(|| async {}))
            .layer(from_fn_with_state(Arc::new(Semaphore::new(0)), shed));
        let get_of = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(
            call(router.clone(), get_of("/x")).await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(call(router, get_of(ALWAYS_ANSWERED)).await, StatusCode::OK);
    }

    async fn planted() {
        panic!("planted");
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_problem() {
        let router = Router::new()
            .route("/x", get(planted))
            .layer(CatchPanicLayer::custom(panicked));
        let request = Request::get("/x").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.extensions().get::<Problem>().is_some());
    }
}
