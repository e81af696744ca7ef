//! Finishing behind the fence.

use anyhow::Result;
use domain::job::NewJob;
use jobs::views::JobStatus;
use jobs::{Finished, JobStore as _, Transition};

use super::bench::{Bench, COMMITTED, LEASE, Mark, SECOND, TASK};
use crate::TestDatabase;

/// A worker that was frozen beyond its lease comes back after another one has the job: its result changes nothing.
pub async fn a_frozen_worker_cannot_write(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let (frozen, second) = (bench.process().await?, bench.process().await?);
    let late = bench.claim(&frozen).await?;
    bench.advance(LEASE + SECOND);
    bench
        .finish(
            &late,
            Transition::Lose {
                run_at: bench.now(),
                crashed: true,
            },
        )
        .await?;
    let current = bench.claim(&second).await?;
    assert!(current.fence > late.fence);

    let mark = bench.mark(COMMITTED, id);
    let done = Transition::Complete { result: None };
    assert_eq!(
        bench.finish_with(&late, done.clone(), Some(&mark)).await?,
        Finished::Stale
    );

    assert_eq!(bench.markers(COMMITTED, id).await?, 0);
    assert_eq!(bench.view(id).await?.status, JobStatus::InProgress);
    assert_eq!(bench.outcomes(id).await?, ["stale", "running"]);
    assert_eq!(bench.beat(&frozen, &[&late]).await?, 0);

    assert_eq!(
        bench.finish_with(&current, done, Some(&mark)).await?,
        Finished::Applied
    );
    assert_eq!(bench.markers(COMMITTED, id).await?, 1);
    assert_eq!(bench.outcomes(id).await?, ["stale", "completed"]);
    Ok(())
}

/// The same result delivered twice has one effect.
pub async fn finishing_twice_applies_once(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let claim = bench.claim(&bench.process().await?).await?;
    let done = Transition::Complete {
        result: Some(serde_json::json!({ "items": 12 })),
    };
    let (first, second) = (bench.mark(COMMITTED, id), bench.mark(COMMITTED, id));

    assert_eq!(
        bench.finish_with(&claim, done.clone(), Some(&first)).await?,
        Finished::Applied
    );
    assert_eq!(
        bench.finish_with(&claim, done, Some(&second)).await?,
        Finished::Stale
    );

    assert_eq!(bench.markers(COMMITTED, id).await?, 1);
    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.finished_at),
        (JobStatus::Completed, Some(bench.now()))
    );
    assert_eq!(view.result, Some(serde_json::json!({ "items": 12 })));
    assert_eq!(bench.outcomes(id).await?, ["completed"]);
    Ok(())
}

/// When the effect is refused, neither it nor the end of the job nor the release of the parent is left behind.
pub async fn a_refused_effect_rolls_back_everything(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let parent = bench
        .enqueue(NewJob {
            waits_for_children: true,
            ..bench.job(TASK)
        })
        .await?
        .id;
    let child = bench
        .enqueue(NewJob {
            parent: Some(parent),
            ..bench.job(TASK)
        })
        .await?
        .id;
    let process = bench.process().await?;
    let claim = bench.claim(&process).await?;
    let refused = Mark {
        refused: true,
        ..bench.mark(COMMITTED, child)
    };
    let done = Transition::Complete { result: None };

    assert!(
        bench
            .finish_with(&claim, done.clone(), Some(&refused))
            .await
            .is_err()
    );

    assert_eq!(bench.markers(COMMITTED, child).await?, 0);
    assert_eq!(bench.view(child).await?.status, JobStatus::InProgress);
    assert_eq!(bench.outcomes(child).await?, ["running"]);
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    assert_eq!(bench.finish(&claim, done).await?, Finished::Applied);
    assert_eq!(bench.claim(&process).await?.id, parent);
    Ok(())
}

/// Only tries that failed count: not a snooze, a rate limit or a shut-down.
pub async fn waiting_does_not_use_attempts_up(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let process = bench.process().await?;
    let run_at = bench.now() + SECOND;
    for (transition, attempts) in [
        (Transition::Snooze { run_at }, 0),
        (Transition::RateLimit { run_at }, 0),
        (Transition::Release, 0),
        (Transition::Retry { run_at }, 1),
        (Transition::Snooze { run_at }, 1),
        (Transition::Retry { run_at }, 2),
    ] {
        let claim = bench.claim(&process).await?;
        let due_again = transition.run_at().unwrap_or(claim.run_at);
        assert_eq!(bench.finish(&claim, transition).await?, Finished::Applied);
        let view = bench.view(id).await?;
        assert_eq!(
            (view.status, view.attempt, view.run_at),
            (JobStatus::Queued, attempts, due_again)
        );
        bench.advance(SECOND);
    }
    let outcomes = bench.outcomes(id).await?;
    assert_eq!(
        outcomes,
        ["snoozed", "rate_limited", "released", "retry", "snoozed", "retry"]
    );
    assert!(
        bench
            .store
            .expired(None, bench.now() + LEASE * 9, LEASE, 9)
            .await?
            .is_empty()
    );
    Ok(())
}
