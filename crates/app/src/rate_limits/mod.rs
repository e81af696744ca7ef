//! Rate limits: a bucket per class and caller, in the memory of this process, or in Redis or the database for all processes.
//!
//! ```text
//! take(class, who) ─┬─ memory ── LocalBuckets: one instant per bucket
//!                   └─ shared ── SharedBuckets: a handful is taken from Redis or the database and spent here
//!                                    └─ that does not answer: LocalBuckets
//! ```
//!
//! Architecture invariants: buckets of different classes know nothing of each other; memory is bounded, whoever asks; no
//! request is refused or held up because the place where it is counted does not answer. docs/adr/0011 says why it is ours.

mod bounded;
mod bucket;
mod class;
mod decision;
mod local;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use domain::rate_limits::{Gcra, Quota, SharedBuckets as Place};
use domain::time::Timestamp;

use crate::config::RateLimitsConfig;
use local::LocalBuckets;
use shared::SharedBuckets;

pub use bucket::Bucket;
pub use class::Class;
pub use decision::Decision;

/// See the module.
pub struct RateLimiter {
    config: RateLimitsConfig,
    local: LocalBuckets,
    shared: Option<SharedBuckets>,
}

impl RateLimiter {
    /// Counts in memory. All buckets are full.
    pub fn new(config: &RateLimitsConfig) -> Self {
        Self {
            config: config.clone(),
            local: LocalBuckets::new(),
            shared: None,
        }
    }

    /// The same, counting in a place that other processes share, as long as it answers within `patience`.
    #[must_use]
    pub fn shared_at(self, place: Arc<dyn Place>, patience: Duration) -> Self {
        Self {
            shared: Some(SharedBuckets::new(place, patience)),
            ..self
        }
    }

    /// Takes one request from a bucket of the class, whose quota the settings say.
    pub async fn take(&self, class: Class, who: &Bucket, now: Timestamp) -> Decision {
        self.take_from(class.quota(&self.config), class, who, now).await
    }

    /// The same for somebody who may make another number of requests per minute.
    pub async fn take_with(&self, per_minute: u32, class: Class, who: &Bucket, now: Timestamp) -> Decision {
        self.take_from(Quota::per_minute(per_minute), class, who, now)
            .await
    }

    async fn take_from(&self, quota: Quota, class: Class, who: &Bucket, now: Timestamp) -> Decision {
        let rule = Gcra::new(quota);
        let key = format!("{}:{}", class.name(), who.as_str());
        let shared = match &self.shared {
            Some(shared) => shared.take(&key, rule, now).await,
            None => None,
        };
        let taken = shared.unwrap_or_else(|| self.local.take(&key, rule, now));
        Decision::new(class, quota, &taken)
    }
}
