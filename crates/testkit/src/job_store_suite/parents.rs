//! Jobs that wait for others.

use anyhow::Result;
use domain::job::{JobId, NewJob};
use jobs::{Claim, Finished, JobStore as _, Transition};

use super::bench::{Bench, SECOND, TASK};
use crate::TestDatabase;

async fn family(bench: &Bench, children: usize) -> Result<JobId> {
    let parent = bench
        .enqueue(NewJob {
            waits_for_children: true,
            ..bench.job(TASK)
        })
        .await?
        .id;
    for _ in 0..children {
        bench
            .enqueue(NewJob {
                parent: Some(parent),
                ..bench.job(TASK)
            })
            .await?;
    }
    Ok(parent)
}

/// Children that end at the same moment release their parent, fifty times over.
pub async fn children_ending_at_once_release_their_parent(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..50 {
        let parent = family(&bench, 4).await?;
        let claims = bench.claim_up_to(&process, 9).await?;
        assert_eq!(claims.len(), 4, "the parent must wait");
        let finish = |claim: Claim| {
            let bench = bench.clone();
            tokio::spawn(async move { bench.finish(&claim, Transition::Complete { result: None }).await })
        };
        let ends: Vec<_> = claims.into_iter().map(finish).collect();
        for end in ends {
            assert_eq!(end.await??, Finished::Applied);
        }
        let released = bench.claim(&process).await?;
        assert_eq!(released.id, parent);
        bench
            .finish(&released, Transition::Complete { result: None })
            .await?;
    }
    Ok(())
}

/// However a child ends, it has ended; one that only waits has not.
pub async fn a_parent_waits_until_every_child_has_ended(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let parent = family(&bench, 3).await?;
    let claims = bench.claim_up_to(&process, 9).await?;
    bench.finish(&claims[0], Transition::Fail).await?;
    bench.finish(&claims[1], Transition::Discard).await?;
    bench
        .finish(
            &claims[2],
            Transition::Snooze {
                run_at: bench.now() + SECOND,
            },
        )
        .await?;
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    bench.advance(SECOND);
    let last = bench.claim(&process).await?;
    assert_eq!(bench.store.release_parents().await?, 0);
    bench.finish(&last, Transition::Complete { result: None }).await?;
    assert_eq!(bench.claim(&process).await?.id, parent);
    Ok(())
}

/// A parent that never had a child does not wait for ever.
pub async fn a_childless_parent_is_found(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let parent = family(&bench, 0).await?;
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    assert_eq!(bench.store.release_parents().await?, 1);
    assert_eq!(bench.claim(&process).await?.id, parent);
    Ok(())
}
