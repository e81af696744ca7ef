//! Parents that wait for their children.
//!
//! A parent becomes ready *after* the commit that ends its last child: of several that end at once the one whose commit is the
//! last sees all others ended, so that one of them releases it, and none waits for another's commit. Within their
//! transactions they would have to take turns on the parent's row, with a commit each. What is missed because a process dies in
//! between is found by the rescuer (`PARENTS_EVERY`).

use std::collections::BTreeSet;
use std::error::Error;

use domain::job::{JobId, StoreError};

use crate::dialect;
use crate::sql::{execute, values};
use crate::store::Store;

/// Parents released by one statement; more are found at the next look.
const AT_ONCE: i64 = 500;

/// Releases those of them that wait for nobody any more. Their children have ended, whatever becomes of this.
pub(crate) async fn release(store: &Store, parents: &BTreeSet<JobId>) {
    let mut released = 0;
    for parent in parents {
        match release_one(store, *parent).await {
            Ok(rows) => released += rows,
            Err(error) => {
                tracing::warn!(job_id = %parent, error = &error as &dyn Error, "a parent is left to the rescuer");
            }
        }
    }
    if released > 0 {
        store.announce(Vec::new());
    }
}

async fn release_one(store: &Store, parent: JobId) -> Result<u64, StoreError> {
    execute(
        store.database().write(),
        "UPDATE jobs SET state = 'ready' WHERE id = $1 AND (state || '') = 'waiting' AND NOT EXISTS (
            SELECT 1 FROM jobs AS child WHERE child.parent_id = $1 AND child.state IN ('waiting', 'ready', 'running'))",
        values![parent.0],
    )
    .await
}

/// Releases all that wait for nobody; gives how many.
pub(super) async fn release_all(store: &Store) -> Result<u64, StoreError> {
    let text = format!(
        "UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND id IN (
            SELECT id FROM jobs WHERE state = 'waiting' AND NOT EXISTS (
                SELECT 1 FROM jobs AS child
                WHERE child.parent_id = jobs.id AND child.state IN ('waiting', 'ready', 'running'))
            ORDER BY created_at LIMIT $1{})",
        dialect::skip_locked(store.database().backend())
    );
    execute(store.database().write(), &text, values![AT_ONCE]).await
}
