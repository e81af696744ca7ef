//! Taking tokens apart and putting them together again, with and without the right key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::Value;
use storage::{SecretPurpose, SigningAlgorithm};

use crate::support::TestApp;

/// PKCS #8 of an Ed25519 key (RFC 8410) up to its 32 bytes.
const ED25519_PREFIX: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

/// A good token in parts.
pub(super) struct Genuine {
    pub(super) header: Value,
    pub(super) claims: Value,
    /// In base64.
    pub(super) parts: [String; 3],
}

impl Genuine {
    pub(super) fn of(token: &str) -> Self {
        let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let parts: [String; 3] = parts.try_into().unwrap();
        let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        Self {
            header: read(&parts[0]),
            claims: read(&parts[1]),
            parts,
        }
    }

    pub(super) fn text(&self) -> String {
        self.parts.join(".")
    }

    /// The claims with one of them changed; null takes it away.
    pub(super) fn claiming(&self, claim: &str, value: Value) -> Value {
        changed(&self.claims, claim, value)
    }

    /// The header with one member changed; null takes it away.
    pub(super) fn headed(&self, member: &str, value: Value) -> Value {
        changed(&self.header, member, value)
    }
}

fn changed(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        assert!(members.remove(member).is_some(), "there is no {member}");
    } else {
        members.insert(member.to_owned(), value);
    }
    object
}

/// Somebody with a key.
pub(super) struct Thief {
    algorithm: Algorithm,
    key: EncodingKey,
    /// What of the key others know: the public half, or nothing.
    pub(super) public: Vec<u8>,
    /// The bytes of the key.
    pub(super) secret: Vec<u8>,
}

impl Thief {
    /// Has the key that the service signs with.
    pub(super) async fn who_stole_the_key(app: &TestApp) -> Self {
        let secrets = app.state.store.list_secrets().await.unwrap();
        let signing = secrets
            .iter()
            .find(|secret| secret.purpose == SecretPurpose::Signing)
            .unwrap();
        let purpose = SecretPurpose::Signing.as_str();
        let secret = app
            .state
            .vault
            .unwrap(purpose, signing.id, &signing.wrapped)
            .unwrap();
        match signing.algorithm.unwrap() {
            SigningAlgorithm::Hs256 => Self::sharing(&secret),
            SigningAlgorithm::EdDsa => Self::owning(&secret),
        }
    }

    /// Has an Ed25519 key.
    pub(super) fn owning(secret: &[u8]) -> Self {
        let bytes: [u8; 32] = secret.try_into().unwrap();
        let public = ed25519_dalek::SigningKey::from_bytes(&bytes).verifying_key();
        Self {
            algorithm: Algorithm::EdDSA,
            key: EncodingKey::from_ed_der(&[&ED25519_PREFIX[..], secret].concat()),
            public: public.to_bytes().to_vec(),
            secret: secret.to_vec(),
        }
    }

    /// Has the key of an HMAC.
    pub(super) fn sharing(secret: &[u8]) -> Self {
        Self::of_hmac(Algorithm::HS256, secret)
    }

    pub(super) fn of_hmac(algorithm: Algorithm, secret: &[u8]) -> Self {
        Self {
            algorithm,
            key: EncodingKey::from_secret(secret),
            public: Vec::new(),
            secret: secret.to_vec(),
        }
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_texts(&header.to_string(), &claims.to_string())
    }

    /// Also what is no JSON.
    pub(super) fn sign_texts(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

pub(super) fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with this signature, whatever it is worth.
pub(super) fn with_signature(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let (header, claims) = (encoded(header.to_string()), encoded(claims.to_string()));
    format!("{header}.{claims}.{}", encoded(signature))
}

#[test]
fn a_thief_signs_as_the_owner_does() {
    let header = serde_json::json!({ "alg": "EdDSA" });
    let thief = Thief::owning(&[7; 32]);
    let token = thief.sign(&header, &serde_json::json!({ "sub": "x" }));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = DecodingKey::from_ed_der(&thief.public);
    let verified = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::EdDSA);
    assert!(verified.unwrap());
}
