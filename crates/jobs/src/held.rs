//! The claims this process holds: what the beat renews, what fills the slots, what a lost lease cancels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::job::{Claim, Fence, JobId, Queue};
use tokio_util::sync::CancellationToken;

type Key = (JobId, Fence);

#[derive(Default)]
pub(crate) struct Held {
    entries: Mutex<BTreeMap<Key, Entry>>,
    beat_failed: AtomicBool,
    stuck: AtomicUsize,
    serving: AtomicBool,
}

struct Entry {
    queue: Queue,
    suspect: bool,
    cancelled: CancellationToken,
}

/// One held claim; dropping it frees its slot.
pub(crate) struct Hold {
    held: Arc<Held>,
    key: Key,
    pub(crate) cancelled: CancellationToken,
}

/// The worker serves as long as this lives.
pub(crate) struct Serving<'held>(&'held Held);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.serving.store(false, Ordering::Relaxed);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.lock().remove(&self.key);
    }
}

impl Held {
    pub(crate) fn hold(self: &Arc<Self>, claim: &Claim) -> Hold {
        let key = (claim.id, claim.fence);
        let cancelled = CancellationToken::new();
        let entry = Entry {
            queue: claim.queue,
            suspect: claim.crash_count > 0,
            cancelled: cancelled.clone(),
        };
        self.lock().insert(key, entry);
        Hold {
            held: Arc::clone(self),
            key,
            cancelled,
        }
    }

    pub(crate) fn running(&self, queue: Queue) -> usize {
        self.lock().values().filter(|entry| entry.queue == queue).count()
    }

    pub(crate) fn has_suspect(&self) -> bool {
        self.lock().values().any(|entry| entry.suspect)
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.lock().keys().copied().collect()
    }

    /// Cancels those of `asked` that the database did not confirm.
    pub(crate) fn cancel_unconfirmed(&self, asked: &[Key], confirmed: &[Key]) {
        let confirmed: BTreeSet<_> = confirmed.iter().collect();
        let entries = self.lock();
        for lost in asked.iter().filter(|key| !confirmed.contains(key)) {
            if let Some(entry) = entries.get(lost) {
                entry.cancelled.cancel();
            }
        }
    }

    pub(crate) fn cancel_all(&self) {
        self.lock().values().for_each(|entry| entry.cancelled.cancel());
    }

    /// Notes whether the beat works and returns what was noted before. Without a beat nothing is claimed.
    pub(crate) fn set_beat_failed(&self, failed: bool) -> bool {
        self.beat_failed.swap(failed, Ordering::Relaxed)
    }

    pub(crate) fn beat_failed(&self) -> bool {
        self.beat_failed.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_serving(&self) -> Serving<'_> {
        self.serving.store(true, Ordering::Relaxed);
        Serving(self)
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.serving.load(Ordering::Relaxed)
    }

    /// Handlers that were told to stop and still run: they block their thread.
    pub(crate) fn stuck(&self) -> usize {
        self.stuck.load(Ordering::Relaxed)
    }

    pub(crate) fn note_stuck(&self) {
        self.stuck.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_unstuck(&self) {
        self.stuck.fetch_sub(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
