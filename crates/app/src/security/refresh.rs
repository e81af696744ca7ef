//! Refresh tokens: 256 bits in base64url, of which the database keeps the hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of the key that derives tokens from their predecessors.
pub(super) const KEY_BYTES: usize = 32;
/// Of SHA-256.
const BLOCK_BYTES: usize = 64;

/// Derives refresh tokens; one per deployment.
#[derive(Clone)]
pub struct RefreshKey(Zeroizing<[u8; KEY_BYTES]>);

impl RefreshKey {
    /// The key of an unwrapped secret; none when its length is another.
    pub(super) fn of(secret: &[u8]) -> Option<Self> {
        <[u8; KEY_BYTES]>::try_from(secret)
            .ok()
            .map(|key| Self(Zeroizing::new(key)))
    }
}

/// A new refresh token: the text for the client, the hash for the database.
pub struct RefreshSecret {
    /// 43 characters; shown once.
    pub token: String,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
}

impl RefreshSecret {
    /// A fresh one, for a sign-in.
    pub fn generate() -> Self {
        Self::of(&rand::random::<[u8; 32]>())
    }

    /// The one that `presented` is exchanged for: HMAC-SHA256 of it, so that asking twice gives the same token and the
    /// database need not keep it. Without the key nobody can tell a token's successor.
    pub fn successor_of(key: &RefreshKey, presented: &str) -> Self {
        // HMAC pads a short key with zeros up to its block.
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        block[..KEY_BYTES].copy_from_slice(&*key.0);
        let mac = Hmac::<Sha256>::new((&*block).into());
        Self::of(&mac.chain_update(presented.as_bytes()).finalize().into_bytes())
    }

    fn of(bits: &[u8]) -> Self {
        let token = URL_SAFE_NO_PAD.encode(bits);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_tokens_are_random_and_stored_as_their_hash() {
        let (one, other) = (RefreshSecret::generate(), RefreshSecret::generate());
        assert_ne!(one.token, other.token);
        assert_eq!((one.token.len(), one.hash.len()), (43, 64));
        assert_eq!(hash_refresh_token(&one.token), one.hash);
    }

    #[test]
    fn a_token_has_one_successor_which_only_the_key_tells() {
        let (key, other_key) = (
            RefreshKey::of(&[1; KEY_BYTES]).unwrap(),
            RefreshKey::of(&[2; KEY_BYTES]).unwrap(),
        );
        let first = RefreshSecret::generate();
        let second = RefreshSecret::successor_of(&key, &first.token);
        assert_eq!(
            RefreshSecret::successor_of(&key, &first.token).token,
            second.token
        );
        assert_ne!(
            RefreshSecret::successor_of(&other_key, &first.token).token,
            second.token
        );
        let third = RefreshSecret::successor_of(&key, &second.token);
        assert!(third.token != second.token && third.token != first.token);
        assert_eq!((second.token.len(), second.hash.len()), (43, 64));
        assert!(RefreshKey::of(&[1; 31]).is_none());
    }

    #[test]
    fn the_successor_is_the_hmac_of_rfc_4231() {
        // Test case 2 of RFC 4231, with its key "Jefe" padded with zeros, which HMAC does itself.
        let mut padded = [0; KEY_BYTES];
        padded[..4].copy_from_slice(b"Jefe");
        let key = RefreshKey::of(&padded).unwrap();
        let successor = RefreshSecret::successor_of(&key, "what do ya want for nothing?");
        let bits = URL_SAFE_NO_PAD.decode(successor.token).unwrap();
        assert_eq!(bits[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }
}
