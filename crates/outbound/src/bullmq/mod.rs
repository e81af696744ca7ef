//! Dispatch by BullMQ queues on Redis, which other tools can look into.
//!
//! A delivery is a BullMQ job named `<job id>-<fence>` that says nothing but the job's id. It is waiting while the row is
//! ready, active while a worker of ours has the row, and removed however that ends. BullMQ never retries or delays anything,
//! and its locks and stalled checks only sweep up after processes that died: what it says about a job is believed by nobody,
//! because the row decides.
//!
//! Redis may be absent, full, flushed, restarted or frozen at any moment, also at the start. A guard looks after the line to
//! it; while it is down, workers look for jobs in the database. What Redis has forgotten is noticed by a key that is missing
//! (`<prefix>:dispatch`) and published again.

mod consumer;
mod line;
mod publisher;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jobs::{Delivery, Dispatch, DispatchError, News, Queue, Ready};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use line::{Line, in_time};

/// Longer than a consumer needs to come out of a blocking read.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// Where Redis is.
#[derive(Clone)]
pub struct BullMqSettings {
    /// `redis://…` or `rediss://…`, possibly with a password.
    pub url: String,
    /// Begins every key; letters, digits, `-` and `_`.
    pub prefix: String,
}

/// See the module.
pub struct BullMq {
    line: Arc<Line>,
    arrived: tokio::sync::Mutex<mpsc::UnboundedReceiver<Delivery>>,
    consumers: Mutex<JoinSet<()>>,
    /// Of the queues that were opened.
    slots: Mutex<BTreeMap<Queue, watch::Sender<usize>>>,
    wake: Arc<Notify>,
    _guard: AbortOnDropHandle<()>,
}

impl BullMq {
    /// Begins to connect. `wake` is signalled after a commit of this process that inserted jobs; it wakes the worker while
    /// the line is down. Wants a Tokio runtime.
    pub fn start(settings: BullMqSettings, wake: Arc<Notify>) -> Self {
        let (sender, arrived) = mpsc::unbounded_channel();
        let line = Arc::new(Line::new(settings, sender));
        let guard = AbortOnDropHandle::new(tokio::spawn(line::guard(Arc::clone(&line))));
        Self {
            line,
            arrived: tokio::sync::Mutex::new(arrived),
            consumers: Mutex::default(),
            slots: Mutex::default(),
            wake,
            _guard: guard,
        }
    }

    fn consumers(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Queue, watch::Sender<usize>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Dispatch for BullMq {
    fn name(&self) -> &'static str {
        "bullmq"
    }

    fn delivers(&self) -> bool {
        self.line.is_up()
    }

    fn open(&self, slots: &BTreeMap<Queue, usize>) {
        let mut consumers = self.consumers();
        for (queue, slots) in slots.iter().filter(|(_, slots)| **slots > 0) {
            let (sender, slots) = watch::channel(*slots);
            self.slots().insert(*queue, sender);
            consumers.spawn(consumer::consume(Arc::clone(&self.line), *queue, slots));
        }
    }

    fn resize(&self, slots: &BTreeMap<Queue, usize>) {
        let opened = self.slots();
        for (queue, slots) in slots {
            if let Some(opened) = opened.get(queue) {
                opened.send_replace(*slots);
            }
        }
    }

    async fn receive(&self) -> News {
        let mut arrived = self.arrived.lock().await;
        let mut changes = self.line.changes();
        let is_down = !self.line.is_up();
        tokio::select! {
            biased;
            Some(first) = arrived.recv() => {
                let mut deliveries = vec![first];
                while let Ok(next) = arrived.try_recv() {
                    deliveries.push(next);
                }
                News::Deliveries(deliveries)
            }
            _ = changes.changed() => News::Look,
            () = self.wake.notified(), if is_down => News::Look,
        }
    }

    fn stop(&self) {
        self.line.stopping.cancel();
        // The one who receives has ended by now, or gives back what it gets.
        if let Ok(mut arrived) = self.arrived.try_lock() {
            while arrived.try_recv().is_ok() {}
        }
    }

    async fn close(&self) {
        self.line.closing.cancel();
        let mut consumers = std::mem::take(&mut *self.consumers());
        let ended = tokio::time::timeout(CLOSE_WITHIN, async {
            while consumers.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::debug!("the queues did not close in time; their entries are swept up by others");
        }
    }

    async fn room(&self) -> Result<BTreeMap<Queue, usize>, DispatchError> {
        let publisher = self.line.working()?;
        self.line.judged(in_time(publisher.room()).await)
    }

    async fn publish(&self, jobs: &[Ready]) -> Result<(), DispatchError> {
        let publisher = self.line.working()?;
        self.line.judged(in_time(publisher.publish(jobs)).await)
    }

    fn take_loss(&self) -> bool {
        self.line.take_loss()
    }
}
