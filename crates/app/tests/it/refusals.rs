//! Every operation refuses what every operation has to refuse: asked from the contract, so that a new operation is covered
//! on the day it is declared.
//!
//! Refusals that need a state of things (another attempt runs, time is up, …) are in `refusals_by_state` and in the tests
//! of each topic.

pub(crate) mod operations;
mod probes;
pub(crate) mod samples;

use testkit::Backend;
use touchstone::config::RateLimitsConfig;

use super::support::TestApp;
use operations::Operation;
use probes::{JSON_LIMIT_KIB, UPLOAD_LIMIT_MIB, probes};

/// Operations whose refusal the generic request cannot reach, although they give it: operation, status, reason.
const EXCEPTIONS: [(&str, u16, &str); 0] = [];

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_400() {
    assert_refused_with(400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_good_token_gets_in() {
    assert_refused_with(401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_role_is_403() {
    assert_refused_with(403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_404() {
    assert_refused_with(404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_the_limit_is_413() {
    assert_refused_with(413).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_media_type_is_415() {
    assert_refused_with(415).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_but_is_wrong_is_422() {
    assert_refused_with(422).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_too_often_is_429() {
    assert_refused_with(429).await;
}

/// Asks every operation that declares the status for it, in every generic way there is.
async fn assert_refused_with(status: u16) {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.limits.json_body_kib = JSON_LIMIT_KIB;
        config.uploads.max_file_mib = UPLOAD_LIMIT_MIB;
        config.uploads.max_request_mib = UPLOAD_LIMIT_MIB;
        if status == 429 {
            config.rate_limits = RateLimitsConfig::with_all(1);
        }
    })
    .await;
    // A request that is not refused as it should be may have done something.
    app.may_leave_jobs();
    let document = app.anonymous().get("//api/openapi.json").await.is(200);
    let mut operations = Operation::all(&document);
    operations.retain(|operation| operation.statuses.contains(&status));
    let mut excepted: Vec<&str> = EXCEPTIONS
        .iter()
        .filter(|exception| exception.1 == status)
        .map(|exception| exception.0)
        .collect();
    let mut deviations = Vec::new();
    let mut asked = 0;
    for operation in &operations {
        let mut refused = true;
        for probe in probes(&document, operation, status) {
            asked += 1;
            if let Err(given) = probe.send(&app, operation, status).await {
                refused = false;
                let deviation = format!("{}: {} gave {given:?}", operation.name, probe.what);
                deviations.extend((!excepted.contains(&operation.name.as_str())).then_some(deviation));
            }
        }
        excepted.retain(|name| refused || *name != operation.name);
    }
    assert!(
        deviations.is_empty(),
        "not refused with {status}: {deviations:#?}"
    );
    assert!(
        excepted.is_empty(),
        "no exceptions from {status} any more: {excepted:?}"
    );
    assert!(asked > 2, "only {asked} requests were made for {status}");
}
