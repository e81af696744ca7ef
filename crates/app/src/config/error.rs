//! What is wrong with the settings, in words for the operator.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Settings that cannot be used. `Display` names the setting and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` is not there.
    #[error("there is no configuration file {}; check --config", .0.display())]
    NoFile(PathBuf),
    /// A key that is not a setting.
    #[error("unknown setting `{key}`; known are {known}")]
    Unknown {
        /// With its section.
        key: String,
        /// What its section has.
        known: String,
    },
    /// A setting of an earlier version.
    #[error("{key} is gone: {instead}")]
    Gone {
        /// With its section.
        key: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A `TOUCHSTONE_…` variable that is not a setting.
    #[error(
        "unknown environment variable {0}; settings are TOUCHSTONE__SECTION__FIELD, see `touchstone config env-example`"
    )]
    UnknownVariable(String),
    /// A layer that cannot be read, or a value of the wrong type.
    #[error("the configuration cannot be read")]
    Unreadable(#[from] ::config::ConfigError),
    /// A value that cannot work.
    #[error("`{key}` {reason}")]
    Invalid {
        /// With its section.
        key: Cow<'static, str>,
        /// What it has to be.
        reason: String,
    },
}

impl ConfigError {
    /// The refusal of a value.
    pub(crate) fn invalid(key: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            key: key.into(),
            reason: reason.into(),
        }
    }
}

/// Refuses a number outside its range.
pub(super) fn within(
    key: impl Into<Cow<'static, str>>,
    value: u64,
    range: RangeInclusive<u64>,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(ConfigError::invalid(
        key,
        format!("must be between {low} and {high}; it is {value}"),
    ))
}
