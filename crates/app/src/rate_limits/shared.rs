//! Buckets in Redis or in the database, for all processes together.
//!
//! A process takes a handful of requests from a bucket in one statement and spends it without asking again; what it has not
//! spent after [`HELD_FOR`] is lost. A handful is a sixtieth of the quota and doubles, up to a twelfth, for whoever spends it:
//! slow callers leave little lying about in many processes, fast ones cost few statements. Every admission was granted by the
//! shared bucket once, at most [`HELD_FOR`] before, so that all processes together never admit more than the bucket held.

use std::sync::Arc;
use std::time::Duration;

use domain::rate_limits::{BucketsUnavailable, Gcra, SharedBuckets as Place, Taken};
use domain::time::Timestamp;
use tokio::sync::Mutex;

use super::bounded::{BoundedMap, Entry};
use crate::outage::{Leave, Outage, are_near};
use crate::telemetry::chain;

/// Callers that are remembered.
const HANDS: usize = 100_000;
/// How long a handful may be spent.
const HELD_FOR: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct SharedBuckets {
    place: Arc<dyn Place>,
    patience: Duration,
    hands: BoundedMap<Arc<Mutex<Hand>>>,
    outage: Outage,
}

/// What this process holds of one bucket. Locked while the place is asked, so that callers who come at once cost one
/// statement.
#[derive(Default)]
struct Hand(Option<Handful>);

struct Handful {
    taken_at: Timestamp,
    /// How many were asked for.
    wanted: u32,
    /// When the shared bucket will be full again, as it said then.
    state: Timestamp,
    /// What is left of those granted; none at all were if it was refused.
    left: u32,
    refused: bool,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no answer came in time")]
    TooSlow,
    #[error(transparent)]
    Unavailable(#[from] BucketsUnavailable),
}

impl SharedBuckets {
    /// Waits for the place no longer than `patience`.
    pub(super) fn new(place: Arc<dyn Place>, patience: Duration) -> Self {
        Self {
            place,
            patience,
            hands: BoundedMap::new(HANDS),
            outage: Outage::none(),
        }
    }

    /// Takes one request; none when the place does not answer.
    pub(super) async fn take(&self, key: &str, rule: Gcra, now: Timestamp) -> Option<Taken> {
        let hand = self.hand(key, now);
        let mut hand = hand.lock().await;
        if let Some(taken) = hand.spend(rule, now) {
            return Some(taken);
        }
        let leave = self.outage.leave_to_ask(now)?;
        let wanted = hand.next(rule, now);
        match self.ask(key, rule, now, wanted).await {
            Ok(taken) => {
                if leave == Leave::Probe {
                    self.outage.over();
                    tracing::info!(
                        place = self.place.place(),
                        "rate limits are counted together again"
                    );
                }
                hand.fill(&taken, wanted, now);
                hand.spend(rule, now)
            }
            Err(failure) => {
                if self.outage.seen(now) {
                    tracing::warn!(
                        place = self.place.place(),
                        error = chain(&failure),
                        "rate limits cannot be counted together; this process counts for itself"
                    );
                }
                None
            }
        }
    }

    async fn ask(&self, key: &str, rule: Gcra, now: Timestamp, wanted: u32) -> Result<Taken, Failure> {
        let asked = self.place.take(key, rule, now, wanted);
        match tokio::time::timeout(self.patience, asked).await {
            Ok(taken) => Ok(taken?),
            Err(_) => Err(Failure::TooSlow),
        }
    }

    fn hand(&self, key: &str, now: Timestamp) -> Arc<Mutex<Hand>> {
        self.hands.update(key, now, |hand| {
            let hand = hand.cloned().unwrap_or_default();
            let entry = Entry {
                value: Arc::clone(&hand),
                worthless_at: now + HELD_FOR,
            };
            (entry, hand)
        })
    }
}

impl Hand {
    /// What can be answered without asking, if anything.
    fn spend(&mut self, rule: Gcra, now: Timestamp) -> Option<Taken> {
        let held = self.0.as_mut().filter(|held| held.is_fresh(now))?;
        if held.refused {
            let refusal = rule.taken(0, held.state, now);
            return (refusal.retry_after > Duration::ZERO).then_some(refusal);
        }
        held.left = held.left.checked_sub(1)?;
        let taken = rule.taken(1, held.state, now);
        Some(Taken {
            remaining: taken.remaining.saturating_add(held.left).min(rule.requests()),
            ..taken
        })
    }

    /// How many to ask for.
    fn next(&self, rule: Gcra, now: Timestamp) -> u32 {
        let least = (rule.requests() / 60).max(1);
        let most = (rule.requests() / 12).max(1);
        let before = self.0.as_ref().filter(|held| held.is_fresh(now));
        before.map_or(least, |held| held.wanted.saturating_mul(2).min(most))
    }

    fn fill(&mut self, taken: &Taken, wanted: u32, now: Timestamp) {
        self.0 = Some(Handful {
            taken_at: now,
            wanted,
            state: taken.state,
            left: taken.granted,
            refused: taken.granted == 0,
        });
    }
}

impl Handful {
    fn is_fresh(&self, now: Timestamp) -> bool {
        are_near(self.taken_at, now, HELD_FOR)
    }
}
