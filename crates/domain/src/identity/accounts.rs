//! Accounts made and changed, passwords set, changed and reset.
//!
//! Whatever makes an account less powerful than its tokens say ends its sign-ins in the same transaction.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::cohorts::EVERYONE;
use super::invitations::InvitationError;
use super::model::{AccountChange, NewUser, PasswordReset, Role, User, UserStatus};
use super::permission::Admin;
use crate::audit::AuditEntry;
use crate::ids::{TokenFamilyId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// Makes an account. Who may make which role is decided where the command comes from: the command line and [`AddUser`]
/// any, [`super::Register`] students.
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
    /// The invitation does not hold.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for CreateUserError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::EmailTaken | Self::Invitation(_) => None,
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

/// Makes an account of any role but `service`, whose accounts come with their keys.
pub struct AddUser {
    /// Who may.
    pub admin: Admin,
    /// The account.
    pub user: NewUser,
}

#[async_trait]
impl UseCase for AddUser {
    const NAME: &'static str = "identity.add_user";
    type Out = User;
    type Err = CreateUserError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<User, CreateUserError> {
        let user = self.user.clone();
        CreateUser { user }.run(ctx, tx).await
    }
}

/// Why an account is not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No account has this id.
    #[error("there is no such account")]
    NotFound,
    /// Somebody has to be able to administer.
    #[error("this is the last active admin; make another one first")]
    LastAdmin,
    /// Nobody may sign in to it, whatever the password.
    #[error("the account is disabled; make it active first")]
    Disabled,
    /// Somebody else set another password meanwhile.
    #[error("the password was changed meanwhile; sign in again")]
    Changed,
    /// A machine's account has no password, and its role does not change.
    #[error("this account belongs to an API key; revoke the key instead")]
    Machine,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for AccountError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::LastAdmin | Self::Disabled | Self::Changed | Self::Machine => None,
        }
    }
}

/// Changes name, role or status. A change of role or status ends every sign-in of the account.
pub struct ChangeUser {
    /// Who may.
    pub admin: Admin,
    /// Whose account.
    pub user_id: UserId,
    /// To what.
    pub change: AccountChange,
}

#[async_trait]
impl UseCase for ChangeUser {
    const NAME: &'static str = "identity.change_user";
    type Out = User;
    type Err = AccountError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<User, AccountError> {
        // Locked in one order by everybody who may take an admin away, so that two of them cannot take the last two.
        let admins = tx.identity().lock_active_admins().await?;
        let before = person(tx, self.user_id).await?;
        let after = self.change.applied_to(&before);
        let is_admin = |user: &User| user.role == Role::Admin && user.status == UserStatus::Active;
        if is_admin(&before) && !is_admin(&after) && admins == [before.id] {
            return Err(AccountError::LastAdmin);
        }
        if !tx.identity().update_user(&after, ctx.now()).await? {
            return Err(AccountError::NotFound);
        }
        if (before.role, before.status) != (after.role, after.status) {
            tx.identity().revoke_sign_ins(after.id, None, ctx.now()).await?;
        }
        if before.role != after.role && matches!(after.role, Role::Student | Role::Advisor) {
            tx.cohorts().add_member(EVERYONE, after.id).await?;
        }
        let entry = AuditEntry::new(ctx, "identity.user_changed", "user", Some(after.id.0)).with(json!({
            "role": [before.role.as_str(), after.role.as_str()],
            "status": [before.status.as_str(), after.status.as_str()],
            "renamed": before.display_name != after.display_name,
        }));
        tx.audit().record(entry).await?;
        Ok(after)
    }
}

/// Gives an account a new password hash and ends its sign-ins.
pub struct SetPassword {
    /// Whose.
    pub user_id: UserId,
    /// The sign-in that stays, when its owner changes the password in it.
    pub except: Option<TokenFamilyId>,
    /// The hash that its owner proved to know the password of; another one in its place refuses.
    pub from: Option<String>,
    /// PHC string.
    pub password_hash: String,
}

#[async_trait]
impl UseCase for SetPassword {
    const NAME: &'static str = "identity.set_password";
    type Out = ();
    type Err = AccountError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), AccountError> {
        let user = person(tx, self.user_id).await?;
        if self.from.as_ref().is_some_and(|from| *from != user.password_hash) {
            return Err(AccountError::Changed);
        }
        let (id, now) = (self.user_id, ctx.now());
        tx.identity()
            .set_password_hash(id, &self.password_hash, now)
            .await?;
        tx.identity().close_password_resets(id, now).await?;
        tx.identity().revoke_sign_ins(id, self.except, now).await?;
        let entry = AuditEntry::new(ctx, "identity.password_set", "user", Some(id.0));
        Ok(tx.audit().record(entry).await?)
    }
}

/// Replaces a hash that verified, but is weaker than today's, by a better one of the same password.
pub struct UpgradePasswordHash {
    /// Whose.
    pub user_id: UserId,
    /// The hash that verified; another one in its place stays.
    pub from: String,
    /// PHC string.
    pub to: String,
}

#[async_trait]
impl UseCase for UpgradePasswordHash {
    const NAME: &'static str = "identity.upgrade_password_hash";
    /// Whether it was replaced.
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let (id, now) = (self.user_id, ctx.now());
        let replaced = tx
            .identity()
            .replace_password_hash(id, &self.from, &self.to, now)
            .await?;
        if replaced {
            let entry = AuditEntry::new(ctx, "identity.password_hash_upgraded", "user", Some(id.0));
            tx.audit().record(entry).await?;
        }
        Ok(replaced)
    }
}

/// Lets an account choose a new password by a one-time token, which an admin hands over. Earlier tokens end.
pub struct IssuePasswordReset {
    /// Who may.
    pub admin: Admin,
    /// Whose password.
    pub user_id: UserId,
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// How long the token lives.
    pub lifetime: Duration,
}

#[async_trait]
impl UseCase for IssuePasswordReset {
    const NAME: &'static str = "identity.issue_password_reset";
    type Out = PasswordReset;
    type Err = AccountError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<PasswordReset, AccountError> {
        let user = person(tx, self.user_id).await?;
        // A disabled account, an erased one among them, would get a link that leads nowhere.
        if user.status != UserStatus::Active {
            return Err(AccountError::Disabled);
        }
        let reset = PasswordReset {
            token_hash: self.token_hash.clone(),
            user_id: user.id,
            issued_by: self.admin.user_id(),
            issued_at: ctx.now(),
            expires_at: ctx.now() + self.lifetime,
        };
        tx.identity().close_password_resets(user.id, ctx.now()).await?;
        tx.identity().insert_password_reset(&reset).await?;
        let entry = AuditEntry::new(ctx, "identity.password_reset_issued", "user", Some(user.id.0));
        tx.audit().record(entry).await?;
        Ok(reset)
    }
}

/// Sets the password of the account that a one-time token was issued for.
pub struct ResetPassword {
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// PHC string.
    pub password_hash: String,
}

/// Why a token resets nothing.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Unknown, used, replaced or expired.
    #[error("the reset token is not valid")]
    Invalid,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for ResetError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Invalid => None,
        }
    }
}

#[async_trait]
impl UseCase for ResetPassword {
    const NAME: &'static str = "identity.reset_password";
    /// Whose password it was.
    type Out = UserId;
    type Err = ResetError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<UserId, ResetError> {
        let now = ctx.now();
        // Accounts are locked before their tokens, by everybody.
        let owner = tx.identity().owner_of_password_reset(&self.token_hash).await?;
        tx.identity().find_user(owner.ok_or(ResetError::Invalid)?).await?;
        let used = tx.identity().use_password_reset(&self.token_hash, now).await?;
        let id = used.ok_or(ResetError::Invalid)?;
        tx.identity()
            .set_password_hash(id, &self.password_hash, now)
            .await?;
        tx.identity().revoke_sign_ins(id, None, now).await?;
        let entry = AuditEntry::new(ctx, "identity.password_reset", "user", Some(id.0));
        tx.audit().record(entry).await?;
        Ok(id)
    }
}

/// The account of a person; machines' accounts follow their keys.
async fn person(tx: &mut dyn Tx, id: UserId) -> Result<User, AccountError> {
    let user = tx.identity().find_user(id).await?.ok_or(AccountError::NotFound)?;
    if user.role == Role::Service {
        return Err(AccountError::Machine);
    }
    Ok(user)
}
