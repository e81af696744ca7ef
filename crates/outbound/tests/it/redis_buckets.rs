//! Rate-limit buckets in a real Redis decide as the rule does, and a Redis that is away or full says so.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use domain::rate_limits::{Gcra, Quota, SharedBuckets as _};
use outbound::redis::RedisBuckets;
use testkit::redis::{OwnRedis, key_prefix, shared_url};
use testkit::{START, bucket_suite};

fn buckets(prefix: &str) -> RedisBuckets {
    RedisBuckets::new(&shared_url().unwrap(), prefix).unwrap()
}

#[tokio::test]
async fn redis_decides_as_the_rule_does() {
    bucket_suite::decisions_are_those_of_the_rule(&buckets(&key_prefix())).await;
}

#[tokio::test]
async fn what_cannot_have_come_of_the_rule_says_nothing() {
    bucket_suite::what_cannot_have_come_of_the_rule_says_nothing(&buckets(&key_prefix())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_takers_at_once_exactly_the_quota_is_let_in() {
    let prefix = key_prefix();
    let places = [Arc::new(buckets(&prefix)), Arc::new(buckets(&prefix))];
    bucket_suite::of_many_takers_at_once_exactly_the_quota_is_let_in(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_come_back_with_redis_and_are_forgotten_by_it_in_time() {
    let mut server = OwnRedis::start(&[]).await.unwrap();
    let buckets = RedisBuckets::new(&server.url(), "own").unwrap();
    let rule = Gcra::new(Quota::per_minute(2));
    assert_eq!(buckets.take("a", rule, START, 5).await.unwrap().granted, 2);
    // A minute until it is full, and another one for clocks that differ.
    let expiry = server.say("PTTL own:rate_limits:a").await.unwrap();
    let milliseconds: u32 = expiry.trim().trim_start_matches(':').parse().unwrap();
    assert!((60_000..=120_000).contains(&milliseconds), "{expiry}");
    server.stop().await.unwrap();
    assert!(buckets.take("a", rule, START, 1).await.is_err());
    server.start_again().await.unwrap();
    let back = async {
        loop {
            match buckets.take("a", rule, START, 5).await {
                Ok(taken) => break taken.granted,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let granted = tokio::time::timeout(Duration::from_secs(30), back).await.unwrap();
    assert_eq!(granted, 2, "it came back empty, and its script was loaded again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_grants_nothing() {
    let server = OwnRedis::start(&["--maxmemory-policy", "noeviction"])
        .await
        .unwrap();
    let buckets = RedisBuckets::new(&server.url(), "own").unwrap();
    let rule = Gcra::new(Quota::per_minute(2));
    buckets.take("a", rule, START, 1).await.unwrap();
    server.say("CONFIG SET maxmemory 1kb").await.unwrap();
    let refused = buckets.take("a", rule, START, 1).await.unwrap_err();
    assert!(refused.0.to_string().contains("OOM"), "{refused:?}");
    server.say("CONFIG SET maxmemory 0").await.unwrap();
    assert_eq!(buckets.take("a", rule, START, 5).await.unwrap().granted, 1);
}
