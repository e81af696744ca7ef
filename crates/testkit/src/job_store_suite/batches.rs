//! Ends of claims that share a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use domain::ids::AttemptId;
use domain::job::{Claim, JobKind, NewJob, StoreError};
use jobs::views::JobStatus;
use jobs::{
    Finish, Finished, Handler, JobError, JobStore as _, Registry, Transition, Work, WorkContext, WorkerConfig,
};
use storage::JobTx;

use super::bench::{Bench, LEASE, SECOND, TASK, eventually};
use super::serving::{Serving, connector};
use crate::TestDatabase;

fn ending(bench: &Bench, claim: &Claim, transition: Transition) -> (Arc<Claim>, Finish) {
    let finish = Finish {
        at: bench.now(),
        transition,
        failure: None,
    };
    (Arc::new(claim.clone()), finish)
}

/// A stale end in a batch changes nothing and does not keep the others from theirs; the answers say which was which.
pub async fn a_batch_of_ends_is_judged_one_by_one(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..4 {
        bench.task().await?;
    }
    let claims = bench.claim_up_to(&process, 4).await?;
    let [done, retried, cancelled, lost] = claims.as_slice() else {
        anyhow::bail!("{} claims", claims.len());
    };
    bench.finish(cancelled, Transition::Discard).await?;
    bench.advance(LEASE + SECOND);
    let taken = Transition::Lose {
        run_at: bench.now(),
        crashed: true,
    };
    bench.finish(lost, taken).await?;

    let result = Some(serde_json::json!({ "text": "it's \"quoted\"" }));
    let run_at = bench.now() + SECOND;
    let complete = |result| Transition::Complete { result };
    let endings = [
        ending(&bench, lost, complete(None)),
        ending(&bench, done, complete(result.clone())),
        ending(&bench, cancelled, complete(None)),
        ending(&bench, retried, Transition::Retry { run_at }),
    ];
    let finished = bench.store.finish_many(&endings).await?;

    assert_eq!(
        finished,
        [
            Finished::Stale,
            Finished::Applied,
            Finished::Stale,
            Finished::Applied
        ]
    );
    let view = bench.view(done.id).await?;
    assert_eq!(
        (view.status, view.result, view.finished_at),
        (JobStatus::Completed, result, Some(bench.now()))
    );
    let view = bench.view(retried.id).await?;
    assert_eq!(
        (view.status, view.run_at, view.attempt),
        (JobStatus::Queued, run_at, 1)
    );
    assert_eq!(bench.view(lost.id).await?.crash_count, 1);
    assert_eq!(bench.outcomes(done.id).await?, ["completed"]);
    assert_eq!(bench.outcomes(retried.id).await?, ["retry"]);
    assert_eq!(bench.outcomes(lost.id).await?, ["stale"]);
    assert_eq!(bench.outcomes(cancelled.id).await?, ["discarded"]);
    Ok(())
}

/// All children of a parent that end in one batch release it.
pub async fn a_batch_releases_its_parents(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let parent = NewJob {
        waits_for_children: true,
        ..bench.job(TASK)
    };
    let parent = bench.enqueue(parent).await?.id;
    for _ in 0..3 {
        let child = NewJob {
            parent: Some(parent),
            ..bench.job(TASK)
        };
        bench.enqueue(child).await?;
    }
    let process = bench.process().await?;
    let children = bench.claim_up_to(&process, 9).await?;
    assert_eq!(children.len(), 3);
    let done = Transition::Complete { result: None };
    let endings: Vec<_> = children
        .iter()
        .map(|child| ending(&bench, child, done.clone()))
        .collect();

    bench.store.finish_many(&endings[..2]).await?;
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    bench.store.finish_many(&endings).await?;

    assert_eq!(bench.claim(&process).await?.id, parent);
    Ok(())
}

/// Writes nothing when it is done.
struct Silent;

impl Handler<JobTx> for Silent {
    const KIND: JobKind = TASK;
    const COMMITS: bool = false;
    type Output = ();

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        Ok(Work::Done(()))
    }

    async fn commit(&self, _tx: &mut JobTx, _job: &Claim, (): &()) -> Result<(), StoreError> {
        Err(StoreError::Rejected("must not be called".into()))
    }
}

/// More jobs than slots, whose ends share transactions: all of them are completed, each by its first claim.
pub async fn jobs_that_write_nothing_end_together(database: TestDatabase) -> Result<()> {
    const JOBS: usize = 130;
    let bench = Bench::new(database);
    let mut ids = Vec::with_capacity(JOBS);
    for _ in 0..JOBS {
        ids.push(bench.task().await?);
    }
    let config = WorkerConfig {
        concurrency: [(TASK.queue, 60)].into(),
        ..WorkerConfig::for_testing()
    };
    let registry = Registry::default().with(Silent);
    let serving = Serving::of(&bench, registry, config, connector(&bench)).await?;
    let next = AtomicUsize::new(0);
    eventually("all are completed", async || {
        while let Some(id) = ids.get(next.load(Ordering::Relaxed)) {
            if bench.view(*id).await?.status != JobStatus::Completed {
                return Ok(false);
            }
            next.fetch_add(1, Ordering::Relaxed);
        }
        Ok(true)
    })
    .await?;
    serving.stop().await?;
    for id in ids {
        assert_eq!(bench.outcomes(id).await?, ["completed"]);
    }
    Ok(())
}

/// Counts the ends that are written at the same time.
struct Counting {
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
}

impl Handler<JobTx> for Counting {
    const KIND: JobKind = TASK;
    type Output = ();

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        Ok(Work::Done(()))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, (): &()) -> Result<(), StoreError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        // Takes its time.
        let read = tx.scoring().resolved_items(AttemptId(job.id.0)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        read.map(drop)
    }
}

/// Ends that write something else do so at most so many at once, and all come to their turn.
pub async fn ends_with_effects_take_turns(database: TestDatabase) -> Result<()> {
    const JOBS: usize = 60;
    let bench = Bench::new(database);
    for _ in 0..JOBS {
        bench.task().await?;
    }
    let most = Arc::new(AtomicUsize::new(0));
    let handler = Counting {
        now: AtomicUsize::new(0),
        most: Arc::clone(&most),
    };
    let config = WorkerConfig {
        concurrency: [(TASK.queue, JOBS)].into(),
        commits_at_once: 2,
        // Nobody waits in vain for so long.
        ..WorkerConfig::default()
    };
    let registry = Registry::default().with(handler);
    let serving = Serving::of(&bench, registry, config, connector(&bench)).await?;
    eventually("all are completed", async || {
        let completed = bench.count("jobs WHERE state = 'completed'").await?;
        Ok(usize::try_from(completed)? == JOBS)
    })
    .await?;
    serving.stop().await?;
    let most = most.load(Ordering::SeqCst);
    assert!((1..=2).contains(&most), "{most} at once");
    Ok(())
}
