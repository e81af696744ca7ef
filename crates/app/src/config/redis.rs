//! `[redis]`: what processes share besides the database, and can lose.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};
use super::secret::SecretUrl;

const LONGEST_PREFIX: usize = 64;

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Empty for none.
    pub url: SecretUrl,
    /// Begins every key.
    pub prefix: String,
    /// Milliseconds that a request waits for it at most.
    pub timeout_milliseconds: u64,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: SecretUrl::default(),
            prefix: "touchstone".to_owned(),
            timeout_milliseconds: 50,
        }
    }
}

impl RedisConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let url = self.url.expose();
        if self.is_set()
            && !["redis://", "rediss://"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
        {
            return Err(ConfigError::invalid(
                "redis.url",
                "must begin with redis:// or rediss://",
            ));
        }
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        if self.prefix.is_empty() || self.prefix.len() > LONGEST_PREFIX || !self.prefix.chars().all(is_plain)
        {
            return Err(ConfigError::invalid(
                "redis.prefix",
                "must be letters, digits, - and _, 64 at most",
            ));
        }
        within(
            "redis.timeout_milliseconds",
            self.timeout_milliseconds,
            1..=60_000,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self {
            // A busy machine is no outage.
            timeout_milliseconds: 60_000,
            ..Self::default()
        }
    }

    /// How long a request waits for it.
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_milliseconds)
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        !self.url.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_something_else_and_a_prefix_that_splits_keys_are_refused_by_name() {
        let mut config = RedisConfig::default();
        assert!(config.validate().is_ok() && !config.is_set());
        config.url = SecretUrl::new("redis://h:6379/0");
        assert!(config.validate().is_ok() && config.is_set());
        config.prefix = "a:b".to_owned();
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.starts_with("`redis.prefix`"), "{refused}");
        config.url = SecretUrl::new("http://h");
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.starts_with("`redis.url`"), "{refused}");
    }
}
