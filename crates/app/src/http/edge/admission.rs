//! Whether a request is worked on, with how large a body, and for how long.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::body::{Pace, PacedBody, Slot, Verdict, throw_away};
use super::headers::end_connection;
use crate::config::Config;
use crate::http::problem::{Problem, ProblemType, kinds};

/// Routes that take files: larger bodies, more time.
const UPLOAD_ROUTES: [&str; 1] = ["/api/v1/admin/syllabus/upload"];
/// Routes that take a table of many rows: as large as a file.
const TABLE_ROUTES: [&str; 1] = ["/api/v1/questions/{id}/exemplars"];
/// A supervisor must hear from a busy server that it lives.
const ALWAYS_ANSWERED: &str = "/healthz";
const BUSY_RETRY_SECONDS: u32 = 1;

/// In the extensions of a request that stands for one whose head could not be read in one way only; says why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MalformedHead(pub(crate) &'static str);

/// What one request may cost, and how many may cost it at once.
pub(super) struct Admission {
    config: Arc<Config>,
    in_flight: Arc<Semaphore>,
}

impl Admission {
    pub(super) fn new(config: Arc<Config>) -> Self {
        let in_flight = Arc::new(Semaphore::new(config.limits.max_requests_in_flight));
        Self { config, in_flight }
    }

    /// Bytes of body and time by route.
    fn allowance(&self, route: &str) -> (usize, Duration) {
        let Config { uploads, limits, .. } = &*self.config;
        if UPLOAD_ROUTES.contains(&route) {
            (uploads.max_request_bytes(), uploads.timeout())
        } else if TABLE_ROUTES.contains(&route) {
            (uploads.max_file_bytes(), uploads.timeout())
        } else {
            (limits.json_body_bytes(), limits.request_timeout())
        }
    }
}

/// Refuses what is too large, or too much, before anything is read; refusing at once is kinder than letting everybody wait
/// until everybody times out. A handler that is given up is dropped at its next await; its transaction rolls back.
pub(super) async fn admit(
    State(admission): State<Arc<Admission>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(MalformedHead(reason)) = request.extensions().get() {
        return last(Problem::of(&kinds::MALFORMED).because(reason).into_response());
    }
    let route = route(&request);
    if route == ALWAYS_ANSWERED {
        return next.run(request).await;
    }
    let (bytes, time) = admission.allowance(route);
    let pace = Pace::of(&admission.config.limits);
    if declared_length(&request).is_some_and(|declared| declared > bytes as u64) {
        throw_away(request.into_body(), bytes, pace);
        return last(Problem::of(&kinds::BODY_TOO_LARGE).into_response());
    }
    let Some(slot) = Slot::take(&admission.in_flight) else {
        return busy(&kinds::OVERLOADED);
    };
    DefaultBodyLimit::max(bytes).apply(&mut request);
    let verdict = Verdict::default();
    if !request.body().is_end_stream() {
        request = request.map(|body| {
            Body::new(PacedBody::new(
                body,
                pace,
                Arc::clone(&slot),
                Arc::clone(&verdict),
                bytes,
            ))
        });
    }
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => judged(response, &verdict),
        Err(_) => busy(&kinds::TIMEOUT),
    }
}

/// The handler only saw that its body broke off; the verdict says why.
fn judged(response: Response, verdict: &OnceLock<&'static ProblemType>) -> Response {
    if response.status().is_success() {
        return response;
    }
    match verdict.get() {
        Some(kind) if kind.status == StatusCode::SERVICE_UNAVAILABLE => last(busy(kind)),
        Some(kind) => last(Problem::of(kind).into_response()),
        None if response.status() == StatusCode::PAYLOAD_TOO_LARGE => last(response),
        None => response,
    }
}

fn busy(kind: &'static ProblemType) -> Response {
    Problem::of(kind).retry_after(BUSY_RETRY_SECONDS).into_response()
}

/// The rest of the body is not read, so the connection cannot serve another request.
fn last(mut response: Response) -> Response {
    end_connection(response.headers_mut());
    response
}

fn declared_length(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::body::Bytes;
    use axum::http::header::CONNECTION;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use tokio::sync::mpsc;
    use tower::ServiceExt;

    use super::*;

    fn around(routes: Router, change: impl FnOnce(&mut Config)) -> Router {
        let mut config = Config::for_testing();
        change(&mut config);
        routes.layer(from_fn_with_state(
            Arc::new(Admission::new(Arc::new(config))),
            admit,
        ))
    }

    async fn call(service: &Router, request: Request) -> Response {
        service.clone().oneshot(request).await.unwrap()
    }

    /// Without a declared length.
    fn post_of(path: &str, bytes: usize) -> Request {
        Request::post(path).body(Body::from(vec![b'a'; bytes])).unwrap()
    }

    /// A body whose pieces are sent by hand.
    fn by_hand() -> (mpsc::Sender<&'static str>, Body) {
        let (sender, receiver) = mpsc::channel(1);
        let pieces = futures::stream::unfold(receiver, |mut receiver| async move {
            let piece: &str = receiver.recv().await?;
            Some((
                Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes())),
                receiver,
            ))
        });
        (sender, Body::from_stream(pieces))
    }

    #[tokio::test]
    async fn uploads_may_be_larger_than_json() {
        let routes = Router::new()
            .route("/json", post(|_: Bytes| async {}))
            .route(UPLOAD_ROUTES[0], post(|_: Bytes| async {}));
        let service = around(routes, |config| {
            config.limits.json_body_kib = 1;
            config.uploads.max_request_mib = 1;
        });
        for (path, largest) in [("/json", 1024), (UPLOAD_ROUTES[0], 1 << 20)] {
            assert_eq!(
                call(&service, post_of(path, largest)).await.status(),
                StatusCode::OK
            );
            let refused = call(&service, post_of(path, largest + 1)).await;
            assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(refused.headers()[CONNECTION], "close");
        }
    }

    #[tokio::test]
    async fn a_length_that_is_too_large_is_refused_before_a_byte_is_read() {
        let called = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&called);
        let handler = move |_: Request| async move { _ = count.fetch_add(1, Ordering::Relaxed) };
        let service = around(Router::new().route("/json", post(handler)), |config| {
            config.limits.json_body_kib = 1;
        });
        let (_sender, body) = by_hand();
        let request = Request::post("/json")
            .header(CONTENT_LENGTH, "1025")
            .body(body)
            .unwrap();
        let refused = call(&service, request).await;
        assert_eq!(
            (refused.status(), called.load(Ordering::Relaxed)),
            (StatusCode::PAYLOAD_TOO_LARGE, 0)
        );
        assert_eq!(refused.headers()[CONNECTION], "close");
    }

    #[tokio::test]
    async fn who_is_refused_may_send_the_rest_but_not_for_ever_and_in_nobodys_place() {
        let routes = Router::new().route("/json", post(async || StatusCode::CONFLICT));
        let service = around(routes, |config| {
            config.limits.json_body_kib = 1;
            config.limits.body_grace_seconds = 1;
            config.limits.max_requests_in_flight = 1;
        });
        let of_length = |length: &str, body: Body| {
            let request = Request::post("/json").header(CONTENT_LENGTH, length);
            request.body(body).unwrap()
        };
        let piece = "a".repeat(256).leak();
        for (length, status) in [
            ("1025", StatusCode::PAYLOAD_TOO_LARGE),
            ("512", StatusCode::CONFLICT),
        ] {
            let (sender, body) = by_hand();
            assert_eq!(call(&service, of_length(length, body)).await.status(), status);
            for _ in 0..4 {
                sender.send(piece).await.unwrap();
            }
            // Nobody takes more than a body may have.
            while sender.send(piece).await.is_ok() {}
            let (slow, body) = by_hand();
            assert_eq!(call(&service, of_length(length, body)).await.status(), status);
            slow.send("a").await.unwrap();
            let other = Request::post("/json").body(Body::empty()).unwrap();
            assert_eq!(call(&service, other).await.status(), StatusCode::CONFLICT);
            // Nor for longer than that.
            slow.closed().await;
        }
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_given_up() {
        let routes = Router::new().route("/slow", get(std::future::pending::<()>));
        let service = around(routes, |config| config.limits.request_timeout_seconds = 0);
        let request = Request::get("/slow").body(Body::empty()).unwrap();
        assert_eq!(
            call(&service, request).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }

    #[tokio::test]
    async fn a_full_server_refuses_at_once_but_says_that_it_lives() {
        let routes = Router::new()
            .route("/x", get(|| async {}))
            .route(ALWAYS_ANSWERED, get(|| async {}));
        let service = around(routes, |config| config.limits.max_requests_in_flight = 0);
        let get_of = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        let refused = call(&service, get_of("/x")).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_eq!(
            call(&service, get_of(ALWAYS_ANSWERED)).await.status(),
            StatusCode::OK
        );
    }

    #[tokio::test]
    async fn a_body_that_comes_too_slowly_is_given_up() {
        let service = around(Router::new().route("/x", post(|_: Bytes| async {})), |config| {
            config.limits.body_grace_seconds = 1;
        });
        let (sender, body) = by_hand();
        let trickling = async {
            while sender.send("x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let request = Request::post("/x").body(body).unwrap();
        let (refused, ()) = tokio::join!(call(&service, request), trickling);
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(refused.headers()[CONNECTION], "close");
    }

    #[tokio::test]
    async fn who_is_waited_for_leaves_the_place_to_others() {
        let routes = Router::new()
            .route("/x", post(|text: String| async { text }))
            .route("/y", get(|| async {}));
        let service = around(routes, |config| config.limits.max_requests_in_flight = 1);
        let (sender, body) = by_hand();
        let slow = tokio::spawn({
            let service = service.clone();
            async move { call(&service, Request::post("/x").body(body).unwrap()).await }
        });
        sender.send("one ").await.unwrap();
        let other = async || {
            call(&service, Request::get("/y").body(Body::empty()).unwrap())
                .await
                .status()
        };
        let answered = async {
            while other().await != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // Well within the grace, after which the first request would be given up.
        tokio::time::timeout(Duration::from_secs(8), answered)
            .await
            .unwrap();
        sender.send("two").await.unwrap();
        drop(sender);
        assert_eq!(slow.await.unwrap().status(), StatusCode::OK);
    }
}
