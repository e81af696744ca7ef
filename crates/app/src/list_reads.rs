//! Where lists and reports are read: from a replica as soon as it has what the caller wrote last, else from the primary.
//!
//! ```text
//! read ── as_of of the replica > last write of the caller, whichever process took it? ─┬─ yes ── replica ── fails ─┐
//!                                                                                      └─ no ── primary ◄───────────┘
//! ```
//!
//! docs/adr/0018 says why this shows nobody a list without what they have just done.

mod writes;

use std::sync::Arc;
use std::time::Duration;

use domain::ids::UserId;
use domain::reports::LastWrites;
use domain::store::StoreError;
use domain::time::Timestamp;
use storage::{Replica, Store};
use tokio_util::sync::CancellationToken;

use crate::runtime::AppState;
use crate::telemetry::chain;
use writes::Writes;

/// A replica that is further behind shows nobody anything.
pub const FURTHEST_BEHIND: Duration = Duration::from_secs(10);
/// How long a write has to be remembered: longer than a replica may lag, by more than clocks differ.
pub const WRITES_KEPT: Duration = Duration::from_mins(1);

/// Processes agree on the time to within a round trip to the database, and an acknowledged write is flushed in less than a second
/// even where `synchronous_commit` is off.
const MARGIN: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A replica that takes longer for a list is asked in vain.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// See the module.
pub struct ListReads {
    primary: Store,
    replica: Option<Following>,
}

struct Following {
    replica: Replica,
    writes: Writes,
}

impl ListReads {
    /// Everything is read from the primary.
    pub const fn new(primary: Store) -> Self {
        Self {
            primary,
            replica: None,
        }
    }

    /// The same with a replica, and the memory of writes that processes share, which is not waited for longer than `patience`.
    #[must_use]
    pub fn following(self, replica: Replica, writes: Arc<dyn LastWrites>, patience: Duration) -> Self {
        let writes = Writes::new(writes, patience);
        Self {
            replica: Some(Following { replica, writes }),
            ..self
        }
    }

    /// To be called after a request that may have written something, before it is answered.
    pub async fn wrote(&self, caller: UserId, now: Timestamp) {
        if let Some(following) = &self.replica {
            following.writes.note(caller, now).await;
        }
    }

    /// Reads by `read`, which is given the storage to read from, and a second time when the replica fails.
    pub async fn read<T, F, Reading>(&self, caller: UserId, now: Timestamp, read: F) -> Result<T, StoreError>
    where
        F: Fn(Store) -> Reading,
        Reading: Future<Output = Result<T, StoreError>>,
    {
        if let Some(copy) = self.copy_for(caller, now).await {
            match tokio::time::timeout(ANSWER_WITHIN, read(copy.clone())).await {
                Ok(Ok(found)) => return Ok(found),
                // Also what a replica says that had to choose between a reader and the log.
                Ok(Err(error)) => tracing::debug!(
                    error = chain(&error),
                    "the replica gave nothing; asking the primary"
                ),
                Err(_) => tracing::debug!("the replica gave nothing in time; asking the primary"),
            }
        }
        read(self.primary.clone()).await
    }

    /// The replica, when it shows everything that the caller has done.
    pub async fn copy_for(&self, caller: UserId, now: Timestamp) -> Option<&Store> {
        let following = self.replica.as_ref()?;
        let as_of = following.replica.as_of()?;
        if now.since(as_of) > FURTHEST_BEHIND {
            return None;
        }
        let latest = following.writes.latest(caller, now).await?;
        (as_of > latest + MARGIN).then(|| following.replica.store())
    }

    /// Asks how far behind the replica is; gives that instant.
    pub async fn look(&self, now: Timestamp) -> Option<Timestamp> {
        let following = self.replica.as_ref()?;
        if let Err(error) = following.replica.look(now).await {
            tracing::debug!(
                error = chain(&error),
                "the replica or its primary does not answer"
            );
        }
        following.replica.as_of()
    }
}

/// Looks until `stop` fires; a replica that comes or goes is a line in the log.
pub(crate) async fn follow(state: &AppState, stop: CancellationToken) {
    if state.lists.replica.is_none() {
        return;
    }
    let looking = async {
        let mut used = false;
        loop {
            let found = state.lists.look(state.now()).await.is_some();
            if found && !used {
                tracing::info!("lists are read from the replica");
            } else if used && !found {
                tracing::warn!("the replica is away; lists are read from the primary");
            }
            used = found;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    stop.run_until_cancelled(looking).await;
}
