//! Accounts made, passwords set, refresh tokens issued and rotated.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::cohorts::EVERYONE;
use super::model::{NewUser, RefreshToken, Role, User, UserStatus};
use crate::audit::AuditEntry;
use crate::ids::{TokenFamilyId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// Makes an account. Who may make which role is decided where the command comes from: the command line and admins any,
/// self-registration students.
pub struct CreateUser {
    /// The account.
    pub user: NewUser,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// The address has an account.
    #[error("an account with this address exists")]
    EmailTaken,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for CreateUserError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::EmailTaken => None,
        }
    }
}

#[async_trait]
impl UseCase for CreateUser {
    const NAME: &'static str = "identity.create_user";
    type Out = User;
    type Err = CreateUserError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<User, CreateUserError> {
        let email = self.user.email.trim().to_lowercase();
        if tx.identity().find_user_by_email(&email).await?.is_some() {
            return Err(CreateUserError::EmailTaken);
        }
        let user = User {
            id: UserId(ctx.new_uuid()),
            email,
            display_name: self.user.display_name.trim().to_owned(),
            role: self.user.role,
            status: UserStatus::Active,
            password_hash: self.user.password_hash.clone(),
            created_at: ctx.now(),
        };
        tx.identity().insert_user(&user).await?;
        if matches!(user.role, Role::Student | Role::Advisor) {
            tx.cohorts().add_member(EVERYONE, user.id).await?;
        }
        let entry = AuditEntry::new(ctx, "identity.user_created", "user", Some(user.id.0))
            .with(json!({ "role": user.role.as_str() }));
        tx.audit().record(entry).await?;
        Ok(user)
    }
}

/// Gives an account a new password hash and ends nothing else.
pub struct SetPassword {
    /// Whose.
    pub user_id: UserId,
    /// PHC string.
    pub password_hash: String,
}

#[async_trait]
impl UseCase for SetPassword {
    const NAME: &'static str = "identity.set_password";
    /// Whether there is such an account.
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let found = tx
            .identity()
            .set_password_hash(self.user_id, &self.password_hash, ctx.now())
            .await?;
        if found {
            let entry = AuditEntry::new(ctx, "identity.password_set", "user", Some(self.user_id.0));
            tx.audit().record(entry).await?;
        }
        Ok(found)
    }
}

/// Begins a family of refresh tokens after a login.
pub struct IssueRefreshToken {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// How long it lives.
    pub lifetime: Duration,
}

#[async_trait]
impl UseCase for IssueRefreshToken {
    const NAME: &'static str = "identity.issue_refresh_token";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let token = RefreshToken {
            token_hash: self.token_hash.clone(),
            family_id: TokenFamilyId(ctx.new_uuid()),
            user_id: self.user_id,
            issued_at: ctx.now(),
            expires_at: ctx.now() + self.lifetime,
            used_at: None,
            revoked_at: None,
        };
        tx.identity().insert_refresh_token(&token).await?;
        tx.audit()
            .record(AuditEntry::new(
                ctx,
                "identity.signed_in",
                "user",
                Some(self.user_id.0),
            ))
            .await
    }
}

/// Exchanges a refresh token for its successor. A token used twice ends its whole family.
pub struct RotateRefreshToken {
    /// SHA-256 of the token presented.
    pub presented_hash: String,
    /// SHA-256 of the successor.
    pub successor_hash: String,
    /// How long the successor lives.
    pub lifetime: Duration,
}

/// What came of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The successor is stored; the account it is for.
    Rotated(User),
    /// The token had been used before: its family is revoked. An outcome, not an error, so that the revocation commits.
    Reused,
}

/// Why a token is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Unknown, expired, revoked, or its account is disabled.
    #[error("the refresh token is not valid")]
    Invalid,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for RefreshError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Invalid => None,
        }
    }
}

#[async_trait]
impl UseCase for RotateRefreshToken {
    const NAME: &'static str = "identity.rotate_refresh_token";
    type Out = RefreshOutcome;
    type Err = RefreshError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<RefreshOutcome, RefreshError> {
        let now = ctx.now();
        let token = tx.identity().find_refresh_token(&self.presented_hash).await?;
        let token = token
            .filter(|token| is_live(token, now))
            .ok_or(RefreshError::Invalid)?;
        if token.used_at.is_some() || !tx.identity().use_refresh_token(&token.token_hash, now).await? {
            tx.identity().revoke_family(token.family_id, now).await?;
            let entry = AuditEntry::new(
                ctx,
                "identity.refresh_token_reused",
                "user",
                Some(token.user_id.0),
            );
            tx.audit().record(entry).await?;
            return Ok(RefreshOutcome::Reused);
        }
        let user = tx.identity().find_user(token.user_id).await?;
        let user = user
            .filter(|user| user.status == UserStatus::Active)
            .ok_or(RefreshError::Invalid)?;
        let successor = RefreshToken {
            token_hash: self.successor_hash.clone(),
            issued_at: now,
            expires_at: now + self.lifetime,
            used_at: None,
            ..token
        };
        tx.identity().insert_refresh_token(&successor).await?;
        Ok(RefreshOutcome::Rotated(user))
    }
}

fn is_live(token: &RefreshToken, now: Timestamp) -> bool {
    token.revoked_at.is_none() && now < token.expires_at
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_lives_until_it_expires_or_is_revoked() {
        let at = Timestamp::from_micros;
        let token = RefreshToken {
            token_hash: "hash".to_owned(),
            family_id: TokenFamilyId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            issued_at: at(0),
            expires_at: at(100),
            used_at: None,
            revoked_at: None,
        };
        assert!(is_live(&token, at(99)));
        assert!(!is_live(&token, at(100)));
        // A used token is alive: presenting it again has to reach the family.
        assert!(is_live(
            &RefreshToken {
                used_at: Some(at(1)),
                ..token.clone()
            },
            at(2)
        ));
        assert!(!is_live(
            &RefreshToken {
                revoked_at: Some(at(1)),
                ..token
            },
            at(2)
        ));
    }
}
