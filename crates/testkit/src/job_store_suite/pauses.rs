//! Queues that stand still by order.

use std::time::Duration;

use anyhow::Result;
use domain::job::{JobKind, Queue};
use domain::operations::{Operator, PauseQueue, ResumeQueue};
use jobs::views::JobStatus;
use jobs::{ClaimRequest, Finished, JobStore as _, Registry, Transition, WorkerConfig};

use super::bench::{Bench, LEASE, TASK, eventually};
use super::scripted::Scripted;
use super::serving::{Serving, connector};
use crate::TestDatabase;

const OTHER: JobKind = JobKind {
    name: "suite_other",
    queue: Queue::Rag,
};

fn pause() -> PauseQueue {
    PauseQueue {
        operator: Operator::of_command_line(),
        queue: TASK.queue,
        reason: "the provider is down".to_owned(),
    }
}

fn resume() -> ResumeQueue {
    ResumeQueue {
        operator: Operator::of_command_line(),
        queue: TASK.queue,
    }
}

/// No process claims from a paused queue, suspects included; what runs goes on, and other queues do not notice.
pub async fn a_paused_queue_is_claimed_by_nobody(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    bench.task().await?;
    let suspect = bench.claim(&process).await?;
    bench.advance(LEASE * 2);
    bench.task().await?;
    let running = bench.claim(&process).await?;
    let lost = Transition::Lose {
        run_at: bench.now(),
        crashed: true,
    };
    bench.finish(&suspect, lost).await?;
    let waiting = bench.task().await?;

    assert!(bench.run(&pause()).await?);
    assert!(!bench.run(&pause()).await?, "it was paused before");
    let other = bench.enqueue(bench.job(OTHER)).await?.id;
    let request = ClaimRequest {
        slots: vec![(TASK.queue, 9), (OTHER.queue, 9)],
        suspect: true,
        owner: process.id,
        now: bench.now(),
        lease: LEASE,
        unclaimed_since: None,
    };
    let claimed: Vec<_> = bench.store.claim(&request).await?;
    assert_eq!(claimed.iter().map(|claim| claim.id).collect::<Vec<_>>(), [other]);
    assert_eq!(bench.beat(&process, &[&running]).await?, 1);
    assert_eq!(
        bench
            .finish(&running, Transition::Complete { result: None })
            .await?,
        Finished::Applied
    );

    assert!(bench.run(&resume()).await?);
    assert!(!bench.run(&resume()).await?, "nothing kept it");
    let claimed = bench.claim_up_to(&process, 9).await?;
    let claimed: Vec<_> = claimed.iter().map(|claim| claim.id).collect();
    assert_eq!(claimed, [suspect.id, waiting]);
    Ok(())
}

/// What piled up begins when the queue is let go, without waiting for a poll.
pub async fn a_resumed_queue_begins_at_once(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    bench.run(&pause()).await?;
    let ids = [bench.task().await?, bench.task().await?];
    // A worker whose heartbeat is late on a busy machine claims nothing until its next look.
    let config = WorkerConfig {
        poll_every: Duration::from_hours(1),
        lease: Duration::from_mins(2),
        beat_patience: Duration::from_mins(1),
        ..WorkerConfig::for_testing()
    };
    let registry = Registry::default().with(Scripted::done());
    let serving = Serving::of(&bench, registry, config, connector(&bench)).await?;
    eventually("the worker serves", async || Ok(serving.is_healthy())).await?;
    for id in ids {
        assert_eq!(bench.view(id).await?.status, JobStatus::Queued);
    }
    bench.run(&resume()).await?;
    for id in ids {
        eventually("the job is done", async || {
            Ok(bench.view(id).await?.status == JobStatus::Completed)
        })
        .await?;
    }
    serving.stop().await
}
