//! `[database]`: where the truth is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};
use super::secret::SecretUrl;

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Empty for SQLite in the data directory.
    pub url: SecretUrl,
    /// Connections to PostgreSQL, or readers of SQLite.
    pub max_connections: u32,
    /// Milliseconds that a request waits for a connection.
    pub acquire_timeout_milliseconds: u64,
    /// Whether a start migrates PostgreSQL.
    pub migrate_on_start: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretUrl::default(),
            max_connections: 20,
            acquire_timeout_milliseconds: 2_000,
            migrate_on_start: false,
        }
    }
}

impl DatabaseConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let url = self.url.expose();
        let schemes = ["sqlite:", "postgres:", "postgresql:"];
        if !url.is_empty() && !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConfigError::invalid(
                "database.url",
                "must begin with sqlite: or postgres:",
            ));
        }
        within(
            "database.max_connections",
            u64::from(self.max_connections),
            1..=1000,
        )?;
        within(
            "database.acquire_timeout_milliseconds",
            self.acquire_timeout_milliseconds,
            100..=60_000,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self {
            max_connections: 5,
            acquire_timeout_milliseconds: 10_000,
            migrate_on_start: true,
            ..Self::default()
        }
    }

    /// How long a request waits for a connection.
    pub const fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_milliseconds)
    }
}
