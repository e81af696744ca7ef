//! New keys for old ones, while processes go on working.

use std::time::Duration;

use domain::audit::AuditEntry;
use domain::store::{Ctx, StoreError};
use domain::time::Timestamp;
use serde_json::json;
use storage::{LockedSecrets, SecretPurpose, SigningAlgorithm, Store, StoredSecret};

use super::key_file::KeyFileError;
use super::master_key::{MasterKey, MasterKeys};
use super::secrets::new_secret;
use super::tokens::CLOCK_TOLERANCE;
use super::vault::{Vault, VaultError, key_id};
use crate::failpoint;

/// A new signing key rests that long: every process reads the ring at least every 30 seconds, and has it by then.
const REST: Duration = Duration::from_mins(1);

/// A rotation that did not end. It can be started again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RotationError {
    #[error(
        "the secrets in the database cannot be changed; check that it runs and that the account may use it"
    )]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(
        "the settings hold one master key only: put a new one into security.master_key and the present one into \
         security.previous_master_keys of every process, then run this again"
    )]
    NoNewKey,
    #[error("a secret was changed while it was wrapped again; run this again")]
    ChangedMeanwhile,
}

impl From<KeyFileError> for RotationError {
    fn from(error: KeyFileError) -> Self {
        Self::Vault(error.into())
    }
}

/// What a rotation of the master key did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MasterRotation {
    /// Id of the key that wraps now.
    pub(crate) key_id: String,
    /// Texts that were wrapped by an older key.
    pub(crate) rewrapped: usize,
    /// Whether an earlier rotation that did not end was ended instead of beginning another.
    pub(crate) resumed: bool,
    /// Whether the older keys are to be taken out of the settings by hand.
    pub(crate) in_settings: bool,
}

/// Makes a signing key. The older ones verify until the last token that they signed has ended, or no longer at all if
/// they are feared to be known to somebody (`at_once`).
pub(crate) async fn rotate_signing(
    store: &Store,
    vault: &Vault,
    made: (SigningAlgorithm, Duration),
    at_once: bool,
    ctx: &Ctx,
) -> Result<StoredSecret, RotationError> {
    let (algorithm, token_lifetime) = made;
    let now = ctx.now();
    let mut locked = store.lock_secrets().await?;
    let mut key = new_secret(vault, SecretPurpose::Signing, Some(algorithm), now)?;
    let others_end = if at_once {
        now
    } else {
        key.active_from = now + REST;
        key.active_from + token_lifetime + CLOCK_TOLERANCE
    };
    locked.insert(&key).await?;
    locked.retire_signing_keys(key.id, others_end).await?;
    locked.delete_retired(now).await?;
    let entry = AuditEntry::new(ctx, "keys.rotate_signing", "secret", Some(key.id));
    let details = json!({ "algorithm": algorithm.as_str(), "at_once": at_once });
    locked.record(entry.with(details)).await?;
    locked.commit().await?;
    Ok(key)
}

/// Wraps every secret by a new master key. The new key reaches its file before anything is wrapped by it, and the old one
/// leaves only when nothing is wrapped by it any more; a process that dies in between leaves both there.
pub(crate) async fn rotate_master(
    store: &Store,
    vault: &Vault,
    ctx: &Ctx,
) -> Result<MasterRotation, RotationError> {
    let mut locked = store.lock_secrets().await?;
    vault.reload()?;
    let resumed = vault.file().is_some() && !vault.keys().older.is_empty();
    let keys = keys_to_rotate_to(vault)?;
    failpoint::reach("keys.file_written").await;
    let rewrapped = rewrap(&locked, vault, &keys.current).await?;
    let entry = AuditEntry::new(ctx, "keys.rotate_master", "secret", None);
    let details = json!({ "key_id": keys.current.id(), "rewrapped": rewrapped });
    locked.record(entry.with(details)).await?;
    locked.commit().await?;
    failpoint::reach("keys.rewrapped").await;
    drop_older_keys(store, vault).await?;
    Ok(MasterRotation {
        key_id: keys.current.id().to_owned(),
        rewrapped,
        resumed,
        in_settings: vault.file().is_none(),
    })
}

/// With a file: a new key in its first line, unless a rotation is under way. With settings: what they say.
fn keys_to_rotate_to(vault: &Vault) -> Result<MasterKeys, RotationError> {
    let keys = (*vault.keys()).clone();
    if !keys.older.is_empty() {
        return Ok(keys);
    }
    if vault.file().is_none() {
        return Err(RotationError::NoNewKey);
    }
    let both = MasterKeys {
        current: MasterKey::generate(),
        older: vec![keys.current],
    };
    vault.replace_file(both.clone())?;
    Ok(both)
}

async fn rewrap(locked: &LockedSecrets, vault: &Vault, key: &MasterKey) -> Result<usize, RotationError> {
    let mut rewrapped = 0;
    for text in locked.wrapped_texts().await? {
        if key_id(&text.wrapped) == Some(key.id()) {
            continue;
        }
        let secret = vault.unwrap(&text.purpose, text.id, &text.wrapped)?;
        let wrapped = vault.wrap(&text.purpose, text.id, &secret)?;
        if !locked.rewrap(&text, &wrapped).await? {
            return Err(RotationError::ChangedMeanwhile);
        }
        rewrapped += 1;
    }
    Ok(rewrapped)
}

/// Takes older keys out of the file, if nothing is wrapped by them.
async fn drop_older_keys(store: &Store, vault: &Vault) -> Result<(), RotationError> {
    let locked = store.lock_secrets().await?;
    vault.reload()?;
    let mut keys = (*vault.keys()).clone();
    let texts = locked.wrapped_texts().await?;
    let is_used = |key: &MasterKey| texts.iter().any(|text| key_id(&text.wrapped) == Some(key.id()));
    keys.older.retain(is_used);
    vault.replace_file(keys)?;
    locked.release().await?;
    Ok(())
}

/// What a signing key does at an instant, in a word.
pub(crate) fn signing_state(keys: &[StoredSecret], key: &StoredSecret, now: Timestamp) -> &'static str {
    if key.retires_at.is_some_and(|end| end <= now) {
        return "retired";
    }
    let is_later = |other: &&StoredSecret| {
        other.purpose == SecretPurpose::Signing
            && other.active_from <= now
            && other.retires_at.is_none_or(|end| end > now)
            && (other.active_from, other.id) > (key.active_from, key.id)
    };
    if key.active_from > now {
        "signs soon"
    } else if keys.iter().find(is_later).is_some() {
        "verifies"
    } else {
        "signs"
    }
}
