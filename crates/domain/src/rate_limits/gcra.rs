//! The generic cell rate algorithm (ITU-T I.371), which keeps one instant per bucket.
//!
//! The instant is when the bucket will be full again, the *theoretical arrival time*. A request moves it on by one
//! interval, and is refused when that would move it further than a whole burst from now.

use std::time::Duration;

use crate::time::Timestamp;

const MINUTE: Duration = Duration::from_mins(1);

/// So many requests in a window; whoever has asked for nothing may take all of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    requests: u32,
    window: Duration,
}

impl Quota {
    /// Requests in a minute, at least one.
    pub const fn per_minute(requests: u32) -> Self {
        let requests = if requests == 0 { 1 } else { requests };
        Self {
            requests,
            window: MINUTE,
        }
    }

    /// Requests in a window.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// The window.
    pub const fn window(self) -> Duration {
        self.window
    }
}

/// The rule of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    requests: u32,
    /// Rounded up to a microsecond, so that a window never admits more than the quota.
    interval: Duration,
}

/// What came of taking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many were granted, at most as many as were wanted.
    pub granted: u32,
    /// To be kept: when the bucket will be full again.
    pub state: Timestamp,
    /// How many more could be taken now.
    pub remaining: u32,
    /// Until the bucket is full again.
    pub reset_after: Duration,
    /// Until one can be taken again; zero if something was granted.
    pub retry_after: Duration,
}

impl Gcra {
    /// The rule of this quota.
    pub fn new(quota: Quota) -> Self {
        let interval = quota.window.as_micros().div_ceil(u128::from(quota.requests));
        Self {
            requests: quota.requests,
            interval: Duration::from_micros(u64::try_from(interval).unwrap_or(u64::MAX).max(1)),
        }
    }

    /// Takes as many as there are, up to `wanted`. No state is a bucket that nobody has taken from.
    ///
    /// A state further ahead than clocks that agree can have led to (this one was turned back) says nothing any more: nobody
    /// is kept from saving an answer because of a clock.
    pub fn take(self, state: Option<Timestamp>, now: Timestamp, wanted: u32) -> Taken {
        let believed = state.filter(|state| *state <= self.latest(now));
        let base = believed.unwrap_or(now).max(now);
        let free = self.fitting(self.last(now).since(base));
        let granted = wanted.min(free);
        self.taken(granted, base + self.interval * granted, now)
    }

    /// What a grant means that was decided elsewhere by the same rule and led to `state`.
    pub fn taken(self, granted: u32, state: Timestamp, now: Timestamp) -> Taken {
        let last = self.last(now);
        let retry_after = if granted == 0 {
            (state + self.interval).since(last)
        } else {
            Duration::ZERO
        };
        Taken {
            granted,
            state,
            remaining: self.fitting(last.since(state)),
            reset_after: state.since(now),
            retry_after,
        }
    }

    /// Requests in a burst.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// Time in which one request is given back.
    pub const fn interval(self) -> Duration {
        self.interval
    }

    /// The latest state that a grant may lead to.
    pub fn last(self, now: Timestamp) -> Timestamp {
        now + self.interval * self.requests
    }

    /// The latest state that is believed: clocks of several processes may differ by a window.
    pub fn latest(self, now: Timestamp) -> Timestamp {
        self.last(now) + self.interval * self.requests
    }

    fn fitting(self, span: Duration) -> u32 {
        u32::try_from(span.as_micros() / self.interval.as_micros()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

    fn gcra(requests: u32) -> Gcra {
        Gcra::new(Quota::per_minute(requests))
    }

    #[test]
    fn a_fresh_caller_takes_the_whole_quota_at_once_and_then_one_per_interval() {
        let rule = gcra(240);
        let all = rule.take(None, START, 1000);
        assert_eq!((all.granted, all.remaining), (240, 0));
        assert_eq!(all.reset_after, MINUTE);
        let refused = rule.take(Some(all.state), START, 1);
        assert_eq!((refused.granted, refused.state), (0, all.state));
        assert_eq!(refused.retry_after, Duration::from_millis(250));
        let later = rule.take(Some(all.state), START + Duration::from_millis(250), 1);
        assert_eq!((later.granted, later.remaining), (1, 0));
        let rested = rule.take(Some(later.state), START + MINUTE * 3, 1);
        assert_eq!((rested.granted, rested.remaining), (1, 239));
        assert_eq!(rested.reset_after, Duration::from_millis(250));
    }

    #[test]
    fn a_quota_that_does_not_divide_the_minute_is_rounded_in_favour_of_the_limit() {
        let rule = gcra(7);
        assert_eq!(rule.interval(), Duration::from_micros(8_571_429));
        assert_eq!(rule.take(None, START, 8).granted, 7);
        assert_eq!(gcra(u32::MAX).interval(), Duration::from_micros(1));
        assert_eq!(Quota::per_minute(0).requests(), 1);
    }

    #[test]
    fn a_clock_that_is_turned_back_refuses_nobody() {
        let rule = gcra(3);
        let state = rule.take(None, START + MINUTE * 16, 3).state;
        assert_eq!(rule.take(Some(state), START, 1).granted, 1);
        // By a window or less it may be another process that is ahead: what that has granted counts.
        assert_eq!(rule.take(Some(state), START + MINUTE * 15, 1).granted, 0);
    }

    /// Moves of the clock, in milliseconds, with what is wanted then.
    fn steps() -> impl Strategy<Value = Vec<(u64, u32)>> {
        prop::collection::vec((0_u64..20_000, 0_u32..40), 1..80)
    }

    proptest! {
        #[test]
        fn no_interval_admits_more_than_a_burst_and_what_came_back(requests in 1_u32..400, steps in steps()) {
            let rule = gcra(requests);
            let (mut state, mut now) = (None, START);
            let mut granted: Vec<(Timestamp, u32)> = Vec::new();
            for (milliseconds, wanted) in steps {
                now = now + Duration::from_millis(milliseconds);
                let taken = rule.take(state, now, wanted);
                prop_assert!(taken.granted == wanted || taken.remaining == 0);
                state = Some(taken.state);
                granted.push((now, taken.granted));
            }
            for (first, (begin, _)) in granted.iter().enumerate() {
                let mut sum = 0_u128;
                for (at, count) in &granted[first..] {
                    sum += u128::from(*count);
                    let back = at.since(*begin).as_micros() / rule.interval().as_micros();
                    prop_assert!(sum <= u128::from(requests) + back, "{sum} by {at}");
                }
            }
        }

        #[test]
        fn whoever_waits_as_told_is_let_in(requests in 1_u32..400, steps in steps()) {
            let rule = gcra(requests);
            let (mut state, mut now) = (None, START);
            for (milliseconds, wanted) in steps {
                now = now + Duration::from_millis(milliseconds);
                state = Some(rule.take(state, now, wanted).state);
                let refused = rule.take(state, now, 1);
                if refused.granted == 0 {
                    let early = now + refused.retry_after - Duration::from_micros(1);
                    prop_assert_eq!(rule.take(state, early, 1).granted, 0);
                    prop_assert_eq!(rule.take(state, now + refused.retry_after, 1).granted, 1);
                }
            }
        }

        #[test]
        fn a_clock_that_jumps_locks_nobody_out_for_longer_than_a_burst(
            requests in 1_u32..400, state in any::<i64>(), now in any::<i64>(), wanted in any::<u32>(),
        ) {
            let rule = gcra(requests);
            let now = Timestamp::from_micros(now);
            let taken = rule.take(Some(Timestamp::from_micros(state)), now, wanted);
            prop_assert!(taken.granted <= requests && taken.remaining <= requests);
            prop_assert!(taken.retry_after <= rule.interval() * (requests + 1));
        }
    }
}
