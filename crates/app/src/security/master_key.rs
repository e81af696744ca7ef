//! The master key: wraps every secret that is kept in the database, and is itself never kept there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Keeps the name of a key from being a hash that anything else computes.
const ID_LABEL: &[u8] = b"touchstone master key id\0";
const KEY_BYTES: usize = 32;

/// 256 random bits and their name.
#[derive(Clone)]
pub(crate) struct MasterKey {
    id: String,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl MasterKey {
    /// A fresh one.
    pub(crate) fn generate() -> Self {
        Self::of(Zeroizing::new(rand::random()))
    }

    /// The key of a base64url text, with or without white space around it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        let key = <[u8; KEY_BYTES]>::try_from(decoded.as_slice()).ok()?;
        Some(Self::of(Zeroizing::new(key)))
    }

    fn of(key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest = Sha256::new().chain_update(ID_LABEL).chain_update(*key).finalize();
        let id = digest
            .iter()
            .take(4)
            .fold(String::with_capacity(8), |id, byte| id + &format!("{byte:02x}"));
        Self { id, key }
    }

    /// Eight hexadecimal digits that tell which key it is and nothing about it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The bits.
    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }

    /// The text that [`Self::parse`] takes.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.key))
    }
}

/// The key that wraps, and older ones that still unwrap.
#[derive(Clone)]
pub(crate) struct MasterKeys {
    pub(crate) current: MasterKey,
    pub(crate) older: Vec<MasterKey>,
}

impl MasterKeys {
    /// A fresh key alone.
    pub(super) fn generate() -> Self {
        Self {
            current: MasterKey::generate(),
            older: Vec::new(),
        }
    }

    /// The key of this name.
    pub(super) fn find(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_under_the_same_name() {
        let key = MasterKey::generate();
        let read = MasterKey::parse(&format!(" {}\n", *key.to_text())).unwrap();
        assert_eq!((read.id(), read.bytes()), (key.id(), key.bytes()));
        assert_eq!((key.id().len(), key.to_text().len()), (8, 43));
        assert_ne!(MasterKey::generate().id(), key.id());
    }

    #[test]
    fn what_is_not_256_bits_in_base64url_is_no_key() {
        let key = MasterKey::generate().to_text();
        for text in [
            "",
            "short",
            &key[1..],
            &format!("{}A", *key),
            &format!("{}=", *key),
        ] {
            assert!(MasterKey::parse(text).is_none(), "{text}");
        }
    }
}
