//! Ending claims: the fence first, then what the handler writes, then the attempt; after the commit the parent.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use ::jobs::{Claim, Effect, Finish, Finished};
use domain::job::{Fence, JobId, StoreError};

use super::JobTx;
use super::finish_rows::{Row, leave_running, leave_running_and_record, record_attempts};
use super::parents;
use crate::database::Backend;
use crate::sql::{execute, values};
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
    if effect.is_none() && store.database().backend() == Backend::Postgres {
        let rows = rows_of(endings)?;
        let applied = leave_running_and_record(store.database().write(), &rows).await?;
        parents::release(store, &parents_of(endings, &applied)).await;
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
    tx.parents.extend(parents_of(endings, &applied));
    Ok(applied)
}

/// Of the jobs that have ended for good.
fn parents_of(endings: &[(&Claim, &Finish)], applied: &BTreeSet<(JobId, Fence)>) -> BTreeSet<JobId> {
    endings
        .iter()
        .filter(|(claim, finish)| finish.transition.is_final() && applied.contains(&(claim.id, claim.fence)))
        .filter_map(|(claim, _)| claim.parent)
        .collect()
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
