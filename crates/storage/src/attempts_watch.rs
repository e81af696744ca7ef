//! Progress of many attempts at once: the one query that feeds every stream of events.

use domain::attempts::jobs::RECOMMEND;
use domain::attempts::{Attempt, DegradedReason, Progress, StageCounts};
use domain::ids::AttemptId;
use domain::job::{JobId, JobStatus};
use domain::scoring::jobs::SCORE_TEXT;
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::Value;
use uuid::Uuid;

use crate::attempts::{ATTEMPT, attempt};
use crate::sql::{Row, fetch_all};
use crate::store::Store;

/// Attempts that one statement asks for at most.
pub const WATCHED_AT_ONCE: usize = 512;

/// An attempt with the jobs that work for it, as of one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// Oldest first.
    pub jobs: Vec<WatchedJob>,
}

/// What people who follow an attempt see of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedJob {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// How far it is.
    pub status: JobStatus,
    /// Tries so far that count.
    pub attempt: i32,
    /// Tries it has.
    pub max_attempts: i32,
    /// Why it last did not complete.
    pub error_code: Option<String>,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl WatchedAttempt {
    /// Stages and the weighted whole, from the rows that were read together.
    pub fn progress(&self) -> Progress {
        Progress::from_counts(&self.counts())
    }

    /// The same counts that [`Store::attempt_status`] lets the database compute.
    pub fn counts(&self) -> StageCounts {
        let texts = self.texts(|_| true);
        StageCounts {
            state: self.attempt.state,
            scoring: self.attempt.scoring,
            rule_items: self.attempt.item_count.saturating_sub(texts),
            texts,
            texts_done: self.texts(JobStatus::is_final),
            texts_lost: self.texts(|status| matches!(status, JobStatus::Failed | JobStatus::Cancelled)),
            retrieval: self.retrieval(),
            retrieval_failed: self
                .attempt
                .degraded_reasons
                .contains(&DegradedReason::RetrievalFailed),
        }
    }

    fn retrieval(&self) -> Option<JobStatus> {
        let mut searches = self.jobs.iter().filter(|job| job.kind == RECOMMEND.name);
        searches.next_back().map(|job| job.status)
    }

    fn texts(&self, counts: impl Fn(JobStatus) -> bool) -> u32 {
        let texts = self.jobs.iter().filter(|job| job.kind == SCORE_TEXT.name);
        u32::try_from(texts.filter(|job| counts(job.status)).count()).unwrap_or(u32::MAX)
    }
}

impl Store {
    /// These attempts with their jobs, in one statement; ids that name nothing are left out. Whoever asks has made sure that
    /// the attempts may be seen, and names no more than [`WATCHED_AT_ONCE`].
    pub async fn watched_attempts(&self, ids: &[AttemptId]) -> Result<Vec<WatchedAttempt>, StoreError> {
        let Some(last) = ids.last() else {
            return Ok(Vec::new());
        };
        // Each length is a statement of its own to the database, so that few lengths are used: powers of two.
        let places = ids.len().next_power_of_two();
        let bound = ids.iter().chain(std::iter::repeat(last)).take(places);
        let bound: Vec<Value> = bound.map(|id| id.0.into()).collect();
        let rows = fetch_all(self.database().read(), &statement(places), bound).await?;
        let mut found: Vec<WatchedAttempt> = Vec::with_capacity(ids.len());
        for row in &rows {
            let id = AttemptId(row.get("id")?);
            if found.last().is_none_or(|last| last.attempt.id != id) {
                found.push(WatchedAttempt {
                    attempt: attempt(row)?,
                    jobs: Vec::new(),
                });
            }
            if let (Some(last), Some(job)) = (found.last_mut(), job(row)?) {
                last.jobs.push(job);
            }
        }
        Ok(found)
    }
}

/// A row per job, and one for an attempt without any; the rows of an attempt stand together.
fn statement(places: usize) -> String {
    let numbers: Vec<String> = (1..=places).map(|number| format!("${number}")).collect();
    format!(
        "SELECT a.*, j.id AS job_id, j.kind AS job_kind, j.state AS job_state, j.attempt AS job_attempt,
            j.max_attempts AS job_max_attempts, j.error_code AS job_error_code, j.started_at AS job_started_at,
            j.finished_at AS job_finished_at
         FROM ({ATTEMPT} WHERE id IN ({})) a LEFT JOIN jobs j ON j.subject_id = a.id
         ORDER BY a.id, j.created_at, j.id",
        numbers.join(", ")
    )
}

fn job(row: &Row) -> Result<Option<WatchedJob>, StoreError> {
    let Some(id) = row.get::<Option<Uuid>>("job_id")? else {
        return Ok(None);
    };
    Ok(Some(WatchedJob {
        id: JobId(id),
        kind: row.get("job_kind")?,
        status: row.parse("jobs", "job_state", JobStatus::of_state)?,
        attempt: row.get("job_attempt")?,
        max_attempts: row.get("job_max_attempts")?,
        error_code: row.get("job_error_code")?,
        started_at: row.optional_timestamp("job_started_at")?,
        finished_at: row.optional_timestamp("job_finished_at")?,
    }))
}
