//! The state of the line to Redis, and the guard that looks after it.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jobs::{Delivery, DispatchError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::BullMqSettings;
use super::publisher::Publisher;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A line that takes longer is down: looking into the database is faster.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// After so long a connection is given up for a new one, whatever it promises about connecting again.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);

/// What can be wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("Redis does not answer in time")]
    Late,
    #[error("not connected to Redis")]
    NotConnected,
    #[error(transparent)]
    Refused(#[from] bullmq::Error),
}

impl LineError {
    /// Redis under `noeviction` refuses writes and goes on answering reads.
    fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Refused(bullmq::Error::Redis(error)) if error.to_string().contains("OOM"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Up,
    Down,
}

/// Shared by the guard, the publisher and the consumers.
pub(super) struct Line {
    pub(super) settings: BullMqSettings,
    /// To the worker of this process.
    pub(super) arrivals: mpsc::UnboundedSender<Delivery>,
    /// No deliveries any more.
    pub(super) stopping: CancellationToken,
    /// And those that are out have ended.
    pub(super) closing: CancellationToken,
    state: watch::Sender<State>,
    lost: AtomicBool,
    publisher: Mutex<Option<Arc<Publisher>>>,
}

impl Line {
    pub(super) fn new(settings: BullMqSettings, arrivals: mpsc::UnboundedSender<Delivery>) -> Self {
        Self {
            settings,
            arrivals,
            stopping: CancellationToken::new(),
            closing: CancellationToken::new(),
            state: watch::Sender::new(State::Starting),
            lost: AtomicBool::new(false),
            publisher: Mutex::default(),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        *self.state.borrow() == State::Up
    }

    pub(super) fn changes(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn take_loss(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    /// The publisher, while the line is up.
    pub(super) fn working(&self) -> Result<Arc<Publisher>, DispatchError> {
        let publisher = self.publisher().filter(|_| self.is_up());
        publisher.ok_or_else(|| DispatchError(Box::new(LineError::NotConnected)))
    }

    /// A failure brings the line down.
    pub(super) fn judged<T>(&self, done: Result<T, LineError>) -> Result<T, DispatchError> {
        done.map_err(|error| {
            self.note_down(&error);
            DispatchError(Box::new(error))
        })
    }

    /// What was published while the line broke may or may not be there, so that it counts as lost.
    fn note_up(&self) {
        if *self.state.borrow() == State::Down {
            self.lost.store(true, Ordering::Relaxed);
        }
        if self.turn(State::Up) {
            tracing::info!("jobs are dispatched by Redis");
        }
    }

    /// Tells those who watch, if it is a change.
    fn turn(&self, to: State) -> bool {
        self.state
            .send_if_modified(|state| std::mem::replace(state, to) != to)
    }

    fn note_down(&self, error: &LineError) {
        if !self.turn(State::Down) {
            return;
        }
        let cause = error as &dyn Error;
        if error.is_out_of_memory() {
            tracing::error!(
                error = cause,
                "Redis is out of memory: workers look for jobs in the database; raise its maxmemory"
            );
        } else {
            tracing::warn!(
                error = cause,
                "Redis does not take jobs: workers look for them in the database"
            );
        }
    }

    async fn check(&self) -> Result<(), LineError> {
        let publisher = if let Some(publisher) = self.publisher() {
            publisher
        } else {
            let opened = Arc::new(in_time(Publisher::open(&self.settings)).await?);
            *self.lock() = Some(Arc::clone(&opened));
            opened
        };
        if in_time(publisher.leave_mark()).await? {
            self.lost.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn publisher(&self) -> Option<Arc<Publisher>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Publisher>>> {
        self.publisher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn in_time<T>(
    acting: impl Future<Output = Result<T, bullmq::Error>>,
) -> Result<T, LineError> {
    match tokio::time::timeout(ANSWER_WITHIN, acting).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(LineError::Late),
    }
}

/// Opens the line, and notices when it breaks and when it is whole again. A write is what tells: Redis that is out of memory
/// answers reads.
pub(super) async fn guard(line: Arc<Line>) {
    let mut last_success = Instant::now();
    loop {
        match line.check().await {
            Ok(()) => {
                last_success = Instant::now();
                line.note_up();
            }
            Err(error) => {
                line.note_down(&error);
                if last_success.elapsed() >= GIVE_UP_AFTER {
                    last_success = Instant::now();
                    *line.lock() = None;
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_comes_back_may_have_lost_something() {
        let settings = BullMqSettings {
            url: "redis://127.0.0.1:1/0".to_owned(),
            prefix: "own".to_owned(),
        };
        let line = Line::new(settings, mpsc::unbounded_channel().0);
        line.note_up();
        assert!(!line.take_loss(), "there was nothing before");
        line.note_up();
        assert!(!line.take_loss());
        line.note_down(&LineError::Late);
        line.note_up();
        assert!(line.take_loss());
        assert!(!line.take_loss(), "once for every loss");
    }
}
