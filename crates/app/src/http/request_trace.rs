//! The outermost middleware: names the request, writes its one log line, completes its problem, sets common headers.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::edge::{end_connection, set_headers};
use super::extract::CorrelationId;
use super::problem::{Problem, ProblemType, kinds};
use crate::runtime::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID: usize = 64;
/// Asked every few seconds by supervisors.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// See the module.
pub(super) async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let given = request.headers().get(REQUEST_ID).and_then(sane);
    let correlation_id = given.unwrap_or_else(|| state.ids.new_uuid().to_string());
    request
        .extensions_mut()
        .insert(CorrelationId(correlation_id.clone()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();

    let span = tracing::info_span!("request", correlation_id);
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = as_problem(response, &path, &correlation_id);
    if let Ok(value) = HeaderValue::from_str(&correlation_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    set_headers(response.headers_mut(), state.config.server.is_https());
    // A later request would meet the end of listening.
    if state.leaving.is_cancelled() {
        end_connection(response.headers_mut());
    }
    span.in_scope(|| log(&method, &route, response.status(), started.elapsed()));
    response
}

/// A request id taken over from the client: it appears in logs and headers, so only harmless characters.
fn sane(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = (1..=MAX_REQUEST_ID).contains(&text.len()) && text.bytes().all(harmless);
    fits.then(|| text.to_owned())
}

/// Completes problems with path and trace id, and turns refusals that the framework wrote as plain text into problems.
fn as_problem(mut response: Response, path: &str, trace_id: &str) -> Response {
    let status = response.status();
    let problem = response.extensions_mut().remove::<Problem>();
    let problem = problem.or_else(|| is_bare(&response).then(|| Problem::of(kind_of(status))));
    let Some(problem) = problem else { return response };
    let (parts, body) = problem.response(Some(path), Some(trace_id)).into_parts();
    // What was said beside the problem stays: allowed methods, limits, that the connection ends.
    response.headers_mut().remove(CONTENT_LENGTH);
    for (name, value) in &parts.headers {
        response.headers_mut().insert(name, value.clone());
    }
    *response.status_mut() = parts.status;
    *response.body_mut() = body;
    response
}

fn is_bare(response: &Response) -> bool {
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let failed = response.status().is_client_error() || response.status().is_server_error();
    failed && content_type.is_none_or(|media_type| media_type.starts_with("text/plain"))
}

fn kind_of(status: StatusCode) -> &'static ProblemType {
    match status {
        StatusCode::NOT_FOUND => &kinds::ROUTE,
        StatusCode::METHOD_NOT_ALLOWED => &kinds::METHOD,
        StatusCode::PAYLOAD_TOO_LARGE => &kinds::BODY_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => &kinds::MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY => &kinds::VALIDATION,
        status if status.is_client_error() => &kinds::MALFORMED,
        _ => &kinds::INTERNAL,
    }
}

/// The route, not the path: ids stay out of the log, and so do query strings.
fn log(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let (method, status) = (method.as_str(), status.as_u16());
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if PROBES.contains(&route) {
        tracing::debug!(method, route, status, milliseconds, "request");
    } else {
        tracing::info!(method, route, status, milliseconds, "request");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_request_ids_are_taken_over() {
        let taken = |text: &[u8]| sane(&HeaderValue::from_bytes(text).unwrap());
        assert_eq!(taken(b"a-B_9").as_deref(), Some("a-B_9"));
        for bad in [&b""[..], b"a b", b"a\"b", b"\xff", &[b'a'; 65]] {
            assert_eq!(taken(bad), None, "{bad:?}");
        }
    }
}
