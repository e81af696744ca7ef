//! `[limits]`: what one request may cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// KiB of the largest JSON body.
    pub json_body_kib: usize,
    /// Seconds for one request.
    pub request_timeout_seconds: u64,
    /// Requests worked on at once.
    pub max_requests_in_flight: usize,
    /// Seconds that a body may be waited for, however little of it comes.
    pub body_grace_seconds: u64,
    /// Bytes per second that it has to bring from then on.
    pub body_bytes_per_second: u64,
    /// Event streams of one account at once, per process.
    pub streams_per_principal: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            json_body_kib: 1024,
            request_timeout_seconds: 30,
            max_requests_in_flight: 512,
            body_grace_seconds: 10,
            body_bytes_per_second: 1024,
            streams_per_principal: 3,
        }
    }
}

impl LimitsConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("limits.json_body_kib", self.json_body_kib as u64, 1..=65_536)?;
        within(
            "limits.request_timeout_seconds",
            self.request_timeout_seconds,
            1..=600,
        )?;
        within(
            "limits.max_requests_in_flight",
            self.max_requests_in_flight as u64,
            1..=65_536,
        )?;
        within("limits.body_grace_seconds", self.body_grace_seconds, 1..=300)?;
        within(
            "limits.body_bytes_per_second",
            self.body_bytes_per_second,
            1..=1 << 20,
        )?;
        within(
            "limits.streams_per_principal",
            self.streams_per_principal as u64,
            1..=1000,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self::default()
    }

    /// Bytes of the largest JSON body.
    pub const fn json_body_bytes(&self) -> usize {
        self.json_body_kib << 10
    }

    /// Time for one request.
    pub const fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds)
    }

    /// Waiting for a body that no rate excuses.
    pub const fn body_grace(&self) -> Duration {
        Duration::from_secs(self.body_grace_seconds)
    }
}
