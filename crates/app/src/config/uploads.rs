//! `[uploads]`: what an upload may cost.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadsConfig {
    /// MiB of the largest file.
    pub max_file_mib: usize,
    /// MiB of the largest request.
    pub max_request_mib: usize,
    /// Seconds for one request.
    pub timeout_seconds: u64,
    /// Files read at once.
    pub parallel_readers: usize,
    /// Seconds for one file.
    pub reader_timeout_seconds: u64,
    /// Empty for this program.
    pub reader_program: PathBuf,
    /// Where files wait while they are read; empty for `tmp` in the data directory.
    pub temporary_dir: PathBuf,
}

impl Default for UploadsConfig {
    fn default() -> Self {
        Self {
            max_file_mib: 32,
            max_request_mib: 128,
            timeout_seconds: 120,
            parallel_readers: 2,
            reader_timeout_seconds: 30,
            reader_program: PathBuf::new(),
            temporary_dir: PathBuf::new(),
        }
    }
}

impl UploadsConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("uploads.max_file_mib", self.max_file_mib as u64, 1..=64)?;
        within(
            "uploads.max_request_mib",
            self.max_request_mib as u64,
            self.max_file_mib as u64..=1024,
        )?;
        within("uploads.timeout_seconds", self.timeout_seconds, 1..=3600)?;
        within("uploads.parallel_readers", self.parallel_readers as u64, 1..=64)?;
        within(
            "uploads.reader_timeout_seconds",
            self.reader_timeout_seconds,
            1..=300,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self {
            temporary_dir: std::env::temp_dir(),
            ..Self::default()
        }
    }

    /// Bytes of the largest file.
    pub const fn max_file_bytes(&self) -> usize {
        self.max_file_mib << 20
    }

    /// Bytes of the largest request.
    pub const fn max_request_bytes(&self) -> usize {
        self.max_request_mib << 20
    }

    /// Time for one request.
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// Time for reading one file.
    pub const fn reader_timeout(&self) -> Duration {
        Duration::from_secs(self.reader_timeout_seconds)
    }
}
