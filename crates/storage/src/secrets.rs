//! `secrets`: keys at rest as wrapped texts; nothing here can read them.
//!
//! Whatever wraps a secret and stores it does so while it holds [`LockedSecrets`]: a rotation of the master key, which holds
//! it too, then either finds the new row or has already changed the key that the row is wrapped by.

use domain::audit::{AuditChain as _, AuditEntry, AuditKey, AuditLog as _, Head};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::sql::{Row, execute, fetch_all, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPurpose {
    /// Signs access tokens.
    Signing,
    /// Seals the audit log.
    Audit,
    /// Derives refresh tokens from their predecessors.
    Refresh,
}

impl SecretPurpose {
    /// All.
    pub const ALL: [Self; 3] = [Self::Signing, Self::Audit, Self::Refresh];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Audit => "audit",
            Self::Refresh => "refresh",
        }
    }

    /// The purpose of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// How a signing key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// HMAC with SHA-256: whoever verifies can sign.
    Hs256,
    /// Ed25519.
    EdDsa,
}

impl SigningAlgorithm {
    /// All.
    pub const ALL: [Self; 2] = [Self::Hs256, Self::EdDsa];

    /// The stored name, which is also that of JWT headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// One row of `secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// The row; of a signing key also the `kid` of its tokens.
    pub id: Uuid,
    /// What for.
    pub purpose: SecretPurpose,
    /// Signing keys only.
    pub algorithm: Option<SigningAlgorithm>,
    /// Unreadable without the master key.
    pub wrapped: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is used.
    pub active_from: Timestamp,
    /// From when on it is worth nothing.
    pub retires_at: Option<Timestamp>,
}

/// A column with texts that are wrapped by the master key.
#[derive(Clone, Copy, Debug)]
pub struct WrappedColumn {
    /// Table.
    pub table: &'static str,
    /// Column that names the row.
    pub id: &'static str,
    /// Column with the text; NULL where there is none.
    pub column: &'static str,
    /// The purpose that the text is bound to, as an SQL expression over the row.
    pub purpose: &'static str,
}

/// Every such column; the rotation of the master key walks them, so a new one only has to be listed.
pub const WRAPPED_COLUMNS: [WrappedColumn; 1] = [WrappedColumn {
    table: "secrets",
    id: "id",
    column: "wrapped",
    purpose: "purpose",
}];

/// One wrapped text, wherever it is.
#[derive(Clone, Debug)]
pub struct WrappedText {
    place: WrappedColumn,
    /// Its row.
    pub id: Uuid,
    /// What it is bound to besides the row.
    pub purpose: String,
    /// The text.
    pub wrapped: String,
}

impl Store {
    /// All secrets, the oldest first.
    pub async fn list_secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        list(self.database().read()).await
    }

    /// Whether there is anything of a chain of the audit log, which is made together with its key.
    pub async fn has_audit_chain(&self) -> Result<bool, StoreError> {
        has_audit_chain(self.database().read()).await
    }

    /// Waits until nobody else adds or wraps secrets, and keeps it so until the end of the transaction.
    pub async fn lock_secrets(&self) -> Result<LockedSecrets, StoreError> {
        let tx = self.begin().await?;
        execute(
            &tx.connection,
            "UPDATE schema_lock SET held = held WHERE id = 1",
            Vec::new(),
        )
        .await?;
        Ok(LockedSecrets {
            store: self.clone(),
            tx,
        })
    }
}

/// A transaction that alone may change secrets. Dropped, it changes nothing.
pub struct LockedSecrets {
    store: Store,
    tx: SqlTx,
}

impl LockedSecrets {
    /// All secrets, the oldest first.
    pub async fn list(&self) -> Result<Vec<StoredSecret>, StoreError> {
        list(&self.tx.connection).await
    }

    /// See [`Store::has_audit_chain`].
    pub async fn has_audit_chain(&self) -> Result<bool, StoreError> {
        has_audit_chain(&self.tx.connection).await
    }

    /// Adds one.
    pub async fn insert(&self, secret: &StoredSecret) -> Result<(), StoreError> {
        let text =
            "INSERT INTO secrets (id, purpose, algorithm, wrapped, created_at, active_from, retires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            secret.id,
            secret.purpose.as_str(),
            secret.algorithm.map(SigningAlgorithm::as_str),
            secret.wrapped.clone(),
            secret.created_at.as_micros(),
            secret.active_from.as_micros(),
            secret.retires_at.map(Timestamp::as_micros)
        ];
        execute(&self.tx.connection, text, values).await?;
        Ok(())
    }

    /// Lets the signing keys other than `kept` be worth nothing from `at` on, or from earlier if that was said before.
    pub async fn retire_signing_keys(&self, kept: Uuid, at: Timestamp) -> Result<u64, StoreError> {
        let text = "UPDATE secrets SET retires_at = $2
             WHERE purpose = 'signing' AND id <> $1 AND (retires_at IS NULL OR retires_at > $2)";
        execute(&self.tx.connection, text, values![kept, at.as_micros()]).await
    }

    /// Removes the secrets that have been worth nothing since `before`.
    pub async fn delete_retired(&self, before: Timestamp) -> Result<u64, StoreError> {
        let text = "DELETE FROM secrets WHERE retires_at < $1";
        execute(&self.tx.connection, text, values![before.as_micros()]).await
    }

    /// The texts of all [`WRAPPED_COLUMNS`].
    pub async fn wrapped_texts(&self) -> Result<Vec<WrappedText>, StoreError> {
        let mut found = Vec::new();
        for place in WRAPPED_COLUMNS {
            let text = format!(
                "SELECT {} AS id, {} AS wrapped, {} AS purpose FROM {} WHERE {} IS NOT NULL",
                place.id, place.column, place.purpose, place.table, place.column
            );
            for row in fetch_all(&self.tx.connection, &text, Vec::new()).await? {
                found.push(WrappedText {
                    place,
                    id: row.get("id")?,
                    purpose: row.get("purpose")?,
                    wrapped: row.get("wrapped")?,
                });
            }
        }
        Ok(found)
    }

    /// Puts another text in the place of one; false when somebody has changed it meanwhile.
    pub async fn rewrap(&self, text: &WrappedText, wrapped: &str) -> Result<bool, StoreError> {
        let WrappedColumn {
            table, id, column, ..
        } = text.place;
        let statement = format!("UPDATE {table} SET {column} = $3 WHERE {id} = $1 AND {column} = $2");
        let values = values![text.id, text.wrapped.clone(), wrapped];
        Ok(execute(&self.tx.connection, &statement, values).await? == 1)
    }

    /// Begins the chain of the audit log with its new key; a chain that is there stays, and does not fit the key.
    pub async fn begin_audit_chain(&mut self, key: &AuditKey, now: Timestamp) -> Result<(), StoreError> {
        self.tx.insert_head(&Head::first(key, now)).await?;
        Ok(())
    }

    /// Adds a row to the audit log.
    pub async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        self.tx.record(entry).await
    }

    /// Keeps the changes and lets others go on.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.store.commit(self.tx).await
    }

    /// Lets others go on; nothing was changed.
    pub async fn release(self) -> Result<(), StoreError> {
        self.tx.roll_back().await
    }
}

async fn has_audit_chain(connection: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM audit_head UNION ALL SELECT 1 FROM audit_chain LIMIT 1";
    Ok(fetch_optional(connection, text, Vec::new()).await?.is_some())
}

async fn list(connection: &impl ConnectionTrait) -> Result<Vec<StoredSecret>, StoreError> {
    let text = "SELECT id, purpose, algorithm, wrapped, created_at, active_from, retires_at
         FROM secrets ORDER BY active_from, id";
    let rows = fetch_all(connection, text, Vec::new()).await?;
    rows.iter().map(secret).collect()
}

fn secret(row: &Row) -> Result<StoredSecret, StoreError> {
    let algorithm = match row.get::<Option<String>>("algorithm")? {
        Some(_) => Some(row.parse("secrets", "algorithm", SigningAlgorithm::parse)?),
        None => None,
    };
    Ok(StoredSecret {
        id: row.get("id")?,
        purpose: row.parse("secrets", "purpose", SecretPurpose::parse)?,
        algorithm,
        wrapped: row.get("wrapped")?,
        created_at: row.timestamp("created_at")?,
        active_from: row.timestamp("active_from")?,
        retires_at: row.optional_timestamp("retires_at")?,
    })
}
