//! Passwords that somebody guesses: after so many failures in a row an address is locked, for longer each time.
//!
//! Failures are counted per address whether or not it has an account, so that a lock tells nobody which addresses have one.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// Failures in a row without a lock.
pub const FREE_FAILURES: u32 = 10;

/// So long after the last failure nothing is held against an address any more.
pub const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

const FIRST_LOCK: Duration = Duration::from_mins(1);
const LONGEST_LOCK: Duration = Duration::from_mins(15);

/// Stands for an address in the count of failures: SHA-256 of it in lower case, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SignInSubject(String);

impl SignInSubject {
    /// Of an address as it was typed.
    pub fn of(address: &str) -> Self {
        let digest = Sha256::digest(address.trim().to_lowercase());
        let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing into a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self(hex)
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The failures of an address since the last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInFailures {
    /// How many in a row.
    pub count: u32,
    /// The last one.
    pub last_at: Timestamp,
}

impl SignInFailures {
    /// Until when no password is looked at; none when one may be tried. Ten failures are free, the next locks for a minute,
    /// each further one for twice as long, up to a quarter of an hour.
    pub fn locked_until(self, now: Timestamp) -> Option<Timestamp> {
        let doublings = self.count.checked_sub(FREE_FAILURES + 1)?;
        let span = FIRST_LOCK
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(LONGEST_LOCK);
        // A clock that was turned back does not prolong a lock.
        let until = (self.last_at + span).min(now + LONGEST_LOCK);
        (until > now).then_some(until)
    }

    /// Whether they are so old that the next failure is a first one.
    pub fn are_forgotten(self, now: Timestamp) -> bool {
        now.since(self.last_at) > FAILURES_FORGOTTEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

    fn lock_after(count: u32) -> Option<Duration> {
        let failures = SignInFailures {
            count,
            last_at: START,
        };
        failures.locked_until(START).map(|until| until.since(START))
    }

    #[test]
    fn ten_failures_are_free_and_every_further_one_doubles_the_lock() {
        assert_eq!((lock_after(0), lock_after(1), lock_after(10)), (None, None, None));
        let minutes = |count| lock_after(count).map(|span| span.as_secs() / 60);
        let locks = [11, 12, 13, 14, 15, 16, 100, u32::MAX].map(minutes);
        assert_eq!(locks, [1, 2, 4, 8, 15, 15, 15, 15].map(Some));
    }

    #[test]
    fn a_lock_ends_and_failures_are_forgotten() {
        let failures = SignInFailures {
            count: 11,
            last_at: START,
        };
        let minute = START + FIRST_LOCK;
        assert_eq!(
            failures.locked_until(minute - Duration::from_micros(1)),
            Some(minute)
        );
        assert_eq!(failures.locked_until(minute), None);
        assert!(!failures.are_forgotten(START + FAILURES_FORGOTTEN_AFTER));
        assert!(failures.are_forgotten(START + FAILURES_FORGOTTEN_AFTER + FIRST_LOCK));
    }

    #[test]
    fn one_address_is_one_subject_however_it_is_typed() {
        let subject = SignInSubject::of("somebody@example.org");
        assert_eq!(subject, SignInSubject::of(" Somebody@Example.ORG\n"));
        assert_ne!(subject, SignInSubject::of("somebody.else@example.org"));
        assert_eq!(subject.as_str().len(), 64);
        assert!(!subject.as_str().contains("somebody"));
    }

    proptest! {
        #[test]
        fn no_lock_is_longer_than_the_longest(count in any::<u32>(), last in any::<i64>(), now in any::<i64>()) {
            let failures = SignInFailures { count, last_at: Timestamp::from_micros(last) };
            let now = Timestamp::from_micros(now);
            let until = failures.locked_until(now);
            prop_assert!(until.is_none_or(|until| until > now && until.since(now) <= LONGEST_LOCK));
        }
    }
}
