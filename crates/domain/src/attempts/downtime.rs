//! Downtime is the service's fault, not the candidate's: the time it did not take answers is given back.
//!
//! Processes that take answers leave a mark every few seconds. Whoever finds an old mark, before anything expires because
//! of it, gives the gap back to every attempt that was in time at the mark. So no process needs to be the one that
//! notices, and a request that comes before the first sweep is not refused for time the service owes.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// How often a process that takes answers leaves its mark.
pub const MARK_EVERY: Duration = Duration::from_secs(10);

/// A mark older than this means that nobody took answers since.
pub const DOWN_AFTER: Duration = Duration::from_secs(30);

/// Leaves the mark of a process that takes answers.
pub struct MarkServing;

#[async_trait]
impl UseCase for MarkServing {
    const NAME: &'static str = "attempts.mark_serving";
    /// How many attempts were given time back.
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<u64, StoreError> {
        let credited = settle_downtime(ctx, tx).await?;
        tx.timekeeping().mark_served(ctx.now()).await?;
        Ok(credited.unwrap_or(0))
    }
}

/// Gives the gap back if there is one; `None` when the service has been up. A service that never ran owes nothing.
pub(super) async fn settle_downtime(ctx: &Ctx, tx: &mut dyn Tx) -> Result<Option<u64>, StoreError> {
    let now = ctx.now();
    let Some(seen_at) = tx.timekeeping().last_served().await? else {
        return Ok(None);
    };
    let gap = now.since(seen_at);
    if gap <= DOWN_AFTER {
        return Ok(None);
    }
    let credited = tx.timekeeping().credit_downtime(seen_at, now).await?;
    tx.timekeeping().mark_served(now).await?;
    let entry = AuditEntry::new(ctx, "attempts.downtime_credited", "service", None)
        .with(json!({ "seconds": gap.as_secs(), "attempts": credited }));
    tx.audit().record(entry).await?;
    Ok(Some(credited))
}
