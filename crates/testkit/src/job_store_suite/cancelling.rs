//! Jobs that somebody no longer wants.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use domain::job::{JobId, NewJob};
use domain::operations::{CancelJob, OperationError, Operator, RetryJob};
use jobs::views::JobStatus;
use jobs::{FailureClass, Finished, JobStore as _, Transition, Work, WorkerConfig};

use super::bench::{Bench, COMMITTED, LEASE, SECOND, TASK, eventually};
use super::scripted::Scripted;
use super::serving::{Serving, connector};
use crate::TestDatabase;

/// Longer than any dead letter waits.
const WEEK: Duration = Duration::from_hours(7 * 24);

fn cancel(job_id: JobId) -> CancelJob {
    CancelJob {
        operator: Operator::of_command_line(),
        job_id,
    }
}

/// A job that nobody has begun ends at once, and is not cancelled twice.
pub async fn a_queued_job_is_cancelled_at_once(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let now = bench.task().await?;
    let later = bench
        .enqueue(NewJob {
            run_at: bench.now() + LEASE,
            ..bench.job(TASK)
        })
        .await?
        .id;
    for id in [now, later] {
        assert!(!bench.run(&cancel(id)).await?, "nobody worked on it");
        let view = bench.view(id).await?;
        assert_eq!(
            (view.status, view.finished_at),
            (JobStatus::Cancelled, Some(bench.now()))
        );
        assert!(matches!(
            bench.run(&cancel(id)).await,
            Err(OperationError::Ended(JobStatus::Cancelled))
        ));
    }
    bench.advance(LEASE * 2);
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    let nobody = JobId(bench.new_uuid());
    assert!(matches!(
        bench.run(&cancel(nobody)).await,
        Err(OperationError::NotFound)
    ));
    Ok(())
}

/// A dead letter that is cancelled does not come back by itself, and is no dead letter any more.
pub async fn a_dead_letter_is_dismissed(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let id = bench.task().await?;
    bench.die(&process, FailureClass::Transient).await?;
    assert!(!bench.run(&cancel(id)).await?, "nobody worked on it");
    bench.advance(WEEK);
    assert_eq!(bench.store.retry_dead_letters(bench.now(), 9).await?, 0);
    let view = bench.view(id).await?;
    assert_eq!((view.status, view.retry_at), (JobStatus::Cancelled, None));
    bench
        .run(&RetryJob {
            operator: Operator::of_command_line(),
            job_id: id,
        })
        .await?;
    assert_eq!(bench.claim(&process).await?.id, id);
    Ok(())
}

/// Whoever waits for a cancelled job goes on; a cancelled parent leaves its children alone.
pub async fn cancelling_releases_the_parent(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let family = async || -> Result<(JobId, JobId)> {
        let parent = NewJob {
            waits_for_children: true,
            ..bench.job(TASK)
        };
        let child = NewJob {
            parent: Some(parent.id),
            ..bench.job(TASK)
        };
        bench.enqueue(parent.clone()).await?;
        bench.enqueue(child.clone()).await?;
        Ok((parent.id, child.id))
    };
    let (parent, child) = family().await?;
    bench.run(&cancel(child)).await?;
    assert_eq!(bench.claim(&process).await?.id, parent);

    let (parent, child) = family().await?;
    assert!(!bench.run(&cancel(parent)).await?);
    let claim = bench.claim(&process).await?;
    assert_eq!(claim.id, child);
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    assert_eq!(bench.view(parent).await?.status, JobStatus::Cancelled);
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    Ok(())
}

/// What a cancelled job has waited for its own parent waits for, whether it runs already or not.
pub async fn cancelling_leaves_children_to_the_next_parent(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let first = NewJob {
        waits_for_children: true,
        ..bench.job(TASK)
    };
    let second = NewJob {
        waits_for_children: true,
        parent: Some(first.id),
        ..bench.job(TASK)
    };
    let child = || NewJob {
        parent: Some(second.id),
        ..bench.job(TASK)
    };
    let children = [child(), child()];
    for job in [&first, &second, &children[0], &children[1]] {
        bench.enqueue(job.clone()).await?;
    }
    let running = bench.claim(&process).await?;
    bench.run(&cancel(second.id)).await?;
    assert_eq!(bench.view(first.id).await?.status, JobStatus::Queued);
    let waiting = bench.claim(&process).await?;
    assert_eq!(
        [running.id, waiting.id].into_iter().collect::<BTreeSet<_>>(),
        children.iter().map(|child| child.id).collect()
    );
    assert!(bench.claim_up_to(&process, 9).await?.is_empty(), "it has to wait");
    for claim in [waiting, running] {
        bench
            .finish(&claim, Transition::Complete { result: None })
            .await?;
    }
    // Whoever ran has ended for the cancelled one.
    bench.store.release_parents().await?;
    assert_eq!(bench.claim(&process).await?.id, first.id);
    Ok(())
}

/// A running job is lost to its worker: the beat says so, and what it writes afterwards is refused.
pub async fn a_cancelled_claim_is_refused_everything(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let id = bench.task().await?;
    let claim = bench.claim(&process).await?;
    assert!(bench.run(&cancel(id)).await?, "a worker had it");
    assert_eq!(bench.beat(&process, &[&claim]).await?, 0);
    let mark = bench.mark(COMMITTED, id);
    let late = bench
        .finish_with(&claim, Transition::Complete { result: None }, Some(&mark))
        .await?;
    assert_eq!(late, Finished::Stale);
    assert_eq!(bench.markers(COMMITTED, id).await?, 0);
    let retry = Transition::Retry {
        run_at: bench.now() + SECOND,
    };
    assert_eq!(bench.finish(&claim, retry).await?, Finished::Stale);
    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.finished_at),
        (JobStatus::Cancelled, Some(bench.now()))
    );
    assert_eq!(bench.outcomes(id).await?, ["cancelled"]);

    bench
        .run(&RetryJob {
            operator: Operator::of_command_line(),
            job_id: id,
        })
        .await?;
    let again = bench.claim(&process).await?;
    assert!(again.fence > claim.fence);
    assert_eq!(
        bench
            .finish(&claim, Transition::Complete { result: None })
            .await?,
        Finished::Stale
    );
    assert_eq!(
        bench
            .finish(&again, Transition::Complete { result: None })
            .await?,
        Finished::Applied
    );
    assert_eq!(bench.outcomes(id).await?, ["cancelled", "completed"]);
    Ok(())
}

/// The handler of a cancelled job is told to stop, and its slot is free for another job.
pub async fn the_handler_of_a_cancelled_job_is_told(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let told = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&told);
    let handler = Scripted::<60_000>::new(move |job, ctx| {
        let seen = Arc::clone(&seen);
        async move {
            if job.payload["endless"] == true {
                ctx.cancelled().cancelled().await;
                seen.store(true, Ordering::SeqCst);
            }
            Ok(Work::Done(()))
        }
    });
    let endless = NewJob {
        payload: serde_json::json!({ "endless": true }),
        ..bench.job(TASK)
    };
    let endless = bench.enqueue(endless).await?.id;
    let config = WorkerConfig {
        concurrency: [(TASK.queue, 1)].into(),
        ..WorkerConfig::for_testing()
    };
    let serving = Serving::of(
        &bench,
        jobs::Registry::default().with(handler),
        config,
        connector(&bench),
    )
    .await?;
    eventually("it runs", async || {
        Ok(bench.view(endless).await?.status == JobStatus::InProgress)
    })
    .await?;
    let waiting = bench.task().await?;
    bench.run(&cancel(endless)).await?;
    eventually("the other job is done", async || {
        Ok(bench.view(waiting).await?.status == JobStatus::Completed)
    })
    .await?;
    serving.stop().await?;
    assert!(told.load(Ordering::SeqCst));
    assert_eq!(bench.view(endless).await?.status, JobStatus::Cancelled);
    assert_eq!(bench.outcomes(endless).await?, ["cancelled"]);
    assert_eq!(bench.markers(COMMITTED, endless).await?, 0, "it said it was done");
    Ok(())
}

/// A worker ends a job in the moment somebody cancels it: one of them was first.
pub async fn cancelling_races_the_end(database: TestDatabase) -> Result<()> {
    const ROUNDS: usize = 20;
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..ROUNDS {
        let id = bench.task().await?;
        let claim = bench.claim(&process).await?;
        let (command, mark) = (cancel(id), bench.mark(COMMITTED, id));
        let (cancelled, finished) = tokio::join!(
            bench.run(&command),
            bench.finish_with(&claim, Transition::Complete { result: None }, Some(&mark)),
        );
        let (status, markers) = (bench.view(id).await?.status, bench.markers(COMMITTED, id).await?);
        match (cancelled, finished?) {
            (Ok(true), Finished::Stale) => {
                assert_eq!((status, markers), (JobStatus::Cancelled, 0));
            }
            (Err(OperationError::Ended(JobStatus::Completed)), Finished::Applied) => {
                assert_eq!((status, markers), (JobStatus::Completed, 1));
            }
            other => anyhow::bail!("both or neither of them were first: {other:?}"),
        }
    }
    Ok(())
}
