//! The worker of a process: fills free slots, waits for something to do, drains at the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::job::{Clock, JobId, Queue, StoreError, Timestamp};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::beat::{Beat, BeatThread};
use crate::bounded::Bounded;
use crate::config::WorkerConfig;
use crate::dispatch::{Dispatch, News, SqlDispatch};
use crate::finisher::Finisher;
use crate::health::WorkerHealth;
use crate::held::Held;
use crate::intake::{Intake, Taken, claim_due};
use crate::pace::Pace;
use crate::registry::Registry;
use crate::rescuer::Rescuer;
use crate::retrier::Retrier;
use crate::runner::Runner;
use crate::schedule::RhythmError;
use crate::store::{BeatConnector, JobStore, Process};
use crate::ticker::{Ticker, tick};

/// How long slots that become free wait for others, where they are few ...
const MOMENT: Duration = Duration::from_millis(5);
/// ... which is less than such a part of all slots of their queue. With fewer slots than this nobody waits.
const FEW: usize = 10;

/// A random number in 0..1.
pub type Chance = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Chance for production.
pub fn random_chance() -> Chance {
    Arc::new(rand::random::<f64>)
}

/// What a worker is given besides its store and handlers.
#[derive(Clone)]
pub struct WorkerPorts {
    /// Who this process is; the id is fresh for every start.
    pub process: Process,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub chance: Chance,
    /// Signalled after a commit that inserted jobs.
    pub wake: Arc<Notify>,
}

/// Why a worker did not start or stop in order.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process could not be registered.
    #[error("the worker cannot register itself")]
    Store(#[from] StoreError),
    /// A schedule that would never tick.
    #[error("a schedule cannot tick; correct its cron expression")]
    Schedule(#[from] RhythmError),
    /// No thread for the heartbeat.
    #[error("the heartbeat thread cannot be started")]
    Thread(#[from] std::io::Error),
}

/// See the module. `Tx` is the transaction type of the handlers.
pub struct Worker<Tx: ?Sized> {
    runner: Arc<Runner<Tx>>,
    dispatch: Arc<dyn Dispatch>,
}

/// The jobs of a process that have not ended.
type Running = JoinSet<Ended>;

/// Of which queue it was, and when it is due again, if it is.
type Ended = (Queue, Option<Timestamp>);

impl<Tx: ?Sized + Send + 'static> Worker<Tx> {
    /// Bundles what a worker needs; nothing happens yet. It looks for jobs when a commit of this process wakes it, and now
    /// and then.
    pub fn new(
        store: Arc<dyn JobStore<Tx>>,
        registry: Registry<Tx>,
        ports: WorkerPorts,
        config: WorkerConfig,
    ) -> Self {
        let held = Arc::<Held>::default();
        let store: Arc<dyn JobStore<Tx>> = Arc::new(Bounded::new(store, config.lease));
        Self {
            dispatch: Arc::new(SqlDispatch::new(Arc::clone(&ports.wake))),
            runner: Arc::new(Runner {
                finisher: Finisher::new(Arc::clone(&store), Arc::clone(&held)),
                commits: Semaphore::new(config.commits_at_once),
                store,
                registry,
                ports,
                config,
                held,
            }),
        }
    }

    /// Jobs come by this dispatch.
    #[must_use]
    pub fn with_dispatch(mut self, dispatch: Arc<dyn Dispatch>) -> Self {
        self.dispatch = dispatch;
        self
    }

    /// Works until `shutdown` fires, then drains: what is running may end, the rest is released without an attempt used.
    pub async fn run(
        &self,
        connector: Arc<dyn BeatConnector>,
        shutdown: CancellationToken,
    ) -> Result<(), WorkerError> {
        let Runner {
            store,
            ports,
            config,
            held,
            ..
        } = &*self.runner;
        for schedule in self.runner.registry.schedules() {
            schedule.validate()?;
        }
        store.register_process(&ports.process, ports.clock.now()).await?;
        let beat = BeatThread::start(Beat {
            owner: ports.process.id,
            clock: Arc::clone(&ports.clock),
            config: config.clone(),
            held: Arc::clone(held),
            connector,
        })?;
        let mut services = self.start_services(&shutdown);
        let mut running = Running::new();
        let serving = held.begin_serving();
        self.serve(&mut running, &shutdown).await;
        drop(serving);
        self.drain(running).await;
        self.dispatch.close().await;
        while let Some(ended) = services.join_next().await {
            if ended.is_err() {
                tracing::error!("a service of the worker ended by a panic");
            }
        }
        beat.stop().await;
        store.stop_process(ports.process.id, ports.clock.now()).await?;
        Ok(())
    }

    /// Claims and runs what is due, without beat, rescuer or schedules, until nothing is; returns how many claims ran.
    pub async fn run_until_idle(&self) -> Result<usize, StoreError> {
        let Runner { store, ports, .. } = &*self.runner;
        store.register_process(&ports.process, ports.clock.now()).await?;
        let mut ran = 0;
        loop {
            let claims = claim_due(&self.runner).await?;
            if claims.is_empty() {
                return Ok(ran);
            }
            ran += claims.len();
            let mut running = Running::new();
            self.spawn(claims.into_iter().map(|claim| (claim, None)), &mut running);
            join_all(&mut running).await;
        }
    }

    /// A rescuer of this process, for those who drive it by hand.
    pub fn rescuer(&self) -> Rescuer<Tx> {
        Rescuer::new(Arc::clone(&self.runner))
    }

    /// A retrier of dead letters of this process, for those who drive it by hand.
    pub fn retrier(&self) -> Retrier<Tx> {
        Retrier::new(Arc::clone(&self.runner))
    }

    /// Ticks every due schedule of this process once and returns the jobs that came of it, for those who drive it by
    /// hand; a serving worker does it by itself.
    pub async fn tick_schedules(&self) -> Result<Vec<JobId>, StoreError> {
        let mut jobs = Vec::new();
        for schedule in self.runner.registry.schedules() {
            jobs.extend(tick(&self.runner, schedule).await?);
        }
        Ok(jobs)
    }

    /// Tells others how this worker is.
    pub fn health(&self) -> WorkerHealth {
        WorkerHealth::new(Arc::clone(&self.runner.held))
    }

    /// Whether it serves, the heartbeat works and no cancelled handler blocks a thread.
    pub fn is_healthy(&self) -> bool {
        self.health().check().is_ok()
    }

    fn start_services(&self, shutdown: &CancellationToken) -> JoinSet<()> {
        let mut services = JoinSet::new();
        services.spawn(self.rescuer().run(shutdown.clone()));
        services.spawn(self.retrier().run(shutdown.clone()));
        services.spawn(Ticker::new(Arc::clone(&self.runner)).run(shutdown.clone()));
        services
    }

    async fn serve(&self, running: &mut Running, shutdown: &CancellationToken) {
        let Runner { config, held, .. } = &*self.runner;
        let dispatch = &*self.dispatch;
        dispatch.open(&config.concurrency);
        let (mut due, mut pace) = (BTreeSet::new(), Pace::default());
        let mut intake = Intake::new();
        while !shutdown.is_cancelled() {
            if !held.beat_failed() {
                self.spawn(intake.claim_delivered(&self.runner).await, running);
                let found = intake.claim_found(&self.runner, dispatch).await;
                if !found.is_empty() {
                    pace.found();
                }
                self.spawn(found, running);
            }
            let pause = self.pause(&mut due, &mut pace);
            let patience = intake.patience();
            tokio::select! {
                () = shutdown.cancelled() => {}
                news = dispatch.receive() => match news {
                    News::Look => intake.look_soon(),
                    News::Deliveries(deliveries) => intake.add(deliveries),
                },
                () = wait(pause.min(patience)) => {
                    if pause <= patience {
                        intake.look_soon();
                    }
                }
                Some(ended) = running.join_next() => {
                    let ended = self.ended_together(ended, running).await;
                    due.extend(ended.into_iter().filter_map(|(_, due)| due));
                }
            }
        }
        dispatch.stop();
    }

    /// What has ended by now. A claim for each slot would cost more than the slot while nearly all of a queue's many slots are
    /// taken by long jobs: those that end within a moment are refilled together.
    async fn ended_together(&self, first: Result<Ended, JoinError>, running: &mut Running) -> Vec<Ended> {
        let moment = Instant::now() + MOMENT;
        let mut all: Vec<Ended> = survived(first).into_iter().collect();
        loop {
            while let Some(ended) = running.try_join_next() {
                all.extend(survived(ended));
            }
            let queues: BTreeSet<Queue> = all.iter().map(|(queue, _)| *queue).collect();
            if !queues.into_iter().all(|queue| self.is_nearly_full(queue)) {
                return all;
            }
            match timeout_at(moment, running.join_next()).await {
                Ok(Some(ended)) => all.extend(survived(ended)),
                Ok(None) | Err(_) => return all,
            }
        }
    }

    fn is_nearly_full(&self, queue: Queue) -> bool {
        let Runner { config, held, .. } = &*self.runner;
        let slots = config.concurrency.get(&queue).copied().unwrap_or(0);
        slots.saturating_sub(held.running(queue)) < slots / FEW
    }

    /// How long to wait when nothing happens: until the next poll, or until a job is due that this process put back.
    fn pause(&self, due: &mut BTreeSet<Timestamp>, pace: &mut Pace) -> Duration {
        let Runner { ports, config, .. } = &*self.runner;
        let now = ports.clock.now();
        let pause = pace.pause(config.poll_every);
        match due.first().copied() {
            Some(next) if next <= now => {
                *due = due.split_off(&(now + Duration::from_micros(1)));
                Duration::ZERO
            }
            Some(next) => next.since(now).min(pause),
            None => pause,
        }
    }

    fn spawn(&self, claims: impl IntoIterator<Item = Taken>, running: &mut Running) {
        let patience = self.runner.config.lease;
        // All are held before the first runs: the finisher waits for those that are.
        let held: Vec<_> = claims
            .into_iter()
            .map(|(claim, receipt)| (self.runner.held.hold(&claim, patience), claim, receipt))
            .collect();
        for (hold, claim, receipt) in held {
            let runner = Arc::clone(&self.runner);
            running.spawn(async move {
                let queue = claim.queue;
                let due = runner.run(claim, hold).await;
                if let Some(receipt) = receipt {
                    receipt.settle();
                }
                (queue, due)
            });
        }
    }

    async fn drain(&self, mut running: Running) {
        let Runner { config, held, .. } = &*self.runner;
        if tokio::time::timeout(config.drain, join_all(&mut running))
            .await
            .is_ok()
        {
            return;
        }
        tracing::info!(
            jobs = running.len(),
            "releasing the jobs that did not end in time"
        );
        held.cancel_all();
        // Two graces for the handlers (asked, dropped) and one lease for the database; then the rescuer of another
        // process has them anyway.
        let limit = config.cancel_grace * 2 + config.lease;
        if tokio::time::timeout(limit, join_all(&mut running)).await.is_err() {
            tracing::error!(jobs = running.len(), "jobs could not be released");
            running.shutdown().await;
        }
    }
}

/// A sleep, however short, takes until the next millisecond.
async fn wait(time: Duration) {
    if time.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(time).await;
    }
}

async fn join_all(running: &mut Running) {
    while let Some(ended) = running.join_next().await {
        survived(ended);
    }
}

/// None if the engine itself broke.
fn survived(ended: Result<Ended, JoinError>) -> Option<Ended> {
    ended
        .inspect_err(|error| {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "the engine panicked while it ran a job"
            );
        })
        .ok()
}
