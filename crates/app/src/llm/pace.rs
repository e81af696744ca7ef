//! How fast one model is asked: requests and tokens per minute, for all processes together where they share a place.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::llm::{ModelRequest, most_tokens};
use domain::rate_limits::{Gcra, Quota, SharedBuckets, Taken};
use domain::time::{Clock, Timestamp};

/// Bytes of a request that make a token, at the least: English has four.
const BYTES_PER_TOKEN: u64 = 3;
/// Tokens together at most: more than any one call, so that a window sees no more than one call beyond its quota.
const TOKENS_AT_ONCE: u32 = 8_192;
/// How long a shared place may take to answer before this process counts for itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a provider allows in a minute; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaceLimits {
    /// Requests.
    pub requests: u32,
    /// Tokens, of requests and answers together.
    pub tokens: u32,
}

/// See the module.
pub struct Pace {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    clock: Arc<dyn Clock>,
}

struct Bucket {
    name: String,
    rule: Gcra,
    shared: Option<Arc<dyn SharedBuckets>>,
    local: Mutex<Option<Timestamp>>,
}

impl Pace {
    /// For the model of this name (`provider/model`).
    pub fn new(
        model: &str,
        limits: PaceLimits,
        shared: Option<&Arc<dyn SharedBuckets>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let bucket = |what: &str, per_minute: u32, at_once: u32| {
            (per_minute > 0).then(|| Bucket {
                name: format!("llm:{what}:{model}"),
                rule: Gcra::new(Quota::spread(per_minute, at_once)),
                shared: shared.map(Arc::clone),
                local: Mutex::default(),
            })
        };
        Self {
            requests: bucket("requests", limits.requests, 1),
            tokens: bucket("tokens", limits.tokens, TOKENS_AT_ONCE.min(limits.tokens)),
            clock,
        }
    }

    /// Waits until the request may be sent, no longer than `patience` in all; else says how much longer it would be.
    pub async fn wait(&self, request: &ModelRequest, patience: Duration) -> Result<(), Duration> {
        let left = self.take(self.requests.as_ref(), 1, patience).await?;
        let (input, output) = most_tokens(request);
        let tokens = u32::try_from(input / BYTES_PER_TOKEN + output).unwrap_or(u32::MAX);
        self.take(self.tokens.as_ref(), tokens, left).await?;
        Ok(())
    }

    /// Takes all that is wanted, as it comes; gives what is left of the patience.
    async fn take(
        &self,
        bucket: Option<&Bucket>,
        wanted: u32,
        patience: Duration,
    ) -> Result<Duration, Duration> {
        let Some(bucket) = bucket else {
            return Ok(patience);
        };
        let (mut wanted, mut left) = (wanted, patience);
        loop {
            let taken = bucket.take(self.clock.now(), wanted).await;
            wanted -= taken.granted.min(wanted);
            if wanted == 0 {
                return Ok(left);
            }
            let step = taken.retry_after.max(bucket.rule.interval());
            let Some(rest) = left.checked_sub(step) else {
                return Err(step);
            };
            left = rest;
            tokio::time::sleep(step).await;
        }
    }
}

impl Bucket {
    async fn take(&self, now: Timestamp, wanted: u32) -> Taken {
        if let Some(shared) = &self.shared {
            let asked = shared.take(&self.name, self.rule, now, wanted);
            if let Ok(Ok(taken)) = tokio::time::timeout(PATIENCE, asked).await {
                return taken;
            }
        }
        let mut held = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.rule.take(*held, now, wanted);
        *held = Some(taken.state);
        taken
    }
}
