//! A circuit breaker: whoever keeps failing is left alone for a while, and then asked once before everybody asks again.
//!
//! Opens after 5 failures in a row, or when half of at least 20 calls within 30 s failed; stays open for 30 s; then lets one call
//! through, which closes it or opens it again. Time arrives as an argument.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Timestamp;

/// Failures in a row that open it.
const FAILURES_IN_A_ROW: u32 = 5;
/// The window in which the share of failures counts.
const WINDOW: Duration = Duration::from_secs(30);
/// Calls in the window without which a share says nothing.
const LEAST_CALLS: usize = 20;
/// How long it stays open.
const OPEN_FOR: Duration = Duration::from_secs(30);
/// A probe whose end nobody reported is given up after so long.
const PROBE_FOR: Duration = Duration::from_mins(1);

/// What is known of one dependency, in one process.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    state: State,
    in_a_row: u32,
    /// When calls ended, and whether they failed.
    recent: VecDeque<(Timestamp, bool)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// Nobody asks before then.
    Open(Timestamp),
    /// One asks, since then.
    Probing(Timestamp),
}

/// Whether to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Ask, and report the end.
    Ask,
    /// Do not ask before then.
    NotBefore(Timestamp),
}

impl Breaker {
    /// Whether to ask now. Of all that ask after it was open, one may.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        match self.state {
            State::Closed => Permit::Ask,
            State::Open(until) if now < until => Permit::NotBefore(until),
            State::Probing(since) if now.since(since) < PROBE_FOR => {
                Permit::NotBefore(now + Duration::from_secs(1))
            }
            State::Open(_) | State::Probing(_) => {
                self.state = State::Probing(now);
                Permit::Ask
            }
        }
    }

    /// Whether nobody is kept from asking.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether the last call that ended has failed, or nobody asks for that reason.
    pub fn is_suspect(&self) -> bool {
        self.in_a_row > 0 || !self.is_closed()
    }

    /// A call ended well: the dependency is there, whatever it thought of the question.
    pub fn succeeded(&mut self, now: Timestamp) {
        // What began before it opened says nothing of now; a probe does.
        match self.state {
            State::Probing(_) => *self = Self::default(),
            State::Closed => {
                self.in_a_row = 0;
                self.note(now, false);
            }
            State::Open(_) => {}
        }
    }

    /// A call failed because of the dependency.
    pub fn failed(&mut self, now: Timestamp) {
        match self.state {
            State::Probing(_) => self.open(now),
            State::Closed => {
                self.in_a_row += 1;
                self.note(now, true);
                let failures = self.recent.iter().filter(|(_, failed)| *failed).count();
                let too_many = self.recent.len() >= LEAST_CALLS && failures * 2 >= self.recent.len();
                if self.in_a_row >= FAILURES_IN_A_ROW || too_many {
                    self.open(now);
                }
            }
            State::Open(_) => {}
        }
    }

    /// A permit was not used: whoever comes next may ask.
    pub fn unused(&mut self, now: Timestamp) {
        if let State::Probing(_) = self.state {
            self.state = State::Open(now);
        }
    }

    fn open(&mut self, now: Timestamp) {
        *self = Self {
            state: State::Open(now + OPEN_FOR),
            ..Self::default()
        };
    }

    fn note(&mut self, now: Timestamp, failed: bool) {
        self.recent.push_back((now, failed));
        while self.recent.front().is_some_and(|(at, _)| now.since(*at) > WINDOW) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_IN_A_ROW {
            assert_eq!(breaker.permit(START), Permit::Ask);
            breaker.failed(START);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_probe_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(after(29)), Permit::NotBefore(after(30)));
        assert_eq!(breaker.permit(after(30)), Permit::Ask);
        assert_eq!(breaker.permit(after(30)), Permit::NotBefore(after(31)));
        breaker.succeeded(after(32));
        assert!(breaker.is_closed());
        assert_eq!(breaker.permit(after(32)), Permit::Ask);
    }

    #[test]
    fn a_probe_that_fails_opens_it_again_and_one_that_is_forgotten_is_followed_by_another() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(after(30)), Permit::Ask);
        breaker.failed(after(40));
        assert_eq!(breaker.permit(after(69)), Permit::NotBefore(after(70)));
        assert_eq!(breaker.permit(after(70)), Permit::Ask);
        assert_eq!(breaker.permit(after(129)), Permit::NotBefore(after(130)));
        assert_eq!(breaker.permit(after(130)), Permit::Ask);
    }

    #[test]
    fn a_permit_that_is_not_used_is_for_the_next_one() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(after(30)), Permit::Ask);
        breaker.unused(after(31));
        assert!(!breaker.is_closed());
        assert_eq!(breaker.permit(after(31)), Permit::Ask);
        assert_eq!(breaker.permit(after(31)), Permit::NotBefore(after(32)));
    }

    #[test]
    fn the_first_failure_makes_it_suspect_and_a_success_clears_it() {
        let mut breaker = Breaker::default();
        assert!(!breaker.is_suspect());
        breaker.failed(START);
        assert!(breaker.is_suspect() && breaker.is_closed());
        breaker.succeeded(after(1));
        assert!(!breaker.is_suspect());
        let mut opened = opened();
        assert!(opened.is_suspect());
        assert_eq!(opened.permit(after(30)), Permit::Ask);
        opened.succeeded(after(31));
        assert!(!opened.is_suspect());
    }

    #[test]
    fn half_of_twenty_calls_within_half_a_minute_open_it_and_older_ones_do_not_count() {
        let mixed = |calls: u64, apart: u64| {
            let mut breaker = Breaker::default();
            for call in 0..calls {
                let end = if call % 2 == 0 {
                    Breaker::succeeded
                } else {
                    Breaker::failed
                };
                end(&mut breaker, after(call * apart));
            }
            breaker.is_closed()
        };
        assert!(mixed(19, 1));
        assert!(!mixed(20, 1));
        assert!(mixed(200, 2));
    }

    #[test]
    fn ends_of_calls_from_before_it_opened_change_nothing() {
        let mut breaker = opened();
        breaker.succeeded(after(1));
        breaker.failed(after(2));
        assert_eq!(breaker.permit(after(29)), Permit::NotBefore(after(30)));
    }

    proptest! {
        #[test]
        fn nobody_waits_for_ever_and_an_open_one_lets_one_through(ends in prop::collection::vec((0_u64..40, any::<bool>()), 0..200)) {
            let (mut breaker, mut now) = (Breaker::default(), START);
            for (seconds, failed) in ends {
                now = now + Duration::from_secs(seconds);
                match breaker.permit(now) {
                    Permit::Ask if failed => breaker.failed(now),
                    Permit::Ask => breaker.succeeded(now),
                    Permit::NotBefore(then) => prop_assert!(then > now && then <= now + OPEN_FOR),
                }
            }
            let later = now + PROBE_FOR + OPEN_FOR;
            prop_assert_eq!(breaker.permit(later), Permit::Ask);
        }
    }
}
