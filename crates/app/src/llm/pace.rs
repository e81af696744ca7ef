//! How fast one model is asked: requests and tokens per minute, for all processes together where they share a place.
//!
//! A bucket's state is the end of a line: each call reserves its place behind those before it and is made when they are over,
//! so that a sliding minute never holds more than the limit and one call, and no turn is lost to a caller that wakes late.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::llm::{ModelRequest, most_tokens};
use domain::rate_limits::{Gcra, Quota, SharedBuckets, Taken};
use domain::time::{Clock, Timestamp};

/// Bytes of a request that make a token, at the least: English has four.
const BYTES_PER_TOKEN: u64 = 3;
/// One part in so many of a limit is left unused, so that calls that a busy machine sends late do not overfill the next minute.
const LEFT_FREE: u32 = 64;
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
    /// Held while places are reserved, in the order of arrival.
    turn: tokio::sync::Mutex<()>,
    clock: Arc<dyn Clock>,
}

struct Bucket {
    name: String,
    rule: Gcra,
    shared: Option<Arc<dyn SharedBuckets>>,
    /// The end of the line as this process saw it last.
    seen: Mutex<Option<Timestamp>>,
}

impl Pace {
    /// For the model of this name (`provider/model`).
    pub fn new(
        model: &str,
        limits: PaceLimits,
        shared: Option<&Arc<dyn SharedBuckets>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let bucket = |what: &str, per_minute: u32| {
            (per_minute > 0).then(|| Bucket {
                name: format!("llm:{what}:{model}"),
                // The line may be a minute long; how long a caller waits in it is the caller's.
                rule: Gcra::new(Quota::per_minute(per_minute - per_minute / LEFT_FREE)),
                shared: shared.map(Arc::clone),
                seen: Mutex::default(),
            })
        };
        Self {
            requests: bucket("requests", limits.requests),
            tokens: bucket("tokens", limits.tokens),
            turn: tokio::sync::Mutex::default(),
            clock,
        }
    }

    /// Waits until the request may be sent. Whoever would wait for longer than `patience` reserves nothing and is told when the
    /// line will be half as long as that.
    pub async fn wait(&self, request: &ModelRequest, patience: Duration) -> Result<(), Duration> {
        tokio::time::sleep(self.reserve(tokens_of(request), patience).await?).await;
        Ok(())
    }

    /// Reserves; gives how long it is until the place is reached.
    async fn reserve(&self, tokens: u32, patience: Duration) -> Result<Duration, Duration> {
        let _turn = self.turn.lock().await;
        let wanted = [(self.requests.as_ref(), 1), (self.tokens.as_ref(), tokens)];
        let buckets = || {
            wanted
                .iter()
                .filter_map(|(bucket, wanted)| Some(((*bucket)?, *wanted)))
        };
        // Of all lines first, so that no place is reserved in one that the other makes useless.
        let longest = buckets().map(|(bucket, _)| bucket.line(self.clock.now())).max();
        if let Some(longest) = longest.filter(|longest| *longest > patience) {
            return Err(longest.saturating_sub(patience / 2));
        }
        let mut wait = Duration::ZERO;
        for (bucket, wanted) in buckets() {
            wait = wait.max(bucket.reserve(self.clock.now(), wanted).await?);
        }
        Ok(wait)
    }
}

/// What the call counts as before its answer is known.
pub fn tokens_of(request: &ModelRequest) -> u32 {
    let (input, output) = most_tokens(request);
    u32::try_from(input / BYTES_PER_TOKEN + output).unwrap_or(u32::MAX)
}

impl Bucket {
    /// How long the line is, as far as this process knows.
    fn line(&self, now: Timestamp) -> Duration {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let believed = seen.filter(|seen| *seen <= self.rule.latest(now));
        believed.map_or(Duration::ZERO, |end| end.since(now))
    }

    /// Until the reserved place is reached. What is more than a minute allows goes as a whole minute.
    async fn reserve(&self, now: Timestamp, wanted: u32) -> Result<Duration, Duration> {
        let wanted = wanted.min(self.rule.requests());
        let taken = self.take(now, wanted).await;
        if taken.granted < wanted {
            // Other processes have filled the line since.
            return Err(taken.state.since(now) / 2);
        }
        let own = self.rule.interval() * wanted;
        Ok(taken.state.since(now).saturating_sub(own))
    }

    async fn take(&self, now: Timestamp, wanted: u32) -> Taken {
        if let Some(shared) = &self.shared {
            let asked = shared.take(&self.name, self.rule, now, wanted);
            if let Ok(Ok(taken)) = tokio::time::timeout(PATIENCE, asked).await {
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken.state);
                return taken;
            }
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.rule.take(*seen, now, wanted);
        *seen = Some(taken.state);
        taken
    }
}

#[cfg(test)]
mod tests {
    use domain::llm::OutputFormat;
    use testkit::ManualClock;

    use super::*;

    const PATIENT: Duration = Duration::from_secs(5);

    fn pace(requests: u32, tokens: u32) -> (Arc<ManualClock>, Pace) {
        let clock = ManualClock::new();
        let limits = PaceLimits { requests, tokens };
        let pace = Pace::new("openai/test", limits, None, Arc::clone(&clock) as Arc<dyn Clock>);
        (clock, pace)
    }

    #[tokio::test]
    async fn calls_stand_in_line_one_interval_apart_and_no_longer_than_they_have_patience() {
        let (clock, pace) = pace(60, 0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            waits.push(pace.reserve(1, PATIENT).await.map_err(|after| after.as_millis()));
        }
        let seconds = |seconds| Ok(Duration::from_secs(seconds));
        let expected: Vec<_> = (0..=5).map(seconds).chain([Err(3_500), Err(3_500)]).collect();
        assert_eq!(waits, expected);
        // Whoever comes late finds the place that others have left, and takes nobody's.
        clock.advance(Duration::from_millis(3_500));
        assert_eq!(pace.reserve(1, PATIENT).await, Ok(Duration::from_millis(2_500)));
    }

    #[tokio::test]
    async fn a_sliding_minute_holds_the_limit_and_one_call() {
        const LIMIT: u32 = 6_000;
        let (clock, pace) = pace(0, LIMIT);
        let mut sent: Vec<(Timestamp, u32)> = Vec::new();
        for step in 0..4_000_u32 {
            let tokens = 200 + step * 37 % 400;
            if let Ok(wait) = pace.reserve(tokens, PATIENT).await {
                sent.push((clock.now() + wait, tokens));
            }
            clock.advance(Duration::from_millis(u64::from(step % 90)));
        }
        let most = sent.iter().map(|(_, tokens)| *tokens).max().unwrap();
        let in_minute = |begin: Timestamp| -> u32 {
            let within = |at: Timestamp| at >= begin && at.since(begin) < Duration::from_mins(1);
            sent.iter()
                .filter(|(at, _)| within(*at))
                .map(|(_, tokens)| tokens)
                .sum()
        };
        let last = sent.last().unwrap().0;
        for (begin, _) in sent.iter().filter(|(at, _)| *at + Duration::from_mins(1) < last) {
            let used = in_minute(*begin);
            assert!(
                (LIMIT - LIMIT / LEFT_FREE - most..=LIMIT + most).contains(&used),
                "{used}"
            );
        }
    }

    #[tokio::test]
    async fn what_one_limit_refuses_takes_nothing_from_the_other() {
        let (clock, pace) = pace(6_000, 60);
        assert_eq!(pace.reserve(30, PATIENT).await, Ok(Duration::ZERO));
        for _ in 0..50 {
            assert!(pace.reserve(30, PATIENT).await.is_err());
        }
        clock.advance(Duration::from_secs(30));
        assert_eq!(pace.reserve(30, PATIENT).await, Ok(Duration::ZERO));
        // More than a minute allows is asked alone.
        clock.advance(Duration::from_secs(30));
        assert_eq!(pace.reserve(u32::MAX, PATIENT).await, Ok(Duration::ZERO));
    }

    #[test]
    fn a_call_counts_as_its_bytes_and_its_longest_answer() {
        let request = ModelRequest {
            messages: Vec::new(),
            format: OutputFormat::Text,
            max_output_tokens: 100,
            temperature: None,
            timeout: Duration::from_secs(1),
            tag: String::new(),
        };
        assert_eq!(tokens_of(&request), 64 / 3 + 100);
    }
}
