//! `[rate_limits]`: how often somebody may ask.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};

/// No quota is higher: an interval is a whole number of microseconds.
const HIGHEST: u32 = 1_000_000;

/// Where buckets are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedBuckets {
    /// In Redis if there is one, else in the database if it is PostgreSQL, which several processes may use.
    Auto,
    /// In Redis, for all processes together.
    Redis,
    /// In the database, for all processes together.
    Database,
    /// In the memory of each process, which counts for itself.
    Memory,
}

/// See `config.default.toml`. Quotas are requests per minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitsConfig {
    /// Answers and heartbeats.
    pub saves: u32,
    /// Reading.
    pub reads: u32,
    /// What makes a model work.
    pub ai: u32,
    /// Changes by staff.
    pub admin_writes: u32,
    /// Everything else.
    pub other: u32,
    /// Sign-ins at one address of an account.
    pub login_account: u32,
    /// Sign-ins from one network address.
    pub login_address: u32,
    /// Where buckets are kept.
    pub shared: SharedBuckets,
    /// Milliseconds that a request waits for the database's count at most.
    pub shared_timeout_milliseconds: u64,
}

impl Default for RateLimitsConfig {
    fn default() -> Self {
        Self {
            saves: 240,
            reads: 300,
            ai: 10,
            admin_writes: 60,
            other: 60,
            login_account: 10,
            login_address: 300,
            shared: SharedBuckets::Auto,
            shared_timeout_milliseconds: 250,
        }
    }
}

impl RateLimitsConfig {
    pub(super) fn validate(&self, has_redis: bool) -> Result<(), ConfigError> {
        if self.shared == SharedBuckets::Redis && !has_redis {
            return Err(ConfigError::invalid(
                "rate_limits.shared",
                "is redis, which needs redis.url",
            ));
        }
        let quotas = [
            ("rate_limits.saves", self.saves),
            ("rate_limits.reads", self.reads),
            ("rate_limits.ai", self.ai),
            ("rate_limits.admin_writes", self.admin_writes),
            ("rate_limits.other", self.other),
            ("rate_limits.login_account", self.login_account),
            ("rate_limits.login_address", self.login_address),
        ];
        for (key, quota) in quotas {
            within(key, u64::from(quota), 1..=u64::from(HIGHEST))?;
        }
        within(
            "rate_limits.shared_timeout_milliseconds",
            self.shared_timeout_milliseconds,
            1..=60_000,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self {
            // A busy machine is no outage.
            shared_timeout_milliseconds: 60_000,
            ..Self::unlimited()
        }
    }

    /// So high that nobody meets them, and kept in memory.
    pub fn unlimited() -> Self {
        Self {
            shared: SharedBuckets::Memory,
            ..Self::with_all(HIGHEST)
        }
    }

    /// The same quota for everything.
    pub fn with_all(quota: u32) -> Self {
        Self {
            saves: quota,
            reads: quota,
            ai: quota,
            admin_writes: quota,
            other: quota,
            login_account: quota,
            login_address: quota,
            ..Self::default()
        }
    }

    /// The longest wait for a bucket in the database.
    pub const fn shared_timeout(&self) -> Duration {
        Duration::from_millis(self.shared_timeout_milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_of_nothing_is_refused_with_its_name() {
        let config = RateLimitsConfig {
            admin_writes: 0,
            ..RateLimitsConfig::default()
        };
        let refused = config.validate(false).unwrap_err().to_string();
        assert!(refused.contains("`rate_limits.admin_writes`"), "{refused}");
        assert!(RateLimitsConfig::with_all(HIGHEST + 1).validate(false).is_err());
    }

    #[test]
    fn buckets_in_redis_need_one() {
        let config = RateLimitsConfig {
            shared: SharedBuckets::Redis,
            ..RateLimitsConfig::default()
        };
        let refused = config.validate(false).unwrap_err().to_string();
        assert!(refused.contains("redis.url"), "{refused}");
        assert!(config.validate(true).is_ok());
    }
}
