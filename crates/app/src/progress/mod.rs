//! Progress for those who follow it: one query per process and second, whatever the number of streams.
//!
//! A `Place` counts against its principal from the moment it is taken until it is dropped, with the `Following` made
//! from it. Architecture invariant: nobody who follows asks the database for more than the state at the beginning.

mod following;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::attempts::{Attempt, AttemptState, ScoringState};
use domain::ids::{AttemptId, UserId};
use domain::store::StoreError;
use storage::{Store, WATCHED_AT_ONCE, WatchedAttempt};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::telemetry::chain;

pub(crate) use following::Place;

const EVERY: Duration = Duration::from_secs(1);

/// See the module.
pub struct ProgressHub {
    store: Store,
    places_per_principal: usize,
    /// Number of the latest tick that has begun.
    begun: AtomicU64,
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    attempts: HashMap<AttemptId, Channel>,
    places: HashMap<UserId, usize>,
}

/// Where the states of one attempt are told.
struct Channel {
    latest: watch::Sender<Told>,
    followers: usize,
}

/// What a tick has found.
#[derive(Clone, Default)]
struct Told {
    /// Which tick; 0 before the first.
    tick: u64,
    /// The attempt; the same as before if nothing has changed.
    attempt: Option<Arc<WatchedAttempt>>,
}

impl ProgressHub {
    /// Nobody follows anything.
    pub fn new(store: Store, places_per_principal: usize) -> Self {
        Self {
            store,
            places_per_principal,
            begun: AtomicU64::new(0),
            followed: Mutex::default(),
        }
    }

    /// Ticks every second until `stop` fires.
    pub async fn run(&self, stop: CancellationToken) {
        let ticking = async {
            let mut every = tokio::time::interval(EVERY);
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failing = false;
            loop {
                every.tick().await;
                let looked = self.tick().await;
                // An outage is one line in the log, not one per second.
                if let (Err(error), false) = (&looked, failing) {
                    tracing::warn!(error = chain(error), "progress cannot be read; streams wait");
                }
                failing = looked.is_err();
            }
        };
        stop.run_until_cancelled(ticking).await;
    }

    /// Looks at every followed attempt once and tells those who follow; returns the number of queries it took, which is
    /// none when nobody follows anything.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let tick = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let ids: Vec<AttemptId> = self.followed().attempts.keys().copied().collect();
        let mut queries = 0;
        for ids in ids.chunks(WATCHED_AT_ONCE) {
            queries += 1;
            let found = self.store.watched_attempts(ids).await?;
            self.tell(tick, ids, found);
        }
        Ok(queries)
    }

    /// A place for one more stream of the principal; none when they have all they may have.
    pub(crate) fn place(self: &Arc<Self>, principal: UserId) -> Option<Place> {
        let mut followed = self.followed();
        let taken = followed.places.entry(principal).or_default();
        if *taken >= self.places_per_principal {
            return None;
        }
        *taken += 1;
        Some(Place::new(Arc::clone(self), principal))
    }

    fn tell(&self, tick: u64, ids: &[AttemptId], found: Vec<WatchedAttempt>) {
        let mut found: HashMap<AttemptId, WatchedAttempt> = found
            .into_iter()
            .map(|watched| (watched.attempt.id, watched))
            .collect();
        let followed = self.followed();
        for id in ids {
            let Some(channel) = followed.attempts.get(id) else {
                continue;
            };
            let now = found.remove(id);
            channel.latest.send_if_modified(|told| {
                let newer = told.tick < tick;
                if newer {
                    let before = told.attempt.take();
                    let unchanged = before.filter(|before| Some(&**before) == now.as_ref());
                    *told = Told {
                        tick,
                        attempt: unchanged.or_else(|| now.map(Arc::new)),
                    };
                }
                newer
            });
        }
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        // Nothing that holds the lock leaves the maps half changed.
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing will change any more of what those who follow an attempt are told.
pub(crate) fn is_over(attempt: &Attempt) -> bool {
    match attempt.scoring {
        ScoringState::Done | ScoringState::Failed => true,
        ScoringState::Running => false,
        ScoringState::None => matches!(attempt.state, AttemptState::Expired | AttemptState::Voided),
    }
}
