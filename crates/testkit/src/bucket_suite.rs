//! What every place of shared buckets must do; each test has a place of its own, or keys that nobody else uses.

use std::sync::Arc;
use std::time::Duration;

use domain::rate_limits::{Gcra, Quota, SharedBuckets};
use domain::time::Timestamp;

use crate::START;

/// Numbers that look like chance and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn count_below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(u64::from(limit))).unwrap_or(0)
    }
}

/// Sequences of takings, with a clock that at times goes back, end as the formula in memory says.
pub async fn decisions_are_those_of_the_rule(place: &dyn SharedBuckets) {
    let mut numbers = Numbers(20_260_302);
    for sequence in 0..12 {
        let rule = Gcra::new(Quota::per_minute(1 + numbers.count_below(400)));
        let bucket = format!("reads:{sequence}");
        let (mut state, mut now) = (None, START);
        for step in 0..60 {
            let span = Duration::from_micros(numbers.below(3_000_000));
            now = if numbers.below(8) == 0 {
                now - span * 20
            } else {
                now + span
            };
            let wanted = 1 + numbers.count_below(rule.requests() * 2);
            let expected = rule.take(state, now, wanted);
            let taken = place.take(&bucket, rule, now, wanted).await.ok();
            assert_eq!(
                taken,
                Some(expected),
                "sequence {sequence}, step {step}: {rule:?}"
            );
            state = Some(expected.state);
        }
    }
}

/// A clock that is turned back by hours refuses nobody.
pub async fn what_cannot_have_come_of_the_rule_says_nothing(place: &dyn SharedBuckets) {
    let rule = Gcra::new(Quota::per_minute(10));
    let take = async |now: Timestamp| place.take("ai:somebody", rule, now, 1).await.ok();
    let ahead = START + Duration::from_hours(5);
    assert!(take(ahead).await.is_some());
    let granted = take(START).await;
    assert_eq!(granted, Some(rule.take(Some(ahead), START, 1)));
    assert_eq!(
        granted.map(|taken| (taken.granted, taken.remaining)),
        Some((1, 9))
    );
    assert_eq!(take(START).await.map(|taken| taken.remaining), Some(8));
}

/// Two handles of one place stand for two processes.
pub async fn of_many_takers_at_once_exactly_the_quota_is_let_in<P: SharedBuckets + 'static>(
    places: [Arc<P>; 2],
) {
    let rule = Gcra::new(Quota::per_minute(40));
    let mut takers = tokio::task::JoinSet::new();
    for number in 0..50_u32 {
        let place = Arc::clone(&places[usize::from(number % 2 == 0)]);
        takers.spawn(async move {
            let taken = place.take("saves:somebody", rule, START, 1 + number % 3).await;
            taken.map_or(0, |taken| taken.granted)
        });
    }
    let granted: u32 = takers.join_all().await.into_iter().sum();
    assert_eq!(granted, 40);
    let untouched = places[0].take("reads:somebody", rule, START, 1).await;
    assert_eq!(untouched.map(|taken| taken.remaining).ok(), Some(39));
}
