//! What one run of a command may cost, and what it has cost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use domain::llm::MicroDollars;
use serde::Serialize;
use tokio::sync::Notify;

/// Counts like the journal does: the bound of a call before it, its bill after it, and the bound where no bill is known.
/// Wherever there is room once the calls under way are billed, whoever asks waits for that.
pub struct Budget {
    most: MicroDollars,
    held: Mutex<Held>,
    billed: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    spent: Spent,
    /// Bounds of the calls under way.
    underway: i64,
    is_reached: bool,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Calls that were made.
    pub calls: u64,
    /// By the providers' counts of tokens.
    #[serde(rename = "billed_micro_dollars")]
    pub billed: MicroDollars,
    /// Calls without an answer that may be billed, or with one that says nothing of a bill.
    pub unknown_calls: u64,
    /// What these cost at most.
    #[serde(rename = "unknown_at_most_micro_dollars")]
    pub unknown: MicroDollars,
    /// Answers that an earlier call had given.
    pub reused: u64,
}

/// Room for one call; dropped, it is free again.
pub(super) struct Room<'a> {
    budget: &'a Budget,
    at_most: i64,
}

impl Budget {
    /// So much and no more.
    pub fn new(most: MicroDollars) -> Self {
        Self {
            most,
            held: Mutex::default(),
            billed: Notify::new(),
        }
    }

    /// What it was.
    pub const fn most(&self) -> MicroDollars {
        self.most
    }

    /// Calls and costs so far.
    pub fn spent(&self) -> Spent {
        self.held().spent
    }

    /// Whether a call was refused. No later one is made then, were it ever so cheap.
    pub fn is_reached(&self) -> bool {
        self.held().is_reached
    }

    /// Room for a call that costs no more than that; none if there is none.
    pub(super) async fn room(&self, at_most: MicroDollars) -> Option<Room<'_>> {
        loop {
            let billed = self.billed.notified();
            tokio::pin!(billed);
            // What is billed from here on is noticed.
            billed.as_mut().enable();
            if let Poll::Ready(room) = self.room_now(at_most) {
                return room;
            }
            billed.await;
        }
    }

    /// Pending where calls under way have to be waited for.
    fn room_now(&self, at_most: MicroDollars) -> Poll<Option<Room<'_>>> {
        let mut held = self.held();
        let Spent { billed, unknown, .. } = held.spent;
        let left = self.most.0 - billed.0 - unknown.0 - at_most.0;
        if held.is_reached || (left < held.underway && held.underway == 0) {
            held.is_reached = true;
            return Poll::Ready(None);
        }
        if left < held.underway {
            return Poll::Pending;
        }
        held.underway += at_most.0;
        Poll::Ready(Some(Room {
            budget: self,
            at_most: at_most.0,
        }))
    }

    pub(super) fn note_reuse(&self) {
        self.held().spent.reused += 1;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room<'_> {
    /// The call has ended; without a bill its bound is spent.
    pub(super) fn billed(self, cost: Option<MicroDollars>) {
        let mut held = self.budget.held();
        held.spent.calls += 1;
        if let Some(cost) = cost {
            held.spent.billed.0 += cost.0;
        } else {
            held.spent.unknown_calls += 1;
            held.spent.unknown.0 += self.at_most;
        }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.budget.held().underway -= self.at_most;
        self.budget.billed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::poll;

    use super::*;

    const fn dollars(micro: i64) -> MicroDollars {
        MicroDollars(micro)
    }

    #[tokio::test]
    async fn calls_under_way_are_waited_for_before_anybody_is_refused() {
        let budget = Budget::new(dollars(100));
        let first = budget.room(dollars(60)).await.unwrap();
        let mut second = Box::pin(budget.room(dollars(60)));
        assert!(poll!(&mut second).is_pending());
        first.billed(Some(dollars(10)));
        let second = second.await.unwrap();
        second.billed(None);
        assert!(!budget.is_reached());
        assert!(budget.room(dollars(60)).await.is_none());
        assert!(budget.is_reached());
        assert!(budget.room(dollars(1)).await.is_none(), "no later call is made");
        let spent = Spent {
            calls: 2,
            billed: dollars(10),
            unknown_calls: 1,
            unknown: dollars(60),
            reused: 0,
        };
        assert_eq!(budget.spent(), spent);
    }

    #[tokio::test]
    async fn room_that_was_not_used_is_free_again() {
        let budget = Budget::new(dollars(10));
        drop(budget.room(dollars(10)).await);
        assert!(budget.room(dollars(10)).await.is_some());
        assert_eq!(budget.spent(), Spent::default());
    }
}
