//! Several processes over one Redis, and a Redis that is away, hangs or is full.

use testkit::redis::{OwnRedis, key_prefix, shared_url};
use touchstone::config::SecretUrl;

use super::by_process::{admitted, is_let_in, take};
use super::*;

/// Reads per minute, counted in this Redis.
fn reads_in(url: &str, prefix: &str, reads: u32) -> impl Fn(&mut Config) {
    move |config| {
        config.redis.url = SecretUrl::new(url);
        prefix.clone_into(&mut config.redis.prefix);
        config.rate_limits.reads = reads;
        config.rate_limits.shared = SharedBuckets::Auto;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_together_admit_exactly_the_quota() {
    let prefix = key_prefix();
    let url = shared_url().unwrap();
    let one = TestApp::configured(Backend::Sqlite, reads_in(&url, &prefix, 50)).await;
    let other = one.beside(reads_in(&url, &prefix, 50)).await;
    let (here, there) = (one.student(1).await, other.student(1).await);
    let mut counts = [0, 0];
    for _ in 0..60 {
        counts[0] += u32::from(is_let_in(&here).await);
        counts[1] += u32::from(is_let_in(&there).await);
    }
    assert_eq!(counts.iter().sum::<u32>(), 50, "{counts:?}");
    assert!(
        counts.iter().all(|count| *count > 10),
        "one had nearly all: {counts:?}"
    );
    assert_eq!(one.count("rate_limits", &[]).await, 0);
    one.advance(MINUTE);
    assert!(is_let_in(&there).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_each_process_counts_for_itself_and_then_together_again() {
    let mut redis = OwnRedis::start(&[]).await.unwrap();
    let one = TestApp::configured(Backend::Sqlite, reads_in(&redis.url(), "own", 5)).await;
    let other = one.beside(reads_in(&redis.url(), "own", 5)).await;
    assert_eq!(admitted(&one.state, "before", 20).await, 5);
    assert_eq!(admitted(&other.state, "before", 20).await, 0);
    redis.stop().await.unwrap();
    for app in [&one, &other] {
        assert_eq!(admitted(&app.state, "away", 20).await, 5);
        app.student(1).await.get("/auth/me").await.is(200);
    }
    redis.start_again().await.unwrap();
    // Once the pause is over somebody tries it for all; the connection comes back in its own time.
    let counted = async {
        loop {
            one.advance(6 * SECOND);
            take(&one.state, "probe").await;
            take(&other.state, "probe").await;
            let said = redis.say("PTTL own:rate_limits:reads:probe").await.unwrap();
            if !said.starts_with(":-") {
                break;
            }
        }
    };
    tokio::time::timeout(MINUTE, counted).await.unwrap();
    one.advance(6 * SECOND);
    take(&other.state, "another probe").await;
    let (here, there) = (
        admitted(&one.state, "after", 20).await,
        admitted(&other.state, "after", 20).await,
    );
    assert_eq!((here, there), (5, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_or_hangs_holds_nobody_up() {
    let redis = OwnRedis::start(&["--maxmemory-policy", "noeviction"])
        .await
        .unwrap();
    let impatient = |config: &mut Config| {
        reads_in(&redis.url(), "own", 5)(config);
        config.redis.timeout_milliseconds = 50;
    };
    let app = TestApp::configured(Backend::Sqlite, impatient).await;
    redis.say("CONFIG SET maxmemory 1kb").await.unwrap();
    assert_eq!(admitted(&app.state, "full", 20).await, 5);
    redis.say("CONFIG SET maxmemory 0").await.unwrap();
    app.advance(6 * SECOND);
    // For longer than a test goes on.
    redis.say("CLIENT PAUSE 100000 ALL").await.unwrap();
    assert_eq!(admitted(&app.state, "hangs", 20).await, 5);
    app.student(1).await.get("/auth/me").await.is(200);
}
