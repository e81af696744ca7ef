//! The whole worker on jobs that do nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use domain::job::{Claim, StoreError};
use jobs::{
    CancellationToken, Dispatch, Handler, JobError, JobKind, Registry, Work, WorkContext, Worker,
    WorkerConfig, WorkerPorts, random_chance,
};
use storage::{JobTx, SqlBeatConnector};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::ground::{Ground, NOTHING};

/// Jobs at once: of eight batches two are claimed while others run and are finished.
const SLOTS: usize = 400;

/// Told of every start.
pub(crate) type Started = Arc<dyn Fn(&Claim) + Send + Sync>;

struct Nothing(Started);

impl Handler<JobTx> for Nothing {
    const KIND: JobKind = NOTHING;
    const COMMITS: bool = false;
    type Output = ();

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        (self.0)(job);
        Ok(Work::Done(()))
    }

    async fn commit(&self, _tx: &mut JobTx, _job: &Claim, (): &()) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A worker in the background.
pub(crate) struct Serving {
    shutdown: CancellationToken,
    task: JoinHandle<Result<()>>,
}

impl Serving {
    pub(crate) async fn start(
        ground: &Ground,
        dispatch: Option<Arc<dyn Dispatch>>,
        started: Started,
    ) -> Result<Self> {
        let ports = WorkerPorts {
            process: ground.process().await?,
            clock: ground.clock.clone(),
            chance: random_chance(),
            wake: ground.database.store.wake(),
        };
        let config = WorkerConfig {
            concurrency: [(NOTHING.queue, SLOTS)].into(),
            ..WorkerConfig::default()
        };
        let registry = Registry::default().with(Nothing(started));
        let mut worker = Worker::new(Arc::new(ground.database.store.clone()), registry, ports, config);
        if let Some(dispatch) = dispatch {
            worker = worker.with_dispatch(dispatch);
        }
        let connector = Arc::new(SqlBeatConnector::new(ground.database.store.database().clone()));
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let task = tokio::spawn(async move { Ok(worker.run(connector, stop).await?) });
        Ok(Self { shutdown, task })
    }

    /// Ends when everything it had claimed has ended.
    pub(crate) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        self.task.await?
    }
}

/// Starts a worker, waits until it has started this many jobs, and for their end.
pub(crate) async fn work_off(ground: &Ground, dispatch: Option<Arc<dyn Dispatch>>, jobs: i64) -> Result<()> {
    let (left, all) = (Arc::new(AtomicI64::new(jobs)), Arc::new(Notify::new()));
    let last = Arc::clone(&all);
    let started: Started = Arc::new(move |_| {
        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
            last.notify_one();
        }
    });
    let serving = Serving::start(ground, dispatch, started).await?;
    all.notified().await;
    serving.stop().await
}
