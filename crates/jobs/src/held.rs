//! The claims this process holds: what the beat renews, what fills the slots, what a lost lease cancels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::job::{Claim, Fence, JobId, Queue};
use tokio_util::sync::CancellationToken;

type Key = (JobId, Fence);

#[derive(Default)]
pub(crate) struct Held {
    entries: Mutex<BTreeMap<Key, Entry>>,
    beat_failed: AtomicBool,
    stuck: AtomicUsize,
    serving: AtomicBool,
    /// When the runtime of the jobs last ran something, once somebody asks it.
    runtime_ran: Mutex<Option<Instant>>,
}

struct Entry {
    queue: Queue,
    suspect: bool,
    cancelled: CancellationToken,
    /// When it must have begun or, once it has, ended, whatever the runtime is doing; none while its outcome is written.
    must_end: Option<Instant>,
}

impl Entry {
    fn is_overdue(&self, now: Instant) -> bool {
        self.must_end.is_some_and(|must_end| must_end <= now)
    }
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

impl Hold {
    /// Work that has not ended after `limit` is overdue: its lease is no longer renewed, so that another process gets the
    /// job even if no thread of this one is left to notice the deadline.
    pub(crate) fn begin_work(&self, limit: Duration) {
        self.set_must_end(Instant::now().checked_add(limit));
    }

    /// Writing the outcome may take as long as the database is away, and as the runtime runs at all.
    pub(crate) fn end_work(&self) {
        self.set_must_end(None);
    }

    fn set_must_end(&self, must_end: Option<Instant>) {
        if let Some(entry) = self.held.lock().get_mut(&self.key) {
            entry.must_end = must_end;
        }
    }
}

impl Held {
    /// A claim that has not begun within `patience` is not renewed: every thread is blocked, and another process may have one.
    pub(crate) fn hold(self: &Arc<Self>, claim: &Claim, patience: Duration) -> Hold {
        let key = (claim.id, claim.fence);
        let cancelled = CancellationToken::new();
        let entry = Entry {
            queue: claim.queue,
            suspect: claim.crash_count > 0,
            cancelled: cancelled.clone(),
            must_end: Instant::now().checked_add(patience),
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

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn has_suspect(&self) -> bool {
        self.lock().values().any(|entry| entry.suspect)
    }

    /// The claims whose leases are to be renewed: all but overdue ones and, after the runtime has run nothing for `patience`,
    /// those whose outcomes it should be writing.
    pub(crate) fn renewable(&self, patience: Duration) -> Vec<Key> {
        let now = Instant::now();
        let ran = *self.runtime_ran.lock().unwrap_or_else(PoisonError::into_inner);
        let writes = ran.is_none_or(|ran| now.duration_since(ran) < patience);
        let entries = self.lock();
        let kept = entries
            .iter()
            .filter(|(_, entry)| entry.must_end.map_or(writes, |must_end| now < must_end));
        kept.map(|(key, _)| *key).collect()
    }

    /// Called on the runtime of the jobs.
    pub(crate) fn note_runtime_ran(&self) {
        *self.runtime_ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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

    /// Handlers that were told to stop, or should have been, and still run: they block their thread.
    pub(crate) fn stuck(&self) -> usize {
        let now = Instant::now();
        let overdue = self.lock().values().filter(|entry| entry.is_overdue(now)).count();
        self.stuck.load(Ordering::Relaxed) + overdue
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn claim(number: u128) -> Claim {
        Claim {
            id: JobId(uuid::Uuid::from_u128(number)),
            kind: "suite".to_owned(),
            queue: Queue::Llm,
            fence: Fence(1),
            attempt: 1,
            max_attempts: 5,
            crash_count: 0,
            payload: serde_json::Value::Null,
            parent: None,
            subject: None,
            run_at: domain::job::Timestamp::from_micros(0),
        }
    }

    #[test]
    fn overdue_work_is_not_renewed_and_counts_as_stuck() {
        let held = Arc::new(Held::default());
        let (in_time, overdue) = (held.hold(&claim(1), HOUR), held.hold(&claim(2), HOUR));
        in_time.begin_work(Duration::from_hours(1));
        overdue.begin_work(Duration::ZERO);
        assert_eq!((held.renewable(HOUR), held.stuck()), (vec![in_time.key], 1));
        overdue.end_work();
        assert_eq!(
            (held.renewable(HOUR).len(), held.stuck()),
            (2, 0),
            "writing may take long"
        );
        drop(overdue);
        assert_eq!(held.renewable(HOUR), [in_time.key]);
    }

    #[test]
    fn what_no_thread_begins_in_time_is_not_renewed() {
        let held = Arc::new(Held::default());
        let late = held.hold(&claim(1), Duration::ZERO);
        assert_eq!(held.renewable(HOUR), []);
        late.begin_work(HOUR);
        assert_eq!(held.renewable(HOUR), [late.key], "it has begun after all");
    }

    #[test]
    fn outcomes_are_renewed_while_the_runtime_runs() {
        let held = Arc::new(Held::default());
        let (working, writing) = (held.hold(&claim(1), HOUR), held.hold(&claim(2), HOUR));
        writing.end_work();
        let both = [working.key, writing.key];
        assert_eq!(held.renewable(Duration::ZERO), both, "nobody has asked it yet");
        held.note_runtime_ran();
        assert_eq!(held.renewable(HOUR), both);
        assert_eq!(held.renewable(Duration::ZERO), [working.key]);
    }
}
