//! The memory of last writes in a real Redis begins anew whenever it may have forgotten something.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::ids::UserId;
use domain::reports::{KnownWrites, LastWrites as _};
use domain::time::Timestamp;
use outbound::redis::RedisLastWrites;
use testkit::START;
use testkit::redis::OwnRedis;
use uuid::Uuid;

const KEPT: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

async fn known(writes: &RedisLastWrites, user: UserId, now: Timestamp) -> KnownWrites {
    let answering = async {
        loop {
            match writes.known(user, now).await {
                Ok(known) => break known,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), answering)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_file_says_is_not_believed() {
    let mut server = OwnRedis::start(&[]).await.unwrap();
    let writes = RedisLastWrites::new(&server.url(), "own", KEPT).unwrap();
    let user = UserId(Uuid::from_u128(1));
    assert_eq!(known(&writes, user, START).await.latest(), START);
    assert_eq!(
        known(&writes, user, START + SECOND).await.latest(),
        START,
        "since the first time"
    );
    server.say("SAVE").await.unwrap();
    let written = START + SECOND * 2;
    writes.note(user, written).await.unwrap();
    assert_eq!(known(&writes, user, written).await.latest(), written);
    server.stop().await.unwrap();
    server.start_again().await.unwrap();
    let now = START + SECOND * 3;
    let known = known(&writes, user, now).await;
    assert_eq!(known.last, None, "the file is older than the write");
    assert_eq!(known.latest(), now);
}
