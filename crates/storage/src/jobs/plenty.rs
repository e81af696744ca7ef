//! Where a claim may go on without a look.
//!
//! A lane that has given a claim all it asked for, when nothing else was due, has most likely more. For [`WITHOUT_LOOK`] after
//! the look that found it, claims go on there. What becomes ready in other lanes meanwhile waits for so long at most. What
//! commits of this process make ready, or it gives back, ends that, unless a claim is under way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::floors::Lane;

const WITHOUT_LOOK: Duration = Duration::from_millis(10);

/// What was left of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) lane: Lane,
    /// When the last one came due that was taken.
    pub(super) head: i64,
    /// When the last look began.
    pub(super) looked: Instant,
}

/// What a process remembers of its last claim.
#[derive(Debug, Default)]
pub(crate) struct Plenty(Mutex<Option<Rest>>);

impl Plenty {
    /// Where to go on.
    pub(super) fn rest(&self, now: Instant) -> Option<Rest> {
        let rest = *self.rest_of_last();
        rest.filter(|rest| now.duration_since(rest.looked) < WITHOUT_LOOK)
    }

    pub(super) fn leave(&self, rest: Option<Rest>) {
        *self.rest_of_last() = rest;
    }

    /// Something else may have become ready.
    pub(crate) fn forget(&self) {
        self.leave(None);
    }

    fn rest_of_last(&self) -> MutexGuard<'_, Option<Rest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::job::{Priority, Queue};

    use super::*;

    #[test]
    fn a_rest_is_forgotten_when_it_is_old_or_something_else_became_ready() {
        let (plenty, now) = (Plenty::default(), Instant::now());
        assert_eq!(plenty.rest(now), None);
        let rest = Rest {
            lane: (Queue::Static, Priority::Normal),
            head: 7,
            looked: now,
        };
        plenty.leave(Some(rest));
        assert_eq!(plenty.rest(now + WITHOUT_LOOK / 2), Some(rest));
        assert_eq!(plenty.rest(now + WITHOUT_LOOK), None);
        plenty.forget();
        assert_eq!(plenty.rest(now), None);
    }
}
