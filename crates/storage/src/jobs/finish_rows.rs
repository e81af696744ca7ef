//! Endings as rows of one JSON parameter: the statements are the same for one and for many, and stay prepared.

use std::collections::BTreeSet;

use ::jobs::{Claim, DEAD_LETTER_DELAYS, FailureClass, Finish, Transition};
use domain::job::{Fence, JobId, StoreError, Timestamp};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::database::Backend;
use crate::dialect::{json_rows, not_by_index, rows_of_json};
use crate::sql::{self, execute, fetch_all, to_json, values};
use crate::transaction::SqlTx;

json_rows! {
    /// One ending. No field is called like a column of `jobs` or `job_attempts`: `RETURNING` on SQLite refuses qualified
    /// names.
    pub(super) struct Row<'finish> {
        of_job: Uuid,
        of_fence: i64,
        new_state: &'static str,
        new_run_at: Option<i64>,
        refunded: i32,
        crashes: i32,
        new_result: Option<String>,
        failure_code: Option<&'static str>,
        failure_text: Option<&'finish str>,
        dead_class: Option<&'static str>,
        ended_at: i64,
        job_ended_at: Option<i64>,
        only_if_expired: i32,
        new_outcome: &'static str,
    }
}

impl<'finish> Row<'finish> {
    pub(super) fn new(claim: &Claim, finish: &'finish Finish) -> Result<Self, StoreError> {
        let Finish {
            at,
            transition,
            failure,
        } = finish;
        let new_result = match transition {
            Transition::Complete { result: Some(result) } => Some(to_json(result)?),
            _ => None,
        };
        Ok(Self {
            of_job: claim.id.0,
            of_fence: claim.fence.0,
            new_state: transition.state(),
            new_run_at: transition.run_at().map(Timestamp::as_micros),
            refunded: transition.refunded_attempts(),
            crashes: transition.crashes(),
            new_result,
            failure_code: failure.as_ref().map(|failure| failure.code),
            failure_text: failure.as_ref().map(|failure| failure.text.as_str()),
            dead_class: finish.dead_class().map(FailureClass::as_str),
            ended_at: at.as_micros(),
            job_ended_at: transition.is_final().then_some(at.as_micros()),
            only_if_expired: i32::from(transition.only_if_expired()),
            new_outcome: transition.outcome(),
        })
    }

    pub(super) const fn key(&self) -> (JobId, Fence) {
        (JobId(self.of_job), Fence(self.of_fence))
    }
}

/// Writes ends into attempts.
const RECORDING: &str =
    "UPDATE job_attempts SET outcome = new_outcome, finished_at = ended_at, error_code = failure_code,
    error = failure_text";

/// The guarded update; returns those whose claim was the job's last one and had not ended.
pub(super) async fn leave_running(
    tx: &SqlTx,
    rows: &[Row<'_>],
) -> Result<BTreeSet<(JobId, Fence)>, StoreError> {
    let text = leaving(&given(tx.backend, rows.len()));
    let applied = fetch_all(&tx.connection, &text, values![to_json(&rows)?]).await?;
    keys(&applied)
}

/// The same with the ends of the attempts, in one statement of PostgreSQL.
pub(super) async fn leave_running_and_record(
    connection: &impl ConnectionTrait,
    rows: &[Row<'_>],
) -> Result<BTreeSet<(JobId, Fence)>, StoreError> {
    let text = format!(
        "WITH given AS MATERIALIZED (SELECT * FROM {}), applied AS ({}), recorded AS (
            {RECORDING}
            FROM given JOIN applied ON applied.id = of_job AND applied.fence = of_fence
            WHERE job_attempts.job_id = of_job AND job_attempts.fence = of_fence AND outcome = 'running'
        )
        SELECT id, fence FROM applied",
        rows_of_json(Backend::Postgres, Row::COLUMNS),
        leaving("given")
    );
    let applied = fetch_all(connection, &text, values![to_json(&rows)?]).await?;
    keys(&applied)
}

/// The rows as a table. PostgreSQL expects a hundred of them, for which it reads all of a table of some thousand jobs; of one, which
/// every end with an effect is, it is told.
fn given(backend: Backend, rows: usize) -> String {
    let all = rows_of_json(backend, Row::COLUMNS);
    if rows == 1 {
        format!("(SELECT * FROM {all} LIMIT 1) AS one")
    } else {
        all
    }
}

fn keys(applied: &[sql::Row]) -> Result<BTreeSet<(JobId, Fence)>, StoreError> {
    let key = |row: &sql::Row| Ok((JobId(row.get("id")?), Fence(row.get("fence")?)));
    applied.iter().map(key).collect()
}

/// The guarded update by the rows that are given.
fn leaving(given: &str) -> String {
    format!(
        "UPDATE jobs SET state = new_state, run_at = COALESCE(new_run_at, run_at), attempt = attempt - refunded,
            crash_count = crash_count + crashes, result = new_result, error_code = failure_code,
            last_error = failure_text, error_class = dead_class, retry_at = {retry_at}, finished_at = job_ended_at,
            lease_until = NULL, owner = NULL, published_at = NULL
        FROM {given} WHERE id = of_job AND fence = of_fence AND {state} = 'running'
            AND (only_if_expired = 0 OR lease_until < ended_at)
        RETURNING id, fence",
        state = not_by_index("jobs.state"),
        retry_at = retry_at(),
    )
}

/// When the retrier puts the job back, if it has died of something that may pass and has not been put back too often.
fn retry_at() -> String {
    let delays = DEAD_LETTER_DELAYS.iter().enumerate();
    let cases: Vec<String> = delays
        .map(|(retries, delay)| format!("WHEN {retries} THEN ended_at + {}", delay.as_micros()))
        .collect();
    format!(
        "CASE WHEN dead_class = 'transient' THEN CASE automatic_retries {} END END",
        cases.join(" ")
    )
}

/// Writes the ends into the attempts that the claims had inserted.
pub(super) async fn record_attempts(tx: &SqlTx, rows: &[&Row<'_>]) -> Result<(), StoreError> {
    let text = format!(
        "{RECORDING}
        FROM {} WHERE job_id = of_job AND fence = of_fence AND outcome = 'running'",
        given(tx.backend, rows.len())
    );
    execute(&tx.connection, &text, values![to_json(&rows)?]).await?;
    Ok(())
}
