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
    /// The server itself, where `url` is a pooler; empty for `url`. Migrations go there.
    pub direct_url: SecretUrl,
    /// A read replica for lists and reports; empty for none.
    pub replica_url: SecretUrl,
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
            direct_url: SecretUrl::default(),
            replica_url: SecretUrl::default(),
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
        self.validate_further()?;
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

    fn validate_further(&self) -> Result<(), ConfigError> {
        let further = [
            ("database.direct_url", &self.direct_url),
            ("database.replica_url", &self.replica_url),
        ];
        for (key, url) in further {
            if !(url.is_empty() || is_postgres(url) && is_postgres(&self.url)) {
                return Err(ConfigError::invalid(
                    key,
                    "must begin with postgres: and stand beside a database.url that does",
                ));
            }
        }
        Ok(())
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

fn is_postgres(url: &SecretUrl) -> bool {
    ["postgres:", "postgresql:"]
        .iter()
        .any(|scheme| url.expose().starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_urls_need_a_server_to_stand_beside() {
        let mut config = DatabaseConfig {
            direct_url: SecretUrl::new("postgres://h/db"),
            ..DatabaseConfig::default()
        };
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.starts_with("`database.direct_url`"), "{refused}");
        config.url = SecretUrl::new("postgresql://pooler/db");
        assert!(config.validate().is_ok());
        config.replica_url = SecretUrl::new("sqlite:copy.db");
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.starts_with("`database.replica_url`"), "{refused}");
    }
}
