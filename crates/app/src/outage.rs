//! When something fails that nobody has to wait for: it is left alone for a while, then one caller tries it for all.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::time::Timestamp;

/// After a failure nobody asks for so long.
const PAUSE: Duration = Duration::from_secs(5);
/// An outage is a line in the log so often.
const LINE_EVERY: Duration = Duration::from_mins(1);
const NEVER: i64 = i64::MIN;

/// See the module.
pub(crate) struct Outage {
    /// The last failure or try.
    failed: AtomicI64,
    logged: AtomicI64,
}

/// As whom somebody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// As everybody: nothing is wrong.
    Free,
    /// As the one who tries whether it is over.
    Probe,
}

impl Outage {
    pub(crate) const fn none() -> Self {
        Self {
            failed: AtomicI64::new(NEVER),
            logged: AtomicI64::new(NEVER),
        }
    }

    /// None while it is to be left alone. After a pause one of those who come at once is let through, and the others wait for
    /// the next pause or for [`Outage::over`]: a place that hangs costs one caller its patience, not all of them.
    pub(crate) fn leave_to_ask(&self, now: Timestamp) -> Option<Leave> {
        let failed = self.failed.load(Ordering::Relaxed);
        if failed == NEVER {
            return Some(Leave::Free);
        }
        if are_near(Timestamp::from_micros(failed), now, PAUSE) {
            return None;
        }
        self.failed
            .compare_exchange(failed, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
            .ok()
            .map(|_| Leave::Probe)
    }

    /// The probe was answered.
    pub(crate) fn over(&self) {
        self.failed.store(NEVER, Ordering::Relaxed);
    }

    /// Somebody was not answered; whether that is to be logged.
    pub(crate) fn seen(&self, now: Timestamp) -> bool {
        self.failed.store(now.as_micros(), Ordering::Relaxed);
        let logged = self.logged.load(Ordering::Relaxed);
        if logged != NEVER && are_near(Timestamp::from_micros(logged), now, LINE_EVERY) {
            return false;
        }
        self.logged
            .compare_exchange(logged, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// Whichever comes first: who has waited for a lock looks at what happened later than their own now.
pub(crate) fn are_near(one: Timestamp, other: Timestamp, span: Duration) -> bool {
    one.since(other) < span && other.since(one) < span
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

    #[test]
    fn after_a_failure_nobody_asks_and_after_the_pause_one_does() {
        let outage = Outage::none();
        assert_eq!(outage.leave_to_ask(START), Some(Leave::Free));
        assert!(outage.seen(START));
        assert_eq!(outage.leave_to_ask(START), None);
        let later = START + PAUSE;
        assert_eq!(outage.leave_to_ask(later), Some(Leave::Probe));
        assert_eq!(outage.leave_to_ask(later), None, "one is enough");
        // It was not answered, which is no second line.
        assert!(!outage.seen(later));
        assert_eq!(outage.leave_to_ask(later + PAUSE), Some(Leave::Probe));
        outage.over();
        assert_eq!(outage.leave_to_ask(later + PAUSE), Some(Leave::Free));
        assert!(outage.seen(START + LINE_EVERY));
    }
}
