//! Whether there is money for a model, as far as this process has heard.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::llm::Cap;
use domain::time::Timestamp;

/// How long an account without money is left alone: until somebody may have paid.
const UNPAID_FOR: Duration = Duration::from_mins(15);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Money(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Nobody asks before then.
    unpaid_until: Option<Timestamp>,
    /// The end of the wait that was noted last.
    noted: Option<Timestamp>,
}

impl Money {
    /// The limit that the provider's account sets now, if it does.
    pub(super) fn missing(&self, now: Timestamp) -> Option<Cap> {
        let until = self.known().unpaid_until.filter(|until| now < *until);
        until.map(Cap::Account)
    }

    /// The provider wants to be paid.
    pub(super) fn unpaid(&self, now: Timestamp) -> Cap {
        let mut known = self.known();
        // Others that were under way hear it, too.
        let until = known.unpaid_until.filter(|until| now < *until);
        let until = until.unwrap_or(now + UNPAID_FOR);
        known.unpaid_until = Some(until);
        Cap::Account(until)
    }

    /// Whether nobody was told of this wait yet; whoever asks is to tell.
    pub(super) fn is_news(&self, cap: Cap) -> bool {
        let (Cap::Day(until) | Cap::Account(until)) = cap else {
            return false;
        };
        let mut known = self.known();
        known.noted.replace(until) != Some(until)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    #[test]
    fn an_unpaid_account_is_left_alone_for_a_quarter_of_an_hour_and_told_of_once() {
        let money = Money::default();
        assert_eq!(money.missing(START), None);
        let end = Cap::Account(START + UNPAID_FOR);
        assert_eq!(money.unpaid(START), end);
        let later = START + Duration::from_secs(5);
        assert_eq!((money.unpaid(later), money.missing(later)), (end, Some(end)));
        assert!(money.is_news(end) && !money.is_news(end));
        assert_eq!(money.missing(START + UNPAID_FOR), None);
        assert!(money.is_news(money.unpaid(START + UNPAID_FOR)));
    }

    #[test]
    fn a_day_is_told_of_once_and_an_attempt_never() {
        let money = Money::default();
        assert!(money.is_news(Cap::Day(START)) && !money.is_news(Cap::Day(START)));
        assert!(!money.is_news(Cap::Attempt));
    }
}
