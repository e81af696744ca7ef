//! Time that moves only when a test says so, and ids that can be told apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::ids::IdSource;
use domain::time::{Clock, Timestamp};
use uuid::Uuid;

/// 2026-03-02T09:00:00Z, a Monday morning.
pub const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

/// A clock set by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at [`START`].
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START.as_micros())))
    }

    /// Moves on.
    pub fn advance(&self, span: Duration) {
        self.set(self.now() + span);
    }

    /// Moves to an instant, also backwards.
    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Ids in counting order, shaped like UUIDv7.
#[derive(Debug)]
pub struct CountedIds(AtomicU64);

impl CountedIds {
    /// Begins at 1.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1)))
    }
}

impl IdSource for CountedIds {
    fn new_uuid(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        let milliseconds = START.as_micros() / 1000;
        #[expect(clippy::cast_sign_loss, reason = "the start lies after 1970")]
        let time = u128::from(milliseconds as u64) << 80;
        Uuid::from_u128(time | (0x7 << 76) | (0b10 << 62) | u128::from(number))
    }
}
