//! Buckets that all processes share decide as the rule does, and failed sign-ins are counted whoever comes at once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Actor;
use domain::identity::{FailedSignIn, NoteFailedSignIns};
use domain::rate_limits::{
    FAILURES_FORGOTTEN_AFTER, FREE_FAILURES, Gcra, Quota, SharedBuckets as _, SignInSubject,
};
use domain::time::{Clock as _, Timestamp};
use storage::{Database, DatabaseOptions, Store};
use testkit::{START, TestDatabase, both_databases, bucket_suite, builders};

use crate::raw;

both_databases!(
    the_database_decides_as_the_rule_does,
    what_cannot_have_come_of_the_rule_says_nothing,
    of_many_takers_at_once_exactly_the_quota_is_let_in,
    parallel_failures_are_all_counted,
    a_lock_grows_ends_and_is_lifted_by_success,
    failures_are_forgotten_after_a_day,
    only_what_stands_for_nothing_is_pruned,
);

async fn the_database_decides_as_the_rule_does(database: TestDatabase) {
    bucket_suite::decisions_are_those_of_the_rule(&database.store).await;
}

async fn what_cannot_have_come_of_the_rule_says_nothing(database: TestDatabase) {
    bucket_suite::what_cannot_have_come_of_the_rule_says_nothing(&database.store).await;
}

async fn of_many_takers_at_once_exactly_the_quota_is_let_in(database: TestDatabase) {
    let options = DatabaseOptions {
        acquire_timeout: Duration::from_secs(30),
        ..DatabaseOptions::new(database.url.clone())
    };
    let other_process = Store::new(Database::connect(options).await.unwrap());
    let places = [Arc::new(database.store.clone()), Arc::new(other_process)];
    bucket_suite::of_many_takers_at_once_exactly_the_quota_is_let_in(places).await;
}

/// A sign-in with the address fails; gives until when it is locked now.
async fn fail(database: &TestDatabase, subject: &SignInSubject, at: Timestamp) -> Option<Timestamp> {
    let ctx = builders::ctx(database, Actor::Anonymous);
    let failure = FailedSignIn {
        subject: subject.clone(),
        ctx: ctx.clone(),
        at,
        user_id: None,
        reason: "unknown_address",
    };
    let note = NoteFailedSignIns(vec![failure]);
    database.store.run(&note, &ctx).await.unwrap();
    database.store.sign_in_lock(subject, at).await.unwrap()
}

async fn parallel_failures_are_all_counted(database: TestDatabase) {
    let database = Arc::new(database);
    let subject = SignInSubject::of("somebody@school.test");
    let mut failing = Vec::new();
    for _ in 0..50 {
        let (database, subject) = (Arc::clone(&database), subject.clone());
        failing.push(tokio::spawn(
            async move { fail(&database, &subject, START).await },
        ));
    }
    for failed in failing {
        failed.await.unwrap();
    }
    assert_eq!(
        raw::count(&database, "sign_in_failures WHERE failures = 50").await,
        1
    );
    let lock = database.store.sign_in_lock(&subject, START).await.unwrap();
    assert_eq!(lock, Some(START + Duration::from_mins(15)));
}

async fn a_lock_grows_ends_and_is_lifted_by_success(database: TestDatabase) {
    let store = &database.store;
    let subject = SignInSubject::of("Somebody@School.test");
    for _ in 0..FREE_FAILURES {
        assert_eq!(fail(&database, &subject, START).await, None);
    }
    assert_eq!(store.sign_in_lock(&subject, START).await.unwrap(), None);
    let mut now = START;
    for minutes in [1, 2, 4, 8, 15, 15] {
        let until = now + Duration::from_mins(minutes);
        assert_eq!(fail(&database, &subject, now).await, Some(until));
        // However the address is typed.
        let same = SignInSubject::of("somebody@school.TEST");
        assert_eq!(store.sign_in_lock(&same, now).await.unwrap(), Some(until));
        now = until;
        assert_eq!(store.sign_in_lock(&subject, now).await.unwrap(), None);
    }
    let other = SignInSubject::of("somebody.else@school.test");
    assert_eq!(store.sign_in_lock(&other, START).await.unwrap(), None);
    store.clear_sign_in_failures(&subject).await.unwrap();
    assert_eq!(fail(&database, &subject, now).await, None);
    assert_eq!(
        raw::count(&database, "sign_in_failures WHERE failures = 1").await,
        1
    );
}

async fn failures_are_forgotten_after_a_day(database: TestDatabase) {
    let subject = SignInSubject::of("somebody@school.test");
    for _ in 0..FREE_FAILURES {
        fail(&database, &subject, START).await;
    }
    let day_later = START + FAILURES_FORGOTTEN_AFTER;
    let lock = fail(&database, &subject, day_later).await;
    assert!(lock.is_some(), "a day is not over yet");
    let later = day_later + FAILURES_FORGOTTEN_AFTER + Duration::from_micros(1);
    assert_eq!(fail(&database, &subject, later).await, None);
    assert_eq!(
        raw::count(&database, "sign_in_failures WHERE failures = 1").await,
        1
    );
}

async fn only_what_stands_for_nothing_is_pruned(database: TestDatabase) {
    let store = &database.store;
    let rule = Gcra::new(Quota::per_minute(60));
    store.take("reads:early", rule, START, 1).await.unwrap();
    store.take("reads:late", rule, START, 2).await.unwrap();
    let (early, late) = (
        SignInSubject::of("early@school.test"),
        SignInSubject::of("late@school.test"),
    );
    fail(&database, &early, START - FAILURES_FORGOTTEN_AFTER).await;
    fail(&database, &late, START).await;
    assert_eq!(store.prune_limits(database.clock.now()).await.unwrap(), 0);
    assert_eq!(
        store.prune_limits(START + Duration::from_secs(1)).await.unwrap(),
        2
    );
    assert_eq!(
        raw::texts(&database, "SELECT bucket FROM rate_limits").await,
        ["reads:late"]
    );
    let left = raw::texts(&database, "SELECT subject FROM sign_in_failures").await;
    assert_eq!(left, [late.as_str()]);
    assert_eq!(
        store
            .prune_limits(START + FAILURES_FORGOTTEN_AFTER * 2)
            .await
            .unwrap(),
        2
    );
}
