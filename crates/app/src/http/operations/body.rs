//! Shapes of queues, dead letters, processes, schedules and leaders. The command line prints the same.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::operations::{Refused, Requeue, Requeued};
use domain::time::Timestamp;
use jobs::views::{
    DeadLetterView, DeadReason, Leader, Overview, Paused, ProcessView, QueueView, ScheduleView,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is stuck, and who works on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OverviewBody {
    /// When it was read.
    pub(crate) at: DateTime<Utc>,
    /// Seconds that the oldest due job has waited, of all queues that are not paused: how far the workers are behind.
    pub(crate) lag_seconds: f64,
    /// Names of queues that are paused.
    pub(crate) paused_queues: Vec<&'static str>,
    /// All queues.
    pub(crate) queues: Vec<QueueBody>,
    /// Dead letters by what they died of, most first.
    pub(crate) dead_letters: Vec<DeadReasonBody>,
    /// Worker processes that have not stopped in good order, oldest first.
    pub(crate) processes: Vec<ProcessBody>,
    /// Recurring jobs.
    pub(crate) schedules: Vec<ScheduleBody>,
    /// Services that one process at a time does.
    pub(crate) leaders: Vec<LeaderBody>,
}

/// A queue. Jobs that are done are not counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueBody {
    /// Its name.
    pub(crate) queue: &'static str,
    /// Why no worker takes its jobs, if that is so.
    pub(crate) paused: Option<PausedBody>,
    /// Jobs that wait for other jobs to end.
    pub(crate) waiting: u64,
    /// Jobs whose time has not come.
    pub(crate) scheduled: u64,
    /// Jobs that any free worker may take.
    pub(crate) due: u64,
    /// Jobs that a worker has.
    pub(crate) running: u64,
    /// Dead letters.
    pub(crate) failed: u64,
    /// Seconds that the oldest due job has waited.
    pub(crate) oldest_due_seconds: Option<f64>,
}

/// Why a queue stands still.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PausedBody {
    /// As whoever paused it said.
    pub(crate) reason: String,
    /// Since when.
    pub(crate) at: DateTime<Utc>,
    /// The account; none for the command line.
    pub(crate) by: Option<Uuid>,
}

/// Dead letters that died of the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeadReasonBody {
    /// Why they failed.
    pub(crate) error_code: Option<String>,
    /// Where they lie.
    pub(crate) queue: &'static str,
    /// What they do.
    pub(crate) job_type: String,
    /// How many.
    pub(crate) count: u64,
    /// When the first of them failed.
    pub(crate) first_failed_at: Option<DateTime<Utc>>,
    /// And the last.
    pub(crate) last_failed_at: Option<DateTime<Utc>>,
}

/// A worker process.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProcessBody {
    /// Fresh for every start.
    pub(crate) process_id: Uuid,
    /// Where it runs.
    pub(crate) host: String,
    /// Since when.
    pub(crate) started_at: DateTime<Utc>,
    /// When it last said that it lives.
    pub(crate) last_beat_at: DateTime<Utc>,
    /// Whether it has said so within a lease and none of its handlers is stuck; otherwise its jobs are given to others.
    pub(crate) healthy: bool,
    /// Jobs that it has.
    pub(crate) running: u64,
    /// Cancelled handlers that still hold its threads.
    pub(crate) stuck_handlers: u32,
}

/// A recurring job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleBody {
    /// Its name.
    pub(crate) name: String,
    /// When its next job is made.
    pub(crate) next_at: DateTime<Utc>,
    /// Seconds that the tick is late; more than a minute is a sign that no worker runs.
    pub(crate) late_seconds: f64,
}

/// Who does a service that one process at a time does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LeaderBody {
    /// The service.
    pub(crate) service: String,
    /// The process that does it, or did last.
    pub(crate) process_id: Uuid,
    /// Until when nobody else may.
    pub(crate) lease_until: DateTime<Utc>,
    /// Whether that is in the future; otherwise nobody does it.
    pub(crate) held: bool,
}

/// A job that failed for good.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterBody {
    /// The job.
    pub(crate) job_id: Uuid,
    /// What it does.
    pub(crate) job_type: String,
    /// Where it lies.
    pub(crate) queue: &'static str,
    /// Why it failed.
    pub(crate) error_code: Option<String>,
    /// `transient` failures may pass by themselves, `permanent` ones do not, and `poison` ended its process.
    pub(crate) error_class: Option<String>,
    /// Why it failed, for people.
    pub(crate) error: Option<String>,
    /// Tries it had that count.
    pub(crate) attempts: i32,
    /// How often its process died.
    pub(crate) crashes: i32,
    /// What it works for.
    pub(crate) subject_id: Option<Uuid>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// When it failed.
    pub(crate) failed_at: Option<DateTime<Utc>>,
    /// When it is tried again by itself.
    pub(crate) retry_at: Option<DateTime<Utc>>,
    /// How often that has happened since somebody last asked for it.
    pub(crate) automatic_retries: i32,
}

impl OverviewBody {
    /// Processes that have not beaten for `lease` are told as unhealthy.
    pub(crate) fn new(overview: Overview, lease: Duration) -> Self {
        let at = overview.at;
        let lag_seconds = overview.lag().as_secs_f64();
        let queues = overview.queues.into_iter();
        let queues: Vec<_> = queues.map(|queue| QueueBody::new(queue, at)).collect();
        let paused = queues.iter().filter(|queue| queue.paused.is_some());
        Self {
            at: at.to_datetime(),
            lag_seconds,
            paused_queues: paused.map(|queue| queue.queue).collect(),
            queues,
            dead_letters: overview
                .dead_letters
                .into_iter()
                .map(DeadReasonBody::from)
                .collect(),
            processes: overview
                .processes
                .into_iter()
                .map(|process| ProcessBody::new(process, at, lease))
                .collect(),
            schedules: overview
                .schedules
                .into_iter()
                .map(|schedule| ScheduleBody::new(schedule, at))
                .collect(),
            leaders: overview
                .leaders
                .into_iter()
                .map(|leader| LeaderBody::new(leader, at))
                .collect(),
        }
    }
}

impl QueueBody {
    /// As it is at `at`.
    pub(crate) fn new(view: QueueView, at: Timestamp) -> Self {
        Self {
            queue: view.queue.as_str(),
            paused: view.paused.map(PausedBody::from),
            waiting: view.waiting,
            scheduled: view.scheduled,
            due: view.due,
            running: view.running,
            failed: view.failed,
            oldest_due_seconds: view.oldest_due_at.map(|due| at.since(due).as_secs_f64()),
        }
    }
}

impl From<Paused> for PausedBody {
    fn from(paused: Paused) -> Self {
        Self {
            reason: paused.reason,
            at: paused.at.to_datetime(),
            by: paused.by,
        }
    }
}

impl From<DeadReason> for DeadReasonBody {
    fn from(reason: DeadReason) -> Self {
        Self {
            error_code: reason.error_code,
            queue: reason.queue.as_str(),
            job_type: reason.kind,
            count: reason.count,
            first_failed_at: reason.first_failed_at.map(Timestamp::to_datetime),
            last_failed_at: reason.last_failed_at.map(Timestamp::to_datetime),
        }
    }
}

impl ProcessBody {
    fn new(process: ProcessView, at: Timestamp, lease: Duration) -> Self {
        Self {
            healthy: process.is_healthy(at, lease),
            process_id: process.id,
            host: process.host,
            started_at: process.started_at.to_datetime(),
            last_beat_at: process.last_beat_at.to_datetime(),
            running: process.running,
            stuck_handlers: process.stuck_handlers,
        }
    }
}

impl ScheduleBody {
    fn new(schedule: ScheduleView, at: Timestamp) -> Self {
        Self {
            name: schedule.name,
            next_at: schedule.next_at.to_datetime(),
            late_seconds: at.since(schedule.next_at).as_secs_f64(),
        }
    }
}

impl LeaderBody {
    fn new(leader: Leader, at: Timestamp) -> Self {
        Self {
            service: leader.service,
            process_id: leader.process,
            lease_until: leader.lease_until.to_datetime(),
            held: leader.lease_until >= at,
        }
    }
}

impl From<DeadLetterView> for DeadLetterBody {
    fn from(view: DeadLetterView) -> Self {
        Self {
            job_id: view.id.0,
            job_type: view.kind,
            queue: view.queue.as_str(),
            error_code: view.error_code,
            error_class: view.error_class,
            error: view.last_error,
            attempts: view.attempt,
            crashes: view.crash_count,
            subject_id: view.subject,
            created_at: view.created_at.to_datetime(),
            failed_at: view.failed_at.map(Timestamp::to_datetime),
            retry_at: view.retry_at.map(Timestamp::to_datetime),
            automatic_retries: view.automatic_retries,
        }
    }
}

/// What became of many dead letters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RequeuedBody {
    /// How many are back in their queues.
    pub(crate) requeued: usize,
    /// Which.
    pub(crate) job_ids: Vec<Uuid>,
    /// Those that stay as they are.
    pub(crate) refused: Vec<RefusedBody>,
    /// Whether more may fit: ask again.
    pub(crate) more: bool,
}

/// A job that stays as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RefusedBody {
    /// Which.
    pub(crate) job_id: Uuid,
    /// `not_found`, `not_dead` (it is queued, runs or is done) or `live_twin`.
    pub(crate) reason: &'static str,
    /// The job of the same cause that is in the way.
    pub(crate) live_job_id: Option<Uuid>,
}

impl From<&Requeued> for RequeuedBody {
    fn from(outcome: &Requeued) -> Self {
        Self {
            requeued: outcome.requeued.len(),
            job_ids: outcome.requeued.iter().map(|job| job.0).collect(),
            refused: outcome.refused.iter().map(RefusedBody::from).collect(),
            more: outcome.more,
        }
    }
}

impl From<&Refused> for RefusedBody {
    fn from(refused: &Refused) -> Self {
        let (reason, live_job_id) = match refused.why {
            Requeue::NotFound => ("not_found", None),
            Requeue::LiveTwin(twin) => ("live_twin", Some(twin.0)),
            Requeue::NotDead(_) | Requeue::Requeued => ("not_dead", None),
        };
        Self {
            job_id: refused.job_id.0,
            reason,
            live_job_id,
        }
    }
}
