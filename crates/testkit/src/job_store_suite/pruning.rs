//! What ended long ago is forgotten.

use std::time::Duration;

use anyhow::Result;
use domain::job::{JobId, NewJob};
use jobs::{FailureClass, Transition};

use super::bench::{Bench, TASK};
use crate::TestDatabase;

const DAY: Duration = Duration::from_hours(24);

async fn is_there(bench: &Bench, id: JobId) -> Result<bool> {
    Ok(bench.store.job_view(id).await?.is_some())
}

/// Two weeks for what was done, three months for dead letters, for ever for what belongs to something or has not ended.
pub async fn old_jobs_are_removed_with_their_claims(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let done = bench.task().await?;
    let claim = bench.claim(&process).await?;
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    bench.task().await?;
    let dead = bench.die(&process, FailureClass::Permanent).await?;
    let somethings = NewJob {
        subject: Some(bench.new_uuid()),
        ..bench.job(TASK)
    };
    let somethings = bench.enqueue(somethings).await?.id;
    let claim = bench.claim(&process).await?;
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    let waiting = bench.task().await?;

    bench.advance(DAY * 14);
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 0);
    bench.advance(Duration::from_micros(1));
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 1);
    assert!(!is_there(&bench, done).await?);
    bench.advance(DAY * 76);
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 1);
    assert!(!is_there(&bench, dead).await?);
    bench.advance(DAY * 1_000);
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 0);
    assert!(is_there(&bench, somethings).await? && is_there(&bench, waiting).await?);
    Ok(())
}

/// Children go before their parent.
pub async fn a_parent_is_removed_after_its_children(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let parent = NewJob {
        waits_for_children: true,
        ..bench.job(TASK)
    };
    bench.enqueue(parent.clone()).await?;
    for _ in 0..2 {
        let child = NewJob {
            parent: Some(parent.id),
            ..bench.job(TASK)
        };
        bench.enqueue(child).await?;
    }
    for _ in 0..3 {
        let claim = bench.claim(&process).await?;
        bench
            .finish(&claim, Transition::Complete { result: None })
            .await?;
    }
    bench.advance(DAY * 15);
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 2);
    assert_eq!(bench.store.prune_jobs(bench.now()).await?, 1);
    assert!(!is_there(&bench, parent.id).await?);
    Ok(())
}

/// A process is forgotten after a week of silence, unless jobs still say that it runs them.
pub async fn silent_processes_are_forgotten(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (silent, owner) = (bench.process().await?, bench.process().await?);
    bench.task().await?;
    let claim = bench.claim(&owner).await?;
    bench.advance(DAY * 7);
    let living = bench.process().await?;
    assert_eq!(bench.store.prune_processes(bench.now()).await?, 0);
    bench.advance(Duration::from_micros(1));
    assert_eq!(bench.store.prune_processes(bench.now()).await?, 1);
    bench.finish(&claim, Transition::Release).await?;
    assert_eq!(bench.store.prune_processes(bench.now()).await?, 1);
    assert_ne!(silent.id, living.id);
    Ok(())
}
