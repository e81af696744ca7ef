//! Access tokens: JWTs of at most 15 minutes, signed by the keys of the ring (RFC 8725, RFC 9068).
//!
//! The header chooses a key of ours by `kid`, and the key chooses the algorithm; nothing else in a header is looked at.
//! `typ`, `iss`, `aud`, `sub`, `sid`, `nbf` and `exp` are required, and time comes from the caller: the JWT library has a
//! clock of its own, which is not asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::identity::{Principal, Role, User};
use domain::ids::{TokenFamilyId, UserId};
use domain::time::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use storage::Store;

use super::refresh::{RefreshKey, RefreshSecret};
use super::ring::{Ring, RingKey};
use super::secrets::{SecretsError, read_ring};
use super::vault::Vault;
use crate::config::AuthConfig;
use crate::telemetry::chain;

/// RFC 9068: keeps other tokens signed with the same key from being taken for access tokens.
const TOKEN_TYPE: &str = "at+jwt";
/// Longer texts are not even parsed.
const MAX_TOKEN_BYTES: usize = 4096;
/// Processes of one deployment agree on the time to within a round trip; `nbf` forgives that much.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// The ring is read again at most that often because of tokens that name unknown keys, which anybody can make.
const LOOKS_APART: Duration = Duration::from_secs(1);

/// Not an access token of ours, or not any more. There is one answer for all cases on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token is missing, invalid or expired")]
pub struct TokenError;

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The secrets were not loaded, or every key is retired.
    #[error("there is no key to sign with; see `touchstone keys list`")]
    NoKey,
    /// The library refused.
    #[error("the token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// A signed token and how long it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The compact JWT.
    pub token: String,
    /// Seconds.
    pub expires_in: u64,
}

/// Whom a good token names, by which sign-in, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub principal: Principal,
    /// The sign-in that the token was issued for; it may have been ended since.
    pub family: TokenFamilyId,
    /// From then on the token is not good any more, because it or its key has ended.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: TokenFamilyId,
    role: Role,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What is looked at in a header.
#[derive(Deserialize)]
struct Head {
    alg: Algorithm,
    typ: String,
    kid: String,
    /// Extensions that a reader must understand; we understand none.
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

/// Signs and verifies access tokens; shared by the whole process.
pub struct TokenService {
    ring: RwLock<Arc<Ring>>,
    refresh_key: OnceLock<RefreshKey>,
    looked_at: RwLock<Option<Timestamp>>,
    withdrawals: AtomicU64,
    vault: Arc<Vault>,
    issuer: String,
    audience: String,
    lifetime: Duration,
}

impl TokenService {
    /// Makes what `config` describes, with the keys that `vault` opens; there are none until [`Self::refresh`].
    pub fn new(vault: Arc<Vault>, config: &AuthConfig) -> Self {
        Self {
            ring: RwLock::default(),
            refresh_key: OnceLock::new(),
            looked_at: RwLock::default(),
            withdrawals: AtomicU64::default(),
            vault,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            lifetime: config.access_token_lifetime(),
        }
    }

    /// A token for an account and one of its sign-ins, good from now on.
    pub fn issue(
        &self,
        user: &User,
        family: TokenFamilyId,
        now: Timestamp,
    ) -> Result<AccessToken, IssueError> {
        let ring = self.ring();
        let key = ring.signer(now).ok_or(IssueError::NoKey)?;
        let issued = seconds(now);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.id,
            sid: family,
            role: user.role,
            iat: issued,
            nbf: issued,
            exp: seconds(now + self.lifetime),
        };
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(key.kid.clone()),
            ..Header::new(key.algorithm)
        };
        Ok(AccessToken {
            token: jsonwebtoken::encode(&header, &claims, &key.encoding)?,
            expires_in: self.lifetime.as_secs(),
        })
    }

    /// Whom a token names, by the keys in memory.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        let head = head(token)?;
        let ring = self.ring();
        let key = ring.verifier(&head.kid, now).ok_or(TokenError)?;
        if head.alg != key.algorithm {
            return Err(TokenError);
        }
        let claims = self.signed_claims(token, key)?;
        let now = seconds(now);
        let tolerance = i64::try_from(CLOCK_TOLERANCE.as_secs()).unwrap_or(0);
        if now >= claims.exp || claims.nbf > now + tolerance {
            return Err(TokenError);
        }
        Ok(Verified {
            principal: Principal {
                user_id: claims.sub,
                role: claims.role,
            },
            family: claims.sid,
            expires_at: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)).min(key.end()),
        })
    }

    /// The same, reading the ring again first when the token names a key that another process may have made meanwhile. A
    /// ring that cannot be read leaves the one in memory.
    pub async fn verify_with(
        &self,
        store: &Store,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        if self.names_unknown_key(token)
            && self.may_look(now)
            && let Err(error) = self.refresh(store).await
        {
            tracing::warn!(error = chain(&error), "the signing keys cannot be read again");
        }
        self.verify(token, now)
    }

    /// Reads the ring from the database. Keys that are in memory are not unwrapped again.
    pub async fn refresh(&self, store: &Store) -> Result<(), SecretsError> {
        let ring = read_ring(store, &self.vault, &self.ring()).await?;
        let mut current = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let takes_back = ring.takes_back(&current);
        *current = Arc::new(ring);
        drop(current);
        if takes_back {
            self.withdrawals.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// How often keys were found to be gone or to end earlier than was known. What was concluded from a token before the
    /// latest time is not to be believed any more.
    pub fn withdrawals(&self) -> u64 {
        self.withdrawals.load(Ordering::SeqCst)
    }

    /// The token that a refresh token is exchanged for; always the same one.
    pub fn successor_of(&self, presented: &str) -> Result<RefreshSecret, IssueError> {
        let key = self.refresh_key.get().ok_or(IssueError::NoKey)?;
        Ok(RefreshSecret::successor_of(key, presented))
    }

    /// Sets the key of [`Self::successor_of`]; it does not change in the life of a process.
    pub(super) fn set_refresh_key(&self, key: RefreshKey) {
        // A second load of the same database brings the same key.
        let _ = self.refresh_key.set(key);
    }

    fn signed_claims(&self, token: &str, key: &RingKey) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation);
        Ok(decoded.map_err(|_| TokenError)?.claims)
    }

    fn names_unknown_key(&self, token: &str) -> bool {
        head(token)
            .is_ok_and(|head| uuid::Uuid::try_parse(&head.kid).is_ok() && !self.ring().knows(&head.kid))
    }

    /// Whether the last look is long enough ago, or lies ahead because the clock was set back; takes the turn if so.
    fn may_look(&self, now: Timestamp) -> bool {
        let mut last = self.looked_at.write().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| now.since(last).max(last.since(now)) >= LOOKS_APART);
        if may {
            *last = Some(now);
        }
        may
    }

    /// The `kid` of a token.
    #[cfg(test)]
    pub(super) fn names_key(&self, token: &str) -> Option<String> {
        head(token)
            .ok()
            .map(|head| head.kid)
            .filter(|kid| self.ring().knows(kid))
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The header of a compact JWT that could be one of ours.
fn head(token: &str) -> Result<Head, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError);
    }
    let (header, _) = token.split_once('.').ok_or(TokenError)?;
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError)?;
    let head: Head = serde_json::from_slice(&header).map_err(|_| TokenError)?;
    if head.typ == TOKEN_TYPE && head.crit.is_none() {
        Ok(head)
    } else {
        Err(TokenError)
    }
}

const fn seconds(instant: Timestamp) -> i64 {
    instant.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests;
