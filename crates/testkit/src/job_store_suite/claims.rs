//! Inserting and claiming.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::job::{JobKind, NewJob, Priority, Queue};
use jobs::views::JobStatus;
use jobs::{ClaimRequest, JobStore as _, Transition};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::bench::{Bench, LEASE, SECOND, TASK};
use crate::TestDatabase;

/// Sixteen processes claim forty jobs: each job is claimed once.
pub async fn racers_never_share_a_job(database: TestDatabase) -> Result<()> {
    const RACERS: usize = 16;
    const JOBS: usize = 40;
    let bench = Bench::new(database);
    for _ in 0..JOBS {
        bench.task().await?;
    }
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let (bench, start) = (bench.clone(), Arc::clone(&start));
        racers.spawn(async move {
            let process = bench.process().await?;
            start.wait().await;
            let mut mine = Vec::new();
            loop {
                let claims = bench.claim_up_to(&process, 2).await?;
                assert!(claims.len() <= 2, "claimed more than the free slots");
                if claims.is_empty() {
                    return anyhow::Ok(mine);
                }
                mine.extend(claims.into_iter().map(|claim| claim.id));
            }
        });
    }
    let mut claimed = Vec::new();
    while let Some(mine) = racers.join_next().await {
        claimed.extend(mine??);
    }
    // A racer may have stopped while another one's claim was locked: what is left is still there to be claimed.
    let process = bench.process().await?;
    claimed.extend(
        bench
            .claim_up_to(&process, JOBS)
            .await?
            .into_iter()
            .map(|claim| claim.id),
    );
    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), JOBS);
    Ok(())
}

/// A claim carries the next fence and attempt, and is recorded as running.
pub async fn a_claim_is_leased_and_recorded(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let subject = bench.new_uuid();
    let job = NewJob {
        subject: Some(subject),
        ..bench.job(TASK)
    };
    bench.enqueue(job.clone()).await?;
    assert_eq!(bench.view(job.id).await?.status, JobStatus::Queued);
    let process = bench.process().await?;

    let claim = bench.claim(&process).await?;

    assert_eq!(
        (claim.id, claim.fence.0, claim.attempt, claim.max_attempts),
        (job.id, 1, 1, 5)
    );
    assert_eq!(
        (claim.payload, claim.subject, claim.run_at),
        (job.payload, Some(subject), job.run_at)
    );
    let view = bench.view(job.id).await?;
    assert_eq!(
        (view.status, view.started_at),
        (JobStatus::InProgress, Some(bench.now()))
    );
    assert_eq!(
        (view.attempts[0].owner, view.attempts[0].outcome.as_str()),
        (process.id, "running")
    );
    assert!(bench.claim_up_to(&process, 1).await?.is_empty());
    assert_eq!(bench.store.jobs_for_subject(subject).await?.len(), 1);
    Ok(())
}

/// A key has one live job; a failed one makes room for another.
pub async fn a_live_twin_is_returned_and_a_failed_one_replaced(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let keyed = || NewJob {
        dedupe_key: "attempt-1:initial".to_owned(),
        ..bench.job(TASK)
    };
    let first = bench.enqueue(keyed()).await?;
    assert!(!first.deduplicated);
    let twin = bench.enqueue(keyed()).await?;
    assert_eq!((twin.id, twin.deduplicated), (first.id, true));

    let process = bench.process().await?;
    let claim = bench.claim(&process).await?;
    bench.finish(&claim, Transition::Fail).await?;
    let second = bench.enqueue(keyed()).await?;
    assert!(!second.deduplicated);
    let claim = bench.claim(&process).await?;
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    assert_eq!(bench.enqueue(keyed()).await?.id, second.id);
    let other_kind = JobKind {
        name: "suite_other",
        queue: TASK.queue,
    };
    assert!(
        !bench
            .enqueue(NewJob {
                kind: other_kind,
                ..keyed()
            })
            .await?
            .deduplicated
    );
    Ok(())
}

/// Sixteen triggers at once leave one job.
pub async fn twins_inserted_at_once_become_one_job(database: TestDatabase) -> Result<()> {
    const TRIGGERS: usize = 16;
    let bench = Bench::new(database);
    let start = Arc::new(Barrier::new(TRIGGERS));
    let mut triggers = JoinSet::new();
    for _ in 0..TRIGGERS {
        let (bench, start) = (bench.clone(), Arc::clone(&start));
        triggers.spawn(async move {
            let job = NewJob {
                dedupe_key: "attempt-1:initial".to_owned(),
                ..bench.job(TASK)
            };
            start.wait().await;
            bench.enqueue(job).await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = triggers.join_next().await {
        answers.push(answer??);
    }
    assert_eq!(answers.iter().filter(|answer| !answer.deduplicated).count(), 1);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.id)
            .collect::<BTreeSet<_>>()
            .len(),
        1
    );
    Ok(())
}

/// The older job first, and none before its time.
pub async fn jobs_are_claimed_by_age_and_not_before_their_time(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let due_in = |span: Duration| NewJob {
        run_at: bench.now() + span,
        ..bench.job(TASK)
    };
    let (late, early, now) = (due_in(SECOND * 20), due_in(SECOND * 10), due_in(Duration::ZERO));
    for job in [&late, &early, &now] {
        bench.enqueue(job.clone()).await?;
    }
    let process = bench.process().await?;
    let claimed = async || -> Result<Vec<_>> {
        Ok(bench
            .claim_up_to(&process, 9)
            .await?
            .into_iter()
            .map(|claim| claim.id)
            .collect())
    };
    assert_eq!(claimed().await?, [now.id]);
    bench.advance(Duration::from_micros(9_999_999));
    assert_eq!(claimed().await?, []);
    bench.advance(Duration::from_micros(10_000_001));
    assert_eq!(claimed().await?, [early.id, late.id]);
    Ok(())
}

/// Slots count per queue, and a queue without a slot is left alone.
pub async fn claims_fill_the_free_slots_of_each_queue(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let rag = JobKind {
        name: "suite_rag",
        queue: Queue::Rag,
    };
    let webhook = JobKind {
        name: "suite_webhook",
        queue: Queue::Webhooks,
    };
    for kind in [TASK, rag, webhook] {
        for _ in 0..3 {
            bench.enqueue(bench.job(kind)).await?;
        }
    }
    let owner = bench.process().await?.id;
    let slots = vec![(Queue::Llm, 2), (Queue::Rag, 9), (Queue::Coding, 1)];
    let request = ClaimRequest {
        slots,
        suspect: true,
        owner,
        now: bench.now(),
        lease: LEASE,
        unclaimed_since: None,
    };
    let mut queues: Vec<_> = bench
        .store
        .claim(&request)
        .await?
        .iter()
        .map(|claim| claim.queue)
        .collect();
    queues.sort();
    assert_eq!(
        queues,
        [Queue::Llm, Queue::Llm, Queue::Rag, Queue::Rag, Queue::Rag]
    );
    Ok(())
}

/// A lane that has just given all that was asked for hides nothing that another process has inserted elsewhere.
pub async fn an_emptied_lane_hides_no_other(database: TestDatabase) -> Result<()> {
    let beside = Bench::new(database.beside().await?);
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..3 {
        let usual = [bench.task().await?, bench.task().await?];
        let ids = async || -> Result<Vec<_>> {
            let claims = bench.claim_up_to(&process, 2).await?;
            Ok(claims.into_iter().map(|claim| claim.id).collect())
        };
        assert_eq!(ids().await?, usual);
        let urgent = NewJob {
            priority: Priority::Urgent,
            ..beside.job(TASK)
        };
        let urgent = beside.enqueue(urgent).await?.id;
        assert_eq!(ids().await?, [urgent]);
    }
    Ok(())
}

/// What a commit of this process makes ready, or it gives back, is looked for at once although the last claim left something.
pub async fn what_becomes_ready_here_is_looked_for_at_once(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..6 {
        bench.task().await?;
    }
    assert_eq!(bench.claim_up_to(&process, 2).await?.len(), 2);
    let urgent = NewJob {
        priority: Priority::Urgent,
        ..bench.job(TASK)
    };
    let urgent = bench.enqueue(urgent).await?.id;
    let claims = bench.claim_up_to(&process, 2).await?;
    let claimed = claims.iter().find(|claim| claim.id == urgent);
    let claimed = claimed.context("it is urgent")?;
    assert_eq!(bench.claim_up_to(&process, 2).await?.len(), 2);
    bench.finish(claimed, Transition::Release).await?;
    let claims = bench.claim_up_to(&process, 2).await?;
    assert!(claims.iter().any(|claim| claim.id == urgent));
    assert_eq!(claims.len(), 2);
    Ok(())
}
