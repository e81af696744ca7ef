//! What operations change of jobs and queues.

use async_trait::async_trait;

use crate::ids::UserId;
use crate::job::{JobId, JobStatus, Queue};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Jobs and queues as operators change them, inside a transaction.
#[async_trait]
pub trait JobControl: Send {
    /// Makes a failed or cancelled job ready, due now, with all its tries before it; workers are woken after the commit.
    async fn requeue(&mut self, id: JobId, now: Timestamp) -> Result<Requeue, StoreError>;
    /// Ends a job and releases the job that waits for it. What the worker of a running one still does is refused by the
    /// fence; it learns of it by its next beat and stops.
    async fn cancel(&mut self, id: JobId, now: Timestamp) -> Result<Cancel, StoreError>;
    /// Keeps workers from claiming jobs of a queue; false if they were kept from it before, whose reason then stays.
    async fn pause(&mut self, pause: &QueuePause) -> Result<bool, StoreError>;
    /// Lets workers claim again; false if nothing kept them from it.
    async fn resume(&mut self, queue: Queue) -> Result<bool, StoreError>;
    /// Dead letters that fit, oldest first, `limit` at most.
    async fn dead_letters(&mut self, filter: &DeadLetterFilter, limit: u32)
    -> Result<Vec<JobId>, StoreError>;
}

/// What became of putting a job back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeue {
    /// It is ready.
    Requeued,
    /// There is no such job.
    NotFound,
    /// It has not ended, or it was done.
    NotDead(JobStatus),
    /// Another job of the same kind and cause lives or was done.
    LiveTwin(JobId),
}

/// What became of cancelling a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// It has ended, and nobody worked on it.
    Cancelled,
    /// It has ended, and the worker that had it is about to stop.
    Requested,
    /// It had ended by itself.
    Ended(JobStatus),
    /// There is no such job.
    NotFound,
}

/// Why a queue stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePause {
    /// Which queue.
    pub queue: Queue,
    /// For whoever wonders; one line.
    pub reason: String,
    /// Since when.
    pub paused_at: Timestamp,
    /// Who did it; none for the command line.
    pub paused_by: Option<UserId>,
}

/// Which dead letters; what is not said is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this queue.
    pub queue: Option<Queue>,
    /// Of jobs of this kind.
    pub kind: Option<String>,
    /// With this reason.
    pub error_code: Option<String>,
    /// That failed before this instant.
    pub failed_before: Option<Timestamp>,
}
