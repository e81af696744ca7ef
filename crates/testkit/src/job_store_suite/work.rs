//! What becomes of a handler's answer, driven by hand with `run_until_idle`.

use std::time::Duration;

use anyhow::Result;
use domain::job::StoreError;
use jobs::views::{JobStatus, JobView};
use jobs::{JobError, Registry, Work, WorkerConfig};

use super::bench::{Bench, COMMITTED, DEAD, SECOND};
use super::scripted::Scripted;
use crate::TestDatabase;

/// Runs one job with the handler until nothing is due.
async fn run_once<const DEADLINE: u64>(bench: &Bench, handler: Scripted<DEADLINE>) -> Result<JobView> {
    let id = bench.task().await?;
    let worker = bench
        .worker(Registry::default().with(handler), WorkerConfig::for_testing())
        .await?;
    assert_eq!(worker.run_until_idle().await?, 1);
    bench.view(id).await
}

/// Done: output committed, result shown.
pub async fn a_done_job_commits_its_output(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let view = run_once(&bench, Scripted::done()).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Completed, 1));
    assert_eq!(view.result, Some(serde_json::json!({ "kind": "suite" })));
    assert_eq!(view.error_code, None);
    assert_eq!(bench.markers(COMMITTED, view.id).await?, 1);
    Ok(())
}

/// The other answers, each with its state, its error code and whether it counts.
pub async fn every_answer_leads_to_its_state(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (now, later) = (bench.now(), bench.now() + SECOND * 7);
    let table = [
        (
            Scripted::answering(|| {
                Ok(Work::Retry {
                    after: SECOND * 7,
                    reason: "not_ready",
                })
            }),
            (JobStatus::Queued, "not_ready", 1, later),
        ),
        (
            Scripted::answering(move || {
                Ok(Work::Snooze {
                    until: later,
                    reason: "too_early",
                })
            }),
            (JobStatus::Queued, "too_early", 0, later),
        ),
        (
            Scripted::answering(|| Err(JobError::rate_limited("provider_busy", SECOND * 7))),
            (JobStatus::Queued, "provider_busy", 0, later),
        ),
        (
            Scripted::answering(|| Err(JobError::transient("provider_down"))),
            (JobStatus::Queued, "provider_down", 1, now + SECOND),
        ),
        (
            Scripted::answering(|| {
                Ok(Work::Discard {
                    reason: "attempt_erased",
                })
            }),
            (JobStatus::Cancelled, "attempt_erased", 1, now),
        ),
        (
            Scripted::answering(|| Err(JobError::permanent("bad_payload"))),
            (JobStatus::Failed, "bad_payload", 1, now),
        ),
        (
            Scripted::answering(|| panic!("as the test says")),
            (JobStatus::Queued, "panicked", 1, now + SECOND),
        ),
    ];
    for (handler, expected) in table {
        let view = run_once(&bench, handler).await?;
        let code = view.error_code.clone().unwrap_or_default();
        assert_eq!((view.status, code.as_str(), view.attempt, view.run_at), expected);
        assert_eq!(view.attempts[0].error_code.as_deref(), Some(expected.1));
        assert_eq!(bench.markers(COMMITTED, view.id).await?, 0);
        assert_eq!(
            bench.markers(DEAD, view.id).await?,
            usize::from(expected.0 == JobStatus::Failed)
        );
    }
    Ok(())
}

/// Transient failures come back after 1, 4, 16 and 64 seconds at the most; the fifth is the last.
pub async fn transient_failures_follow_the_schedule(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let handler = Scripted::answering(|| {
        Err(JobError::transient("provider_down").because(std::io::Error::other("connection reset")))
    });
    let worker = bench
        .worker(Registry::default().with(handler), WorkerConfig::for_testing())
        .await?;
    for seconds in [1, 4, 16, 64] {
        assert_eq!(worker.run_until_idle().await?, 1);
        assert_eq!(
            bench.view(id).await?.run_at,
            bench.now() + Duration::from_secs(seconds)
        );
        assert_eq!(bench.markers(DEAD, id).await?, 0);
        bench.advance(Duration::from_secs(seconds));
    }
    assert_eq!(worker.run_until_idle().await?, 1);
    let view = bench.view(id).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Failed, 5));
    assert_eq!(
        view.last_error.as_deref(),
        Some("provider_down: connection reset")
    );
    assert_eq!(
        bench.outcomes(id).await?,
        ["retry", "retry", "retry", "retry", "failed"]
    );
    assert_eq!(bench.markers(DEAD, id).await?, 1);
    Ok(())
}

/// A commit that the database refuses, or that panics, leaves nothing behind and counts as a failed attempt.
pub async fn a_refused_commit_is_a_failed_attempt(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let refusals: [fn() -> Result<(), StoreError>; 2] = [
        || Err(StoreError::Rejected("refused by the test".into())),
        || panic!("as the test says"),
    ];
    for refusal in refusals {
        let view = run_once(&bench, Scripted::done().committing(refusal)).await?;
        assert_eq!((view.status, view.attempt), (JobStatus::Queued, 1));
        assert_eq!(view.error_code.as_deref(), Some("commit_refused"));
        assert_eq!(bench.markers(COMMITTED, view.id).await?, 0);
    }
    Ok(())
}

/// Work that outlives its deadline is cancelled and tried again.
pub async fn a_deadline_ends_the_work(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let handler = Scripted::<30>::new(|_, _| std::future::pending());
    let view = run_once(&bench, handler).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Queued, 1));
    assert_eq!(view.error_code.as_deref(), Some("deadline"));
    Ok(())
}

/// A kind of a newer release waits for a process that knows it.
pub async fn an_unknown_kind_is_put_back(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let worker = bench
        .worker(Registry::default(), WorkerConfig::for_testing())
        .await?;
    assert_eq!(worker.run_until_idle().await?, 1);
    let view = bench.view(id).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Queued, 0));
    assert_eq!(view.error_code.as_deref(), Some("unknown_kind"));
    assert!(view.run_at > bench.now());
    Ok(())
}
