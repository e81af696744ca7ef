//! When callers wrote last, as far as this process and the others know.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::UserId;
use domain::reports::{KnownWrites, LastWrites, LastWritesUnavailable};
use domain::time::Timestamp;
use moka::sync::Cache;

use super::WRITES_KEPT;
use crate::outage::{Leave, Outage};
use crate::telemetry::chain;

const CALLERS: u64 = 100_000;

/// See the module.
pub(super) struct Writes {
    shared: Arc<dyn LastWrites>,
    /// For the shared memory.
    patience: Duration,
    outage: Outage,
    /// Writes that this process took, whether or not the others could be told.
    own: Cache<UserId, Timestamp>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no answer came in time")]
    TooSlow,
    #[error(transparent)]
    Unavailable(#[from] LastWritesUnavailable),
}

impl Writes {
    pub(super) fn new(shared: Arc<dyn LastWrites>, patience: Duration) -> Self {
        let own = Cache::builder().max_capacity(CALLERS).time_to_live(WRITES_KEPT);
        Self {
            shared,
            patience,
            outage: Outage::none(),
            own: own.build(),
        }
    }

    /// While the shared memory does not answer nobody waits for it; it is told all the same, because for others it may be back.
    pub(super) async fn note(&self, caller: UserId, now: Timestamp) {
        self.own.insert(caller, now);
        let (shared, patience) = (Arc::clone(&self.shared), self.patience);
        let noting = async move { in_time(patience, shared.note(caller, now)).await };
        match self.outage.leave_to_ask(now) {
            Some(leave) => {
                self.judged(leave, now, noting.await);
            }
            None => {
                tokio::spawn(noting);
            }
        }
    }

    /// The caller has written nothing later; none while that cannot be known.
    pub(super) async fn latest(&self, caller: UserId, now: Timestamp) -> Option<Timestamp> {
        let leave = self.outage.leave_to_ask(now)?;
        let known = in_time(self.patience, self.shared.known(caller, now)).await;
        let latest = self.judged(leave, now, known).map(KnownWrites::latest)?;
        Some(self.own.get(&caller).map_or(latest, |own| own.max(latest)))
    }

    fn judged<T>(&self, leave: Leave, now: Timestamp, answer: Result<T, Failure>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if leave == Leave::Probe {
                    self.outage.over();
                    tracing::info!("processes tell each other of writes again");
                }
                Some(answer)
            }
            Err(failure) => {
                if self.outage.seen(now) {
                    tracing::warn!(
                        error = chain(&failure),
                        "processes cannot tell each other of writes; lists are read from the primary"
                    );
                }
                None
            }
        }
    }
}

async fn in_time<T>(
    patience: Duration,
    asking: impl Future<Output = Result<T, LastWritesUnavailable>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(patience, asking).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use async_trait::async_trait;
    use uuid::Uuid;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    #[derive(Default)]
    struct Memory {
        hangs: AtomicBool,
        asked: AtomicUsize,
        noted: Mutex<Vec<Timestamp>>,
    }

    #[async_trait]
    impl LastWrites for Memory {
        async fn note(&self, _user: UserId, at: Timestamp) -> Result<(), LastWritesUnavailable> {
            self.noted.lock().unwrap().push(at);
            self.answer().await;
            Ok(())
        }

        async fn known(&self, _user: UserId, _now: Timestamp) -> Result<KnownWrites, LastWritesUnavailable> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answer().await;
            let last = self.noted.lock().unwrap().last().copied();
            Ok(KnownWrites { since: START, last })
        }
    }

    impl Memory {
        async fn answer(&self) {
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
        }
    }

    #[tokio::test]
    async fn a_memory_that_hangs_is_waited_for_once_and_told_all_the_same() {
        let memory = Arc::new(Memory::default());
        let writes = Writes::new(
            Arc::clone(&memory) as Arc<dyn LastWrites>,
            Duration::from_millis(20),
        );
        let caller = UserId(Uuid::from_u128(1));
        assert_eq!(writes.latest(caller, START).await, Some(START));
        memory.hangs.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(writes.latest(caller, START + SECOND).await, None);
        }
        assert_eq!(memory.asked.load(Ordering::SeqCst), 2, "it was asked again");
        let written = START + SECOND * 2;
        writes.note(caller, written).await;
        while memory.noted.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        memory.hangs.store(false, Ordering::SeqCst);
        let later = START + SECOND * 30;
        assert_eq!(writes.latest(caller, later).await, Some(written));
        assert_eq!(writes.latest(caller, later).await, Some(written));
        assert_eq!(memory.asked.load(Ordering::SeqCst), 4);
    }
}
