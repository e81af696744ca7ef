//! Access tokens (JWT, HS256, at most 15 minutes) and the secrets of refresh tokens.
//!
//! The algorithm is pinned, `typ`, `iss`, `aud`, `sub`, `nbf` and `exp` are required, and time comes from the caller: the
//! JWT library has a clock of its own, which is not asked.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::identity::{Principal, Role, User};
use domain::ids::UserId;
use domain::time::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::{AuthConfig, Secret};

/// RFC 9068: keeps other tokens signed with the same key from being taken for access tokens.
const TOKEN_TYPE: &str = "at+jwt";
/// Longer texts are not even parsed.
const MAX_TOKEN_BYTES: usize = 4096;
/// Processes of one deployment agree on the time to within a round trip; `nbf` forgives that much.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

/// Not an access token of ours, or not any more. There is one answer for all cases on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token is missing, invalid or expired")]
pub struct TokenError;

/// A signed token and how long it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The compact JWT.
    pub token: String,
    /// Seconds.
    pub expires_in: u64,
}

/// Whom a good token names, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub principal: Principal,
    /// From then on the token is not good any more; whole seconds.
    pub expires_at: Timestamp,
}

/// A new refresh token: the text for the client, the hash for the database.
pub struct RefreshSecret {
    /// 256 random bits in base64url; shown once.
    pub token: String,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    role: Role,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs and verifies access tokens.
pub struct TokenService {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    audience: String,
    lifetime: Duration,
}

impl TokenService {
    /// Signs with `key` what `config` describes.
    pub fn new(key: &Secret, config: &AuthConfig) -> Self {
        let key = key.expose().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            validation,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            lifetime: config.access_token_lifetime(),
        }
    }

    /// A token for an account, good from now on.
    pub fn issue(&self, user: &User, now: Timestamp) -> Result<AccessToken, jsonwebtoken::errors::Error> {
        let issued = seconds(now);
        let expires = seconds(now + self.lifetime);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.id,
            role: user.role,
            iat: issued,
            nbf: issued,
            exp: expires,
        };
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let token = jsonwebtoken::encode(&header, &claims, &self.encoding)?;
        Ok(AccessToken {
            token,
            expires_in: self.lifetime.as_secs(),
        })
    }

    /// Whom a token names, and until when.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError);
        }
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        let decoded = decoded.map_err(|_| TokenError)?;
        let now = seconds(now);
        let Claims {
            sub, role, nbf, exp, ..
        } = decoded.claims;
        let is_ours = decoded.header.typ.as_deref() == Some(TOKEN_TYPE);
        if is_ours && now < exp && nbf <= now + CLOCK_TOLERANCE_SECONDS {
            Ok(Verified {
                principal: Principal { user_id: sub, role },
                expires_at: Timestamp::from_micros(exp.saturating_mul(1_000_000)),
            })
        } else {
            Err(TokenError)
        }
    }
}

impl RefreshSecret {
    /// A fresh one.
    pub fn generate() -> Self {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        Self {
            hash: hash_refresh_token(&token),
            token,
        }
    }
}

/// What the database keeps of a refresh token: SHA-256, hexadecimal. The token has 256 bits, so no salt is needed.
pub fn hash_refresh_token(token: &str) -> String {
    sha256_hex(token.as_bytes())
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |text, byte| {
            text + &format!("{byte:02x}")
        })
}

const fn seconds(instant: Timestamp) -> i64 {
    instant.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use domain::identity::UserStatus;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Config;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn service() -> TokenService {
        TokenService::new(&Secret::new(KEY), &Config::for_testing().auth)
    }

    fn user() -> User {
        User {
            id: UserId(uuid::Uuid::from_u128(7)),
            email: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            role: Role::Advisor,
            status: UserStatus::Active,
            password_hash: String::new(),
            created_at: NOW,
        }
    }

    fn claims() -> Value {
        let now = seconds(NOW);
        json!({ "iss": "touchstone", "aud": "touchstone", "sub": user().id, "role": "admin",
            "iat": now, "nbf": now, "exp": now + 60 })
    }

    fn sign(header: &Header, claims: &Value, key: &str) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
    }

    fn header() -> Header {
        Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            ..Header::new(Algorithm::HS256)
        }
    }

    fn unsigned(header: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(header), part(&claims()))
    }

    #[test]
    fn a_token_names_its_account_until_it_expires_by_our_clock() {
        let issued = service().issue(&user(), NOW).unwrap();
        assert_eq!(issued.expires_in, 900);
        let verified = Verified {
            principal: Principal {
                user_id: user().id,
                role: Role::Advisor,
            },
            expires_at: NOW + Duration::from_mins(15),
        };
        assert_eq!(service().verify(&issued.token, NOW), Ok(verified));
        assert_eq!(
            service().verify(&issued.token, NOW + Duration::from_secs(899)),
            Ok(verified)
        );
        assert_eq!(
            service().verify(&issued.token, NOW + Duration::from_mins(15)),
            Err(TokenError)
        );
        assert_eq!(
            service().verify(&issued.token, NOW - Duration::from_mins(1)),
            Err(TokenError)
        );
    }

    #[test]
    fn what_was_not_signed_with_our_key_and_algorithm_is_refused() {
        assert!(service().verify(&sign(&header(), &claims(), KEY), NOW).is_ok());
        let stronger = Header {
            alg: Algorithm::HS512,
            ..header()
        };
        let refused = [
            sign(&header(), &claims(), "another-key-another-key-another-key"),
            sign(&stronger, &claims(), KEY),
            unsigned(&json!({ "alg": "none", "typ": TOKEN_TYPE })),
            unsigned(&json!({ "alg": "HS256", "typ": TOKEN_TYPE })),
            unsigned(&json!({ "alg": "RS256", "typ": TOKEN_TYPE, "jku": "https://example.org/keys" })),
            unsigned(&json!({ "alg": "HS256", "typ": TOKEN_TYPE, "kid": "../../dev/null" })),
            String::new(),
            "..".to_owned(),
            "a".repeat(100_000),
        ];
        for token in refused {
            assert_eq!(service().verify(&token, NOW), Err(TokenError), "{token:.80}");
        }
    }

    #[test]
    fn every_claim_is_required_and_checked() {
        let now = seconds(NOW);
        let wrong = [
            ("iss", json!("somebody")),
            ("aud", json!("something")),
            ("sub", json!("not an id")),
            ("role", json!("root")),
            ("exp", json!(now)),
            ("exp", json!("never")),
            ("nbf", json!(now + 6)),
        ];
        for (claim, value) in wrong {
            let mut changed = claims();
            changed[claim] = value.clone();
            assert_eq!(
                service().verify(&sign(&header(), &changed, KEY), NOW),
                Err(TokenError),
                "{claim} {value}"
            );
        }
        for claim in ["iss", "aud", "sub", "role", "nbf", "exp"] {
            let mut changed = claims();
            changed.as_object_mut().unwrap().remove(claim);
            assert_eq!(
                service().verify(&sign(&header(), &changed, KEY), NOW),
                Err(TokenError),
                "without {claim}"
            );
        }
        let plain = Header::new(Algorithm::HS256);
        assert_eq!(
            service().verify(&sign(&plain, &claims(), KEY), NOW),
            Err(TokenError)
        );
    }

    #[test]
    fn refresh_tokens_are_random_and_stored_as_their_hash() {
        let (one, other) = (RefreshSecret::generate(), RefreshSecret::generate());
        assert_ne!(one.token, other.token);
        assert_eq!((one.token.len(), one.hash.len()), (43, 64));
        assert_eq!(hash_refresh_token(&one.token), one.hash);
    }
}
