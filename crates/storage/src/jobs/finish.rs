//! Ending claims: the fence first, then what the handler writes, then the attempt and the parent.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use ::jobs::{Claim, Effect, Finish, Finished};
use domain::job::{Fence, JobId, StoreError};

use super::JobTx;
use super::finish_rows::{Row, leave_running, leave_running_and_record, record_attempts};
use crate::database::Backend;
use crate::dialect::for_change;
use crate::sql::{execute, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

pub(super) async fn finish(
    store: &Store,
    claim: &Claim,
    finish: &Finish,
    effect: Option<&dyn Effect<JobTx>>,
) -> Result<Finished, StoreError> {
    let finished = write(store, &[(claim, finish)], effect).await?;
    Ok(finished.first().copied().unwrap_or(Finished::Stale))
}

pub(super) async fn finish_many(
    store: &Store,
    endings: &[(Arc<Claim>, Finish)],
) -> Result<Vec<Finished>, StoreError> {
    let endings: Vec<_> = endings.iter().map(|(claim, finish)| (&**claim, finish)).collect();
    write(store, &endings, None).await
}

/// An effect belongs to a single ending and is not applied when that is stale. What is nothing but a change of rows is one
/// statement on PostgreSQL, which needs no transaction around it.
async fn write(
    store: &Store,
    endings: &[(&Claim, &Finish)],
    effect: Option<&dyn Effect<JobTx>>,
) -> Result<Vec<Finished>, StoreError> {
    let releases =
        |(claim, finish): &(&Claim, &Finish)| finish.transition.is_final() && claim.parent.is_some();
    let bare = effect.is_none() && !endings.iter().any(releases);
    if bare && store.database().backend() == Backend::Postgres {
        let rows = rows_of(endings)?;
        let applied = leave_running_and_record(store.database().write(), &rows).await?;
        return Ok(told(store, endings, &applied).await);
    }
    let mut tx = store.begin().await?;
    let applied = match write_in(&mut tx, endings, effect).await {
        Ok(applied) if applied.is_empty() => {
            tx.roll_back().await?;
            applied
        }
        Ok(applied) => {
            store.commit(tx).await?;
            applied
        }
        Err(error) => {
            // The first error says more than a failing rollback; a dropped transaction is rolled back as well.
            let _ = tx.roll_back().await;
            return Err(error);
        }
    };
    Ok(told(store, endings, &applied).await)
}

async fn told(
    store: &Store,
    endings: &[(&Claim, &Finish)],
    applied: &BTreeSet<(JobId, Fence)>,
) -> Vec<Finished> {
    if endings.iter().any(|(_, finish)| !finish.transition.is_final()) {
        store.plenty().forget();
    }
    let mut finished = Vec::with_capacity(endings.len());
    for (claim, finish) in endings {
        finished.push(if applied.contains(&(claim.id, claim.fence)) {
            Finished::Applied
        } else {
            note_stale(store, claim, finish).await;
            Finished::Stale
        });
    }
    finished
}

fn rows_of<'finish>(endings: &[(&Claim, &'finish Finish)]) -> Result<Vec<Row<'finish>>, StoreError> {
    let rows = endings.iter().map(|(claim, finish)| Row::new(claim, finish));
    rows.collect()
}

async fn write_in(
    tx: &mut SqlTx,
    endings: &[(&Claim, &Finish)],
    effect: Option<&dyn Effect<JobTx>>,
) -> Result<BTreeSet<(JobId, Fence)>, StoreError> {
    let rows = rows_of(endings)?;
    let applied = leave_running(tx, &rows).await?;
    if applied.is_empty() {
        return Ok(applied);
    }
    if let Some(effect) = effect {
        effect.apply(tx).await?;
    }
    let applied_rows: Vec<_> = rows.iter().filter(|row| applied.contains(&row.key())).collect();
    record_attempts(tx, &applied_rows).await?;
    // In the order of their ids, so that two batches never wait for each other.
    let parents: BTreeSet<_> = endings
        .iter()
        .filter(|(claim, finish)| finish.transition.is_final() && applied.contains(&(claim.id, claim.fence)))
        .filter_map(|(claim, _)| claim.parent)
        .collect();
    for parent in parents {
        release_parent(tx, parent).await?;
    }
    Ok(applied)
}

/// Two children that end at once must not both miss that they were the last: the first statement makes them take turns
/// on the parent's row, the second one sees what the other has committed.
pub(super) async fn release_parent(tx: &mut SqlTx, parent: JobId) -> Result<(), StoreError> {
    let lock = format!(
        "SELECT id FROM jobs WHERE id = $1 AND (state || '') = 'waiting'{}",
        for_change(tx.backend)
    );
    if fetch_optional(&tx.connection, &lock, values![parent.0])
        .await?
        .is_none()
    {
        return Ok(());
    }
    let released = execute(
        &tx.connection,
        "UPDATE jobs SET state = 'ready' WHERE id = $1 AND (state || '') = 'waiting' AND NOT EXISTS (
            SELECT 1 FROM jobs AS child WHERE child.parent_id = $1 AND child.state IN ('waiting', 'ready', 'running'))",
        values![parent.0],
    )
    .await?;
    tx.enqueued |= released == 1;
    Ok(())
}

/// For the history only: what the others in the batch wrote is committed, whatever becomes of it.
async fn note_stale(store: &Store, claim: &Claim, finish: &Finish) {
    if let Err(error) = record_stale(store, claim, finish).await {
        tracing::warn!(job_id = %claim.id, error = &error as &dyn Error, "a late result cannot be noted");
    }
}

/// Notes that a late result was refused. A rescue that came too late is none: the owner still works on it.
async fn record_stale(store: &Store, claim: &Claim, finish: &Finish) -> Result<(), StoreError> {
    if finish.transition.only_if_expired() {
        return Ok(());
    }
    execute(
        store.database().write(),
        "UPDATE job_attempts SET outcome = 'stale', finished_at = $3
        WHERE job_id = $1 AND fence = $2 AND outcome IN ('running', 'lost')",
        values![claim.id.0, claim.fence.0, finish.at.as_micros()],
    )
    .await?;
    Ok(())
}
