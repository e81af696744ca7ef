//! Processes around one database, and short words for what the tests do with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use domain::audit::Actor;
use domain::ids::IdSource as _;
use domain::job::{Claim, Fence, JobId, JobKind, NewJob, Priority, Queue, StoreError};
use domain::store::{Ctx, Tx, UseCase};
use domain::time::{Clock, Timestamp};
use jobs::views::JobStatus;
use jobs::{
    CancellationToken, Dispatch, Handler, JobError, Process, Ready, Registry, Relay, Work, WorkContext,
    Worker, WorkerConfig, WorkerError, WorkerPorts,
};
use sea_orm::ConnectionTrait as _;
use storage::{JobTx, SqlBeatConnector, Store};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

use crate::TestDatabase;
use crate::clock::START;
use crate::redis::OwnRedis;

pub(super) const TASK: JobKind = JobKind {
    name: "dispatch_task",
    queue: Queue::Static,
};

/// Longer than anybody waits for a delivery before looking.
const LONG: Duration = Duration::from_hours(2);

/// Makes the dispatch of one process from what its commits signal.
pub type Dispatcher = Box<dyn Fn(Arc<Notify>) -> Arc<dyn Dispatch> + Send + Sync>;

/// Where a test takes place.
pub struct Hall {
    pub(super) database: TestDatabase,
    dispatcher: Dispatcher,
    /// What the dispatch works over, if it is something that can fail.
    pub(super) redis: Option<OwnRedis>,
    /// Of every worker.
    pub(super) config: WorkerConfig,
    clock: Arc<RunningClock>,
    pub(super) tally: Arc<Tally>,
}

struct RunningClock(Instant);

impl Clock for RunningClock {
    fn now(&self) -> Timestamp {
        START + self.0.elapsed()
    }
}

/// Counts the runs, and holds them up if the test says so.
pub(super) struct Tally {
    begun: AtomicUsize,
    running: AtomicUsize,
    pub(super) most: AtomicUsize,
    pub(super) gate: Semaphore,
    pub(super) retries: AtomicUsize,
}

impl Hall {
    /// A hall whose jobs are let through at once.
    pub fn new(
        database: TestDatabase,
        dispatcher: Dispatcher,
        redis: Option<OwnRedis>,
        mut config: WorkerConfig,
    ) -> Self {
        config.concurrency = BTreeMap::from([(TASK.queue, 4)]);
        Self {
            database,
            dispatcher,
            redis,
            config,
            clock: Arc::new(RunningClock(Instant::now())),
            tally: Arc::new(Tally {
                begun: AtomicUsize::new(0),
                running: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
                gate: Semaphore::new(Semaphore::MAX_PERMITS),
                retries: AtomicUsize::new(0),
            }),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A process that publishes what it commits and works on nothing.
    pub(super) async fn front(&self) -> Result<Front> {
        let beside = self.database.beside().await?;
        let store = beside.store.clone();
        let dispatch = (self.dispatcher)(store.wake());
        let (relay, announcer) = Relay::new(
            Arc::clone(&dispatch),
            Arc::new(store.clone()),
            Arc::clone(&self.clock) as Arc<dyn Clock>,
        );
        store.announce_to(announcer);
        let mut tasks = JoinSet::new();
        tasks.spawn(relay.run(self.database.ids.new_uuid(), CancellationToken::new()));
        Ok(Front {
            store,
            dispatch,
            _tasks: tasks,
        })
    }

    /// A process that does both.
    pub(super) async fn worker(&self) -> Result<Serving> {
        let front = self.front().await?;
        let handler = Counting(Arc::clone(&self.tally));
        let ports = WorkerPorts {
            process: Process {
                id: self.database.ids.new_uuid(),
                host: "hall".to_owned(),
            },
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            chance: Arc::new(|| 0.5),
            wake: front.store.wake(),
        };
        let store = Arc::new(front.store.clone());
        let registry = Registry::default().with(handler);
        let worker = Worker::new(store, registry, ports, self.config.clone())
            .with_dispatch(Arc::clone(&front.dispatch));
        let connector = Arc::new(SqlBeatConnector::new(front.store.database().clone()));
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let task = tokio::spawn(async move { worker.run(connector, stop).await });
        Ok(Serving {
            front,
            shutdown,
            task,
        })
    }

    pub(super) fn job(&self) -> NewJob {
        let id = JobId(self.database.ids.new_uuid());
        NewJob {
            id,
            kind: TASK,
            dedupe_key: id.to_string(),
            payload: serde_json::Value::Null,
            run_at: self.now(),
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: None,
            max_attempts: 5,
        }
    }

    /// Commits so many jobs, each in a transaction of its own.
    pub(super) async fn enqueue(&self, store: &Store, count: usize) -> Result<Vec<JobId>> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.enqueue_one(store, self.job()).await?);
        }
        Ok(ids)
    }

    pub(super) async fn enqueue_one(&self, store: &Store, job: NewJob) -> Result<JobId> {
        let (clock, ids) = (self.database.clock.clone(), self.database.ids.clone());
        let ctx = Ctx::new(clock, ids, "hall".to_owned(), Actor::System);
        let id = job.id;
        store.run(&Enqueue(job), &ctx).await?;
        Ok(id)
    }

    /// Waits until all have completed; each has been claimed so often.
    pub(super) async fn all_done(&self, ids: &[JobId], claims: usize) -> Result<()> {
        for id in ids {
            eventually(&format!("{id} has completed"), || async {
                let view = self.database.store.job_view(*id).await?;
                Ok(view.context("the job is gone")?.status == JobStatus::Completed)
            })
            .await?;
            let view = self
                .database
                .store
                .job_view(*id)
                .await?
                .context("the job is gone")?;
            ensure!(
                view.attempts.len() == claims,
                "{id} was claimed by {:?}",
                view.attempts
            );
        }
        Ok(())
    }

    pub(super) async fn all_done_once(&self, ids: &[JobId]) -> Result<()> {
        self.all_done(ids, 1).await
    }

    /// Commits so many jobs that look as if their publications got lost long ago: only those find them who look.
    pub(super) async fn enqueue_published_long_ago(&self, count: usize) -> Result<Vec<JobId>> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let long_ago = self.now() - LONG;
            let run_at = self.now() + LONG;
            let id = self
                .enqueue_one(&self.database.store, NewJob { run_at, ..self.job() })
                .await?;
            ids.push(id);
            let micros = long_ago.as_micros();
            self.sql(&format!(
                "UPDATE jobs SET run_at = {micros}, published_at = {micros} WHERE run_at = {}",
                run_at.as_micros()
            ))
            .await?;
        }
        Ok(ids)
    }

    pub(super) async fn sql(&self, statement: &str) -> Result<()> {
        let connection = sea_orm::Database::connect(&self.database.url).await?;
        connection.execute_unprepared(statement).await?;
        Ok(connection.close().await?)
    }

    /// How many runs have begun.
    pub(super) fn begun(&self) -> usize {
        self.tally.begun.load(Ordering::SeqCst)
    }

    /// Takes all permits, so that runs stop at the gate.
    pub(super) fn close_gate(&self) {
        self.tally.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(super) fn open_gate(&self) {
        self.tally.gate.add_permits(10_000);
    }
}

/// A process without a worker. It is killed by dropping it.
pub(super) struct Front {
    pub(super) store: Store,
    pub(super) dispatch: Arc<dyn Dispatch>,
    _tasks: JoinSet<()>,
}

impl Front {
    /// Waits until the dispatch says so; at once where it never does.
    pub(super) async fn is_ready(&self) -> Result<()> {
        if self.dispatch.name() == "sql" {
            return Ok(());
        }
        eventually("jobs are delivered", || async { Ok(self.dispatch.delivers()) }).await
    }

    /// As jobs that were claimed so often before.
    pub(super) async fn publish(&self, ids: &[JobId], fence: i64) -> Result<()> {
        let ready = |id: &JobId| Ready {
            id: *id,
            fence: Fence(fence),
            queue: TASK.queue,
            priority: Priority::Normal,
            run_at: START,
        };
        let ready: Vec<_> = ids.iter().map(ready).collect();
        Ok(self.dispatch.publish(&ready).await?)
    }
}

/// A process with a worker.
pub(super) struct Serving {
    pub(super) front: Front,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), WorkerError>>,
}

impl Serving {
    pub(super) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        Ok(self.task.await??)
    }
}

struct Enqueue(NewJob);

#[async_trait]
impl UseCase for Enqueue {
    const NAME: &'static str = "hall.enqueue";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, _ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        tx.jobs().enqueue(self.0.clone()).await.map(|_| ())
    }
}

struct Counting(Arc<Tally>);

impl Handler<JobTx> for Counting {
    const KIND: JobKind = TASK;
    const COMMITS: bool = false;
    type Output = ();

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        let tally = &self.0;
        tally.begun.fetch_add(1, Ordering::SeqCst);
        let running = tally.running.fetch_add(1, Ordering::SeqCst) + 1;
        let _leaving = Leaving(tally);
        tally.most.fetch_max(running, Ordering::SeqCst);
        if let Ok(pass) = tally.gate.acquire().await {
            drop(pass);
        }
        let take_one = |left: usize| left.checked_sub(1);
        let retries = tally
            .retries
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one);
        Ok(if retries.is_ok() {
            Work::Retry {
                after: Duration::from_millis(50),
                reason: "again",
            }
        } else {
            Work::Done(())
        })
    }

    async fn commit(&self, _tx: &mut JobTx, _job: &Claim, (): &()) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Also when the run is dropped.
struct Leaving<'tally>(&'tally Tally);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until `condition` holds, looking again and again, and gives up after five minutes.
pub(super) async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F) -> Result<()>
where
    F: Future<Output = Result<bool>>,
{
    let limit = tokio::time::Instant::now() + Duration::from_mins(5);
    while !condition().await? {
        ensure!(tokio::time::Instant::now() < limit, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
