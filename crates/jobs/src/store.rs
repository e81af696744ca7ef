//! The ports to the database that keeps the jobs. Time is always an argument.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::job::{Claim, Fence, JobId, Queue, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::dispatch::Ready;
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
    /// Where jobs are delivered: only what was due, and published if ever, by this instant, because what came later is on its
    /// way to somebody. Suspects are never published and do not wait for it.
    pub unclaimed_since: Option<Timestamp>,
}

/// A delivery may be so early: the clocks of two processes differ by less.
pub const EARLY_BY: Duration = Duration::from_secs(1);

/// What [`JobStore::claim_by_id`] found of the jobs it was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundById {
    /// These are the caller's now.
    pub claims: Vec<Claim>,
    /// These are still to be claimed: they are due within [`EARLY_BY`], or somebody has locked their rows. The others have
    /// nothing to say.
    pub not_yet: Vec<JobId>,
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
    /// Its lease expired because its process no longer renewed it: the work had outlived its deadline; applied only while it
    /// still is.
    Overdue {
        /// When it may be claimed again.
        run_at: Timestamp,
    },
    /// The same on its last attempt: dead letter, applied only while the lease is still expired.
    OverdueAndDead,
    /// Its lease expired with the last crash it is allowed; applied only while it still is.
    Poison,
}

impl Transition {
    /// The state written to `jobs.state`.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "completed",
            Self::Fail | Self::OverdueAndDead | Self::Poison => "failed",
            Self::Discard => "cancelled",
            Self::Retry { .. }
            | Self::Snooze { .. }
            | Self::RateLimit { .. }
            | Self::Release
            | Self::Lose { .. }
            | Self::Overdue { .. } => "ready",
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
            Self::Lose { .. } | Self::Overdue { .. } | Self::OverdueAndDead | Self::Poison => "lost",
        }
    }

    /// When the job is due again; `None` leaves `run_at` as it is.
    pub const fn run_at(&self) -> Option<Timestamp> {
        match self {
            Self::Retry { run_at }
            | Self::Snooze { run_at }
            | Self::RateLimit { run_at }
            | Self::Lose { run_at, .. }
            | Self::Overdue { run_at } => Some(*run_at),
            Self::Complete { .. }
            | Self::Release
            | Self::Discard
            | Self::Fail
            | Self::OverdueAndDead
            | Self::Poison => None,
        }
    }

    /// Whether the job has ended, so that a waiting parent may be free to go.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Complete { .. } | Self::Discard | Self::Fail | Self::OverdueAndDead | Self::Poison
        )
    }

    /// Whether the job is a dead letter from now on.
    pub const fn is_dead(&self) -> bool {
        matches!(self, Self::Fail | Self::OverdueAndDead | Self::Poison)
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
            | Self::Overdue { .. }
            | Self::OverdueAndDead
            | Self::Poison => 0,
        }
    }

    /// What is added to `crash_count`.
    pub const fn crashes(&self) -> i32 {
        matches!(self, Self::Lose { crashed: true, .. } | Self::Poison) as i32
    }

    /// Whether a beat that renewed the lease in the meantime makes the transition stale.
    pub const fn only_if_expired(&self) -> bool {
        matches!(
            self,
            Self::Lose { .. } | Self::Overdue { .. } | Self::OverdueAndDead | Self::Poison
        )
    }
}

/// What a dead letter died of, by what may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// It may pass by itself: the retrier puts the job back, at the times of [`DEAD_LETTER_DELAYS`].
    Transient,
    /// It will happen again.
    Permanent,
    /// Its process dies of it.
    Poison,
}

impl FailureClass {
    /// The name written to `jobs.error_class`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Poison => "poison",
        }
    }
}

/// How long after each of its deaths a dead letter of the transient class is put back; then it is left.
pub const DEAD_LETTER_DELAYS: [Duration; 3] = [
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(6),
];

/// Why a job did not complete, as stored with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable, for programs and statistics.
    pub code: &'static str,
    /// Decides what becomes of the job if it dies of this.
    pub class: FailureClass,
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

impl Finish {
    /// What the job died of, if it did.
    pub fn dead_class(&self) -> Option<FailureClass> {
        let failure = self.failure.as_ref().filter(|_| self.transition.is_dead());
        failure.map(|failure| failure.class)
    }
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
    /// Whether the owner stopped beating, or stopped; otherwise only the claim was lost, or its work is overdue.
    pub owner_gone: bool,
    /// When it was claimed.
    pub claimed_at: Timestamp,
}

/// Keeps jobs, schedules, processes and service leases.
#[async_trait]
pub trait JobStore<Tx: ?Sized + Send + 'static>: Send + Sync {
    /// Claims due jobs, by priority and then by age: `running`, fence + 1, attempt + 1, leased, attempt recorded.
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError>;

    /// Claims those of `ids` that are due and ready, as [`JobStore::claim`] does; the caller has seen to the slots. Suspects,
    /// and what is of a paused queue, claimed, ended or not there at all, are passed over. Waits for no locked row.
    async fn claim_by_id(&self, request: &ClaimRequest, ids: &[JobId]) -> Result<FoundById, StoreError>;

    /// Ends a claim. In one transaction: first the job row, guarded by fence and `running`, then the effect, then the
    /// attempt and the waiting parent.
    async fn finish(
        &self,
        claim: &Claim,
        finish: &Finish,
        effect: Option<&dyn Effect<Tx>>,
    ) -> Result<Finished, StoreError>;

    /// Ends claims in one transaction, each as [`JobStore::finish`] does without an effect: a stale one changes nothing and
    /// does not disturb the others. The answers are in the order of `endings`.
    async fn finish_many(&self, endings: &[(Arc<Claim>, Finish)]) -> Result<Vec<Finished>, StoreError>;

    /// Extends the lease of one claim, expired or not, as long as it is the job's last one and has not ended; false if it is
    /// not. A beat does this for all that a process holds, but passes over rows that are locked.
    async fn renew(&self, claim: &Claim, until: Timestamp) -> Result<bool, StoreError>;

    /// Running jobs whose lease ran out before `now`, and not before `since`, oldest first; those whose rows are locked are left
    /// out. An owner that has not beaten for `lease` is gone.
    async fn expired(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError>;

    /// Makes waiting parents without a live child ready, some hundred at most, and returns how many: a finish does this for
    /// its own parent, so there are some only where a parent never had a child.
    async fn release_parents(&self) -> Result<u64, StoreError>;

    /// Makes dead letters ready whose `retry_at` has come, those of the longest wait first, `limit` at most, and returns how
    /// many. They have all their attempts again, keep their crashes and come behind what is done for somebody now. One
    /// whose work another job has taken over stays dead for good.
    async fn retry_dead_letters(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

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

    /// Brings the stored next tick of a schedule forward to its next instant after `now` where the rhythm, as it is now, would
    /// have had two before it; true if it did. One instant of tolerance, because clocks differ and jump a little.
    async fn correct_schedule(&self, schedule: &Schedule, now: Timestamp) -> Result<bool, StoreError>;
}

/// What a heartbeat says.
#[derive(Clone, Copy, Debug)]
pub struct Pulse<'held> {
    /// The process that lives.
    pub owner: Uuid,
    /// The current instant.
    pub now: Timestamp,
    /// How long the renewed leases hold.
    pub lease: Duration,
    /// The claims that are to be renewed.
    pub held: &'held [(JobId, Fence)],
    /// Cancelled or overdue handlers that still hold their threads.
    pub stuck: usize,
}

/// The jobs as their [`crate::Relay`] sees them. Publications are marked on the rows.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Jobs that are ready and not published, due by `due_by`, of each queue the most urgent ones up to its number. Not those
    /// of paused queues, and no suspects.
    async fn unpublished(&self, room: &[(Queue, usize)], due_by: Timestamp)
    -> Result<Vec<Ready>, StoreError>;

    /// Marks jobs that are still ready with the fence they were published with.
    async fn mark_published(&self, jobs: &[Ready], now: Timestamp) -> Result<(), StoreError>;

    /// Takes the marks from all jobs that are still ready and says from how many: what they were published to has lost them.
    async fn unpublish(&self) -> Result<u64, StoreError>;

    /// [`JobStore::acquire_service_lease`], for processes that run no jobs.
    async fn lead(
        &self,
        service: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError>;
}

/// The heartbeat's own connection.
#[async_trait]
pub trait BeatStore: Send {
    /// Records that the process lives and extends the leases of `held`, expired or not, as long as they are still its
    /// own; returns those. Only what is held is extended: a claim whose reply got lost must expire.
    async fn beat(&mut self, pulse: &Pulse<'_>) -> Result<Vec<(JobId, Fence)>, StoreError>;
}

/// Opens the heartbeat's connection on the thread that uses it.
#[async_trait]
pub trait BeatConnector: Send + Sync {
    /// Opens a connection that nothing else waits for.
    async fn connect(&self) -> Result<Box<dyn BeatStore>, StoreError>;
}
