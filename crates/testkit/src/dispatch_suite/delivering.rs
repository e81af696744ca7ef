//! How jobs reach workers while nothing is broken.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::job::{NewJob, Priority};
use jobs::views::JobStatus;

use super::hall::{Hall, TASK, eventually};

/// A process without a worker commits; another one works.
pub async fn jobs_reach_the_worker_of_another_process(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&front.store, 50).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// Several workers share what is there.
pub async fn jobs_run_once_with_many_workers(hall: Hall) -> Result<()> {
    let front = hall.front().await?;
    let workers = [hall.worker().await?, hall.worker().await?, hall.worker().await?];
    let ids = hall.enqueue(&front.store, 200).await?;
    hall.all_done_once(&ids).await?;
    for worker in workers {
        worker.stop().await?;
    }
    Ok(())
}

/// Fault 15.
pub async fn fifty_deliveries_of_a_job_run_it_once(hall: Hall) -> Result<()> {
    let (front, one, other) = (hall.front().await?, hall.worker().await?, hall.worker().await?);
    front.is_ready().await?;
    let id = hall.enqueue(&hall.database.store, 1).await?;
    for delivery in 0..50 {
        front.publish(&id, delivery).await?;
    }
    hall.all_done_once(&id).await?;
    one.stop().await?;
    other.stop().await
}

/// Fault 16: every job twice, the last one first.
pub async fn the_order_of_deliveries_does_not_matter(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&hall.database.store, 60).await?;
    let backwards: Vec<_> = ids.iter().rev().copied().collect();
    front.publish(&backwards, 1).await?;
    front.publish(&backwards, 2).await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// Fault 13: an older state of what is between the processes is back.
pub async fn deliveries_of_what_has_ended_come_to_nothing(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&ids).await?;
    front.publish(&ids, 0).await?;
    front.publish(&ids, 9).await?;
    // They were taken before these, which came after.
    let later = hall.enqueue(&front.store, 20).await?;
    hall.all_done_once(&later).await?;
    hall.all_done_once(&ids).await?;
    ensure!(hall.begun() == 40, "{} runs", hall.begun());
    worker.stop().await
}

/// What was published too early is refused by its row, and is there when it is due.
pub async fn no_job_runs_before_its_time(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let run_at = hall.now() + Duration::from_millis(800);
    let job = NewJob { run_at, ..hall.job() };
    let id = hall.enqueue_one(&front.store, job).await?;
    front.publish(&[id], 0).await?;
    hall.all_done_once(&[id]).await?;
    let view = hall.database.store.job_view(id).await?;
    let started = view.and_then(|view| view.started_at);
    ensure!(started >= Some(run_at), "started at {started:?}, due at {run_at}");
    worker.stop().await
}

/// A worker whose slots are filled by jobs that it found itself leaves deliveries to those who have room.
pub async fn a_busy_worker_leaves_deliveries_to_others(hall: Hall) -> Result<()> {
    let idle = hall.worker().await?;
    idle.front.is_ready().await?;
    let mut ids = hall.enqueue(&idle.front.store, 1).await?;
    // It has begun to rely on deliveries.
    hall.all_done_once(&ids).await?;
    hall.close_gate();
    ids.extend(hall.enqueue_published_long_ago(4).await?);
    let busy = hall.worker().await?;
    eventually("the jobs are found", || async { Ok(hall.begun() >= 5) }).await?;
    busy.front.is_ready().await?;
    ids.extend(hall.enqueue(&busy.front.store, 4).await?);
    // One may come all the same.
    eventually("deliveries are worked on", || async { Ok(hall.begun() >= 8) }).await?;
    hall.open_gate();
    hall.all_done_once(&ids).await?;
    busy.stop().await?;
    idle.stop().await
}

/// A retry is published again, under its new fence.
pub async fn a_job_that_was_put_back_is_delivered_again(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    hall.tally.retries.store(1, Ordering::SeqCst);
    let ids = hall.enqueue(&front.store, 1).await?;
    hall.all_done(&ids, 2).await?;
    worker.stop().await
}

/// All priorities are served.
pub async fn priorities_only_change_the_order(hall: Hall) -> Result<()> {
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let mut ids = Vec::new();
    for priority in Priority::ALL {
        let job = NewJob {
            priority,
            ..hall.job()
        };
        ids.push(hall.enqueue_one(&front.store, job).await?);
    }
    hall.all_done_once(&ids).await?;
    worker.stop().await
}

/// However many deliveries there are.
pub async fn no_more_jobs_run_than_there_are_slots(mut hall: Hall) -> Result<()> {
    hall.config.concurrency = BTreeMap::from([(TASK.queue, 2)]);
    hall.close_gate();
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&front.store, 20).await?;
    eventually("two jobs run", || async { Ok(hall.begun() == 2) }).await?;
    hall.open_gate();
    hall.all_done_once(&ids).await?;
    let most = hall.tally.most.load(Ordering::SeqCst);
    ensure!(most == 2, "{most} jobs ran at once");
    worker.stop().await
}

/// One worker holds a job and deliveries behind it, and stops: another one has all of them.
pub async fn a_worker_that_stops_keeps_nothing(mut hall: Hall) -> Result<()> {
    hall.config.concurrency = BTreeMap::from([(TASK.queue, 1)]);
    hall.close_gate();
    let (front, leaving) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&front.store, 5).await?;
    eventually("one job runs", || async { Ok(hall.begun() == 1) }).await?;
    leaving.stop().await?;
    ensure!(hall.begun() == 1, "a worker that stops begins nothing");
    let staying = hall.worker().await?;
    hall.open_gate();
    hall.all_done(&ids[1..], 1).await?;
    // Released by the one, run by the other.
    hall.all_done(&ids[..1], 2).await?;
    staying.stop().await
}

/// Deliveries of a paused queue come to nothing; its jobs run when it goes on.
pub async fn a_paused_queue_waits(hall: Hall) -> Result<()> {
    hall.sql("INSERT INTO queue_pauses (queue, reason, paused_at) VALUES ('static', 'test', 1)")
        .await?;
    let (front, worker) = (hall.front().await?, hall.worker().await?);
    front.is_ready().await?;
    let ids = hall.enqueue(&front.store, 5).await?;
    front.publish(&ids, 7).await?;
    // Something else to wait on: the worker looks and gets deliveries meanwhile.
    let until = hall.now() + Duration::from_millis(300);
    eventually("some time has passed", || async { Ok(hall.now() > until) }).await?;
    ensure!(hall.begun() == 0, "a paused queue was served");
    for id in &ids {
        let view = hall
            .database
            .store
            .job_view(*id)
            .await?
            .context("the job is gone")?;
        ensure!(view.status == JobStatus::Queued, "{id} is {:?}", view.status);
    }
    hall.sql("DELETE FROM queue_pauses").await?;
    hall.all_done_once(&ids).await?;
    worker.stop().await
}
