//! Takes deliveries off one queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bullmq::types::RemoveOnFinish;
use bullmq::worker::WorkerEvent;
use bullmq::{Job, Worker, WorkerOptions};
use jobs::{Delivery, JobId, Queue, Receipt, Settling};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::line::{Line, State};
use super::publisher::connection_options;

const OPEN_WITHIN: Duration = Duration::from_secs(5);
const OPEN_AGAIN_AFTER: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A queue that has room tells of something once a [`BLOCK`]. Looks without it, while the line is up, mean connections that do
/// not heal, whether they fail or hang.
const SILENT_AT_MOST: u32 = 6;
/// In milliseconds: how long the entry of a process that died stays active. Nobody waits for it.
const LOCK: u64 = 30_000;
const STALLED_EVERY: u64 = 15_000;
/// The default of 1 would put entries whose process died among the failed ones.
const STALLED_AT_MOST: u32 = 100;
/// In seconds. Whatever goes wrong with a wake-up is over then.
const BLOCK: u64 = 1;
/// In milliseconds, instead of 15 s: after a failure.
const RETRY: u64 = 500;
/// In milliseconds.
const CLOSE: u64 = 1_500;
/// A connection that hangs is dropped, and not waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Payload {
    job: JobId,
}

/// A queue that is open, and how many of its deliveries are out.
struct Opened {
    worker: Worker,
    out: Arc<AtomicUsize>,
}

/// Takes deliveries until the line closes, no more at a time than `slots`.
pub(super) async fn consume(line: Arc<Line>, queue: Queue, mut slots: watch::Receiver<usize>) {
    let mut changes = line.changes();
    while !line.stopping.is_cancelled() {
        let up = changes.wait_for(|state| *state == State::Up);
        if line.stopping.run_until_cancelled(up).await.is_none() {
            return;
        }
        let opening = tokio::time::timeout(OPEN_WITHIN, open(&line, queue, concurrency(&mut slots)));
        match line.stopping.run_until_cancelled(opening).await {
            None => return,
            Some(Ok(Ok(opened))) => {
                follow(&opened, &line, &mut slots).await;
                opened.worker.pause();
                if line.stopping.is_cancelled() {
                    line.closing.cancelled().await;
                    close(&opened.worker, CLOSE).await;
                } else {
                    close(&opened.worker, 0).await;
                }
            }
            Some(_) => tokio::time::sleep(OPEN_AGAIN_AFTER).await,
        }
    }
}

/// BullMQ knows no worker that may take nothing.
fn concurrency(slots: &mut watch::Receiver<usize>) -> usize {
    (*slots.borrow_and_update()).max(1)
}

async fn open(line: &Arc<Line>, queue: Queue, concurrency: usize) -> Result<Opened, bullmq::Error> {
    let options = WorkerOptions {
        connection: connection_options(&line.settings),
        prefix: line.settings.prefix.clone(),
        concurrency,
        lock_duration: LOCK,
        stalled_interval: STALLED_EVERY,
        max_stalled_count: STALLED_AT_MOST,
        drain_delay: BLOCK,
        run_retry_delay: RETRY,
        remove_on_complete: Some(RemoveOnFinish::Bool(true)),
        remove_on_fail: Some(RemoveOnFinish::Bool(true)),
        ..WorkerOptions::default()
    };
    let (line, out) = (Arc::clone(line), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&out);
    let processor = move |entry: Job, _| {
        let (line, counted) = (Arc::clone(&line), Arc::clone(&counted));
        async move {
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = deliver(&line, queue, &entry).await;
            counted.fetch_sub(1, Ordering::Relaxed);
            answer
        }
    };
    let worker = Worker::with_options(queue.as_str(), processor, options).await?;
    Ok(Opened { worker, out })
}

/// The entry is active until the worker of this process has settled the delivery.
async fn deliver(line: &Line, queue: Queue, entry: &Job) -> Result<Value, bullmq::Error> {
    let Ok(Payload { job }) = Payload::deserialize(entry.data()) else {
        tracing::warn!(
            entry = entry.id(),
            queue = queue.as_str(),
            "an entry that names no job is removed"
        );
        return Ok(Value::Null);
    };
    if line.stopping.is_cancelled() {
        return Err(given_back());
    }
    let (receipt, settling) = Receipt::new();
    let delivery = Delivery {
        id: job,
        queue,
        receipt,
    };
    // A worker that is gone has dropped the receipt.
    let _ = line.arrivals.send(delivery);
    if settled(line, settling).await {
        Ok(Value::Null)
    } else {
        Err(given_back())
    }
}

/// False when the delivery is to be given back. One that arrived while the line stopped may lie where nobody looks any more.
async fn settled(line: &Line, settling: Settling) -> bool {
    tokio::select! {
        biased;
        settled = settling.settled() => settled,
        () = line.closing.cancelled() => false,
    }
}

/// BullMQ puts an entry that met a rate limit back among the waiting ones; no other answer of a processor does.
const fn given_back() -> bullmq::Error {
    bullmq::Error::RateLimited { delay_ms: 0 }
}

/// Returns when the line stops, or when nothing is heard of the queue although the line is up. Events have to be taken in any
/// case: nobody else does, and they pile up without a limit.
async fn follow(Opened { worker, out }: &Opened, line: &Line, slots: &mut watch::Receiver<usize>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    // A process that was frozen for long has looked once.
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    loop {
        tokio::select! {
            () = line.stopping.cancelled() => return,
            event = worker.next_event() => match event {
                None => return,
                Some(WorkerEvent::Error(error)) => tracing::debug!(error, "a queue failed"),
                Some(_) => silent = 0,
            },
            Ok(()) = slots.changed() => worker.set_concurrency(concurrency(slots)),
            _ = look.tick() => {
                let is_full = out.load(Ordering::Relaxed) >= worker.concurrency();
                silent = if line.is_up() && !is_full { silent + 1 } else { 0 };
                if silent > SILENT_AT_MOST {
                    tracing::warn!("a queue does not come back and is opened again");
                    return;
                }
            }
        }
    }
}

async fn close(worker: &Worker, patience: u64) {
    match tokio::time::timeout(CLOSE_WITHIN, worker.close(patience)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a queue did not close");
        }
        Err(_) => tracing::debug!("a queue hangs and is left"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::bullmq::BullMqSettings;

    #[tokio::test]
    async fn a_delivery_that_nobody_settles_is_given_back_when_the_line_closes() {
        let settings = BullMqSettings {
            url: "redis://127.0.0.1:1/0".to_owned(),
            prefix: "own".to_owned(),
        };
        let line = Line::new(settings, mpsc::unbounded_channel().0);
        let ((_forgotten, settling), (receipt, other)) = (Receipt::new(), Receipt::new());
        receipt.settle();
        line.closing.cancel();
        assert!(!settled(&line, settling).await);
        assert!(settled(&line, other).await, "what was settled is not given back");
    }
}
