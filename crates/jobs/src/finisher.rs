//! Ends claims together whose finishes write nothing else: one transaction for many, so that short jobs are not paid for
//! by a commit each.
//!
//! The first ending that arrives waits for others, for [`WINDOW`] at most. It does not wait once [`ENOUGH`] are there, or
//! once every claim of the process is: nobody else can come before a slot is free, and slots are free only after the commit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::job::{Claim, StoreError};
use tokio::sync::{Notify, oneshot};

use crate::held::Held;
use crate::store::{Finish, Finished, JobStore};

/// Longest time an ending waits for others.
const WINDOW: Duration = Duration::from_millis(5);
/// Endings that are worth a transaction.
const ENOUGH: usize = 50;

type Answer = Result<Finished, StoreError>;

pub(crate) struct Finisher<Tx: ?Sized> {
    store: Arc<dyn JobStore<Tx>>,
    held: Arc<Held>,
    queue: Mutex<Queue>,
    complete: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether the waiting ones were called complete.
    called: bool,
    /// Claims whose end waits or is being written.
    ending: usize,
}

struct Waiting {
    ending: (Arc<Claim>, Finish),
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug, thiserror::Error)]
#[error("the batch of finishes was not written")]
struct NotWritten;

impl<Tx: ?Sized + Send + 'static> Finisher<Tx> {
    pub(crate) fn new(store: Arc<dyn JobStore<Tx>>, held: Arc<Held>) -> Arc<Self> {
        Arc::new(Self {
            store,
            held,
            queue: Mutex::default(),
            complete: Notify::new(),
        })
    }

    /// Ends a claim as [`JobStore::finish`] does without an effect.
    pub(crate) async fn finish(self: &Arc<Self>, claim: &Arc<Claim>, finish: &Finish) -> Answer {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            ending: (Arc::clone(claim), finish.clone()),
            answer,
        };
        let _ending = self.wait_in_line(waiting);
        // A writer that panicked has answered nobody.
        answered.await.unwrap_or_else(|_| Err(not_written()))
    }

    fn wait_in_line(self: &Arc<Self>, waiting: Waiting) -> Ending<'_, Tx> {
        let mut queue = self.lock();
        queue.ending += 1;
        queue.waiting.push(waiting);
        let arrived = queue.waiting.len();
        if arrived == 1 {
            // A task of its own, because the caller may be dropped while others wait for its batch.
            let writer = Arc::clone(self);
            tokio::spawn(async move { writer.write_soon().await });
        }
        if !queue.called && (arrived >= ENOUGH || queue.ending >= self.held.count()) {
            queue.called = true;
            self.complete.notify_one();
        }
        Ending(self)
    }

    async fn write_soon(&self) {
        let _ = tokio::time::timeout(WINDOW, self.complete.notified()).await;
        let waiting = {
            let mut queue = self.lock();
            queue.called = false;
            std::mem::take(&mut queue.waiting)
        };
        let (endings, answers): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .map(|waiting| (waiting.ending, waiting.answer))
            .unzip();
        let written = self.store.finish_many(&endings).await;
        for (index, answer) in answers.into_iter().enumerate() {
            let result = match &written {
                Ok(finished) => finished.get(index).copied().ok_or_else(not_written),
                Err(StoreError::Unavailable(_)) => Err(not_written()),
                // One of them is refused or in somebody's way: each for itself, so that it alone learns of it.
                Err(_) => {
                    self.store
                        .finish(&endings[index].0, &endings[index].1, None)
                        .await
                }
            };
            // Nobody listens when the process ends.
            let _ = answer.send(result);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_written() -> StoreError {
    StoreError::Unavailable(Box::new(NotWritten))
}

/// An end under way, counted until its slot is about to be free.
struct Ending<'finisher, Tx: ?Sized + Send + 'static>(&'finisher Finisher<Tx>);

impl<Tx: ?Sized + Send + 'static> Drop for Ending<'_, Tx> {
    fn drop(&mut self) {
        self.0.lock().ending -= 1;
    }
}
