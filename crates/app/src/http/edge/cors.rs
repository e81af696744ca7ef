//! Pages of other origins that may call the API. Tokens travel in a header that such a page sets itself; cookies are not sent.

use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];
const REQUEST_HEADERS: [HeaderName; 8] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-request-id"),
];
const ANSWER_HEADERS: [HeaderName; 6] = [
    ETAG,
    RETRY_AFTER,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
];
/// For how long a browser need not ask again.
const PREFLIGHT_AGE: Duration = Duration::from_mins(10);

/// None without origins: then no answer mentions the matter, and browsers refuse.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let exact: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let layer = CorsLayer::new()
        .allow_methods(METHODS)
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(ANSWER_HEADERS)
        .max_age(PREFLIGHT_AGE);
    (!exact.is_empty()).then(|| layer.allow_origin(exact))
}
