//! Headers with whatever bytes a header may have.

use std::time::Duration;

use domain::authoring::Settings;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};
use reqwest::Method;
use reqwest::header::HeaderValue;
use testkit::Backend;

use crate::support::properties::{check, one_of};
use crate::support::{Reply, Sitting, TestApp};

const NAMES: [&str; 18] = [
    "authorization",
    "idempotency-key",
    "if-none-match",
    "if-match",
    "content-type",
    "last-event-id",
    "x-request-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "forwarded",
    "x-real-ip",
    "accept",
    "accept-encoding",
    "origin",
    "traceparent",
    "user-agent",
    "cookie",
    "range",
];

const ODD_VALUES: [&str; 22] = [
    "",
    " ",
    "*",
    "\"\"",
    "W/\"",
    "\"a\", \"b\"",
    "Bearer ",
    "Bearer a.b.c",
    "Basic Og==",
    "application/json; charset=\"",
    "text/csv;;;",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "18446744073709551616",
    "-1",
    "127.0.0.1, ::1, x",
    "for=\"[::1]\";proto=",
    "00-00000000000000000000000000000000-0000000000000000-00",
    "a\tb",
    "%00%0d%0a",
    "${x}",
    "bytes=0-,-1,5-2",
];

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => one_of(&ODD_VALUES).prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..40),
        1 => "[ -~]{0,60}".prop_map(String::into_bytes),
        1 => (any::<u8>(), 1000..6000_usize).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

/// Some headers with odd values; what no header may hold is left out.
fn odd_headers() -> impl Strategy<Value = Vec<(&'static str, HeaderValue)>> {
    let names = subsequence(NAMES.to_vec(), 1..5);
    (names, vec(values(), 5)).prop_map(|(names, values)| {
        let pairs = names.into_iter().zip(values);
        pairs
            .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(&value).ok()?)))
            .collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_headers_never_make_the_service_fail() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.may_leave_jobs();
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let (events, heartbeat) = (
        format!("/assessments/{}/events", sitting.id),
        sitting.path("heartbeat"),
    );
    let asks = [
        (Method::GET, "/auth/me"),
        (Method::GET, "/assessments/available"),
        (Method::GET, "/tracks?page=1"),
        (Method::POST, &heartbeat),
        (Method::POST, "/cohorts"),
        (Method::POST, "/admin/syllabus/upload"),
        (Method::OPTIONS, "/tracks"),
        (Method::GET, "//healthz"),
        (Method::GET, "//api/openapi.json"),
    ]
    .map(|(method, path): (Method, &str)| (method, path.to_owned()));
    let cases = (select(asks.to_vec()), odd_headers());
    check(&cases, async |((method, path), headers)| {
        let client = if path == heartbeat {
            sitting.student.clone()
        } else {
            app.admin().await
        };
        let mut request = client.request(method.clone(), &path);
        if method == Method::POST {
            request = request.body("{}");
        }
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let reply = Reply::unchecked(request).await;
        assert!(
            reply.status < 500,
            "{method} {path} with {headers:?}: {}",
            reply.text
        );
        let ids = reply.headers.get_all("x-request-id").iter().count();
        assert_eq!(ids, 1, "{method} {path} with {headers:?}");
    });
    let ids = vec(any::<u8>(), 0..60).prop_filter_map("a header", |id| HeaderValue::from_bytes(&id).ok());
    check(&ids, async |id| {
        let request = sitting
            .student
            .request(Method::GET, &events)
            .header("last-event-id", &id);
        // The stream goes on for as long as somebody listens.
        let response = request.timeout(Duration::from_mins(1)).send().await.unwrap();
        assert!(
            matches!(response.status().as_u16(), 200 | 204 | 400 | 422 | 429),
            "{id:?}: {response:?}"
        );
    });
}
