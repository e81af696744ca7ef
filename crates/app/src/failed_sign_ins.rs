//! Failed sign-ins on their way into the database. Of a flood many share a transaction, and the transactions leave room
//! between them, so that answers are saved meanwhile.
//!
//! Who fails alone is noted at once. Nobody learns that a sign-in failed before it is noted: whoever guesses meets the lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::identity::{FailedSignIn, NoteFailedSignIns};
use domain::store::StoreError;
use storage::Store;
use tokio::sync::oneshot;

use crate::telemetry::chain;

/// A pause is so many times as long as the transaction before it. That leaves failures a twenty-fifth of the database's one
/// writer: few enough that the slowest hundredth of all other requests is not made of those that met one.
const PAUSE: u32 = 24;
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Why the caller has to try again; the log has the cause.
#[derive(Debug, thiserror::Error)]
#[error("the failed sign-in could not be noted")]
struct NotNoted;

/// See the module.
pub struct FailedSignIns {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task takes from it.
    is_served: bool,
}

struct Waiting {
    failure: FailedSignIn,
    noted: oneshot::Sender<()>,
}

impl FailedSignIns {
    /// Nobody waits.
    pub fn new(store: Store) -> Self {
        let queue = Mutex::default();
        Self {
            shared: Arc::new(Shared { store, queue }),
        }
    }

    /// Returns when it is in the database; it gets there also when the caller is gone.
    pub async fn note(&self, failure: FailedSignIn) -> Result<(), StoreError> {
        let (noted, is_noted) = oneshot::channel();
        let begins = {
            let mut queue = self.shared.queue();
            queue.waiting.push(Waiting { failure, noted });
            !std::mem::replace(&mut queue.is_served, true)
        };
        if begins {
            tokio::spawn(Arc::clone(&self.shared).serve());
        }
        let unavailable = |_| StoreError::Unavailable(Box::new(NotNoted));
        is_noted.await.map_err(unavailable)
    }
}

impl Shared {
    /// Until nobody waits.
    async fn serve(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            let began = Instant::now();
            self.write(batch).await;
            tokio::time::sleep((began.elapsed() * PAUSE).min(LONGEST_PAUSE)).await;
        }
    }

    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.is_served = false;
            return None;
        }
        Some(std::mem::take(&mut queue.waiting))
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let (failures, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|one| (one.failure, one.noted)).unzip();
        let Some(ctx) = failures.first().map(|failure| failure.ctx.clone()) else {
            return;
        };
        if let Err(error) = self.store.run(&NoteFailedSignIns(failures), &ctx).await {
            tracing::error!(error = chain(&error), "failed sign-ins could not be noted");
            return;
        }
        for noted in waiting {
            // Whoever is gone need not be told.
            let _ = noted.send(());
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::audit::Actor;
    use domain::rate_limits::{FREE_FAILURES, SignInSubject};
    use futures::future::join_all;
    use testkit::{Backend, START, TestDatabase, builders};

    use super::*;

    fn failure(database: &TestDatabase, address: &str) -> FailedSignIn {
        FailedSignIn {
            subject: SignInSubject::of(address),
            ctx: builders::ctx(database, Actor::Anonymous),
            at: START,
            user_id: None,
            reason: "unknown_address",
        }
    }

    async fn is_locked(database: &TestDatabase, address: &str) -> bool {
        let subject = SignInSubject::of(address);
        let lock = database.store.sign_in_lock(&subject, START).await;
        lock.unwrap().is_some()
    }

    #[tokio::test]
    async fn of_many_at_once_every_one_counts_for_its_address() {
        let database = TestDatabase::new(Backend::Sqlite).await.unwrap();
        let failed = FailedSignIns::new(database.store.clone());
        let (locked, free) = ("locked@school.test", "free@school.test");
        let failures = (0..=FREE_FAILURES)
            .map(|_| locked)
            .chain((0..FREE_FAILURES).map(|_| free));
        let noting = failures.map(|address| failed.note(failure(&database, address)));
        for noted in join_all(noting).await {
            noted.unwrap();
        }
        assert!(is_locked(&database, locked).await && !is_locked(&database, free).await);
        failed.note(failure(&database, free)).await.unwrap();
        assert!(is_locked(&database, free).await);
    }

    #[tokio::test]
    async fn who_leaves_is_noted_all_the_same() {
        let database = TestDatabase::new(Backend::Sqlite).await.unwrap();
        let failed = FailedSignIns::new(database.store.clone());
        let gone = "gone@school.test";
        for _ in 0..FREE_FAILURES {
            let mut noting = Box::pin(failed.note(failure(&database, gone)));
            assert!(futures::poll!(&mut noting).is_pending());
        }
        failed.note(failure(&database, gone)).await.unwrap();
        assert!(is_locked(&database, gone).await);
    }

    #[tokio::test]
    async fn a_database_that_is_gone_is_said_to_everybody() {
        let database = TestDatabase::new(Backend::Sqlite).await.unwrap();
        let failed = FailedSignIns::new(database.store.clone());
        let failures = [
            failure(&database, "a@school.test"),
            failure(&database, "b@school.test"),
        ];
        database.store.database().close().await.unwrap();
        for refused in join_all(failures.map(|failure| failed.note(failure))).await {
            assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        }
    }
}
