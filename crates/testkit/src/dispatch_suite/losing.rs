//! What is between the processes fails. A dispatch that has nothing to lose only runs the jobs.

use anyhow::{Result, ensure};

use super::hall::{Front, Hall, eventually};
use crate::redis::OwnRedis;

/// Fault 4: nobody has published what a process committed before it died.
pub async fn what_a_dead_process_left_is_published(hall: Hall) -> Result<()> {
    let worker = hall.worker().await?;
    worker.front.is_ready().await?;
    let ids = hall.enqueue(&hall.database.store, 10).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// The rows say published, and nobody has them.
pub async fn a_publication_that_got_lost_is_found(hall: Hall) -> Result<()> {
    let worker = hall.worker().await?;
    worker.front.is_ready().await?;
    hall.close_gate();
    let ids = hall.enqueue(&hall.database.store, 10).await?;
    hall.sql("UPDATE jobs SET published_at = run_at WHERE state = 'ready'")
        .await?;
    hall.open_gate();
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// Fault 12: jobs are waiting there, and running, when everything is forgotten.
pub async fn everything_may_be_forgotten(mut hall: Hall) -> Result<()> {
    let redis = hall.redis.take();
    hall.close_gate();
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.extend(hall.enqueue(&front.store, 25).await?);
        say(redis.as_ref(), "FLUSHALL").await?;
    }
    eventually("jobs run", || async { Ok(hall.begun() >= 4) }).await?;
    hall.open_gate();
    ids.extend(hall.enqueue(&front.store, 25).await?);
    say(redis.as_ref(), "FLUSHALL").await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// Fault 11, at the worst moment: the processes start without it.
pub async fn jobs_run_without_it_from_the_start(mut hall: Hall) -> Result<()> {
    let mut redis = hall.redis.take();
    if let Some(redis) = &mut redis {
        redis.stop().await?;
    }
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    ensure!(!front.dispatch.delivers(), "there is nothing to deliver by");
    if let Some(redis) = &mut redis {
        redis.start_again().await?;
    }
    both_ready(&front, &worker.front).await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// Fault 11: it goes and comes back, empty, while jobs are committed.
pub async fn it_may_stop_and_start_again(mut hall: Hall) -> Result<()> {
    let mut redis = hall.redis.take();
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    both_ready(&front, &worker.front).await?;
    let mut ids = hall.enqueue(&front.store, 20).await?;
    for _ in 0..2 {
        if let Some(redis) = &mut redis {
            redis.stop().await?;
        }
        ids.extend(hall.enqueue(&front.store, 20).await?);
        hall.all_done_once(&ids).await?;
        if let Some(redis) = &mut redis {
            redis.start_again().await?;
        }
        ids.extend(hall.enqueue(&front.store, 20).await?);
        both_ready(&front, &worker.front).await?;
        ids.extend(hall.enqueue(&front.store, 20).await?);
        hall.all_done_once(&ids).await?;
    }
    worker.stop().await
}

/// Fault 14: it answers, and takes nothing.
pub async fn it_may_be_full(mut hall: Hall) -> Result<()> {
    let redis = hall.redis.take();
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    both_ready(&front, &worker.front).await?;
    say(redis.as_ref(), "CONFIG SET maxmemory 1").await?;
    let ids = hall.enqueue(&front.store, 40).await?;
    hall.all_done_once(&ids).await?;
    say(redis.as_ref(), "CONFIG SET maxmemory 0").await?;
    both_ready(&front, &worker.front).await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// It takes connections and says nothing, longer than anybody waits here.
pub async fn it_may_hang(mut hall: Hall) -> Result<()> {
    let mut redis = hall.redis.take();
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    both_ready(&front, &worker.front).await?;
    say(redis.as_ref(), "CLIENT PAUSE 600000 ALL").await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    if let Some(redis) = &mut redis {
        redis.stop().await?;
        redis.start_again().await?;
    }
    both_ready(&front, &worker.front).await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

async fn both_ready(one: &Front, other: &Front) -> Result<()> {
    one.is_ready().await?;
    other.is_ready().await
}

async fn say(redis: Option<&OwnRedis>, line: &str) -> Result<()> {
    if let Some(redis) = redis {
        let said = redis.say(line).await;
        ensure!(
            said.as_deref().is_some_and(|said| said.starts_with("+OK")),
            "{line}: {said:?}"
        );
    }
    Ok(())
}
