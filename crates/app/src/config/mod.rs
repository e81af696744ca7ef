//! Settings: defaults, file, environment, flags, in this order of strength.
//!
//! `config.default.toml` is the manual and the first layer; a test proves that it says what [`Default`] says. Every value
//! is checked before anything starts, and an unknown name is an error that names it.
//! Architecture invariant: the environment is read here and nowhere else.

mod auth;
mod database;
mod env_example;
mod error;
mod jobs;
mod limits;
mod list;
mod llm;
mod load;
mod logging;
mod models;
mod rate_limits;
mod redis;
mod secret;
mod security;
mod server;
mod uploads;

use std::path::PathBuf;

use outbound::embeddings::PROVIDER;
use serde::{Deserialize, Serialize};

pub use auth::{AuthConfig, JwtAlgorithm, Registration};
pub use database::DatabaseConfig;
pub use env_example::env_example;
pub use error::ConfigError;
pub use jobs::{Concurrency, JobsConfig};
pub use limits::LimitsConfig;
pub use llm::{LlmConfig, Provider, ProviderConfig};
pub use load::Sources;
pub use logging::{LogFormat, LoggingConfig};
pub use models::ModelsConfig;
pub use rate_limits::{RateLimitsConfig, SharedBuckets};
pub use redis::RedisConfig;
pub use secret::{Secret, SecretUrl};
pub use security::SecurityConfig;
pub use server::ServerConfig;
pub use uploads::UploadsConfig;

/// The manual: every setting with its default and what it means.
pub const DEFAULT_FILE: &str = include_str!("../../config.default.toml");

/// All settings of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and stopping.
    pub server: ServerConfig,
    /// Where the truth is kept.
    pub database: DatabaseConfig,
    /// What processes share besides the database.
    pub redis: RedisConfig,
    /// Accounts and tokens.
    pub auth: AuthConfig,
    /// The key of the secrets in the database.
    pub security: SecurityConfig,
    /// Background work.
    pub jobs: JobsConfig,
    /// What one request may cost.
    pub limits: LimitsConfig,
    /// How often somebody may ask.
    pub rate_limits: RateLimitsConfig,
    /// What an upload may cost.
    pub uploads: UploadsConfig,
    /// The sentence model.
    pub models: ModelsConfig,
    /// Language models.
    pub llm: LlmConfig,
    /// What is written to standard error.
    pub logging: LoggingConfig,
}

impl Config {
    /// Reads all layers and checks the result.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        load::load(sources)
    }

    /// Refuses values out of range and combinations that cannot work.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.server.validate()?;
        self.database.validate()?;
        self.redis.validate()?;
        if !self.database.replica_url.is_empty() && !self.redis.is_set() {
            return Err(ConfigError::invalid(
                "database.replica_url",
                "needs redis.url, by which processes tell each other who wrote when",
            ));
        }
        self.auth.validate()?;
        self.security.validate()?;
        self.jobs.validate()?;
        self.limits.validate()?;
        self.rate_limits.validate(self.redis.is_set())?;
        self.uploads.validate()?;
        self.models.validate()?;
        self.llm.validate()?;
        self.logging.validate()
    }

    /// A free port, a fixed master key, no files outside the database.
    pub fn for_testing() -> Self {
        Self {
            server: ServerConfig::for_testing(),
            database: DatabaseConfig::for_testing(),
            redis: RedisConfig::for_testing(),
            auth: AuthConfig::for_testing(),
            security: SecurityConfig::for_testing(),
            jobs: JobsConfig::for_testing(),
            limits: LimitsConfig::for_testing(),
            rate_limits: RateLimitsConfig::for_testing(),
            uploads: UploadsConfig::for_testing(),
            models: ModelsConfig::default(),
            llm: LlmConfig::default(),
            logging: LoggingConfig::for_testing(),
        }
    }

    /// The database to open: the configured one, or SQLite in the data directory.
    pub fn database_url(&self) -> String {
        if !self.database.url.is_empty() {
            return self.database.url.expose().to_owned();
        }
        let path = self.server.data_dir.join("touchstone.db").display().to_string();
        // The driver reads percent escapes and a query in the path.
        format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"))
    }

    /// Where files wait while they are read.
    pub fn temporary_dir(&self) -> PathBuf {
        if self.uploads.temporary_dir.as_os_str().is_empty() {
            self.server.data_dir.join("tmp")
        } else {
            self.uploads.temporary_dir.clone()
        }
    }

    /// Where the sentence model is used from.
    pub fn model_directory(&self) -> PathBuf {
        if self.models.directory.as_os_str().is_empty() {
            self.server.data_dir.join("models").join(PROVIDER)
        } else {
            self.models.directory.clone()
        }
    }

    /// The effective settings as TOML, secrets redacted.
    pub fn to_redacted_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_says_exactly_the_defaults() {
        let parsed: Config = toml::from_str(DEFAULT_FILE).unwrap();
        assert_eq!(parsed, Config::default());
        assert!(parsed.validate().is_ok());
    }

    #[test]
    fn the_default_file_explains_every_setting() {
        let mut explained = false;
        for line in DEFAULT_FILE.lines().filter(|line| !line.is_empty()) {
            let is_setting = !line.starts_with(['#', '[']);
            let grouped = [
                "audience",
                "static",
                "llm",
                "coding",
                "rag",
                "webhooks",
                "generation",
                "maintenance",
            ];
            let is_grouped = grouped.iter().any(|name| line.starts_with(name));
            assert!(
                !is_setting || explained || is_grouped,
                "no comment above `{line}`"
            );
            explained = line.starts_with('#');
        }
    }

    #[test]
    fn settings_for_testing_are_valid() {
        assert!(Config::for_testing().validate().is_ok());
    }

    #[test]
    fn without_a_url_the_database_is_a_file_in_the_data_directory() {
        let mut config = Config::default();
        config.server.data_dir = "some dir/50%?".into();
        assert_eq!(config.database_url(), "sqlite:some dir/50%25%3F/touchstone.db");
    }

    #[test]
    fn printed_settings_carry_no_secret_and_can_be_read_back() {
        let mut config = Config::default();
        config.security.master_key = Secret::new("s3cret-of-the-deployment-1234567890");
        config.security.previous_master_keys = vec![Secret::new("s3cret-of-before")];
        config.database.url = SecretUrl::new("postgres://app:pa55word@db.example/touchstone");
        let printed = config.to_redacted_toml().unwrap();
        assert!(
            !printed.contains("s3cret") && !printed.contains("pa55word"),
            "{printed}"
        );
        assert!(
            printed.contains("postgres://app:redacted@db.example/touchstone"),
            "{printed}"
        );
        assert!(toml::from_str::<Config>(&printed).is_ok());
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
