//! Bodies, headers and tables that nobody sends in good faith: refused or taken, never a failure, nothing by halves.

mod doors;
mod headers;
mod hidden_fields;
mod tables;
mod texts;
mod wreckage;

use futures::StreamExt as _;
use futures::stream;
use proptest::prelude::{Strategy as _, any};
use proptest::sample::select;
use testkit::Backend;

use super::support::TestApp;
use super::support::properties::{check, check_cases};
use doors::{Door, doors};

const JSON: &str = "application/json";
/// Per operation; there are dozens of them.
const CASES_PER_DOOR: u32 = 40;
const DOORS_AT_A_TIME: usize = 4;

on_both_databases!(
    every_operation_meets_odd_bodies_with_a_declared_answer,
    every_operation_meets_wrecked_bodies_with_a_declared_answer,
);

async fn app(backend: Backend) -> TestApp {
    let app = TestApp::start(backend).await;
    // What is taken may well ask for work.
    app.may_leave_jobs();
    app
}

/// Fails for anything but a declared answer; [`Reply::to`] has looked at its shape.
async fn assert_declared(app: &TestApp, door: &Door, what: &str, body: Vec<u8>) {
    let reply = door.send(app, body).await;
    assert!(
        reply.status < 500 && door.operation.statuses.contains(&reply.status),
        "{}: {what} gave {}: {:.500}",
        door.operation.name,
        reply.status,
        reply.text
    );
}

async fn every_operation_meets_odd_bodies_with_a_declared_answer(backend: Backend) {
    let app = app(backend).await;
    let doors = doors(&app).await;
    assert!(doors.len() > 20, "{} operations take JSON", doors.len());
    let meet = async |door: &Door| {
        let bodies = texts::odd(&door.samples[0]).into_iter();
        for (what, body) in bodies.chain(texts::odd_members(&door.fullest())) {
            assert_declared(&app, door, &what, body).await;
        }
    };
    stream::iter(&doors)
        .for_each_concurrent(DOORS_AT_A_TIME, meet)
        .await;
}

async fn every_operation_meets_wrecked_bodies_with_a_declared_answer(backend: Backend) {
    let app = app(backend).await;
    for door in doors(&app).await {
        let wrecked = select(door.samples.clone()).prop_flat_map(|sample| wreckage::of(&sample));
        check_cases(CASES_PER_DOOR, &wrecked, async |body: Vec<u8>| {
            assert_declared(&app, &door, &String::from_utf8_lossy(&body), body.clone()).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_json_are_refused() {
    let app = app(Backend::Sqlite).await;
    let doors = doors(&app).await;
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    check(
        &(select((0..doors.len()).collect::<Vec<_>>()), bytes),
        async |(door, body)| {
            let door = &doors[door];
            if serde_json::from_slice::<serde_json::Value>(&body).is_err() {
                let reply = door.send(&app, body.clone()).await;
                // Where no body is needed, none is fine.
                let is_none = body.is_empty() && reply.status != 500;
                assert!(
                    is_none || matches!(reply.status, 400 | 422),
                    "{}: {body:?} gave {}",
                    door.operation.name,
                    reply.status
                );
            }
        },
    );
}
