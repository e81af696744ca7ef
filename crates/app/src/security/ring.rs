//! The keys that sign and verify access tokens, as a process holds them in memory.

use domain::time::Timestamp;
use ed25519_dalek::SigningKey as Ed25519Key;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use storage::{SigningAlgorithm, StoredSecret};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes of a new key; both algorithms take that many.
pub(super) const KEY_BYTES: usize = 32;
/// PKCS #8 of an Ed25519 key (RFC 8410) up to its 32 bytes; the JWT library takes this form only.
const ED25519_PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// One key with its one algorithm.
#[derive(Clone)]
pub(super) struct RingKey {
    pub(super) id: Uuid,
    /// The id as headers write it.
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    active_from: Timestamp,
    retires_at: Option<Timestamp>,
}

impl RingKey {
    /// The key of an unwrapped secret; none when its bytes are no key.
    pub(super) fn new(stored: &StoredSecret, algorithm: SigningAlgorithm, secret: &[u8]) -> Option<Self> {
        let secret = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(secret).ok()?);
        let (encoding, decoding) = match algorithm {
            SigningAlgorithm::Hs256 => (
                EncodingKey::from_secret(&*secret),
                DecodingKey::from_secret(&*secret),
            ),
            SigningAlgorithm::EdDsa => {
                let document = Zeroizing::new([ED25519_PKCS8_PREFIX.as_slice(), &*secret].concat());
                let public = Ed25519Key::from_bytes(&secret).verifying_key().to_bytes();
                (
                    EncodingKey::from_ed_der(&document),
                    DecodingKey::from_ed_der(&public),
                )
            }
        };
        Some(Self {
            id: stored.id,
            kid: stored.id.to_string(),
            algorithm: jwt_algorithm(algorithm),
            encoding,
            decoding,
            active_from: stored.active_from,
            retires_at: stored.retires_at,
        })
    }

    /// The same key with the times that its row has now.
    pub(super) fn timed_as(&self, stored: &StoredSecret) -> Self {
        Self {
            active_from: stored.active_from,
            retires_at: stored.retires_at,
            ..self.clone()
        }
    }

    /// From when on nothing that it signed is good any more.
    pub(super) fn end(&self) -> Timestamp {
        self.retires_at.unwrap_or(Timestamp::from_micros(i64::MAX))
    }

    fn is_retired(&self, now: Timestamp) -> bool {
        self.end() <= now
    }
}

const fn jwt_algorithm(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Hs256 => Algorithm::HS256,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// All keys of a deployment.
#[derive(Clone, Default)]
pub(super) struct Ring {
    keys: Vec<RingKey>,
}

impl Ring {
    pub(super) fn new(keys: Vec<RingKey>) -> Self {
        Self { keys }
    }

    /// The key that signs: the latest whose time has come. Every process decides so, by the database's clock.
    pub(super) fn signer(&self, now: Timestamp) -> Option<&RingKey> {
        let usable = || self.keys.iter().filter(|key| !key.is_retired(now));
        usable()
            .filter(|key| key.active_from <= now)
            .max_by_key(|key| (key.active_from, key.id))
            // A process whose clock is behind right after the first start has no other.
            .or_else(|| usable().min_by_key(|key| (key.active_from, key.id)))
    }

    /// The key of a header's `kid`, unless it is worth nothing any more. One that does not sign yet verifies: another
    /// process may have begun already.
    pub(super) fn verifier(&self, kid: &str, now: Timestamp) -> Option<&RingKey> {
        self.keys
            .iter()
            .find(|key| key.kid == kid && !key.is_retired(now))
    }

    /// Whether the ring has this key, retired or not.
    pub(super) fn knows(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid == kid)
    }

    /// Whether a key that `before` has is gone or ends earlier: what it signed is to be refused sooner than was known.
    pub(super) fn takes_back(&self, before: &Self) -> bool {
        let ends_earlier = |old: &RingKey| self.find(old.id).is_none_or(|new| new.end() < old.end());
        before.keys.iter().any(ends_earlier)
    }

    /// The key of a row.
    pub(super) fn find(&self, id: Uuid) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use storage::SecretPurpose;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn key(id: u128, active_from: Timestamp, retires_at: Option<Timestamp>) -> RingKey {
        let stored = StoredSecret {
            id: Uuid::from_u128(id),
            purpose: SecretPurpose::Signing,
            algorithm: Some(SigningAlgorithm::Hs256),
            wrapped: String::new(),
            created_at: NOW,
            active_from,
            retires_at,
        };
        RingKey::new(&stored, SigningAlgorithm::Hs256, &[7; KEY_BYTES]).unwrap()
    }

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn a_new_key_signs_from_its_time_on_and_the_old_one_verifies_until_its_own() {
        let ring = Ring::new(vec![key(1, NOW, Some(after(900))), key(2, after(60), None)]);
        let signer = |now| ring.signer(now).map(|key| key.id.as_u128());
        assert_eq!(
            [NOW, after(59), after(60), after(2000)].map(signer),
            [Some(1), Some(1), Some(2), Some(2)]
        );
        let old = Uuid::from_u128(1).to_string();
        assert!(ring.verifier(&old, after(899)).is_some());
        assert!(ring.verifier(&old, after(900)).is_none());
        assert!(ring.knows(&old) && !ring.knows("something else"));
        assert!(ring.verifier(&Uuid::from_u128(2).to_string(), NOW).is_some());
    }

    #[test]
    fn a_clock_that_is_behind_finds_a_key_all_the_same_but_never_a_retired_one() {
        let ahead = Ring::new(vec![key(1, after(1), None)]);
        assert_eq!(ahead.signer(NOW).map(|key| key.id.as_u128()), Some(1));
        let retired = Ring::new(vec![key(1, NOW, Some(NOW))]);
        assert!(retired.signer(NOW).is_none());
        assert!(Ring::default().signer(NOW).is_none());
    }

    #[test]
    fn a_key_is_taken_back_when_it_goes_or_ends_earlier() {
        let before = Ring::new(vec![key(1, NOW, Some(after(900))), key(2, NOW, None)]);
        let later = |ends: [Option<Timestamp>; 2]| {
            Ring::new(vec![
                key(1, NOW, ends[0]),
                key(2, NOW, ends[1]),
                key(3, NOW, None),
            ])
        };
        assert!(!later([Some(after(900)), None]).takes_back(&before));
        assert!(!later([None, None]).takes_back(&before));
        assert!(later([Some(after(899)), None]).takes_back(&before));
        assert!(later([Some(after(900)), Some(NOW)]).takes_back(&before));
        assert!(Ring::new(vec![key(2, NOW, None)]).takes_back(&before));
        assert!(!before.takes_back(&Ring::default()));
    }

    #[test]
    fn other_lengths_are_no_keys() {
        let stored = StoredSecret {
            id: Uuid::nil(),
            purpose: SecretPurpose::Signing,
            algorithm: Some(SigningAlgorithm::EdDsa),
            wrapped: String::new(),
            created_at: NOW,
            active_from: NOW,
            retires_at: None,
        };
        for algorithm in SigningAlgorithm::ALL {
            assert!(RingKey::new(&stored, algorithm, &[7; 31]).is_none());
            assert!(RingKey::new(&stored, algorithm, &[7; 32]).is_some());
        }
    }
}
