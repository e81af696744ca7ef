//! Keys of machine clients: each with an account of the role `service`, scopes, an end and a rate of its own.

use async_trait::async_trait;
use serde_json::json;

use super::model::{Role, User, UserStatus};
use super::permission::Admin;
use super::scopes::Scopes;
use crate::audit::AuditEntry;
use crate::ids::{ApiKeyId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// A key as stored: only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Part of the key's text.
    pub id: ApiKeyId,
    /// What people read.
    pub name: String,
    /// The account it acts as.
    pub user_id: UserId,
    /// SHA-256 of the secret part, hexadecimal.
    pub secret_hash: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Requests a minute; without, the limits of people hold.
    pub requests_per_minute: Option<u32>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is not good any more.
    pub expires_at: Option<Timestamp>,
    /// When an admin ended it.
    pub revoked_at: Option<Timestamp>,
    /// When it was last seen, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it is still good.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Makes a key with its account.
pub struct CreateApiKey {
    /// Who may.
    pub admin: Admin,
    /// Part of the key's text.
    pub id: ApiKeyId,
    /// What people read.
    pub name: String,
    /// SHA-256 of the secret part, hexadecimal.
    pub secret_hash: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Requests a minute.
    pub requests_per_minute: Option<u32>,
    /// From when on it is not good any more.
    pub expires_at: Option<Timestamp>,
}

/// Why a key is not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// No key has this id.
    #[error("there is no such API key")]
    NotFound,
    /// It would never be good.
    #[error("the end is in the past")]
    Ended,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for ApiKeyError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::Ended => None,
        }
    }
}

#[async_trait]
impl UseCase for CreateApiKey {
    const NAME: &'static str = "identity.create_api_key";
    type Out = ApiKey;
    type Err = ApiKeyError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<ApiKey, ApiKeyError> {
        let now = ctx.now();
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(ApiKeyError::Ended);
        }
        let account = User {
            id: UserId(ctx.new_uuid()),
            email: format!("key-{}@service.invalid", self.id),
            display_name: self.name.trim().to_owned(),
            role: Role::Service,
            status: UserStatus::Active,
            // No password has this hash.
            password_hash: "!".to_owned(),
            created_at: now,
        };
        tx.identity().insert_user(&account).await?;
        let key = ApiKey {
            id: self.id,
            name: account.display_name,
            user_id: account.id,
            secret_hash: self.secret_hash.clone(),
            scopes: self.scopes,
            requests_per_minute: self.requests_per_minute,
            created_by: self.admin.user_id(),
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        tx.identity().insert_api_key(&key).await?;
        let entry = AuditEntry::new(ctx, "identity.api_key_created", "api_key", Some(key.id.0))
            .with(json!({ "scopes": key.scopes.names(), "user_id": key.user_id }));
        tx.audit().record(entry).await?;
        Ok(key)
    }
}

/// Ends a key and disables its account. Ending it again changes nothing.
pub struct RevokeApiKey {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub id: ApiKeyId,
}

#[async_trait]
impl UseCase for RevokeApiKey {
    const NAME: &'static str = "identity.revoke_api_key";
    /// The account it acted as.
    type Out = UserId;
    type Err = ApiKeyError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<UserId, ApiKeyError> {
        let key = tx
            .identity()
            .find_api_key(self.id)
            .await?
            .ok_or(ApiKeyError::NotFound)?;
        if tx.identity().revoke_api_key(key.id, ctx.now()).await? {
            let entry = AuditEntry::new(ctx, "identity.api_key_revoked", "api_key", Some(key.id.0));
            tx.audit().record(entry).await?;
        }
        Ok(key.user_id)
    }
}
