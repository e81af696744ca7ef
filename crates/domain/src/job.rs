//! The kernel of background work that every slice may name: kinds, ids, the claim and the sink.
//!
//! A job row is inserted in the transaction of its cause (it *is* the outbox), so slices see jobs only through
//! [`JobSink`]. How a job is claimed, leased, fenced and retried is the business of the `jobs` crate.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use crate::ids::JobId;
pub use crate::store::{StatementTimeout, StoreError};
pub use crate::time::{Clock, Timestamp};

/// What a job does; each kind has exactly one handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobKind {
    /// Stored in `jobs.kind`.
    pub name: &'static str,
    /// The queue its work belongs to.
    pub queue: Queue,
}

/// Queues by nature of work; each has its own concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Short computation without a network.
    Static,
    /// Essay and short-answer scoring.
    Llm,
    /// Programs run by an external runner.
    Coding,
    /// Retrieval and recommendation.
    Rag,
    /// Outgoing notifications.
    Webhooks,
    /// Items made from syllabi.
    Generation,
    /// Sweeps and clean-up.
    Maintenance,
}

impl Queue {
    /// All queues, in the order operators see them.
    pub const ALL: [Self; 7] = [
        Self::Static,
        Self::Llm,
        Self::Coding,
        Self::Rag,
        Self::Webhooks,
        Self::Generation,
        Self::Maintenance,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Llm => "llm",
            Self::Coding => "coding",
            Self::Rag => "rag",
            Self::Webhooks => "webhooks",
            Self::Generation => "generation",
            Self::Maintenance => "maintenance",
        }
    }

    /// The queue of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == name)
    }
}

/// Which of the due jobs of a queue come first. Waiting counts: see [`Priority::AGEING`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Much at once that nobody waits for: dead letters that are put back by the hundred.
    Bulk,
    /// What follows from somebody's request.
    #[default]
    Normal,
    /// Somebody looks at a screen until it is done.
    Urgent,
}

impl Priority {
    /// All priorities, the first to be served first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    /// What one step of priority is worth: a job overtakes jobs of the next higher priority that came due this much after it.
    pub const AGEING: Duration = Duration::from_mins(5);

    /// The stored number.
    pub const fn as_number(self) -> i32 {
        match self {
            Self::Urgent => 1,
            Self::Normal => 0,
            Self::Bulk => -1,
        }
    }

    /// The priority of a stored number.
    pub fn of_number(number: i32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_number() == number)
    }

    /// The next lower priority, if there is one.
    #[must_use]
    pub const fn lowered(self) -> Self {
        match self {
            Self::Urgent => Self::Normal,
            Self::Normal | Self::Bulk => Self::Bulk,
        }
    }

    /// Jobs of a queue are claimed in the order of this instant: when they came due, and later by one [`Self::AGEING`] for
    /// every step below [`Self::Urgent`].
    pub fn turn(self, run_at: Timestamp) -> Timestamp {
        let steps = match self {
            Self::Urgent => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        };
        run_at + Self::AGEING * steps
    }
}

/// Counts the claims of one job; a write guarded by an old fence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub i64);

/// A job about to be inserted.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// The job's id, from the [`crate::ids::IdSource`] of the use case.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Unique among jobs of the kind that are neither failed nor cancelled; contains the cause (`initial`, `rescore:2`).
    pub dedupe_key: String,
    /// Ids only, never personal data.
    pub payload: serde_json::Value,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// Before or behind the others of its queue.
    pub priority: Priority,
    /// The job that waits for this one.
    pub parent: Option<JobId>,
    /// Whether the job becomes ready only when all jobs that name it as parent have ended.
    pub waits_for_children: bool,
    /// Who asked for it; may look at it.
    pub owner: Option<crate::ids::UserId>,
    /// What it works for (an attempt, a definition); links the job to the thing for status pages.
    pub subject: Option<uuid::Uuid>,
    /// How often it may be tried before it is a dead letter.
    pub max_attempts: i32,
}

/// A payload as it is stored: ids and settings as JSON.
pub fn payload<T: Serialize>(value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Rejected(Box::new(error)))
}

/// A job's state as the world outside knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Waits for its children, its time or a free worker.
    Queued,
    /// A worker has it.
    InProgress,
    /// Done.
    Completed,
    /// Dead letter.
    Failed,
    /// Ended without being done, by order or because there was nothing left to do.
    Cancelled,
}

impl JobStatus {
    /// The status of a stored state.
    pub fn of_state(state: &str) -> Option<Self> {
        Some(match state {
            "waiting" | "ready" => Self::Queued,
            "running" => Self::InProgress,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            _ => return None,
        })
    }

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it will not change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// The answer to an insert: the job, new or the live twin that was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The live job with that dedupe key.
    pub id: JobId,
    /// Whether a twin was there already, so that nothing was inserted.
    pub deduplicated: bool,
    /// How far the job is; a new one is queued.
    pub status: JobStatus,
}

/// Inserts jobs through the transaction of their cause.
#[async_trait]
pub trait JobSink: Send {
    /// Inserts the job, or returns the live twin with the same kind and dedupe key.
    async fn enqueue(&mut self, job: NewJob) -> Result<Enqueued, StoreError>;

    /// The same for several, in order.
    async fn enqueue_all(&mut self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, StoreError> {
        let mut enqueued = Vec::with_capacity(jobs.len());
        for job in jobs {
            enqueued.push(self.enqueue(job).await?);
        }
        Ok(enqueued)
    }
}

/// A claimed job as its handler sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The job.
    pub id: JobId,
    /// Stored kind name.
    pub kind: String,
    /// The queue it was claimed from.
    pub queue: Queue,
    /// This claim's fence.
    pub fence: Fence,
    /// Which try this is, from 1; snoozes and rate limits do not count.
    pub attempt: i32,
    /// Tries before it is a dead letter.
    pub max_attempts: i32,
    /// How often a process died while running it.
    pub crash_count: i32,
    /// Ids only.
    pub payload: serde_json::Value,
    /// The job that waits for this one.
    pub parent: Option<JobId>,
    /// What it works for.
    pub subject: Option<uuid::Uuid>,
    /// When it became due, for waiting-time figures.
    pub run_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_stored_and_found_again() {
        for priority in Priority::ALL {
            assert_eq!(Priority::of_number(priority.as_number()), Some(priority));
        }
        assert_eq!(Priority::of_number(2), None);
        assert!(Priority::ALL.is_sorted_by(|first, second| first > second));
    }

    #[test]
    fn an_old_job_overtakes_those_that_came_due_one_step_later() {
        let old = Timestamp::from_micros(1_000_000);
        let just = Duration::from_micros(1);
        for (low, high, steps) in [
            (Priority::Normal, Priority::Urgent, 1),
            (Priority::Bulk, Priority::Normal, 1),
            (Priority::Bulk, Priority::Urgent, 2),
        ] {
            let overtaken = old + Priority::AGEING * steps;
            assert!(high.turn(overtaken - just) < low.turn(old));
            assert!(high.turn(overtaken + just) > low.turn(old));
        }
    }
}
