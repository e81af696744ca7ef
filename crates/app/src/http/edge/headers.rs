//! Headers of every answer, refusals included: what a browser must not do with it.

use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SERVER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// For what is not a page: nothing may be loaded, run or framed. Pages bring their own policy.
const API_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Two years.
const TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Sets them; the policy of a page and the caching of what says so itself stay.
pub(in crate::http) fn set(headers: &mut HeaderMap, is_https: bool) {
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (RESOURCE_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
    headers.remove(SERVER);
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(API_POLICY);
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The connection ends with this answer: nobody is to send another request on it.
pub(in crate::http) fn end_connection(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_itself_about_caching_and_policy_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        );
        headers.insert(SERVER, HeaderValue::from_static("told"));
        set(&mut headers, false);
        assert_eq!(headers[CACHE_CONTROL], "private, no-cache");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'self'");
        assert!(!headers.contains_key(SERVER) && !headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[RESOURCE_POLICY], "same-origin");
    }

    #[test]
    fn an_answer_that_says_nothing_is_kept_and_run_nowhere() {
        let mut headers = HeaderMap::new();
        set(&mut headers, true);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], API_POLICY);
        assert_eq!(headers[STRICT_TRANSPORT_SECURITY], TRANSPORT);
    }
}
