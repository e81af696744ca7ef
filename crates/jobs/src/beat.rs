//! The heartbeat: a thread with its own runtime and connection, so that neither a handler that blocks a thread nor a
//! used-up connection pool costs the process its leases.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use domain::job::{Clock, StoreError};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::WorkerConfig;
use crate::held::Held;
use crate::store::{BeatConnector, BeatStore, Pulse};

pub(crate) struct Beat {
    pub(crate) owner: Uuid,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: WorkerConfig,
    pub(crate) held: Arc<Held>,
    pub(crate) connector: Arc<dyn BeatConnector>,
}

/// The running thread.
pub(crate) struct BeatThread {
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl BeatThread {
    pub(crate) fn start(beat: Beat) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let served = Handle::current();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("job-beat".to_owned())
            .spawn(move || {
                // Ends the jobs however this thread ends, also by a panic.
                let _ending = CancelOnDrop(Arc::clone(&beat.held));
                runtime.block_on(beat.run(&stopped, &served));
            })?;
        Ok(Self { stop, thread })
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the beat thread ended by a panic");
        }
    }
}

struct CancelOnDrop(Arc<Held>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.set_beat_failed(true);
        self.0.cancel_all();
    }
}

impl Beat {
    async fn run(&self, stopped: &CancellationToken, served: &Handle) {
        let mut connection = None;
        let mut last_success = Instant::now();
        self.held.note_runtime_ran();
        loop {
            tokio::select! {
                () = stopped.cancelled() => return,
                () = tokio::time::sleep(self.config.beat_every) => {}
            }
            // A handler that blocks the very thread that polls timers and sockets leaves the other threads of its
            // runtime asleep. A task from outside wakes one of them, which takes the polling over; if none is left, it does
            // not run.
            let held = Arc::clone(&self.held);
            served.spawn(async move { held.note_runtime_ran() });
            let begun = Instant::now();
            match tokio::time::timeout(self.config.beat_every, self.once(&mut connection)).await {
                Ok(Ok(())) => {
                    last_success = begun;
                    if self.held.set_beat_failed(false) {
                        tracing::info!("the heartbeat works again");
                    }
                    continue;
                }
                Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "beat failed"),
                Err(_) => tracing::debug!("beat timed out"),
            }
            connection = None;
            if last_success.elapsed() >= self.config.beat_patience {
                if !self.held.set_beat_failed(true) {
                    tracing::error!("the heartbeat fails: jobs of this process are cancelled");
                }
                self.held.cancel_all();
            }
        }
    }

    async fn once(&self, connection: &mut Option<Box<dyn BeatStore>>) -> Result<(), StoreError> {
        let store = match connection {
            Some(store) => store,
            None => connection.insert(self.connector.connect().await?),
        };
        let asked = self.held.renewable(self.config.beat_patience);
        let pulse = Pulse {
            owner: self.owner,
            now: self.clock.now(),
            lease: self.config.lease,
            held: &asked,
            stuck: self.held.stuck(),
        };
        let confirmed = store.beat(&pulse).await?;
        self.held.cancel_unconfirmed(&asked, &confirmed);
        Ok(())
    }
}
