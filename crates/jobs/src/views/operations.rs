//! What operators see at a glance: queues, dead letters, processes, schedules and leaders.

use std::time::Duration;

use domain::job::{JobId, Queue, Timestamp};
use uuid::Uuid;

/// Everything at one instant; each part is read by a statement of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// When it was read.
    pub at: Timestamp,
    /// All queues, in the order of [`Queue::ALL`].
    pub queues: Vec<QueueView>,
    /// Dead letters by what they died of, most first; the 50 most frequent reasons.
    pub dead_letters: Vec<DeadReason>,
    /// Worker processes that have not stopped in good order and have beaten within a day, oldest first.
    pub processes: Vec<ProcessView>,
    /// Recurring jobs by name.
    pub schedules: Vec<ScheduleView>,
    /// Services that one process at a time does, by name.
    pub leaders: Vec<Leader>,
}

impl Overview {
    /// The longest that a due job waits of a queue that is not paused: how far the workers are behind.
    pub fn lag(&self) -> Duration {
        let serving = self.queues.iter().filter(|queue| queue.paused.is_none());
        let lags = serving.filter_map(|queue| queue.oldest_due_at);
        lags.map(|due| self.at.since(due)).max().unwrap_or_default()
    }
}

/// One queue. Jobs that ended well are not counted: they do not wait for anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueView {
    /// Which.
    pub queue: Queue,
    /// Why nothing of it is claimed, if that is so.
    pub paused: Option<Paused>,
    /// Jobs that wait for others to end.
    pub waiting: u64,
    /// Jobs whose time has not come.
    pub scheduled: u64,
    /// Jobs that any free worker may claim.
    pub due: u64,
    /// Jobs that a worker has.
    pub running: u64,
    /// Dead letters.
    pub failed: u64,
    /// Since when the oldest due job is due.
    pub oldest_due_at: Option<Timestamp>,
}

impl QueueView {
    /// A queue without jobs.
    pub const fn empty(queue: Queue) -> Self {
        Self {
            queue,
            paused: None,
            waiting: 0,
            scheduled: 0,
            due: 0,
            running: 0,
            failed: 0,
            oldest_due_at: None,
        }
    }
}

/// Why a queue stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// As whoever paused it said.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// Who; none for the command line.
    pub by: Option<Uuid>,
}

/// Dead letters that died of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadReason {
    /// Stable, for programs and statistics.
    pub error_code: Option<String>,
    /// Where they lie.
    pub queue: Queue,
    /// What they do.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// When the first of them failed.
    pub first_failed_at: Option<Timestamp>,
    /// And the last.
    pub last_failed_at: Option<Timestamp>,
}

/// A worker process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessView {
    /// Fresh for every start.
    pub id: Uuid,
    /// Where it runs.
    pub host: String,
    /// Since when.
    pub started_at: Timestamp,
    /// When it last said that it lives.
    pub last_beat_at: Timestamp,
    /// Jobs that it has.
    pub running: u64,
    /// Cancelled handlers that still hold its threads.
    pub stuck_handlers: u32,
}

impl ProcessView {
    /// Whether it has beaten within a lease, and none of its handlers is stuck. Without a beat for a lease its jobs are
    /// given to others.
    pub fn is_healthy(&self, now: Timestamp, lease: Duration) -> bool {
        now.since(self.last_beat_at) <= lease && self.stuck_handlers == 0
    }
}

/// A recurring job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    /// Which.
    pub name: String,
    /// When its next job is made.
    pub next_at: Timestamp,
}

/// Who does a service that one process at a time does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Which service.
    pub service: String,
    /// The process that does it, or did last.
    pub process: Uuid,
    /// Until when nobody else may; in the past nobody does it.
    pub lease_until: Timestamp,
}

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterView {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// Where it lies.
    pub queue: Queue,
    /// Why it failed.
    pub error_code: Option<String>,
    /// `transient`, `permanent` or `poison`: whether it may pass by itself.
    pub error_class: Option<String>,
    /// The same for people.
    pub last_error: Option<String>,
    /// Tries it had that count.
    pub attempt: i32,
    /// How often its process died.
    pub crash_count: i32,
    /// What it works for.
    pub subject: Option<Uuid>,
    /// When it was inserted.
    pub created_at: Timestamp,
    /// When it failed.
    pub failed_at: Option<Timestamp>,
    /// When it is tried again by itself.
    pub retry_at: Option<Timestamp>,
    /// How often that has happened since a person last asked.
    pub automatic_retries: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn due_since(queue: Queue, seconds: i64) -> QueueView {
        QueueView {
            due: 1,
            oldest_due_at: Some(Timestamp::from_micros(NOW.as_micros() - seconds * 1_000_000)),
            ..QueueView::empty(queue)
        }
    }

    #[test]
    fn a_paused_queue_is_not_behind() {
        let paused = Paused {
            reason: "the provider is down".to_owned(),
            at: NOW,
            by: None,
        };
        let standing = QueueView {
            paused: Some(paused),
            ..due_since(Queue::Llm, 90)
        };
        let mut overview = Overview {
            at: NOW,
            queues: vec![
                standing,
                due_since(Queue::Static, 3),
                QueueView::empty(Queue::Rag),
            ],
            dead_letters: Vec::new(),
            processes: Vec::new(),
            schedules: Vec::new(),
            leaders: Vec::new(),
        };
        assert_eq!(overview.lag(), Duration::from_secs(3));
        overview.queues.truncate(1);
        assert_eq!(overview.lag(), Duration::ZERO);
    }

    #[test]
    fn a_process_is_healthy_while_it_beats_and_nothing_is_stuck() {
        let lease = Duration::from_secs(15);
        let beaten = |seconds_ago: i64, stuck_handlers| {
            let process = ProcessView {
                id: Uuid::nil(),
                host: "here".to_owned(),
                started_at: NOW,
                last_beat_at: Timestamp::from_micros(NOW.as_micros() - seconds_ago * 1_000_000),
                running: 0,
                stuck_handlers,
            };
            process.is_healthy(NOW, lease)
        };
        assert_eq!(
            [beaten(0, 0), beaten(15, 0), beaten(16, 0), beaten(0, 1)],
            [true, true, false, false]
        );
    }
}
