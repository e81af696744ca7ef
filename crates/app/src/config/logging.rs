//! `[logging]`: what is written to standard error.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::error::ConfigError;

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One object per line.
    Json,
    /// For people.
    Text,
}

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggingConfig {
    /// A level, or levels by module.
    pub level: String,
    /// The shape of log lines.
    pub format: LogFormat,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Json,
        }
    }
}

impl LoggingConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match EnvFilter::builder().parse(&self.level) {
            Ok(_) => Ok(()),
            Err(_) => Err(ConfigError::invalid(
                "logging.level",
                "must be error, warn, info, debug or trace, or a list such as \"info,storage=debug\"",
            )),
        }
    }

    pub(super) fn for_testing() -> Self {
        Self {
            level: "warn".to_owned(),
            format: LogFormat::Text,
        }
    }
}
