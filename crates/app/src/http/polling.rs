//! Answers that are asked for again and again: `ETag`, 304, and a `Retry-After` that grows with the waiting time.

use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::time::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::Problem;

/// An answer that may still change.
pub(crate) struct Polled<T> {
    /// What is answered.
    pub(crate) body: T,
    /// Since when the caller waits; none when nothing will change any more.
    pub(crate) pending_since: Option<Timestamp>,
}

impl<T: Serialize> Polled<T> {
    /// 200 with the body, or 304 when the caller has it already.
    pub(crate) fn respond(self, request: &HeaderMap, now: Timestamp) -> Result<Response, Problem> {
        self.respond_with(StatusCode::OK, request, now)
    }

    /// The same with another status than 200.
    pub(crate) fn respond_with(
        self,
        status: StatusCode,
        request: &HeaderMap,
        now: Timestamp,
    ) -> Result<Response, Problem> {
        let body = serde_json::to_string(&self.body).map_err(|error| Problem::internal(&error))?;
        let tag = tag_of(&body);
        let known = request
            .get_all(IF_NONE_MATCH)
            .iter()
            .any(|sent| names(sent, &tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            (status, [("content-type", "application/json")], body).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, tag);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(since) = self.pending_since {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds_to_wait(now.since(since))));
        }
        Ok(response)
    }
}

/// Whether an `If-None-Match` value has the tag: a list, weak or strong, or `*` (RFC 9110, 13.1.2).
fn names(sent: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(sent), Ok(tag)) = (sent.to_str(), tag.to_str()) else {
        return false;
    };
    sent.split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// 1 s at first, then a tenth of the time already waited, at most 30 s.
fn seconds_to_wait(waited: Duration) -> u64 {
    (waited.as_secs() / 10).clamp(1, 30)
}

fn tag_of(body: &str) -> HeaderValue {
    let digest = Sha256::digest(body.as_bytes());
    let hex = digest
        .iter()
        .take(12)
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_longer_means_asking_less_often() {
        let waits = [0, 9, 25, 200, 10_000].map(|seconds| seconds_to_wait(Duration::from_secs(seconds)));
        assert_eq!(waits, [1, 1, 2, 20, 30]);
    }

    #[test]
    fn tags_are_compared_as_lists_weak_or_strong() {
        let tag = HeaderValue::from_static("\"a1\"");
        let has = |sent: &'static str| names(&HeaderValue::from_static(sent), &tag);
        assert!(has("\"a1\"") && has("W/\"a1\"") && has("\"b2\", W/\"a1\"") && has("*"));
        assert!(!has("\"b2\"") && !has("a1"));
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let now = Timestamp::from_micros(0);
        let polled = || Polled {
            body: "same",
            pending_since: Some(now),
        };
        let first = polled().respond(&HeaderMap::new(), now).ok().unwrap();
        assert_eq!(
            (first.status(), first.headers()[RETRY_AFTER].as_bytes()),
            (StatusCode::OK, b"1".as_slice())
        );
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        let second = polled().respond(&headers, now).ok().unwrap();
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
    }
}
