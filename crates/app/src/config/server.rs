//! `[server]`: listening and stopping.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Home of the embedded database and generated keys.
    pub data_dir: PathBuf,
    /// Address and port.
    pub listen: SocketAddr,
    /// Seconds that requests and jobs may go on after a stop was asked for.
    pub shutdown_seconds: u64,
    /// Seconds for a client to send its headers.
    pub header_timeout_seconds: u64,
    /// Open connections at once.
    pub max_connections: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            shutdown_seconds: 25,
            header_timeout_seconds: 10,
            max_connections: 4096,
        }
    }
}

impl ServerConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.data_dir.as_os_str().is_empty() {
            return Err(ConfigError::invalid("server.data_dir", "must name a directory"));
        }
        within("server.shutdown_seconds", self.shutdown_seconds, 1..=300)?;
        within(
            "server.header_timeout_seconds",
            self.header_timeout_seconds,
            1..=60,
        )?;
        within("server.max_connections", self.max_connections as u64, 16..=65_536)
    }

    pub(super) fn for_testing() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            shutdown_seconds: 5,
            ..Self::default()
        }
    }

    /// How long a stop may take.
    pub const fn shutdown(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }

    /// How long a client may take for its headers.
    pub const fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds)
    }
}
