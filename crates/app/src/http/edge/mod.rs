//! What stands before every endpoint: who calls from where, too many requests, too large or too slow a body, too long a
//! time, a panic; and the headers that every answer has.

mod admission;
mod body;
mod client_address;
mod cors;
mod headers;

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::{Problem, kinds};
use super::request_trace;
use crate::runtime::AppState;
use admission::{Admission, admit};
use client_address::{Proxies, note};

pub(crate) use admission::MalformedHead;
pub(crate) use client_address::ClientAddress;
pub(super) use headers::{end_connection, set as set_headers};

/// Puts the edge around the routes, the outermost layer last.
pub(super) fn around(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    let admission = Arc::new(Admission::new(Arc::clone(&state.config)));
    let proxies = Arc::new(Proxies::new(state.config.server.proxy_networks()));
    let routes = routes
        .layer(from_fn_with_state(admission, admit))
        .layer(CatchPanicLayer::custom(panicked));
    let routes = match cors::layer(&state.config.server.cors_origins) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes
        .layer(from_fn_with_state(proxies, note))
        .layer(from_fn_with_state(state.clone(), request_trace::trace))
}

/// The panic itself was logged by the hook, with its place.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("an endpoint panicked");
    Problem::of(&kinds::INTERNAL).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

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
