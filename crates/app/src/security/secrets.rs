//! Loads the secrets of a deployment into a process. Its first start makes them, all at once; one that is missing later is
//! never made again, because a new audit key would hide that somebody has removed the old one with its chain.

use domain::audit::AuditKey;
use domain::store::StoreError;
use domain::time::Timestamp;
use storage::{SecretPurpose, SigningAlgorithm, Store, StoredSecret};
use zeroize::Zeroizing;

use super::refresh::RefreshKey;
use super::ring::{Ring, RingKey};
use super::tokens::TokenService;
use super::vault::{Vault, VaultError};

/// Bytes of the key that seals the audit log.
const AUDIT_KEY_BYTES: usize = 32;

/// Secrets that can be neither read nor made. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database.
    #[error("the secrets in the database cannot be read; check that it runs and that the account may use it")]
    Store(#[from] StoreError),
    /// The master key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Some secret is gone from a database that had all of them.
    #[error(
        "the database has lost secrets ({0}), which are not made again; restore it from a backup, or read \"Lost secrets\" in \
         docs/audit.md"
    )]
    Missing(String),
    /// There are none to read.
    #[error("there are no secrets in the database yet; the first start of `touchstone serve` makes them")]
    NotMade,
}

/// What opens the audit log.
type AuditKeyBytes = Zeroizing<[u8; AUDIT_KEY_BYTES]>;

/// Fills `tokens` with the keys in the database, which the first start makes, and returns the audit key.
pub async fn load_secrets(
    store: &Store,
    vault: &Vault,
    tokens: &TokenService,
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Result<AuditKeyBytes, SecretsError> {
    let found = Needed::among(&store.list_secrets().await?);
    let Needed { refresh, audit } = match found {
        Some(all) => all,
        None => make_all(store, vault, algorithm, now).await?,
    };
    tokens.set_refresh_key(opened(vault, &refresh, RefreshKey::of)?);
    tokens.refresh(store).await?;
    opened_audit_key(vault, &audit)
}

/// The audit key as the database has it; makes nothing.
pub async fn read_audit_key(store: &Store, vault: &Vault) -> Result<AuditKeyBytes, SecretsError> {
    let stored = store.list_secrets().await?;
    match in_use(&stored, SecretPurpose::Audit) {
        Some(audit) => opened_audit_key(vault, &audit),
        None if stored.is_empty() && !store.has_audit_chain().await? => Err(SecretsError::NotMade),
        None => Err(missing_among(&stored)),
    }
}

fn opened_audit_key(vault: &Vault, stored: &StoredSecret) -> Result<AuditKeyBytes, SecretsError> {
    opened(vault, stored, |bytes| bytes.try_into().ok().map(Zeroizing::new))
}

/// The secrets of which there is one.
struct Needed {
    refresh: StoredSecret,
    audit: StoredSecret,
}

impl Needed {
    /// None when one of them or a key that signs is missing.
    fn among(stored: &[StoredSecret]) -> Option<Self> {
        in_use(stored, SecretPurpose::Signing)?;
        Some(Self {
            refresh: in_use(stored, SecretPurpose::Refresh)?,
            audit: in_use(stored, SecretPurpose::Audit)?,
        })
    }
}

/// The ring as the database has it; keys that `known` has are not unwrapped again.
pub(super) async fn read_ring(store: &Store, vault: &Vault, known: &Ring) -> Result<Ring, SecretsError> {
    let mut keys = Vec::new();
    for stored in store.list_secrets().await? {
        let Some(algorithm) = stored.algorithm else {
            continue;
        };
        keys.push(match known.find(stored.id) {
            Some(key) => key.timed_as(&stored),
            None => opened(vault, &stored, |secret| RingKey::new(&stored, algorithm, secret))?,
        });
    }
    Ok(Ring::new(keys))
}

/// A fresh secret, wrapped.
pub(super) fn new_secret(
    vault: &Vault,
    purpose: SecretPurpose,
    algorithm: Option<SigningAlgorithm>,
    now: Timestamp,
) -> Result<StoredSecret, VaultError> {
    // The id is as random as the secret: it is no row that a test or a client has to foretell.
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let secret: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
    Ok(StoredSecret {
        id,
        purpose,
        algorithm,
        wrapped: vault.wrap(purpose.as_str(), id, &*secret)?,
        created_at: now,
        active_from: now,
        retires_at: None,
    })
}

/// Makes all secrets and begins the chain of the audit log, unless another process that started at the same time has done so
/// meanwhile.
async fn make_all(
    store: &Store,
    vault: &Vault,
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Result<Needed, SecretsError> {
    let mut locked = store.lock_secrets().await?;
    let stored = locked.list().await?;
    if let Some(all) = Needed::among(&stored) {
        return Ok(all);
    }
    if !stored.is_empty() || locked.has_audit_chain().await? {
        return Err(missing_among(&stored));
    }
    let signing = new_secret(vault, SecretPurpose::Signing, Some(algorithm), now)?;
    let needed = Needed {
        refresh: new_secret(vault, SecretPurpose::Refresh, None, now)?,
        audit: new_secret(vault, SecretPurpose::Audit, None, now)?,
    };
    for made in [&signing, &needed.refresh, &needed.audit] {
        locked.insert(made).await?;
    }
    let key = opened_audit_key(vault, &needed.audit)?;
    locked.begin_audit_chain(&AuditKey::new(*key), now).await?;
    locked.commit().await?;
    // Expected once in the life of a database; any other time somebody has emptied it.
    tracing::warn!(began_at = %now, "the audit chain begins");
    Ok(needed)
}

fn missing_among(stored: &[StoredSecret]) -> SecretsError {
    let is_missing = |purpose: &SecretPurpose| in_use(stored, *purpose).is_none();
    let missing = SecretPurpose::ALL.into_iter().filter(is_missing);
    let names: Vec<_> = missing.map(SecretPurpose::as_str).collect();
    SecretsError::Missing(names.join(", "))
}

/// A secret of this purpose that has not been told to end.
fn in_use(stored: &[StoredSecret], purpose: SecretPurpose) -> Option<StoredSecret> {
    let mut of_purpose = stored.iter().filter(|secret| secret.purpose == purpose);
    of_purpose.find(|secret| secret.retires_at.is_none()).cloned()
}

/// Unwraps a secret and makes a key of it.
fn opened<K>(
    vault: &Vault,
    stored: &StoredSecret,
    key: impl FnOnce(&[u8]) -> Option<K>,
) -> Result<K, SecretsError> {
    let purpose = stored.purpose.as_str();
    let secret = vault.unwrap(purpose, stored.id, &stored.wrapped)?;
    let damaged = || VaultError::Damaged {
        purpose: purpose.to_owned(),
        id: stored.id,
    };
    Ok(key(&secret).ok_or_else(damaged)?)
}

#[cfg(test)]
mod tests;
