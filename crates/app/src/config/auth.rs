//! `[auth]`: accounts and tokens.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};
use super::secret::Secret;

/// Shortest signing key accepted; HS256 wants as many bytes as its hash.
const MIN_SECRET: usize = 32;

/// Who may make accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anybody, as a student.
    Open,
    /// Admins and the command line.
    Closed,
}

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Who may make accounts.
    pub registration: Registration,
    /// Empty for the generated key file.
    pub jwt_secret: Secret,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
    /// Minutes that an access token lives.
    pub access_token_minutes: u64,
    /// Days that a refresh token lives.
    pub refresh_token_days: u64,
    /// Characters of the shortest password.
    pub password_min_length: usize,
    /// Passwords hashed at once.
    pub password_parallelism: usize,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            jwt_secret: Secret::default(),
            issuer: "touchstone".to_owned(),
            audience: "touchstone".to_owned(),
            access_token_minutes: 15,
            refresh_token_days: 30,
            password_min_length: 10,
            password_parallelism: 2,
        }
    }
}

impl AuthConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !self.jwt_secret.is_empty() && self.jwt_secret.expose().len() < MIN_SECRET {
            return Err(ConfigError::invalid(
                "auth.jwt_secret",
                format!("must have at least {MIN_SECRET} characters"),
            ));
        }
        for (key, claim) in [("auth.issuer", &self.issuer), ("auth.audience", &self.audience)] {
            if claim.is_empty() {
                return Err(ConfigError::invalid(key, "must not be empty"));
            }
        }
        within("auth.access_token_minutes", self.access_token_minutes, 1..=15)?;
        within("auth.refresh_token_days", self.refresh_token_days, 1..=365)?;
        within(
            "auth.password_min_length",
            self.password_min_length as u64,
            8..=128,
        )?;
        within(
            "auth.password_parallelism",
            self.password_parallelism as u64,
            1..=64,
        )
    }

    pub(super) fn for_testing() -> Self {
        Self {
            jwt_secret: Secret::new("a-signing-key-that-only-tests-know-of"),
            ..Self::default()
        }
    }

    /// Lifetime of an access token.
    pub const fn access_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.access_token_minutes * 60)
    }

    /// Lifetime of a refresh token.
    pub const fn refresh_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.refresh_token_days * 24 * 60 * 60)
    }
}
