//! What status pages and operators see of jobs. States have one vocabulary outside: waiting and ready are `queued`.

mod operations;

pub use domain::job::JobStatus;
use domain::job::{Fence, JobId, Queue, Timestamp};
pub use operations::{
    DeadLetterView, DeadReason, Leader, Overview, Paused, ProcessView, QueueView, ScheduleView,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// One job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// Where its work belongs.
    pub queue: Queue,
    /// How far it is.
    pub status: JobStatus,
    /// Whether it waits for other jobs to end.
    pub waits_for_children: bool,
    /// Higher ones are claimed first.
    pub priority: i32,
    /// Tries so far that count.
    pub attempt: i32,
    /// Tries it has.
    pub max_attempts: i32,
    /// How often its process died.
    pub crash_count: i32,
    /// When it is or was due.
    pub run_at: Timestamp,
    /// When a failed one is tried again by itself.
    pub retry_at: Option<Timestamp>,
    /// How often that has happened since a person last asked.
    pub automatic_retries: i32,
    /// Why it last did not complete.
    pub error_code: Option<String>,
    /// The same for people.
    pub last_error: Option<String>,
    /// What the handler made public of its output.
    pub result: Option<Value>,
    /// The job that waits for it.
    pub parent: Option<JobId>,
    /// What it works for.
    pub subject: Option<Uuid>,
    /// The user who asked for it.
    pub requested_by: Option<Uuid>,
    /// When it was inserted.
    pub created_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Its claims in order; empty in lists.
    pub attempts: Vec<JobAttemptView>,
}

impl JobView {
    /// Leaves the codes of errors and takes away their texts, which may name machines and accounts.
    pub fn hide_errors(&mut self) {
        self.last_error = None;
        for attempt in &mut self.attempts {
            attempt.error = None;
        }
    }
}

/// Which jobs; what is not said is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// So far.
    pub status: Option<JobStatus>,
    /// In this queue.
    pub queue: Option<Queue>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Working for this.
    pub subject: Option<Uuid>,
}

/// One claim of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobAttemptView {
    /// Counts the claims.
    pub fence: Fence,
    /// Which try it was.
    pub attempt: i32,
    /// The worker process.
    pub owner: Uuid,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it ended: `running`, `completed`, `retry`, `snoozed`, `rate_limited`, `discarded`, `failed`, `lost`,
    /// `released`, `stale` or `cancelled`.
    pub outcome: String,
    /// Why it did not complete.
    pub error_code: Option<String>,
    /// The same for people.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_states_have_one_name_outside() {
        let outside = ["waiting", "ready", "running", "completed", "failed", "cancelled"]
            .map(|state| JobStatus::of_state(state).map(JobStatus::as_str));
        assert_eq!(
            outside,
            [
                "queued",
                "queued",
                "in_progress",
                "completed",
                "failed",
                "cancelled"
            ]
            .map(Some)
        );
        assert_eq!(JobStatus::of_state("lost"), None);
    }
}
