//! Random histories of real stores, event by event beside the model: what the rows say must be what the model says.
//!
//! Processes are rows and claims here, with clocks of their own; what they do is what the model may do next. The rescuer is
//! the engine's own. It looks after every tick of time and acts at once on what it sees.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use domain::audit::Actor;
use domain::ids::IdSource as _;
use domain::job::{Claim, Fence, JobId, JobKind, NewJob, Priority, Queue, StoreError};
use domain::store::{Ctx, Tx, UseCase};
use domain::time::{Clock as _, Timestamp};
use jobs::views::JobStatus;
use jobs::{
    BeatConnector as _, ClaimRequest, Effect, Finish, Finished, JobStore as _, Process, Pulse, Registry,
    Rescuer, Transition, Worker, WorkerConfig, WorkerPorts,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use storage::{JobTx, SqlBeatConnector};
use testkit::{TestDatabase, both_databases};
use uuid::Uuid;

use super::model::{Action, Faults, Row, Rules, State, WORKERS, fences, small};

const BEAT: Duration = Duration::from_secs(5);
const LEASE: Duration = Duration::from_secs(15);
const CLOCKS: [i8; WORKERS] = [-1, 0, 1];
const HISTORIES: u64 = 20;
const EVENTS: usize = 60;

/// A queue each, so that a claim can be of one job.
const KINDS: [JobKind; 2] = [
    JobKind {
        name: "traced_first",
        queue: Queue::Static,
    },
    JobKind {
        name: "traced_second",
        queue: Queue::Llm,
    },
];
/// Marks the effect of a job, which is its subject.
const EFFECT: JobKind = JobKind {
    name: "traced_effect",
    queue: Queue::Maintenance,
};

/// The database stays up: what its outage does to a process is no event of the rows.
const FAULTS: Faults = Faults {
    crashes: 3,
    freezes: 3,
    lost_beats: 3,
    lost_replies: 2,
    releases: 2,
    outages: 0,
    cancels: 1,
    together: 8,
};

struct History {
    database: Arc<TestDatabase>,
    model: State,
    jobs: [JobId; 2],
    processes: Vec<Process>,
    /// By process, job and fence.
    claims: BTreeMap<(u8, u8, u8), Claim>,
    rescuer: Rescuer<JobTx>,
}

async fn real_histories_are_the_models(database: TestDatabase) {
    let database = Arc::new(database);
    for seed in 0..HISTORIES {
        let history = replay(&database, seed).await;
        history.unwrap_or_else(|error| panic!("history {seed}: {error:#}"));
    }
}

both_databases!(real_histories_are_the_models);

async fn replay(database: &Arc<TestDatabase>, seed: u64) -> Result<()> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut history = History::begin(database).await?;
    let mut past = Vec::new();
    for _ in 0..EVENTS {
        let mut actions = Vec::new();
        history.model.actions(Rules::ALL, &mut actions);
        // The rescuer's own looks are part of a tick.
        actions.retain(|action| !matches!(action, Action::Judge(_) | Action::Rescue(_)));
        let action = actions[chance.random_range(0..actions.len())];
        past.push(action);
        history
            .happen(action)
            .await
            .and(history.compare().await)
            .with_context(|| format!("after {past:?}"))?;
    }
    history.end().await
}

impl History {
    async fn begin(database: &Arc<TestDatabase>) -> Result<Self> {
        let process = || Process {
            id: database.ids.new_uuid(),
            host: "traced".to_owned(),
        };
        let ports = WorkerPorts {
            process: process(),
            clock: database.clock.clone(),
            chance: Arc::new(|| 1.0),
            wake: database.store.wake(),
        };
        let config = WorkerConfig::default();
        ensure!(
            (config.lease, config.beat_every) == (LEASE, BEAT),
            "the model counts in these"
        );
        let rescuer = Worker::new(
            Arc::new(database.store.clone()),
            Registry::default(),
            ports,
            config,
        )
        .rescuer();
        let jobs = [JobId(database.ids.new_uuid()), JobId(database.ids.new_uuid())];
        let mut history = Self {
            database: Arc::clone(database),
            model: State::new(CLOCKS, FAULTS),
            jobs,
            processes: (0..WORKERS).map(|_| process()).collect(),
            claims: BTreeMap::new(),
            rescuer,
        };
        for (id, kind) in jobs.into_iter().zip(KINDS) {
            history.write(Write::Enqueue(history.job(id, kind, None))).await?;
        }
        for worker in 0..WORKERS {
            history.register(worker).await?;
        }
        Ok(history)
    }

    /// The time by the clock of a process.
    fn now_of(&self, worker: usize) -> Timestamp {
        match CLOCKS[worker] {
            -1 => self.database.clock.now() - BEAT,
            0 => self.database.clock.now(),
            _ => self.database.clock.now() + BEAT,
        }
    }

    async fn register(&mut self, worker: usize) -> Result<()> {
        let (process, now) = (&self.processes[worker], self.now_of(worker));
        Ok(self.database.store.register_process(process, now).await?)
    }

    /// Lets an event happen to the rows and to the model.
    async fn happen(&mut self, action: Action) -> Result<()> {
        let happened = match action {
            Action::Beat(worker) => self.beat(usize::from(worker)).await.map(|()| true)?,
            Action::Claim { worker, job, reply } => self.claim((worker, job), reply).await?,
            Action::Complete {
                worker, job, fence, ..
            } => {
                let done = Transition::Complete { result: None };
                self.finish((worker, job, fence), done).await?
            }
            Action::Release { worker, job, fence } => {
                self.finish((worker, job, fence), Transition::Release).await?
            }
            Action::Restart(worker) => {
                let worker = usize::from(worker);
                self.processes[worker].id = self.database.ids.new_uuid();
                self.register(worker).await?;
                true
            }
            Action::Cancel(job) => {
                self.write(Write::Cancel(self.jobs[usize::from(job)])).await?;
                true
            }
            _ => true,
        };
        if happened {
            self.model = self.model.after(Rules::ALL, action);
        }
        if action == Action::Tick {
            self.database.clock.advance(BEAT);
            self.look().await?;
        }
        Ok(())
    }

    /// The rescuer looks and acts, here and there.
    async fn look(&mut self) -> Result<()> {
        let rescued = self.rescuer.tick().await?;
        let before = self.model;
        for job in [0, 1] {
            let mut actions = Vec::new();
            self.model.actions(Rules::ALL, &mut actions);
            if actions.contains(&Action::Judge(job)) {
                self.model = self.model.after(Rules::ALL, Action::Judge(job));
                self.model = self.model.after(Rules::ALL, Action::Rescue(job));
            }
        }
        let taken = (0..2)
            .filter(|job| before.jobs[*job].row != self.model.jobs[*job].row)
            .count();
        ensure!(
            rescued == taken,
            "the rescuer took {rescued} claims, the model {taken}"
        );
        Ok(())
    }

    async fn beat(&self, worker: usize) -> Result<()> {
        let held: Vec<_> = (0..2)
            .flat_map(|job| fences(self.model.workers[worker].held[job]).map(move |fence| (job, fence)))
            .map(|(job, fence)| (self.jobs[job], Fence(i64::from(fence))))
            .collect();
        let connector = SqlBeatConnector::new(self.database.store.database().clone());
        let pulse = Pulse {
            owner: self.processes[worker].id,
            now: self.now_of(worker),
            lease: LEASE,
            held: &held,
            stuck: 0,
        };
        connector.connect().await?.beat(&pulse).await?;
        Ok(())
    }

    /// False when the job is not due yet by the clock of the process, of which the model knows nothing.
    async fn claim(&mut self, (worker, job): (u8, u8), reply: bool) -> Result<bool> {
        let (index, now) = (usize::from(worker), self.now_of(usize::from(worker)));
        let request = ClaimRequest {
            slots: vec![(KINDS[usize::from(job)].queue, 1)],
            suspect: self.model.suspects_held(self.model.workers[index]) == 0,
            owner: self.processes[index].id,
            now,
            lease: LEASE,
            unclaimed_since: None,
        };
        let claimed = self.database.store.claim(&request).await?;
        let Some(claim) = claimed.into_iter().next() else {
            let view = self.view(usize::from(job)).await?;
            ensure!(view.run_at > now, "a job that is due was not claimed");
            return Ok(false);
        };
        let fence = self.model.jobs[usize::from(job)].fence + 1;
        ensure!(claim.fence == Fence(i64::from(fence)), "{:?}", claim.fence);
        if reply {
            self.claims.insert((worker, job, fence), claim);
        }
        Ok(true)
    }

    async fn finish(&mut self, (worker, job, fence): (u8, u8, u8), transition: Transition) -> Result<bool> {
        let row = self.model.jobs[usize::from(job)];
        let expected = if row.fence == fence && row.row == Row::Running {
            Finished::Applied
        } else {
            Finished::Stale
        };
        let claim = self
            .claims
            .get(&(worker, job, fence))
            .context("the claim has no row")?;
        let id = JobId(self.database.ids.new_uuid());
        let mark = Mark(self.job(id, EFFECT, Some(claim.id.0)));
        let effect: Option<&dyn Effect<JobTx>> = match transition {
            Transition::Complete { .. } => Some(&mark),
            _ => None,
        };
        let finish = Finish {
            at: self.now_of(usize::from(worker)),
            transition,
            failure: None,
        };
        let finished = self.database.store.finish(claim, &finish, effect).await?;
        ensure!(finished == expected, "{finished:?}, the model says {expected:?}");
        Ok(true)
    }

    async fn view(&self, job: usize) -> Result<jobs::views::JobView> {
        let view = self.database.store.job_view(self.jobs[job]).await?;
        view.context("the job is gone")
    }

    /// State, crashes, claims and effects of both jobs.
    async fn compare(&self) -> Result<()> {
        for (index, job) in self.model.jobs.iter().enumerate() {
            let view = self.view(index).await?;
            let status = match job.row {
                Row::Ready => JobStatus::Queued,
                Row::Running => JobStatus::InProgress,
                Row::Completed => JobStatus::Completed,
                Row::Dead => JobStatus::Failed,
                Row::Cancelled => JobStatus::Cancelled,
            };
            let running = view
                .attempts
                .iter()
                .filter(|attempt| attempt.outcome == "running")
                .count();
            let marks = self.database.store.jobs_for_subject(self.jobs[index].0).await?;
            let seen = (
                view.status,
                view.crash_count,
                view.attempts.len(),
                running,
                marks.len(),
            );
            let (claims, completed) = (usize::from(job.fence), job.row == Row::Completed);
            let running = usize::from(job.row == Row::Running);
            let told = (
                status,
                i32::from(job.crashes),
                claims,
                running,
                usize::from(completed),
            );
            ensure!(
                seen == told,
                "job {}: {seen:?}, the model says {told:?}",
                small(index)
            );
        }
        Ok(())
    }

    /// Leaves nothing to be claimed or rescued in the next history.
    async fn end(self) -> Result<()> {
        for (job, id) in self.model.jobs.iter().zip(self.jobs) {
            if !job.has_ended() {
                self.write(Write::Cancel(id)).await?;
            }
        }
        Ok(())
    }

    fn job(&self, id: JobId, kind: JobKind, subject: Option<Uuid>) -> NewJob {
        NewJob {
            id,
            kind,
            dedupe_key: id.to_string(),
            payload: serde_json::Value::Null,
            // Due by the slowest clock.
            run_at: self.database.clock.now() - BEAT,
            priority: Priority::default(),
            parent: None,
            waits_for_children: false,
            owner: None,
            subject,
            max_attempts: 100,
        }
    }

    async fn write(&self, write: Write) -> Result<()> {
        let (clock, ids) = (self.database.clock.clone(), self.database.ids.clone());
        let ctx = Ctx::new(clock, ids, "traced".to_owned(), Actor::System);
        Ok(self.database.store.run(&write, &ctx).await?)
    }
}

/// What others do to jobs.
enum Write {
    Enqueue(NewJob),
    Cancel(JobId),
}

#[async_trait]
impl UseCase for Write {
    const NAME: &'static str = "traced.write";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        match self {
            Self::Enqueue(job) => tx.jobs().enqueue(job.clone()).await.map(drop),
            Self::Cancel(id) => tx.job_control().cancel(*id, ctx.now()).await.map(drop),
        }
    }
}

/// The effect of a job.
struct Mark(NewJob);

#[async_trait]
impl Effect<JobTx> for Mark {
    async fn apply(&self, tx: &mut JobTx) -> Result<(), StoreError> {
        tx.jobs().enqueue(self.0.clone()).await.map(drop)
    }
}
