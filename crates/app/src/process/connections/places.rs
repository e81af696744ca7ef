//! The cap on connections. Who waits for a request gives way to who comes with one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Places for connections.
pub(super) struct Places {
    free: Arc<Semaphore>,
    idle: Mutex<Idle>,
    turned_idle: Notify,
}

/// Connections without a request, the one that has been so longest first.
#[derive(Default)]
struct Idle {
    turns: u64,
    waiting: BTreeMap<u64, CancellationToken>,
}

/// The place of one connection, idle at first; free again when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    /// Fires when the connection has to give way.
    gives_way: CancellationToken,
    state: Mutex<State>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Default)]
struct State {
    requests: usize,
    /// Position among the idle.
    turn: Option<u64>,
}

/// A request on its way; the connection is idle again when it is dropped.
pub(super) struct Underway(Arc<Place>);

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(count)),
            idle: Mutex::default(),
            turned_idle: Notify::new(),
        })
    }

    /// A place: a free one, else that of the connection which has been idle longest, else the next that becomes either.
    pub(super) async fn take(self: &Arc<Self>) -> Arc<Place> {
        loop {
            let turned_idle = self.turned_idle.notified();
            let permit = Arc::clone(&self.free).try_acquire_owned();
            if let Ok(permit) = permit {
                return self.place(permit);
            }
            let freed = Arc::clone(&self.free).acquire_owned();
            // Who was told to give way does so at once; who is busy may take its time, or turn idle first.
            let permit = if self.evict() {
                freed.await
            } else {
                tokio::select! {
                    permit = freed => permit,
                    () = turned_idle => continue,
                }
            };
            // The semaphore is never closed; should it be, there is nothing to wait for.
            if let Ok(permit) = permit {
                return self.place(permit);
            }
        }
    }

    /// Tells every idle connection to give way.
    pub(super) fn evict_all(&self) {
        while self.evict() {}
    }

    fn evict(&self) -> bool {
        let longest = self.idle().waiting.pop_first();
        longest.is_some_and(|(_, gives_way)| {
            gives_way.cancel();
            true
        })
    }

    fn place(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Arc<Place> {
        let place = Place {
            places: Arc::clone(self),
            gives_way: CancellationToken::new(),
            state: Mutex::default(),
            _permit: permit,
        };
        place.wait(&mut place.state());
        Arc::new(place)
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Returns when the connection has to give way.
    pub(super) async fn has_to_give_way(&self) {
        self.gives_way.cancelled().await;
    }

    /// Marks the connection as busy; `None` when it has to give way already, so that the request must not begin.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Underway> {
        let mut state = self.state();
        if let Some(turn) = state.turn.take() {
            self.places.idle().waiting.remove(&turn)?;
        }
        state.requests += 1;
        drop(state);
        Some(Underway(Arc::clone(self)))
    }

    fn wait(&self, state: &mut State) {
        let mut idle = self.places.idle();
        let turn = idle.turns;
        idle.turns += 1;
        idle.waiting.insert(turn, self.gives_way.clone());
        drop(idle);
        state.turn = Some(turn);
        self.places.turned_idle.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(turn) = self.state().turn {
            self.places.idle().waiting.remove(&turn);
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        if state.requests == 0 {
            self.0.wait(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Whether there is a place now.
    async fn taken(places: &Arc<Places>) -> Option<Arc<Place>> {
        tokio::time::timeout(Duration::from_millis(1), places.take())
            .await
            .ok()
    }

    #[tokio::test]
    async fn the_longest_idle_gives_way_and_the_busy_stay() {
        let places = Places::new(3);
        let (first, second, third) = (places.take().await, places.take().await, places.take().await);
        let underway = first.begin().unwrap();
        assert!(
            taken(&places).await.is_none(),
            "the second was told, but has not gone"
        );
        assert!(second.gives_way.is_cancelled() && !first.gives_way.is_cancelled());
        assert!(!third.gives_way.is_cancelled());
        assert!(second.begin().is_none(), "it has to go");
        drop(second);
        let fourth = taken(&places).await.unwrap();
        drop(underway);
        assert!(taken(&places).await.is_none());
        assert!(
            third.gives_way.is_cancelled()
                && !first.gives_way.is_cancelled()
                && !fourth.gives_way.is_cancelled()
        );
    }

    #[tokio::test]
    async fn when_all_are_busy_the_next_one_that_is_not_gives_way() {
        let places = Places::new(1);
        let only = places.take().await;
        let underway = only.begin().unwrap();
        let again = only.begin().unwrap();
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take().await }
        });
        tokio::task::yield_now().await;
        drop(underway);
        tokio::task::yield_now().await;
        assert!(!only.gives_way.is_cancelled());
        drop(again);
        only.has_to_give_way().await;
        drop(only);
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn who_left_is_not_told_any_more() {
        let places = Places::new(2);
        let (gone, stays) = (places.take().await, places.take().await);
        drop(gone);
        assert_eq!(places.idle().waiting.len(), 1);
        places.evict_all();
        assert!(stays.gives_way.is_cancelled() && places.idle().waiting.is_empty());
    }
}
