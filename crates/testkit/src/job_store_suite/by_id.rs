//! Claims of jobs that were delivered.

use std::time::Duration;

use anyhow::Result;
use domain::job::{JobId, NewJob};
use jobs::{ClaimRequest, EARLY_BY, FoundById, JobStore as _, Process};
use sea_orm::{ConnectionTrait as _, Database as SeaOrm, TransactionTrait as _};

use super::bench::{Bench, LEASE, SECOND, TASK};
use crate::{Backend, TestDatabase};

async fn claim_by_id(bench: &Bench, process: &Process, ids: &[JobId]) -> Result<FoundById> {
    let request = ClaimRequest {
        slots: Vec::new(),
        suspect: true,
        owner: process.id,
        now: bench.now(),
        lease: LEASE,
        unclaimed_since: None,
    };
    Ok(bench.store.claim_by_id(&request, ids).await?)
}

fn claimed(found: &FoundById) -> Vec<JobId> {
    found.claims.iter().map(|claim| claim.id).collect()
}

/// The clock of whoever published them may be a little ahead; what is due later was published by nobody.
pub async fn a_delivery_that_is_early_is_still_to_be_claimed(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let due_in = |span: Duration| NewJob {
        run_at: bench.now() + span,
        ..bench.job(TASK)
    };
    let (due, early) = (due_in(Duration::ZERO), due_in(EARLY_BY / 2));
    let (later, ended) = (due_in(EARLY_BY + SECOND), due_in(Duration::ZERO));
    let ids = [due.id, early.id, later.id, ended.id];
    for job in [due, early, later, ended] {
        bench.enqueue(job).await?;
    }
    let process = bench.process().await?;
    claim_by_id(&bench, &process, &ids[3..]).await?;

    let found = claim_by_id(&bench, &process, &ids).await?;

    assert_eq!(claimed(&found), ids[..1]);
    assert_eq!(found.not_yet, ids[1..2]);
    bench.advance(EARLY_BY / 2);
    let found = claim_by_id(&bench, &process, &ids[1..2]).await?;
    assert_eq!((claimed(&found), found.not_yet), (ids[1..2].to_vec(), vec![]));
    Ok(())
}

/// A row that somebody has locked holds up no other job, and is still to be claimed.
pub async fn a_locked_row_holds_up_no_other_delivery(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    if bench.store.database().backend() == Backend::Sqlite {
        // It locks no rows.
        return Ok(());
    }
    let ids = [bench.task().await?, bench.task().await?];
    let process = bench.process().await?;
    let connection = SeaOrm::connect(&bench.url).await?;
    let holding = connection.begin().await?;
    let lock = format!("SELECT 1 FROM jobs WHERE id = '{}' FOR UPDATE", ids[0]);
    holding.execute_unprepared(&lock).await?;

    let found = claim_by_id(&bench, &process, &ids).await?;

    assert_eq!(claimed(&found), ids[1..]);
    assert_eq!(found.not_yet, ids[..1]);
    holding.rollback().await?;
    connection.close().await?;
    let found = claim_by_id(&bench, &process, &ids).await?;
    assert_eq!((claimed(&found), found.not_yet), (ids[..1].to_vec(), vec![]));
    Ok(())
}
