//! Secrets at rest: wrapped by the master key before they go to the database (XChaCha20-Poly1305).
//!
//! The text form is `v1.<id of the master key>.<base64url of nonce and ciphertext>`. Purpose and row are authenticated with
//! it, so that a wrapped text that is copied to another row or put to another use is not accepted there.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::key_file::{self, KeyFileError};
use super::master_key::{MasterKey, MasterKeys};
use crate::config::Config;

const FORMAT: &str = "v1";
const NONCE_BYTES: usize = 24;
/// In the data directory, when the settings name no key.
const FILE_NAME: &str = "master.key";

/// A secret that can be neither wrapped nor unwrapped. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No settings, no file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Wrapped by a key that this process was not given.
    #[error(
        "the database holds secrets wrapped by master key {missing}, and {place} has {present}; put the missing key there"
    )]
    UnknownKey {
        /// Id of the key that would do.
        missing: String,
        /// Id of the key there is.
        present: String,
        /// Where keys come from.
        place: String,
    },
    /// Not a text that [`Vault::wrap`] made for this row.
    #[error("the {purpose} secret {id} in the database is damaged; restore the database from a backup")]
    Damaged {
        /// What the secret is for.
        purpose: String,
        /// Its row.
        id: Uuid,
    },
    /// The cipher refused.
    #[error("the secret is too long to be wrapped")]
    TooLong,
}

/// Where the keys of a process come from.
enum Source {
    Settings,
    File(PathBuf),
}

/// Wraps and unwraps with the master key of this process.
pub struct Vault {
    source: Source,
    keys: RwLock<Arc<MasterKeys>>,
}

impl Vault {
    /// Over the keys of the settings, or those of the file in the data directory, which is made if it is missing.
    pub fn open(config: &Config) -> Result<Self, KeyFileError> {
        let (source, keys) = if let Some(keys) = config.security.master_keys() {
            (Source::Settings, keys)
        } else {
            let path = config.server.data_dir.join(FILE_NAME);
            let keys = key_file::read_or_create(&path)?;
            (Source::File(path), keys)
        };
        Ok(Self {
            source,
            keys: RwLock::new(Arc::new(keys)),
        })
    }

    /// The text for the database. Reads the key file again, so that nothing is wrapped by a key that a rotation is about
    /// to drop; whoever stores the text holds the lock of the secrets meanwhile.
    pub fn wrap(&self, purpose: &str, id: Uuid, plaintext: &[u8]) -> Result<String, VaultError> {
        self.reload()?;
        seal(&self.keys().current, purpose, id, plaintext)
    }

    /// What [`Self::wrap`] was given for this row. Looks into the key file again when the key is unknown.
    pub fn unwrap(&self, purpose: &str, id: Uuid, wrapped: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let damaged = || VaultError::Damaged {
            purpose: purpose.to_owned(),
            id,
        };
        let missing = key_id(wrapped).ok_or_else(damaged)?;
        if self.keys().find(missing).is_none() {
            self.reload()?;
        }
        let keys = self.keys();
        let key = keys.find(missing).ok_or_else(|| VaultError::UnknownKey {
            missing: missing.to_owned(),
            present: keys.current.id().to_owned(),
            place: self.place(),
        })?;
        open(key, purpose, id, wrapped).ok_or_else(damaged)
    }

    /// The keys as this process knows them.
    pub(super) fn keys(&self) -> Arc<MasterKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the key file again; settings do not change.
    pub(super) fn reload(&self) -> Result<(), KeyFileError> {
        if let Source::File(path) = &self.source {
            self.set(key_file::read(path)?);
        }
        Ok(())
    }

    /// The file, for the rotation that rewrites it.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        match &self.source {
            Source::Settings => None,
            Source::File(path) => Some(path),
        }
    }

    /// Replaces the file's keys, on the disk first.
    pub(super) fn replace_file(&self, keys: MasterKeys) -> Result<(), KeyFileError> {
        if let Source::File(path) = &self.source {
            key_file::replace(path, &keys)?;
            self.set(keys);
        }
        Ok(())
    }

    fn set(&self, keys: MasterKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn place(&self) -> String {
        match &self.source {
            Source::Settings => "security.master_key".to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }
}

/// The id of the key that a text was wrapped by.
pub(crate) fn key_id(wrapped: &str) -> Option<&str> {
    let (format, rest) = wrapped.split_once('.')?;
    let (key_id, _) = rest.split_once('.')?;
    (format == FORMAT).then_some(key_id)
}

fn seal(key: &MasterKey, purpose: &str, id: Uuid, plaintext: &[u8]) -> Result<String, VaultError> {
    // 192 random bits do not meet twice, however many processes draw them.
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let payload = Payload {
        msg: plaintext,
        aad: &bound_to(purpose, id),
    };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| VaultError::TooLong)?;
    let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
    Ok(format!("{FORMAT}.{}.{text}", key.id()))
}

fn open(key: &MasterKey, purpose: &str, id: Uuid, wrapped: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = URL_SAFE_NO_PAD.decode(wrapped.rsplit_once('.')?.1).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: sealed,
        aad: &bound_to(purpose, id),
    };
    let opened = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
    Some(Zeroizing::new(opened))
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// What is authenticated with a secret without being part of its text.
fn bound_to(purpose: &str, id: Uuid) -> Vec<u8> {
    format!("touchstone {FORMAT} {purpose} {id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Uuid = Uuid::from_u128(7);

    fn with_file(directory: &tempfile::TempDir) -> Vault {
        let mut config = Config::default();
        config.server.data_dir = directory.path().to_path_buf();
        Vault::open(&config).unwrap()
    }

    #[test]
    fn a_secret_comes_back_in_its_own_row_and_use_only() {
        let vault = Vault::open(&Config::for_testing()).unwrap();
        let wrapped = vault.wrap("signing", ROW, b"the secret").unwrap();
        assert!(
            wrapped.starts_with(&format!("v1.{}.", vault.keys().current.id())),
            "{wrapped}"
        );
        assert_eq!(*vault.unwrap("signing", ROW, &wrapped).unwrap(), b"the secret");
        assert_ne!(vault.wrap("signing", ROW, b"the secret").unwrap(), wrapped);
        for (purpose, id) in [("refresh", ROW), ("signing", Uuid::from_u128(8))] {
            let refused = vault.unwrap(purpose, id, &wrapped);
            assert!(
                matches!(refused, Err(VaultError::Damaged { .. })),
                "{purpose} {id}"
            );
        }
    }

    #[test]
    fn a_changed_text_is_damaged() {
        let vault = Vault::open(&Config::for_testing()).unwrap();
        let wrapped = vault.wrap("signing", ROW, b"the secret").unwrap();
        let mut changed: Vec<String> = (12..wrapped.len())
            .map(|place| {
                let other = if wrapped.as_bytes()[place] == b'A' {
                    "B"
                } else {
                    "A"
                };
                format!("{}{other}{}", &wrapped[..place], &wrapped[place + 1..])
            })
            .collect();
        let (key_id, short) = (vault.keys().current.id().to_owned(), &wrapped[..20]);
        changed.extend([
            String::new(),
            "v1".to_owned(),
            format!("v2.{key_id}.AAAA"),
            short.to_owned(),
        ]);
        for text in changed {
            let refused = vault.unwrap("signing", ROW, &text);
            assert!(matches!(refused, Err(VaultError::Damaged { .. })), "{text}");
        }
    }

    #[test]
    fn a_missing_key_is_named() {
        let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (vault, other) = (with_file(&here), with_file(&elsewhere));
        let wrapped = other.wrap("audit", ROW, b"x").unwrap();
        let refused = vault.unwrap("audit", ROW, &wrapped).unwrap_err().to_string();
        assert!(
            refused.contains(other.keys().current.id()) && refused.contains("master.key"),
            "{refused}"
        );
    }

    #[test]
    fn a_rotation_by_another_process_is_noticed_at_an_unknown_key() {
        let directory = tempfile::tempdir().unwrap();
        let (vault, other) = (with_file(&directory), with_file(&directory));
        let before = vault.wrap("audit", ROW, b"x").unwrap();
        let keys = MasterKeys {
            older: vec![other.keys().current.clone()],
            ..MasterKeys::generate()
        };
        other.replace_file(keys).unwrap();
        let after = other.wrap("audit", ROW, b"y").unwrap();
        assert_eq!(*vault.unwrap("audit", ROW, &after).unwrap(), b"y");
        assert_eq!(*vault.unwrap("audit", ROW, &before).unwrap(), b"x");
    }
}
