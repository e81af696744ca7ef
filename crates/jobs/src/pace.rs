//! How long an idle worker waits before it looks again.

use std::time::Duration;

/// After work was found more is likely, also from other processes that cannot wake this one: the first looks follow soon,
/// each pause twice as long as the one before.
const SHORTEST: Duration = Duration::from_millis(1);

pub(crate) struct Pace {
    next: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { next: Duration::MAX }
    }
}

impl Pace {
    /// Work was found.
    pub(crate) const fn found(&mut self) {
        self.next = SHORTEST;
    }

    /// Nothing was found: how long to wait, `longest` at most.
    pub(crate) fn pause(&mut self, longest: Duration) -> Duration {
        let pause = self.next.min(longest);
        self.next = pause.saturating_mul(2);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_after_work_until_they_are_the_longest() {
        let longest = Duration::from_millis(500);
        let mut pace = Pace::default();
        assert_eq!(pace.pause(longest), longest);
        pace.found();
        let pauses: Vec<_> = (0..11).map(|_| pace.pause(longest).as_millis()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500]);
    }
}
