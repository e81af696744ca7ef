//! A store with a clock set by hand, and short words for what the tests do to jobs.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use domain::audit::Actor;
use domain::ids::IdSource;
use domain::job::{Claim, Enqueued, JobId, JobKind, NewJob, Priority, Queue, StoreError};
use domain::store::{Ctx, Tx, UseCase};
use domain::time::{Clock, Timestamp};
use jobs::views::JobView;
use jobs::{
    BeatConnector as _, ClaimRequest, Effect, Failure, FailureClass, Finish, Finished, JobStore, Process,
    Pulse, Registry, Transition, Worker, WorkerConfig, WorkerPorts,
};
use storage::{JobTx, SqlBeatConnector};
use uuid::Uuid;

use crate::TestDatabase;

/// The kind most tests use.
pub(super) const TASK: JobKind = JobKind {
    name: "suite_task",
    queue: Queue::Llm,
};
/// Marks what was committed with a completed job.
pub(super) const COMMITTED: JobKind = JobKind {
    name: "suite_committed",
    queue: Queue::Maintenance,
};
/// Marks what was committed with a dead one.
pub(super) const DEAD: JobKind = JobKind {
    name: "suite_dead",
    queue: Queue::Maintenance,
};

pub(super) const LEASE: Duration = Duration::from_secs(15);
pub(super) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Bench(Arc<TestDatabase>);

impl Deref for Bench {
    type Target = TestDatabase;

    fn deref(&self) -> &TestDatabase {
        &self.0
    }
}

impl Bench {
    pub(super) fn new(database: TestDatabase) -> Self {
        Self(Arc::new(database))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(super) fn new_uuid(&self) -> Uuid {
        self.ids.new_uuid()
    }

    /// A job that is due now, with a key of its own.
    pub(super) fn job(&self, kind: JobKind) -> NewJob {
        let id = JobId(self.new_uuid());
        NewJob {
            id,
            kind,
            dedupe_key: id.to_string(),
            payload: serde_json::json!({ "task": id }),
            run_at: self.now(),
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: None,
            max_attempts: 5,
        }
    }

    pub(super) async fn enqueue(&self, job: NewJob) -> Result<Enqueued> {
        let enqueued = self.run(&EnqueueAll(vec![job])).await?;
        enqueued.into_iter().next().context("nothing was inserted")
    }

    /// Inserts jobs in one transaction.
    pub(super) async fn enqueue_all(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        Ok(self.run(&EnqueueAll(jobs)).await?)
    }

    pub(super) async fn run<U: UseCase>(&self, use_case: &U) -> Result<U::Out, U::Err> {
        let ctx = Ctx::new(
            self.clock.clone(),
            self.ids.clone(),
            "suite".to_owned(),
            Actor::System,
        );
        self.store.run(use_case, &ctx).await
    }

    /// Claims a job and lets it die.
    pub(super) async fn die(&self, owner: &Process, class: FailureClass) -> Result<JobId> {
        let claim = self.claim(owner).await?;
        let finish = Finish {
            at: self.now(),
            transition: Transition::Fail,
            failure: Some(Failure {
                code: class.as_str(),
                class,
                text: "as the test says".to_owned(),
            }),
        };
        assert_eq!(self.store.finish(&claim, &finish, None).await?, Finished::Applied);
        Ok(claim.id)
    }

    pub(super) async fn task(&self) -> Result<JobId> {
        Ok(self.enqueue(self.job(TASK)).await?.id)
    }

    pub(super) async fn process(&self) -> Result<Process> {
        let process = Process {
            id: self.new_uuid(),
            host: "suite".to_owned(),
        };
        self.store.register_process(&process, self.now()).await?;
        Ok(process)
    }

    pub(super) async fn claim_up_to(&self, owner: &Process, limit: usize) -> Result<Vec<Claim>> {
        let request = ClaimRequest {
            slots: vec![(TASK.queue, limit)],
            suspect: true,
            owner: owner.id,
            now: self.now(),
            lease: LEASE,
            unclaimed_since: None,
        };
        Ok(self.store.claim(&request).await?)
    }

    pub(super) async fn claim(&self, owner: &Process) -> Result<Claim> {
        self.claim_up_to(owner, 1)
            .await?
            .pop()
            .context("nothing could be claimed")
    }

    pub(super) async fn finish(&self, claim: &Claim, transition: Transition) -> Result<Finished> {
        self.finish_with(claim, transition, None).await
    }

    pub(super) async fn finish_with(
        &self,
        claim: &Claim,
        transition: Transition,
        effect: Option<&dyn Effect<JobTx>>,
    ) -> Result<Finished> {
        let finish = Finish {
            at: self.now(),
            transition,
            failure: None,
        };
        Ok(self.store.finish(claim, &finish, effect).await?)
    }

    /// Sends one beat for what `owner` holds and returns how many leases it extended.
    pub(super) async fn beat(&self, owner: &Process, held: &[&Claim]) -> Result<usize> {
        let mut connection = SqlBeatConnector::new(self.store.database().clone())
            .connect()
            .await?;
        let keys: Vec<_> = held.iter().map(|claim| (claim.id, claim.fence)).collect();
        let pulse = Pulse {
            owner: owner.id,
            now: self.now(),
            lease: LEASE,
            held: &keys,
            stuck: 0,
        };
        Ok(connection.beat(&pulse).await?.len())
    }

    pub(super) async fn view(&self, id: JobId) -> Result<JobView> {
        self.store.job_view(id).await?.context("the job is gone")
    }

    pub(super) async fn outcomes(&self, id: JobId) -> Result<Vec<String>> {
        Ok(self
            .view(id)
            .await?
            .attempts
            .into_iter()
            .map(|attempt| attempt.outcome)
            .collect())
    }

    /// How many markers of a kind point at a job.
    pub(super) async fn markers(&self, kind: JobKind, id: JobId) -> Result<usize> {
        let jobs = self.store.jobs_for_subject(id.0).await?;
        Ok(jobs.iter().filter(|job| job.kind == kind.name).count())
    }

    /// An effect that leaves a marker.
    pub(super) fn mark(&self, kind: JobKind, id: JobId) -> Mark {
        Mark {
            marker: NewJob {
                subject: Some(id.0),
                ..self.job(kind)
            },
            refused: false,
        }
    }

    pub(super) fn ports(&self, process: &Process) -> WorkerPorts {
        WorkerPorts {
            process: process.clone(),
            clock: self.clock.clone(),
            chance: Arc::new(|| 1.0),
            wake: self.store.wake(),
        }
    }

    /// A worker of a new process that serves the queue of [`TASK`].
    pub(super) async fn worker(
        &self,
        registry: Registry<JobTx>,
        config: WorkerConfig,
    ) -> Result<Worker<JobTx>> {
        self.worker_over(Arc::new(self.store.clone()), registry, config)
            .await
    }

    /// The same over another store.
    pub(super) async fn worker_over(
        &self,
        store: Arc<dyn JobStore<JobTx>>,
        registry: Registry<JobTx>,
        config: WorkerConfig,
    ) -> Result<Worker<JobTx>> {
        let process = self.process().await?;
        let concurrency = config
            .concurrency
            .into_iter()
            .filter(|(queue, _)| *queue == TASK.queue)
            .collect();
        let config = WorkerConfig {
            concurrency,
            ..config
        };
        config.validate()?;
        Ok(Worker::new(store, registry, self.ports(&process), config))
    }
}

struct EnqueueAll(Vec<NewJob>);

#[async_trait]
impl UseCase for EnqueueAll {
    const NAME: &'static str = "suite.enqueue";
    type Out = Vec<Enqueued>;
    type Err = StoreError;

    async fn run(&self, _ctx: &Ctx, tx: &mut dyn Tx) -> Result<Vec<Enqueued>, StoreError> {
        let mut enqueued = Vec::new();
        for job in &self.0 {
            enqueued.push(tx.jobs().enqueue(job.clone()).await?);
        }
        Ok(enqueued)
    }
}

/// Leaves a marker, and may refuse afterwards.
pub(super) struct Mark {
    pub(super) marker: NewJob,
    pub(super) refused: bool,
}

#[async_trait]
impl Effect<JobTx> for Mark {
    async fn apply(&self, tx: &mut JobTx) -> Result<(), StoreError> {
        tx.jobs().enqueue(self.marker.clone()).await?;
        if self.refused {
            return Err(StoreError::Rejected("refused by the test".into()));
        }
        Ok(())
    }
}

/// Waits until `condition` holds, looking again and again, and gives up after ten seconds.
pub(super) async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F) -> Result<()>
where
    F: Future<Output = Result<bool>>,
{
    let limit = tokio::time::Instant::now() + Duration::from_secs(10);
    while !condition().await? {
        ensure!(tokio::time::Instant::now() < limit, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
