//! When an account wrote last, in Redis, for as long as a copy of the database may lag behind.

use std::time::Duration;

use async_trait::async_trait;
use domain::ids::UserId;
use domain::reports::{KnownWrites, LastWrites, LastWritesUnavailable};
use domain::time::Timestamp;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};

use super::connection::{RedisUrlError, connect};

const KNOWN: &str = include_str!("known_writes.lua");

/// See the module.
pub struct RedisLastWrites {
    connection: ConnectionManager,
    known: Script,
    prefix: String,
    kept: Duration,
}

impl RedisLastWrites {
    /// A write is kept for `kept`. Wants a Tokio runtime.
    pub fn new(url: &str, prefix: &str, kept: Duration) -> Result<Self, RedisUrlError> {
        Ok(Self {
            connection: connect(url)?,
            known: Script::new(KNOWN),
            prefix: format!("{prefix}:last_writes:"),
            kept,
        })
    }

    fn key(&self, user: UserId) -> String {
        format!("{}{user}", self.prefix)
    }

    /// A flushed Redis has lost the key `since` as well, and one that was restarted or replaced by its replica is another run than
    /// the one the key names: either begins again with the instant of whoever finds that out first.
    async fn ask(&self, user: UserId, now: Timestamp) -> RedisResult<(i64, Option<i64>)> {
        let mut connection = self.connection.clone();
        self.known
            .key(format!("{}since", self.prefix))
            .key(self.key(user))
            .arg(now.as_micros())
            .invoke_async(&mut connection)
            .await
    }

    async fn set(&self, user: UserId, at: Timestamp) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        let kept = u64::try_from(self.kept.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("SET");
        command
            .arg(self.key(user))
            .arg(at.as_micros())
            .arg("PX")
            .arg(kept);
        command.query_async(&mut connection).await
    }
}

#[async_trait]
impl LastWrites for RedisLastWrites {
    async fn note(&self, user: UserId, at: Timestamp) -> Result<(), LastWritesUnavailable> {
        let set = self.set(user, at).await;
        set.map_err(|error| LastWritesUnavailable(Box::new(error)))
    }

    async fn known(&self, user: UserId, now: Timestamp) -> Result<KnownWrites, LastWritesUnavailable> {
        let (since, last) = self
            .ask(user, now)
            .await
            .map_err(|error| LastWritesUnavailable(Box::new(error)))?;
        Ok(KnownWrites {
            since: Timestamp::from_micros(since),
            last: last.map(Timestamp::from_micros),
        })
    }
}
