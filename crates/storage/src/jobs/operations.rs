//! What operators read of jobs, queues, processes, schedules and leaders. States are written out in the conditions, so
//! that every statement has a small partial index; what is done is never counted.

use std::time::Duration;

use ::jobs::views::{
    DeadLetterView, DeadReason, JobFilter, JobStatus, JobView, Leader, Overview, Paused, ProcessView,
    QueueView, ScheduleView,
};
use domain::job::{JobId, Queue, StoreError, Timestamp};
use domain::operations::DeadLetterFilter;
use domain::reports::{Page, PageRequest};
use sea_orm::ConnectionTrait;

use super::views::{VIEW_COLUMNS, view_of};
use crate::conditions::Conditions;
use crate::sql::{Row, fetch_all, fetch_count, values};
use crate::store::Store;

/// A process that has not beaten for longer is forgotten.
const REMEMBERED: Duration = Duration::from_hours(24);

impl Store {
    /// Jobs that fit, newest first, without their claims.
    pub async fn list_jobs(
        &self,
        filter: &JobFilter,
        page: PageRequest,
    ) -> Result<Page<JobView>, StoreError> {
        let conditions = job_conditions(filter);
        let (rows, total) = self
            .page_of_jobs(VIEW_COLUMNS, conditions, "created_at DESC, id DESC", page)
            .await?;
        Ok(page.of(rows.iter().map(view_of).collect::<Result<_, _>>()?, total))
    }

    /// Dead letters that fit, latest first.
    pub async fn list_dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: PageRequest,
    ) -> Result<Page<DeadLetterView>, StoreError> {
        const COLUMNS: &str =
            "id, kind, queue, error_code, error_class, last_error, attempt, crash_count, subject_id,
            created_at, finished_at, retry_at, automatic_retries";
        let conditions = dead_conditions(filter);
        let (rows, total) = self
            .page_of_jobs(COLUMNS, conditions, "finished_at DESC, id DESC", page)
            .await?;
        Ok(page.of(rows.iter().map(dead_letter).collect::<Result<_, _>>()?, total))
    }

    async fn page_of_jobs(
        &self,
        columns: &str,
        conditions: Conditions,
        order: &str,
        page: PageRequest,
    ) -> Result<(Vec<Row>, u64), StoreError> {
        let read = self.database().read();
        let clause = conditions.clause();
        let total =
            format!("SELECT count(*) AS count FROM (SELECT 1 FROM jobs{clause} LIMIT {COUNTED}) AS counted");
        let total = fetch_count(read, &total, conditions.values.clone()).await?;
        let (limit, offset) = (conditions.values.len() + 1, conditions.values.len() + 2);
        let text =
            format!("SELECT {columns} FROM jobs{clause} ORDER BY {order} LIMIT ${limit} OFFSET ${offset}");
        let mut bound = conditions.values;
        bound.extend(values![page.limit(), page.offset()]);
        Ok((fetch_all(read, &text, bound).await?, total))
    }

    /// All queues with what waits in them at `now`, in the order of [`Queue::ALL`].
    pub async fn queue_views(&self, now: Timestamp) -> Result<Vec<QueueView>, StoreError> {
        const COUNTS: &str = "SELECT queue, 'waiting' AS part, count(*) AS count, CAST(NULL AS BIGINT) AS oldest
            FROM jobs WHERE state = 'waiting' GROUP BY queue
            UNION ALL SELECT queue, 'scheduled', count(*), CAST(NULL AS BIGINT)
            FROM jobs WHERE state = 'ready' AND run_at > $1 GROUP BY queue
            UNION ALL SELECT queue, 'due', count(*), min(run_at)
            FROM jobs WHERE state = 'ready' AND run_at <= $1 GROUP BY queue
            UNION ALL SELECT queue, 'running', count(*), CAST(NULL AS BIGINT) FROM jobs WHERE state = 'running' GROUP BY queue
            UNION ALL SELECT queue, 'failed', count(*), CAST(NULL AS BIGINT) FROM jobs WHERE state = 'failed' GROUP BY queue";
        let read = self.database().read();
        let mut queues: Vec<_> = Queue::ALL.into_iter().map(QueueView::empty).collect();
        for row in fetch_all(read, COUNTS, values![now.as_micros()]).await? {
            count_into(&mut queues, &row)?;
        }
        let text = "SELECT queue, reason, paused_at, paused_by FROM queue_pauses";
        for row in fetch_all(read, text, Vec::new()).await? {
            let paused = Paused {
                reason: row.get("reason")?,
                at: row.timestamp("paused_at")?,
                by: row.get("paused_by")?,
            };
            of_queue(&mut queues, &row, "queue_pauses")?.paused = Some(paused);
        }
        Ok(queues)
    }

    /// What is stuck at `now`, and who works on it.
    pub async fn operations_overview(&self, now: Timestamp) -> Result<Overview, StoreError> {
        Ok(Overview {
            at: now,
            queues: self.queue_views(now).await?,
            dead_letters: self.dead_reasons().await?,
            processes: self.processes(now).await?,
            schedules: self.schedules().await?,
            leaders: self.leaders().await?,
        })
    }

    async fn dead_reasons(&self) -> Result<Vec<DeadReason>, StoreError> {
        let text = "SELECT error_code, queue, kind, count(*) AS count, min(finished_at) AS first_failed_at,
                max(finished_at) AS last_failed_at
            FROM jobs WHERE state = 'failed' GROUP BY error_code, queue, kind
            ORDER BY count DESC, kind, error_code LIMIT 50";
        let rows = fetch_all(self.database().read(), text, Vec::new()).await?;
        rows.iter().map(dead_reason).collect()
    }

    async fn processes(&self, now: Timestamp) -> Result<Vec<ProcessView>, StoreError> {
        let text = "SELECT id, host, started_at, last_beat_at, stuck_handlers,
                (SELECT count(*) FROM jobs WHERE state = 'running' AND owner = worker_processes.id) AS running
            FROM worker_processes WHERE stopped_at IS NULL AND last_beat_at > $1 ORDER BY started_at, id";
        let since = now.as_micros().saturating_sub(micros(REMEMBERED));
        let rows = fetch_all(self.database().read(), text, values![since]).await?;
        rows.iter().map(process).collect()
    }

    async fn schedules(&self) -> Result<Vec<ScheduleView>, StoreError> {
        let text = "SELECT name, next_at FROM schedules ORDER BY name";
        let rows = fetch_all(self.database().read(), text, Vec::new()).await?;
        let schedule = |row: &Row| {
            Ok(ScheduleView {
                name: row.get("name")?,
                next_at: row.timestamp("next_at")?,
            })
        };
        rows.iter().map(schedule).collect()
    }

    async fn leaders(&self) -> Result<Vec<Leader>, StoreError> {
        let text = "SELECT name, holder, lease_until FROM service_leases ORDER BY name";
        let rows = fetch_all(self.database().read(), text, Vec::new()).await?;
        let leader = |row: &Row| {
            Ok(Leader {
                service: row.get("name")?,
                process: row.get("holder")?,
                lease_until: row.timestamp("lease_until")?,
            })
        };
        rows.iter().map(leader).collect()
    }
}

/// Lists count so many jobs and no more: the table holds all there ever were.
const COUNTED: u32 = 100_000;

/// Dead letters that fit and can be put back, oldest first.
pub(super) async fn dead_letters(
    connection: &impl ConnectionTrait,
    filter: &DeadLetterFilter,
    limit: u32,
) -> Result<Vec<JobId>, StoreError> {
    let mut conditions = dead_conditions(filter);
    conditions.always(
        "NOT EXISTS (SELECT 1 FROM jobs AS twin WHERE twin.kind = jobs.kind AND twin.dedupe_key = jobs.dedupe_key
            AND twin.state NOT IN ('failed', 'cancelled'))",
    );
    let text = format!(
        "SELECT id FROM jobs{} ORDER BY finished_at, id LIMIT ${}",
        conditions.clause(),
        conditions.values.len() + 1
    );
    let mut bound = conditions.values;
    bound.extend(values![i64::from(limit)]);
    let rows = fetch_all(connection, &text, bound).await?;
    rows.iter().map(|row| Ok(JobId(row.get("id")?))).collect()
}

fn job_conditions(filter: &JobFilter) -> Conditions {
    let mut asked = Conditions::default();
    if let Some(status) = filter.status {
        asked.always(match status {
            JobStatus::Queued => "state IN ('waiting', 'ready')",
            JobStatus::InProgress => "state = 'running'",
            JobStatus::Completed => "state = 'completed'",
            JobStatus::Failed => "state = 'failed'",
            JobStatus::Cancelled => "state = 'cancelled'",
        });
    }
    asked.add("queue = $n", filter.queue.map(Queue::as_str));
    asked.add("kind = $n", filter.kind.clone());
    asked.add("subject_id = $n", filter.subject);
    asked
}

fn dead_conditions(filter: &DeadLetterFilter) -> Conditions {
    let mut asked = Conditions::default();
    asked.always("state = 'failed'");
    asked.add("queue = $n", filter.queue.map(Queue::as_str));
    asked.add("kind = $n", filter.kind.clone());
    asked.add("error_code = $n", filter.error_code.clone());
    asked.add("finished_at < $n", filter.failed_before.map(Timestamp::as_micros));
    asked
}

fn of_queue<'a>(
    queues: &'a mut [QueueView],
    row: &Row,
    table: &'static str,
) -> Result<&'a mut QueueView, StoreError> {
    let queue = row.parse(table, "queue", Queue::parse)?;
    let found = queues.iter_mut().find(|view| view.queue == queue);
    found.ok_or_else(|| row.inconsistent(table, "queue"))
}

fn count_into(queues: &mut [QueueView], row: &Row) -> Result<(), StoreError> {
    let part: String = row.get("part")?;
    let count = u64::from(row.count("count")?);
    let view = of_queue(queues, row, "jobs")?;
    match part.as_str() {
        "waiting" => view.waiting = count,
        "scheduled" => view.scheduled = count,
        "running" => view.running = count,
        "failed" => view.failed = count,
        _ => {
            view.due = count;
            view.oldest_due_at = row.optional_timestamp("oldest")?;
        }
    }
    Ok(())
}

fn dead_reason(row: &Row) -> Result<DeadReason, StoreError> {
    Ok(DeadReason {
        error_code: row.get("error_code")?,
        queue: row.parse("jobs", "queue", Queue::parse)?,
        kind: row.get("kind")?,
        count: row.count("count")?.into(),
        first_failed_at: row.optional_timestamp("first_failed_at")?,
        last_failed_at: row.optional_timestamp("last_failed_at")?,
    })
}

fn dead_letter(row: &Row) -> Result<DeadLetterView, StoreError> {
    Ok(DeadLetterView {
        id: JobId(row.get("id")?),
        kind: row.get("kind")?,
        queue: row.parse("jobs", "queue", Queue::parse)?,
        error_code: row.get("error_code")?,
        error_class: row.get("error_class")?,
        last_error: row.get("last_error")?,
        attempt: row.get("attempt")?,
        crash_count: row.get("crash_count")?,
        subject: row.get("subject_id")?,
        created_at: row.timestamp("created_at")?,
        failed_at: row.optional_timestamp("finished_at")?,
        retry_at: row.optional_timestamp("retry_at")?,
        automatic_retries: row.get("automatic_retries")?,
    })
}

fn process(row: &Row) -> Result<ProcessView, StoreError> {
    Ok(ProcessView {
        id: row.get("id")?,
        host: row.get("host")?,
        started_at: row.timestamp("started_at")?,
        last_beat_at: row.timestamp("last_beat_at")?,
        running: row.count("running")?.into(),
        stuck_handlers: row.small_count("stuck_handlers")?,
    })
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
