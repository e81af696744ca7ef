//! Ending a claim: the fence first, then what the handler writes, then the attempt and the parent.

use ::jobs::{Claim, Effect, Finish, Finished, Transition};
use domain::job::{JobId, StoreError, Timestamp};

use super::JobTx;
use crate::sql::{execute, to_json, values};
use crate::store::Store;
use crate::transaction::SqlTx;

pub(super) async fn finish(
    store: &Store,
    claim: &Claim,
    finish: &Finish,
    effect: Option<&dyn Effect<JobTx>>,
) -> Result<Finished, StoreError> {
    let mut tx = store.begin().await?;
    match write(&mut tx, claim, finish, effect).await {
        Ok(Finished::Applied) => {
            store.commit(tx).await?;
            Ok(Finished::Applied)
        }
        Ok(Finished::Stale) => {
            tx.roll_back().await?;
            record_stale(store, claim, finish).await?;
            Ok(Finished::Stale)
        }
        Err(error) => {
            // The first error says more than a failing rollback; a dropped transaction is rolled back as well.
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}

async fn write(
    tx: &mut SqlTx,
    claim: &Claim,
    finish: &Finish,
    effect: Option<&dyn Effect<JobTx>>,
) -> Result<Finished, StoreError> {
    if !leave_running(tx, claim, finish).await? {
        return Ok(Finished::Stale);
    }
    if let Some(effect) = effect {
        effect.apply(tx).await?;
    }
    record_attempt(tx, claim, finish).await?;
    if let (true, Some(parent)) = (finish.transition.is_final(), claim.parent) {
        release_parent(tx, parent).await?;
    }
    Ok(Finished::Applied)
}

/// The guarded update; false when the claim is not the job's last one or has ended.
async fn leave_running(tx: &SqlTx, claim: &Claim, finish: &Finish) -> Result<bool, StoreError> {
    let Finish {
        at,
        transition,
        failure,
    } = finish;
    let guard = if transition.only_if_expired() {
        " AND lease_until < $11"
    } else {
        ""
    };
    let text = format!(
        "UPDATE jobs SET state = $3, run_at = COALESCE($4, run_at), attempt = attempt - $5,
            crash_count = crash_count + $6, result = $7, error_code = $8, last_error = $9, finished_at = $10,
            lease_until = NULL, owner = NULL, published_at = NULL
        WHERE id = $1 AND fence = $2 AND state = 'running'{guard}"
    );
    let result = match transition {
        Transition::Complete { result: Some(result) } => Some(to_json(result)?),
        _ => None,
    };
    let mut bound = values![
        claim.id.0,
        claim.fence.0,
        transition.state(),
        transition.run_at().map(Timestamp::as_micros),
        transition.refunded_attempts(),
        transition.crashes(),
        result,
        failure.as_ref().map(|failure| failure.code.to_owned()),
        failure.as_ref().map(|failure| failure.text.clone()),
        transition.is_final().then_some(at.as_micros()),
    ];
    if transition.only_if_expired() {
        bound.push(at.as_micros().into());
    }
    Ok(execute(&tx.connection, &text, bound).await? == 1)
}

async fn record_attempt(tx: &SqlTx, claim: &Claim, finish: &Finish) -> Result<(), StoreError> {
    execute(
        &tx.connection,
        "UPDATE job_attempts SET outcome = $3, finished_at = $4, error_code = $5, error = $6
        WHERE job_id = $1 AND fence = $2 AND outcome = 'running'",
        values![
            claim.id.0,
            claim.fence.0,
            finish.transition.outcome(),
            finish.at.as_micros(),
            finish.failure.as_ref().map(|failure| failure.code.to_owned()),
            finish.failure.as_ref().map(|failure| failure.text.clone()),
        ],
    )
    .await?;
    Ok(())
}

/// Two children that end at once must not both miss that they were the last: the first statement makes them take turns
/// on the parent's row, the second one sees what the other has committed.
async fn release_parent(tx: &mut SqlTx, parent: JobId) -> Result<(), StoreError> {
    execute(
        &tx.connection,
        "UPDATE jobs SET state = state WHERE id = $1 AND state = 'waiting'",
        values![parent.0],
    )
    .await?;
    let released = execute(
        &tx.connection,
        "UPDATE jobs SET state = 'ready' WHERE id = $1 AND state = 'waiting' AND NOT EXISTS (
            SELECT 1 FROM jobs AS child WHERE child.parent_id = $1 AND child.state IN ('waiting', 'ready', 'running'))",
        values![parent.0],
    )
    .await?;
    tx.enqueued |= released == 1;
    Ok(())
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
