//! A worker that serves: slots, wake-ups, the heartbeat, shut-down.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use domain::job::StoreError;
use jobs::views::JobStatus;
use jobs::{
    BeatConnector, BeatStore, CancellationToken, JobStore as _, Registry, Unhealthy, Work, Worker,
    WorkerConfig, WorkerError,
};
use storage::{JobTx, SqlBeatConnector};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::bench::{Bench, LEASE, TASK, eventually};
use super::disturbed::{Call, Disturbed};
use super::scripted::Scripted;
use crate::TestDatabase;

/// A worker that serves in the background.
pub(super) struct Serving {
    worker: Arc<Worker<JobTx>>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), WorkerError>>,
}

impl Serving {
    async fn start<const DEADLINE: u64>(
        bench: &Bench,
        handler: Scripted<DEADLINE>,
        config: WorkerConfig,
        connector: impl BeatConnector + 'static,
    ) -> Result<Self> {
        Self::of(bench, Registry::default().with(handler), config, connector).await
    }

    pub(super) async fn of(
        bench: &Bench,
        registry: Registry<JobTx>,
        config: WorkerConfig,
        connector: impl BeatConnector + 'static,
    ) -> Result<Self> {
        Ok(Self::by(bench.worker(registry, config).await?, connector))
    }

    fn by(worker: Worker<JobTx>, connector: impl BeatConnector + 'static) -> Self {
        let worker = Arc::new(worker);
        let shutdown = CancellationToken::new();
        let (serving, stop) = (Arc::clone(&worker), shutdown.clone());
        let task = tokio::spawn(async move { serving.run(Arc::new(connector), stop).await });
        Self {
            worker,
            shutdown,
            task,
        }
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.worker.is_healthy()
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        Ok(self.task.await??)
    }
}

pub(super) fn connector(bench: &Bench) -> SqlBeatConnector {
    SqlBeatConnector::new(bench.store.database().clone())
}

/// How many jobs started, ended, and ran at once at the most.
#[derive(Default)]
struct Tally {
    started: AtomicUsize,
    ended: AtomicUsize,
    most: AtomicUsize,
}

impl Tally {
    /// Ends a job with each pass.
    fn handler(self: &Arc<Self>, gate: &Arc<Semaphore>) -> Scripted {
        let (tally, gate) = (Arc::clone(self), Arc::clone(gate));
        Scripted::new(move |_, _| {
            let (tally, gate) = (Arc::clone(&tally), Arc::clone(&gate));
            async move {
                tally.pass(&gate).await;
                Ok(Work::Done(()))
            }
        })
    }

    async fn pass(&self, gate: &Semaphore) {
        let started = self.started.fetch_add(1, Ordering::SeqCst) + 1;
        self.most
            .fetch_max(started - self.ended.load(Ordering::SeqCst), Ordering::SeqCst);
        if let Ok(pass) = gate.acquire().await {
            pass.forget();
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// Never more jobs at once than the queue has slots, and a freed slot is filled again, also where it waits a moment for others.
pub async fn concurrency_limits_hold(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    freed_slots_are_filled::<9, 3>(&bench).await?;
    freed_slots_are_filled::<45, 30>(&bench).await
}

async fn freed_slots_are_filled<const JOBS: usize, const SLOTS: usize>(bench: &Bench) -> Result<()> {
    for _ in 0..JOBS {
        bench.task().await?;
    }
    let (gate, tally) = (Arc::new(Semaphore::new(0)), Arc::new(Tally::default()));
    let config = WorkerConfig {
        concurrency: [(TASK.queue, SLOTS)].into(),
        ..WorkerConfig::for_testing()
    };
    let serving = Serving::start(bench, tally.handler(&gate), config, connector(bench)).await?;
    for started in SLOTS..=JOBS {
        eventually("the free slot is filled", async || {
            Ok(tally.started.load(Ordering::SeqCst) == started)
        })
        .await?;
        gate.add_permits(1);
    }
    gate.add_permits(SLOTS);
    eventually("all have ended", async || {
        Ok(tally.ended.load(Ordering::SeqCst) == JOBS)
    })
    .await?;
    serving.stop().await?;
    assert_eq!(tally.most.load(Ordering::SeqCst), SLOTS);
    assert!(
        bench.claim_up_to(&bench.process().await?, JOBS).await?.is_empty(),
        "all were committed"
    );
    Ok(())
}

/// Where much is waiting two claims are made at once; what one of them brought is worked on when the other fails.
pub async fn claims_at_once_stand_by_themselves(database: TestDatabase) -> Result<()> {
    const JOBS: usize = 430;
    const SLOTS: usize = 400;
    /// The first of the first pair and the second of the second one.
    const FAILING: [usize; 2] = [1, 5];
    let bench = Bench::new(database);
    let jobs = std::iter::repeat_with(|| bench.job(TASK)).take(JOBS);
    bench.enqueue_all(jobs.collect()).await?;
    let (claims, without_suspect) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (calls, seconds) = (Arc::clone(&claims), Arc::clone(&without_suspect));
    let store = Disturbed::new(&bench.store, move |call| {
        let Call::Claim { suspect } = call else {
            return Ok(());
        };
        seconds.fetch_add(usize::from(!suspect), Ordering::SeqCst);
        if FAILING.contains(&calls.fetch_add(1, Ordering::SeqCst)) {
            return Err(StoreError::Unavailable("as the test says".into()));
        }
        Ok(())
    });
    let (gate, tally) = (Arc::new(Semaphore::new(0)), Arc::new(Tally::default()));
    // With leases that hold on a busy machine.
    let config = WorkerConfig {
        concurrency: [(TASK.queue, SLOTS)].into(),
        ..WorkerConfig::default()
    };
    let registry = Registry::default().with(tally.handler(&gate));
    let worker = bench.worker_over(store, registry, config).await?;
    let serving = Serving::by(worker, connector(&bench));
    eventually("all slots are filled", async || {
        Ok(tally.started.load(Ordering::SeqCst) == SLOTS)
    })
    .await?;
    gate.add_permits(JOBS);
    eventually("all have ended", async || {
        Ok(tally.ended.load(Ordering::SeqCst) == JOBS)
    })
    .await?;
    serving.stop().await?;
    assert_eq!(tally.most.load(Ordering::SeqCst), SLOTS);
    assert!(claims.load(Ordering::SeqCst) > FAILING[1], "both have failed");
    assert_eq!(without_suspect.load(Ordering::SeqCst), 3, "pairs");
    let once = "jobs WHERE kind = 'suite_task' AND state = 'completed' AND attempt = 1 AND fence = 1";
    assert_eq!(bench.count(once).await?, i64::try_from(JOBS)?);
    Ok(())
}

/// A worker is well from its start to its shut-down, and its handle outlives it.
pub async fn health_follows_the_worker(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let idle = bench
        .worker(Registry::default(), WorkerConfig::for_testing())
        .await?;
    assert_eq!(idle.health().check(), Err(Unhealthy::NotServing));
    let serving = Serving::start(
        &bench,
        Scripted::done(),
        WorkerConfig::for_testing(),
        connector(&bench),
    )
    .await?;
    let health = serving.worker.health();
    eventually("the worker serves", async || Ok(health.check().is_ok())).await?;
    serving.stop().await?;
    assert_eq!(health.check(), Err(Unhealthy::NotServing));
    Ok(())
}

/// A job inserted by this process starts at once, without waiting for the poll.
pub async fn a_commit_wakes_the_worker(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let config = WorkerConfig {
        poll_every: Duration::from_hours(1),
        ..WorkerConfig::for_testing()
    };
    let serving = Serving::start(&bench, Scripted::done(), config, connector(&bench)).await?;
    for _ in 0..3 {
        let id = bench.task().await?;
        eventually("the job is done", async || {
            Ok(bench.view(id).await?.status == JobStatus::Completed)
        })
        .await?;
    }
    serving.stop().await
}

/// Shut-down: what ends in time is committed, the rest is released without an attempt used.
pub async fn a_drain_releases_what_does_not_end(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let shutdown_seen = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&shutdown_seen);
    let handler = Scripted::<60_000>::new(move |job, ctx| {
        counted.fetch_add(1, Ordering::SeqCst);
        let seen = Arc::clone(&seen);
        async move {
            if job.payload["stubborn"] == true {
                ctx.cancelled().cancelled().await;
                seen.store(true, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(Work::Done(()))
        }
    });
    let stubborn = domain::job::NewJob {
        payload: serde_json::json!({ "stubborn": true }),
        ..bench.job(TASK)
    };
    let stubborn = bench.enqueue(stubborn).await?.id;
    let brief = bench.task().await?;
    let serving = Serving::start(&bench, handler, WorkerConfig::for_testing(), connector(&bench)).await?;
    eventually("both run", async || Ok(started.load(Ordering::SeqCst) == 2)).await?;

    serving.stop().await?;

    assert_eq!(bench.view(brief).await?.status, JobStatus::Completed);
    let view = bench.view(stubborn).await?;
    assert_eq!(
        (view.status, view.attempt, view.crash_count),
        (JobStatus::Queued, 0, 0)
    );
    assert_eq!(bench.outcomes(stubborn).await?, ["released"]);
    assert!(shutdown_seen.load(Ordering::SeqCst), "the handler was told");
    assert_eq!(bench.claim(&bench.process().await?).await?.id, stubborn);
    Ok(())
}

/// The heartbeat keeps the lease while a handler blocks its thread; the deadline takes the job away from it.
pub async fn a_blocking_handler_keeps_its_lease_until_the_deadline(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    // Dropping the sender ends the blocking, so that a test that fails ends, too.
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let handler = Scripted::<4_000>::new(move |job, _| {
        let gate = Arc::clone(&gate);
        async move {
            if job.attempt == 1 {
                let _ = gate.lock().map(|gate| gate.recv());
            }
            Ok(Work::Done(()))
        }
    });
    let id = bench.task().await?;
    let serving = Serving::start(&bench, handler, WorkerConfig::for_testing(), connector(&bench)).await?;
    eventually("the job runs", async || {
        Ok(bench.view(id).await?.status == JobStatus::InProgress)
    })
    .await?;
    bench.advance(LEASE);
    eventually("a beat has renewed the lease", async || {
        Ok(bench.store.expired(None, bench.now(), LEASE, 9).await?.is_empty())
    })
    .await?;
    assert_eq!(bench.view(id).await?.status, JobStatus::InProgress);

    eventually("the deadline has fired", async || {
        Ok(bench.view(id).await?.error_code.as_deref() == Some("deadline"))
    })
    .await?;
    assert!(!serving.worker.is_healthy(), "a thread is lost");
    assert_eq!(
        serving.worker.health().check(),
        Err(Unhealthy::HandlersStuck { handlers: 1 })
    );
    drop(release);
    eventually("the thread is back", async || Ok(serving.worker.is_healthy())).await?;
    bench.advance(LEASE);
    eventually("it is done", async || {
        Ok(bench.view(id).await?.status == JobStatus::Completed)
    })
    .await?;
    assert_eq!(bench.outcomes(id).await?, ["retry", "completed"]);
    serving.stop().await
}

struct Unreachable;

#[async_trait]
impl BeatConnector for Unreachable {
    async fn connect(&self) -> Result<Box<dyn BeatStore>, StoreError> {
        Err(StoreError::Unavailable("unreachable, as the test says".into()))
    }
}

/// A process that cannot beat stops its jobs before another one may start them, and claims nothing.
pub async fn a_failing_heartbeat_cancels_the_jobs(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let handler = Scripted::<60_000>::new(|_, _| std::future::pending());
    let serving = Serving::start(&bench, handler, WorkerConfig::for_testing(), Unreachable).await?;
    eventually("the job is given back", async || {
        Ok(bench.outcomes(id).await? == ["released"])
    })
    .await?;
    assert_eq!(serving.worker.health().check(), Err(Unhealthy::HeartbeatFails));
    let other = bench.task().await?;
    serving.stop().await?;
    assert_eq!(bench.outcomes(other).await?, Vec::<String>::new());
    Ok(())
}
