//! What the dispatch does without workers behind it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::job::Priority;
use jobs::{Delivery, Dispatch as _, Fence, JobId, News, Queue, Ready};
use outbound::bullmq::{BullMq, BullMqSettings};
use testkit::START;
use testkit::redis::{OwnRedis, key_prefix};
use testkit::silent_proxy::SilentProxy;
use tokio::sync::Notify;
use uuid::Uuid;

const LONG: Duration = Duration::from_mins(2);

async fn own_redis() -> OwnRedis {
    OwnRedis::start(&["--maxmemory-policy", "noeviction"])
        .await
        .unwrap()
}

fn dispatch(port: u16, prefix: &str) -> BullMq {
    let settings = BullMqSettings {
        url: format!("redis://127.0.0.1:{port}/0"),
        prefix: prefix.to_owned(),
    };
    BullMq::start(settings, Arc::new(Notify::new()))
}

async fn is_up(dispatch: &BullMq) {
    let up = async {
        while !dispatch.delivers() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, up).await.unwrap();
}

async fn publish(dispatch: &BullMq, jobs: impl Iterator<Item = u128>) {
    let ready = |number| Ready {
        id: JobId(Uuid::from_u128(number)),
        fence: Fence(0),
        queue: Queue::Llm,
        priority: Priority::Normal,
        run_at: START,
    };
    let jobs: Vec<_> = jobs.map(ready).collect();
    dispatch.publish(&jobs).await.unwrap();
}

/// The next one that comes.
async fn delivery(dispatch: &BullMq) -> Delivery {
    let coming = async {
        loop {
            if let News::Deliveries(mut deliveries) = dispatch.receive().await {
                assert_eq!(deliveries.len(), 1, "one is out at a time");
                break deliveries.remove(0);
            }
        }
    };
    tokio::time::timeout(LONG, coming).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_other_jobs_fill_are_not_filled_by_deliveries() {
    let (redis, prefix) = (own_redis().await, key_prefix());
    let (busy, idle) = (dispatch(redis.port(), &prefix), dispatch(redis.port(), &prefix));
    busy.open(&BTreeMap::from([(Queue::Llm, 3)]));
    busy.resize(&BTreeMap::from([(Queue::Llm, 0), (Queue::Rag, 9)]));
    is_up(&busy).await;
    publish(&busy, 1..=4).await;
    let first = delivery(&busy).await;
    idle.open(&BTreeMap::from([(Queue::Llm, 1)]));
    is_up(&idle).await;
    for _ in 0..3 {
        delivery(&idle).await.receipt.settle();
    }
    // A slot is free again.
    busy.resize(&BTreeMap::from([(Queue::Llm, 2)]));
    idle.stop();
    publish(&busy, 5..=5).await;
    let second = delivery(&busy).await;
    assert_eq!(second.id, JobId(Uuid::from_u128(5)));
    first.receipt.settle();
    second.receipt.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_whose_connections_fall_silent_is_opened_again() {
    let (redis, prefix) = (own_redis().await, key_prefix());
    let proxy = SilentProxy::to(redis.port()).await.unwrap();
    let (behind, direct) = (dispatch(proxy.port(), &prefix), dispatch(redis.port(), &prefix));
    behind.open(&BTreeMap::from([(Queue::Llm, 1)]));
    is_up(&behind).await;
    is_up(&direct).await;
    publish(&direct, 1..=1).await;
    delivery(&behind).await.receipt.settle();
    proxy.silence();
    publish(&direct, 2..=3).await;
    for _ in 0..2 {
        delivery(&behind).await.receipt.settle();
    }
}
