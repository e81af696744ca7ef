//! How workers learn which jobs are ready: a port with one adapter for workers that look for themselves and others that are
//! told.
//!
//! Architecture invariant: a dispatch decides nothing. Whoever gets a delivery claims the row, and the row says whether there
//! is anything to do; so deliveries may be lost, doubled, late or in any order. Delays, retries and priorities live in SQL
//! only. What is lost is found by looking, [`WorkerConfig::delivery_patience`](crate::WorkerConfig) after it was published.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::job::{Fence, JobId, Priority, Queue, Timestamp};
use tokio::sync::{Notify, oneshot};

/// A job that a worker could claim at `run_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The job.
    pub id: JobId,
    /// How often it has been claimed; one publication per fence is enough.
    pub fence: Fence,
    /// Where its work belongs.
    pub queue: Queue,
    /// Before or behind the others.
    pub priority: Priority,
    /// Not before this instant.
    pub run_at: Timestamp,
}

/// What a worker waits for.
#[derive(Debug)]
pub enum News {
    /// Something may be ready: look into the table.
    Look,
    /// These may be ready.
    Deliveries(Vec<Delivery>),
}

/// A job that somebody has published.
#[derive(Debug)]
pub struct Delivery {
    /// The job.
    pub id: JobId,
    /// The queue it came by.
    pub queue: Queue,
    /// Settled when the job's row needs the delivery no longer.
    pub receipt: Receipt,
}

/// Answers a delivery; dropping it gives the delivery back for others.
#[derive(Debug)]
pub struct Receipt(oneshot::Sender<()>);

/// The dispatch's end of a [`Receipt`].
#[derive(Debug)]
pub struct Settling(oneshot::Receiver<()>);

impl Receipt {
    /// A receipt and what its dispatch waits on.
    pub fn new() -> (Self, Settling) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), Settling(receiver))
    }

    /// The claim has ended, or there was nothing to claim.
    pub fn settle(self) {
        // A dispatch that has stopped needs no answer.
        let _ = self.0.send(());
    }
}

impl Settling {
    /// Whether the receipt has been settled or dropped.
    pub(crate) fn is_over(&mut self) -> bool {
        !matches!(self.0.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    /// Whether the delivery was settled; false when it was given back.
    pub async fn settled(self) -> bool {
        self.0.await.is_ok()
    }
}

/// Why nothing was published. The jobs are where they were, and workers look for them.
#[derive(Debug, thiserror::Error)]
#[error("jobs cannot be published; workers look for them in the database meanwhile")]
pub struct DispatchError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// See the module.
#[async_trait]
pub trait Dispatch: Send + Sync {
    /// For log lines.
    fn name(&self) -> &'static str;

    /// Whether ready jobs reach workers as deliveries at the moment. While they do not, workers look.
    fn delivers(&self) -> bool;

    /// Begins to take deliveries for a worker that can do so many jobs of each queue at once.
    fn open(&self, slots: &BTreeMap<Queue, usize>);

    /// From now on so many deliveries of each opened queue may be out: other jobs have the other slots. One of each queue may
    /// come all the same.
    fn resize(&self, slots: &BTreeMap<Queue, usize>);

    /// Waits for news; of a queue no more deliveries are out than [`Dispatch::open`] or [`Dispatch::resize`] has said. Dropping
    /// the future loses nothing.
    async fn receive(&self) -> News;

    /// Ends what `open` began: nothing is taken any more, and deliveries that were not received are given back.
    fn stop(&self);

    /// After `stop`: waits a moment for the deliveries that were settled or dropped since.
    async fn close(&self);

    /// How many more jobs each queue takes before publishing runs too far ahead of the workers.
    async fn room(&self) -> Result<BTreeMap<Queue, usize>, DispatchError>;

    /// Hands jobs to whoever has a slot, in this order. An error may leave some of them published.
    async fn publish(&self, jobs: &[Ready]) -> Result<(), DispatchError>;

    /// Whether what was published is gone, so that it has to be published again. True once for every loss.
    fn take_loss(&self) -> bool;
}

/// Dispatch without anything between: a commit of this process wakes its worker, and other processes look now and then.
pub struct SqlDispatch {
    wake: Arc<Notify>,
}

impl SqlDispatch {
    /// `wake` is signalled after a commit that inserted jobs.
    pub const fn new(wake: Arc<Notify>) -> Self {
        Self { wake }
    }
}

#[async_trait]
impl Dispatch for SqlDispatch {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn delivers(&self) -> bool {
        false
    }

    fn open(&self, _slots: &BTreeMap<Queue, usize>) {}

    fn resize(&self, _slots: &BTreeMap<Queue, usize>) {}

    async fn receive(&self) -> News {
        self.wake.notified().await;
        News::Look
    }

    fn stop(&self) {}

    async fn close(&self) {}

    async fn room(&self) -> Result<BTreeMap<Queue, usize>, DispatchError> {
        Ok(BTreeMap::new())
    }

    async fn publish(&self, _jobs: &[Ready]) -> Result<(), DispatchError> {
        Ok(())
    }

    fn take_loss(&self) -> bool {
        false
    }
}
