//! The ports to the database that keeps the jobs. Time is always an argument.

use std::time::Duration;

use async_trait::async_trait;
use domain::job::{Claim, Fence, JobId, Queue, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::schedule::Schedule;

/// A running worker process as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Fresh for every start.
    pub id: Uuid,
    /// For operators.
    pub host: String,
}

/// What a worker has room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Free slots per queue, none of them zero.
    pub slots: Vec<(Queue, usize)>,
    /// Whether one job that was running in a dying process (`crash_count ≥ 1`) may be among them.
    pub suspect: bool,
    /// The claiming process.
    pub owner: Uuid,
    /// The current instant.
    pub now: Timestamp,
    /// How long the claims hold without a beat.
    pub lease: Duration,
}

/// Where a claimed job goes from `running`.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// Done; the result is for status pages.
    Complete {
        /// JSON object of ids and counts.
        result: Option<Value>,
    },
    /// Failed, to be tried again.
    Retry {
        /// When.
        run_at: Timestamp,
    },
    /// The handler asked to be called later.
    Snooze {
        /// When.
        run_at: Timestamp,
    },
    /// A provider asked to be called later.
    RateLimit {
        /// When.
        run_at: Timestamp,
    },
    /// Given back by a process that shuts down or lost its beat.
    Release,
    /// Nothing left to do.
    Discard,
    /// Dead letter.
    Fail,
    /// Its lease expired; applied only while it still is.
    Lose {
        /// When it may be claimed again.
        run_at: Timestamp,
        /// Whether its process died, which may be its doing.
        crashed: bool,
    },
    /// Its lease expired with the last crash it is allowed; applied only while it still is.
    Poison,
}

impl Transition {
    /// The state written to `jobs.state`.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "completed",
            Self::Fail | Self::Poison => "failed",
            Self::Discard => "cancelled",
            Self::Retry { .. }
            | Self::Snooze { .. }
            | Self::RateLimit { .. }
            | Self::Release
            | Self::Lose { .. } => "ready",
        }
    }

    /// The outcome written to `job_attempts.outcome`.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "completed",
            Self::Retry { .. } => "retry",
            Self::Snooze { .. } => "snoozed",
            Self::RateLimit { .. } => "rate_limited",
            Self::Release => "released",
            Self::Discard => "discarded",
            Self::Fail => "failed",
            Self::Lose { .. } | Self::Poison => "lost",
        }
    }

    /// When the job is due again; `None` leaves `run_at` as it is.
    pub const fn run_at(&self) -> Option<Timestamp> {
        match self {
            Self::Retry { run_at }
            | Self::Snooze { run_at }
            | Self::RateLimit { run_at }
            | Self::Lose { run_at, .. } => Some(*run_at),
            Self::Complete { .. } | Self::Release | Self::Discard | Self::Fail | Self::Poison => None,
        }
    }

    /// Whether the job has ended, so that a waiting parent may be free to go.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Complete { .. } | Self::Discard | Self::Fail | Self::Poison
        )
    }

    /// Attempts given back: 1 when this claim does not count as one.
    pub const fn refunded_attempts(&self) -> i32 {
        match self {
            Self::Snooze { .. }
            | Self::RateLimit { .. }
            | Self::Release
            | Self::Lose { crashed: false, .. } => 1,
            Self::Complete { .. }
            | Self::Retry { .. }
            | Self::Discard
            | Self::Fail
            | Self::Lose { crashed: true, .. }
            | Self::Poison => 0,
        }
    }

    /// What is added to `crash_count`.
    pub const fn crashes(&self) -> i32 {
        matches!(self, Self::Lose { crashed: true, .. } | Self::Poison) as i32
    }

    /// Whether a beat that renewed the lease in the meantime makes the transition stale.
    pub const fn only_if_expired(&self) -> bool {
        matches!(self, Self::Lose { .. } | Self::Poison)
    }
}

/// Why a job did not complete, as stored with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable, for programs and statistics.
    pub code: &'static str,
    /// For people; at most 500 characters, no answers.
    pub text: String,
}

/// The end of one claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// When it ended.
    pub at: Timestamp,
    /// Where the job goes.
    pub transition: Transition,
    /// Why, unless it completed.
    pub failure: Option<Failure>,
}

/// What became of a finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Row, effect and attempt are committed.
    Applied,
    /// The claim is no longer the job's last one, or has ended: nothing was changed.
    Stale,
}

/// Writes that commit together with a finish. Conflicts are retried, so `apply` may run several times.
#[async_trait]
pub trait Effect<Tx: ?Sized>: Send + Sync {
    /// Writes through the transaction.
    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError>;
}

/// A claim whose lease ran out.
#[derive(Clone, Debug, PartialEq)]
pub struct Expired {
    /// The claim as its owner had it.
    pub claim: Claim,
    /// Whether the owner stopped beating, or stopped; otherwise only the claim was lost.
    pub owner_gone: bool,
}

/// Keeps jobs, schedules, processes and service leases.
#[async_trait]
pub trait JobStore<Tx: ?Sized + Send + 'static>: Send + Sync {
    /// Claims due jobs, by priority and then by age: `running`, fence + 1, attempt + 1, leased, attempt recorded.
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError>;

    /// Ends a claim. In one transaction: first the job row, guarded by fence and `running`, then the effect, then the
    /// attempt and the waiting parent.
    async fn finish(
        &self,
        claim: &Claim,
        finish: &Finish,
        effect: Option<&dyn Effect<Tx>>,
    ) -> Result<Finished, StoreError>;

    /// Running jobs whose lease ran out before `now`, oldest first. An owner that has not beaten for `lease` is gone.
    async fn expired(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError>;

    /// Makes waiting parents without a live child ready and returns how many: a finish does this for its own parent,
    /// so there are some only where a parent never had a child.
    async fn release_parents(&self) -> Result<u64, StoreError>;

    /// Says that a process has started, or lives.
    async fn register_process(&self, process: &Process, now: Timestamp) -> Result<(), StoreError>;

    /// Says that a process has ended.
    async fn stop_process(&self, process: Uuid, now: Timestamp) -> Result<(), StoreError>;

    /// Takes or renews the leadership of a named service; false while another holder has it.
    async fn acquire_service_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError>;

    /// Ticks a schedule that is due and returns the job it inserted. A schedule that was never seen is due at once; one
    /// that missed several ticks makes up for them with one. In one transaction: the schedule moves on to its next
    /// instant after `now`, never backwards, for one caller only; the job is inserted unless one of this schedule is
    /// still ready or running. After `now` has jumped back nothing is due until the instant that was set before the jump,
    /// which is at most one interval after the old time.
    async fn tick(&self, schedule: &Schedule, now: Timestamp) -> Result<Option<JobId>, StoreError>;
}

/// The heartbeat's own connection.
#[async_trait]
pub trait BeatStore: Send {
    /// Records that the process lives and extends the leases of `held`, expired or not, as long as they are still its
    /// own; returns those. Only what is held is extended: a claim whose reply got lost must expire.
    async fn beat(
        &mut self,
        owner: Uuid,
        now: Timestamp,
        lease: Duration,
        held: &[(JobId, Fence)],
    ) -> Result<Vec<(JobId, Fence)>, StoreError>;
}

/// Opens the heartbeat's connection on the thread that uses it.
#[async_trait]
pub trait BeatConnector: Send + Sync {
    /// Opens a connection that nothing else waits for.
    async fn connect(&self) -> Result<Box<dyn BeatStore>, StoreError>;
}
