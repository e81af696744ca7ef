//! Rate-limit buckets in Redis: the formula runs there as one script, so that of many takers no two count from one state.

use async_trait::async_trait;
use domain::rate_limits::{BucketsUnavailable, Gcra, SharedBuckets, Taken};
use domain::time::Timestamp;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};

use super::connection::{RedisUrlError, connect};

const TAKE: &str = include_str!("take.lua");

/// See the module.
pub struct RedisBuckets {
    connection: ConnectionManager,
    script: Script,
    prefix: String,
}

impl RedisBuckets {
    /// Keys are `<prefix>:rate_limits:<bucket>`. Wants a Tokio runtime.
    pub fn new(url: &str, prefix: &str) -> Result<Self, RedisUrlError> {
        Ok(Self {
            connection: connect(url)?,
            script: Script::new(TAKE),
            prefix: format!("{prefix}:rate_limits:"),
        })
    }

    async fn run(&self, bucket: &str, rule: Gcra, now: Timestamp, wanted: u32) -> RedisResult<(u32, i64)> {
        let mut connection = self.connection.clone();
        let interval = u64::try_from(rule.interval().as_micros()).unwrap_or(u64::MAX);
        self.script
            .key(format!("{}{bucket}", self.prefix))
            .arg(now.as_micros())
            .arg(wanted)
            .arg(interval)
            .arg(rule.requests())
            .invoke_async(&mut connection)
            .await
    }
}

#[async_trait]
impl SharedBuckets for RedisBuckets {
    async fn take(
        &self,
        bucket: &str,
        rule: Gcra,
        now: Timestamp,
        wanted: u32,
    ) -> Result<Taken, BucketsUnavailable> {
        let (granted, state) = self
            .run(bucket, rule, now, wanted)
            .await
            .map_err(|error| BucketsUnavailable(Box::new(error)))?;
        Ok(rule.taken(granted, Timestamp::from_micros(state), now))
    }

    fn place(&self) -> &'static str {
        "Redis"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_something_else_is_refused_with_what_it_must_be() {
        let refused = RedisBuckets::new("http://127.0.0.1/", "touchstone")
            .err()
            .unwrap();
        assert!(refused.to_string().contains("redis://"), "{refused}");
        assert!(RedisBuckets::new("redis://127.0.0.1:1/0", "touchstone").is_ok());
    }
}
