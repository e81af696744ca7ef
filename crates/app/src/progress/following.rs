//! One who follows an attempt, from taking a place to dropping it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::ids::{AttemptId, UserId};
use domain::store::StoreError;
use futures::stream::{self, Stream};
use storage::WatchedAttempt;
use tokio::sync::watch;

use super::{Channel, ProgressHub, Told, is_over};

/// One of the streams that a principal may have open. Dropping it frees it.
pub(crate) struct Place {
    hub: Arc<ProgressHub>,
    principal: UserId,
}

/// One who follows an attempt. Dropping it ends that, and frees its place.
pub(crate) struct Following {
    place: Place,
    id: AttemptId,
    states: watch::Receiver<Told>,
    /// Ticks up to this one may have looked before the state at the beginning was read.
    outdated: u64,
    /// What was told last.
    last: Arc<WatchedAttempt>,
}

impl Place {
    pub(super) const fn new(hub: Arc<ProgressHub>, principal: UserId) -> Self {
        Self { hub, principal }
    }

    /// Follows an attempt that the principal may see; `None` when there is none with this id.
    pub(crate) async fn follow(self, id: AttemptId) -> Result<Option<Following>, StoreError> {
        let found = self.hub.store.watched_attempts(&[id]).await?;
        let Some(now) = found.into_iter().next() else {
            return Ok(None);
        };
        // In this order: a tick that begins from here on sees what was just read or something newer, and tells it here.
        let outdated = self.hub.begun.load(Ordering::SeqCst);
        let mut followed = self.hub.followed();
        let channel = followed.attempts.entry(id).or_insert_with(|| Channel {
            latest: watch::Sender::default(),
            followers: 0,
        });
        channel.followers += 1;
        let states = channel.latest.subscribe();
        drop(followed);
        Ok(Some(Following {
            place: self,
            id,
            states,
            outdated,
            last: Arc::new(now),
        }))
    }
}

impl Following {
    /// The state at the beginning, then every other one as ticks find it; ends with the last that there will be.
    pub(crate) fn states(self) -> impl Stream<Item = Arc<WatchedAttempt>> + Send {
        let first = Arc::clone(&self.last);
        stream::unfold((Some(first), self), |(first, mut following)| async move {
            let next = match first {
                Some(first) => first,
                None => following.next().await?,
            };
            Some((next, (None, following)))
        })
    }

    async fn next(&mut self) -> Option<Arc<WatchedAttempt>> {
        while !is_over(&self.last.attempt) {
            self.states.changed().await.ok()?;
            let told = self.states.borrow_and_update().clone();
            if told.tick <= self.outdated {
                continue;
            }
            let now = told.attempt?;
            if !Arc::ptr_eq(&now, &self.last) {
                self.last = now;
                return Some(Arc::clone(&self.last));
            }
        }
        None
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut followed = self.place.hub.followed();
        if let Some(channel) = followed.attempts.get_mut(&self.id) {
            channel.followers -= 1;
            if channel.followers == 0 {
                followed.attempts.remove(&self.id);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut followed = self.hub.followed();
        if let Some(taken) = followed.places.get_mut(&self.principal) {
            *taken -= 1;
            if *taken == 0 {
                followed.places.remove(&self.principal);
            }
        }
    }
}
