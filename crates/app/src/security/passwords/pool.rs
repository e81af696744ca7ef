//! Threads for work that takes long and is worth less than answering requests: a bounded queue before a few threads at the
//! lowest priority there is.
//!
//! A caller that finds the queue full is told so at once. One that goes away gives its place to another.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

#[cfg(target_os = "linux")]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::oneshot;

use super::PasswordError;

/// A thread of this policy stops the moment any other wants its processor. One that is merely nice may finish its slice
/// first, milliseconds that a request would wait.
#[cfg(target_os = "linux")]
const POLICY: ThreadSchedulePolicy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);

type Work = Box<dyn FnOnce() + Send>;

/// The threads end when this is dropped.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Waiting and running at once.
    places: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(u64, Work)>,
    running: usize,
    /// Names the next entry.
    next: u64,
    is_closed: bool,
}

impl Pool {
    /// Starts `threads` threads with a queue of `queue` places.
    pub(super) fn start(threads: usize, queue: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            places: threads + queue,
        });
        let pool = Self { shared };
        for number in 1..=threads {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || {
                    yield_to_others();
                    shared.work();
                })?;
        }
        Ok(pool)
    }

    /// Waits for a thread and for what it makes of `work`. Dropped before a thread has begun, nothing is worked on.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            // Nobody is told when the caller is gone.
            let _ = sender.send(work());
        };
        let _place = self.shared.queue(Box::new(work))?;
        receiver.await.map_err(|_| PasswordError::Stopped)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

/// A place in the queue; dropping it gives it up if no thread has taken it.
struct Place<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let number = self.number;
        self.shared
            .lock()
            .waiting
            .retain(|(waiting, _)| *waiting != number);
    }
}

impl Shared {
    fn queue(&self, work: Work) -> Result<Place<'_>, PasswordError> {
        let mut state = self.lock();
        if state.waiting.len() + state.running >= self.places {
            return Err(PasswordError::Busy);
        }
        let number = state.next;
        state.next += 1;
        state.waiting.push_back((number, work));
        drop(state);
        self.changed.notify_one();
        Ok(Place { shared: self, number })
    }

    /// The life of a thread.
    fn work(&self) {
        while let Some(work) = self.next() {
            // A thread that a panic ends would be missing from then on; the caller notices by its dropped sender.
            let _ = catch_unwind(AssertUnwindSafe(work));
            self.lock().running -= 1;
        }
    }

    /// Waits for work; none when the pool is gone.
    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((_, work)) = state.waiting.pop_front() {
                state.running += 1;
                return Some(work);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Linux has a policy per thread. Elsewhere the threads compete as others do.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, POLICY) {
        tracing::debug!(%error, "password threads keep their priority");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    #[cfg(target_os = "linux")]
    use thread_priority::thread_schedule_policy;

    use super::*;

    /// Work that tells when it has begun and ends when it is told.
    fn held() -> (impl FnOnce() + Send, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (begun, has_begun) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let work = move || {
            begun.send(()).unwrap();
            ended.recv().unwrap();
        };
        (work, has_begun, end)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_refuses_at_once_and_a_caller_that_leaves_makes_room() {
        let pool = Arc::new(Pool::start(1, 1).unwrap());
        let (work, has_begun, end) = held();
        let running = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(work).await }
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
            .await
            .unwrap();

        let mut waiting = Box::pin(pool.run(|| panic!("its caller has left")));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(matches!(pool.run(|| 1).await, Err(PasswordError::Busy)));
        drop(waiting);

        let mut next = Box::pin(pool.run(|| 2));
        assert!(futures::poll!(&mut next).is_pending());
        end.send(()).unwrap();
        assert_eq!(next.await.unwrap(), 2);
        running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_panic_ends_neither_the_thread_nor_the_caller() {
        let pool = Pool::start(1, 4).unwrap();
        let failed = pool.run(|| panic!("planted")).await;
        assert!(matches!(failed, Err::<(), _>(PasswordError::Stopped)));
        assert_eq!(pool.run(|| 3).await.unwrap(), 3);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_are_named_and_let_others_go_first() {
        let pool = Pool::start(1, 4).unwrap();
        let (name, policy) = pool
            .run(|| {
                let name = thread::current().name().map(str::to_owned);
                (name, thread_schedule_policy())
            })
            .await
            .unwrap();
        assert_eq!((name.as_deref(), policy), (Some("password-1"), Ok(POLICY)));
        assert_ne!(thread_schedule_policy(), Ok(POLICY));
    }
}
