//! `[auth]`: accounts and tokens.

use std::thread::available_parallelism;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use storage::SigningAlgorithm;

use super::error::{ConfigError, within};

/// Who may make accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anybody, as a student.
    Open,
    /// Whoever has an invitation, as a student.
    Invite,
    /// Admins and the command line.
    Closed,
}

/// How new keys sign access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JwtAlgorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
}

impl From<JwtAlgorithm> for SigningAlgorithm {
    fn from(algorithm: JwtAlgorithm) -> Self {
        match algorithm {
            JwtAlgorithm::EdDsa => Self::EdDsa,
            JwtAlgorithm::Hs256 => Self::Hs256,
        }
    }
}

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Who may make accounts.
    pub registration: Registration,
    /// How new keys sign; a key keeps its algorithm.
    pub jwt_algorithm: JwtAlgorithm,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
    /// Minutes that an access token lives.
    pub access_token_minutes: u64,
    /// Days that a refresh token lives.
    pub refresh_token_days: u64,
    /// Days after which a sign-in ends however often it was renewed.
    pub sign_in_days: u64,
    /// Characters of the shortest password.
    pub password_min_length: usize,
    /// Passwords hashed at once; 0 for half of the processors.
    pub password_parallelism: usize,
    /// Passwords that may wait to be hashed.
    pub password_queue: usize,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            jwt_algorithm: JwtAlgorithm::EdDsa,
            issuer: "touchstone".to_owned(),
            audience: "touchstone".to_owned(),
            access_token_minutes: 15,
            refresh_token_days: 30,
            sign_in_days: 90,
            password_min_length: 10,
            password_parallelism: 0,
            password_queue: 64,
        }
    }
}

impl AuthConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, claim) in [("auth.issuer", &self.issuer), ("auth.audience", &self.audience)] {
            if claim.is_empty() {
                return Err(ConfigError::invalid(key, "must not be empty"));
            }
        }
        within("auth.access_token_minutes", self.access_token_minutes, 1..=15)?;
        within("auth.refresh_token_days", self.refresh_token_days, 1..=365)?;
        within(
            "auth.sign_in_days",
            self.sign_in_days,
            self.refresh_token_days..=3650,
        )?;
        within(
            "auth.password_min_length",
            self.password_min_length as u64,
            8..=128,
        )?;
        within(
            "auth.password_parallelism",
            self.password_parallelism as u64,
            0..=64,
        )?;
        within("auth.password_queue", self.password_queue as u64, 1..=10_000)
    }

    pub(super) fn for_testing() -> Self {
        Self::default()
    }

    /// Threads that hash passwords.
    pub fn password_threads(&self) -> usize {
        let half = || available_parallelism().map_or(1, |all| (all.get() / 2).max(1));
        match self.password_parallelism {
            0 => half(),
            given => given,
        }
    }

    /// Lifetime of an access token.
    pub const fn access_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.access_token_minutes * 60)
    }

    /// Longest life of a sign-in.
    pub const fn longest_sign_in(&self) -> Duration {
        Duration::from_secs(self.sign_in_days * 24 * 60 * 60)
    }

    /// Lifetime of a refresh token.
    pub const fn refresh_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.refresh_token_days * 24 * 60 * 60)
    }
}
