//! Buckets in the database, for all processes together.
//!
//! A process takes a handful of requests from a bucket in one statement and spends it without asking again; what it has not
//! spent after [`HELD_FOR`] is lost. A handful is a sixtieth of the quota and doubles, up to a twelfth, for whoever spends it:
//! slow callers leave little lying about in many processes, fast ones cost few statements. Every admission was granted by the
//! row once, at most [`HELD_FOR`] before, so that all processes together never admit more than the bucket held.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::rate_limits::{Gcra, Taken};
use domain::store::StoreError;
use domain::time::Timestamp;
use storage::Store;
use tokio::sync::Mutex;

use super::bounded::{BoundedMap, Entry};
use crate::telemetry::chain;

/// Callers that are remembered.
const HANDS: usize = 100_000;
/// How long a handful may be spent.
const HELD_FOR: Duration = Duration::from_secs(10);
/// After a failure the database is left alone for so long.
const PAUSE: Duration = Duration::from_secs(5);
/// An outage is a line in the log so often.
const LINE_EVERY: Duration = Duration::from_mins(1);

/// See the module.
pub(super) struct SharedBuckets {
    store: Store,
    timeout: Duration,
    hands: BoundedMap<Arc<Mutex<Hand>>>,
    failed: Lately,
    logged: Lately,
}

/// What this process holds of one bucket. Locked while the database is asked, so that callers who come at once cost one
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
    #[error("the database did not answer in time")]
    TooSlow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SharedBuckets {
    pub(super) fn new(store: Store, timeout: Duration) -> Self {
        Self {
            store,
            timeout,
            hands: BoundedMap::new(HANDS),
            failed: Lately::never(),
            logged: Lately::never(),
        }
    }

    /// Takes one request; none when the database does not answer.
    pub(super) async fn take(&self, key: &str, rule: Gcra, now: Timestamp) -> Option<Taken> {
        let hand = self.hand(key, now);
        let mut hand = hand.lock().await;
        if let Some(taken) = hand.spend(rule, now) {
            return Some(taken);
        }
        if self.failed.is_within(PAUSE, now) {
            return None;
        }
        let wanted = hand.next(rule, now);
        match self.ask(key, rule, now, wanted).await {
            Ok(taken) => {
                hand.fill(&taken, wanted, now);
                hand.spend(rule, now)
            }
            Err(failure) => {
                self.failed.happened(now);
                if !self.logged.is_within(LINE_EVERY, now) {
                    self.logged.happened(now);
                    tracing::warn!(
                        error = chain(&failure),
                        "rate limits cannot be counted in the database; this process counts for itself"
                    );
                }
                None
            }
        }
    }

    async fn ask(&self, key: &str, rule: Gcra, now: Timestamp, wanted: u32) -> Result<Taken, Failure> {
        let asked = self.store.take_from_bucket(key, rule, now, wanted);
        match tokio::time::timeout(self.timeout, asked).await {
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
    /// What can be answered without the database, if anything.
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

/// When something happened last.
struct Lately(AtomicI64);

impl Lately {
    const fn never() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    fn happened(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::Relaxed);
    }

    fn is_within(&self, span: Duration, now: Timestamp) -> bool {
        let at = Timestamp::from_micros(self.0.load(Ordering::Relaxed));
        are_near(at, now, span)
    }
}

/// Whichever comes first: who has waited for a lock looks at what happened later than their own now.
fn are_near(one: Timestamp, other: Timestamp, span: Duration) -> bool {
    one.since(other) < span && other.since(one) < span
}
